"""How wide a text is, in a font that most machines have or come close to."""

FAMILY = "DejaVu Sans, Verdana, sans-serif"

# Thousandths of the size of DejaVu Sans' characters from the space on.
_WIDTHS = (
    *(318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361),
    *(318, 337, 636, 636, 636, 636, 636, 636, 636, 636, 636, 636, 337, 337),
    *(838, 838, 838, 531, 1000, 684, 686, 698, 770, 632, 575, 775, 752, 295),
    *(295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684, 989),
    *(685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615),
    *(352, 635, 634, 278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521),
    *(392, 634, 592, 818, 592, 592, 525, 636, 337, 636, 838),
)
_OTHER = 1000
_BOLD = 1.1


def text_width(text, size, bold=False):
    """The width in points of a text of a size in points.

    Example:

    >>> text_width("ab", 10)
    12.48
    """
    widths = [
        _WIDTHS[ord(c) - 32] if 32 <= ord(c) < 127 else _OTHER for c in text
    ]
    return sum(widths) * size / 1000 * (_BOLD if bold else 1)
