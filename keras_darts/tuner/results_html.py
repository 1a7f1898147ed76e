"""Pieces of HTML: text, numbers, rows, pictures."""

import base64
import html

from keras_darts import analysis
from keras_darts.tuner.results_words import number
from keras_darts.tuner.results_words import plain

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #22303c;
       background: white;
       max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: .3rem .8rem; text-align: left; white-space: nowrap;
         border-bottom: 1px solid #e6eaee; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
tr.best td { background: #eaf2fb; font-weight: 600; }
tr.failed td { color: #9a2b22; }
.wide { overflow-x: auto; }
pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap;
      overflow-wrap: anywhere; background: #f5f7f9;
      padding: .6rem .8rem; border-radius: 4px; }
img { max-width: 100%; height: auto; }
figure { display: inline-block; margin: 1rem 1.5rem 0 0;
         vertical-align: top; }
figcaption, .note { color: #5b6976; font-size: 13px; }
.legend span { margin-right: 1rem; white-space: nowrap; }
summary { cursor: pointer; padding: .2rem 0; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem;
     font-size: 14px; margin: .8rem 0; }
dt { color: #5b6976; } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  dl, table, tbody, tr { display: block; } tr.head { display: none; }
  tr { border-bottom: 2px solid #c9d2da; padding: .4rem 0; }
  td, td.number { display: flex; justify-content: space-between; gap: 1rem;
                  white-space: normal; overflow-wrap: anywhere;
                  padding: .15rem .4rem; text-align: right; border: 0; }
  td::before { content: attr(data-title); color: #5b6976; font-weight: 400;
               text-align: left; }
  figure { margin: 1rem 0 0; } dd { margin-bottom: .4rem; }
}
"""


def page(title, sections):
    """A whole document; empty sections are left out."""
    title = escape(title)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title} - keras_darts</title><style>{STYLE}</style>",
            "</head><body>",
            f"<h1>{title}</h1>",
            *filter(None, sections),
            "</body></html>\n",
        ]
    )


def escape(text):
    return html.escape(str(text))


def note(*sentences):
    """A paragraph of less weight; `None` is left out."""
    said = [f"{escape(sentence)}." for sentence in sentences if sentence]
    return f'<p class="note">{" ".join(said)}</p>' if said else ""


def legend(lines):
    """Which line is whose: triples of a name, a color and some dashes."""
    parts = [
        f'<span><b style="color: {color}">{dashes}</b> {escape(name)}</span>'
        for name, color, dashes in lines
    ]
    return f'<p class="legend note">{" ".join(parts)}</p>'


def table(head, rows):
    """A table.

    Args:
        head: List of strings.
        rows: List of pairs of a class for the row, maybe empty, and its cells:
            numbers as pairs (name of the figure, number), `Raw` HTML, or
            anything that has a string.
    """
    figures = [
        any(isinstance(cells[i], tuple) for _, cells in rows)
        for i in range(len(head))
    ]
    titles = [
        f'<th class="number">{escape(title)}</th>'
        if figure
        else f"<th>{escape(title)}</th>"
        for title, figure in zip(head, figures, strict=True)
    ]
    lines = [f'<tr class="head">{"".join(titles)}</tr>']
    for kind, cells in rows:
        begin = f'<tr class="{kind}">' if kind else "<tr>"
        parts = [_cell(*pair) for pair in zip(cells, head, strict=True)]
        lines.append(f"{begin}{''.join(parts)}</tr>")
    body = "\n".join(lines)
    return f'<div class="wide"><table>\n{body}\n</table></div>'


def link(target, text):
    """A `Raw` cell that leads to another place of the page."""
    return Raw(f'<a href="#{escape(target)}">{escape(text)}</a>')


class Raw(str):
    """A string that is HTML already."""


def image(svg, caption):
    """A picture within the page; as an image, its names can't meet others'."""
    text = base64.b64encode(svg).decode("ascii")
    caption = escape(caption)
    return (
        f'<figure><img src="data:image/svg+xml;base64,{text}" '
        f'alt="{caption}"><figcaption>{caption}</figcaption></figure>'
    )


def drawn(genotype):
    """The cells of a genotype, and its text."""
    cells = [
        image(
            analysis.cell_svg(genotype, cell),
            cell if cell.endswith("cell") else f"{cell} cell",
        )
        for cell in analysis.cell_names(genotype)
    ]
    return f"{''.join(cells)}<pre>{escape(genotype.to_text())}</pre>"


def facts(known):
    """A list of what is known, by titles."""
    lines = [
        f"<dt>{escape(title)}</dt><dd>{escape(said)}</dd>"
        for title, said in known.items()
    ]
    return f"<dl>{''.join(lines)}</dl>"


def _cell(content, title):
    # On a narrow screen each cell stands in a line with its title.
    about = f'data-title="{escape(title)}"'
    if isinstance(content, Raw):
        return f"<td {about}>{content}</td>"
    if isinstance(content, tuple):
        return f'<td class="number" {about}>{number(*content)}</td>'
    return f"<td {about}>{escape(plain(content))}</td>"
