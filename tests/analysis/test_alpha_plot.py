"""Heat maps and courses of weights show what they were given."""

import io
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

from keras_darts.analysis import alphas_png
from keras_darts.analysis import plot_alpha_history
from keras_darts.analysis import plot_alphas

PRIMITIVES = (
    "none",
    "max_pool_3x3",
    "avg_pool_3x3",
    "skip_connect",
    "sep_conv_3x3",
    "sep_conv_5x5",
    "dil_conv_3x3",
    "dil_conv_5x5",
)
SVG_TEXT = "{http://www.w3.org/2000/svg}text"


@pytest.fixture
def weights():
    weights = np.random.default_rng(0).random((14, 8))
    return weights / weights.sum(axis=1, keepdims=True)


def row_names(picture):
    return [label.get_text() for label in picture.axes[0].get_yticklabels()]


def test_heat_map_shows_the_weights_and_names_both_axes(weights):
    picture = plot_alphas(weights, PRIMITIVES, title="normal")
    axes = picture.axes[0]
    np.testing.assert_array_equal(axes.images[0].get_array(), weights)
    columns = [label.get_text() for label in axes.get_xticklabels()]
    assert columns == list(PRIMITIVES)
    assert axes.get_title(loc="left") == "normal"


def test_dots_mark_the_strongest_of_each_edge(weights):
    axes = plot_alphas(weights, PRIMITIVES).axes[0]
    dots = axes.collections[0].get_offsets()
    np.testing.assert_array_equal(dots[:, 0], weights.argmax(axis=1))
    np.testing.assert_array_equal(dots[:, 1], range(14))


@pytest.mark.parametrize(
    ("count", "first", "last"),
    [
        (14, ["0→2", "1→2", "0→3"], "4→5"),
        (2, ["0→2", "1→2"], "1→2"),
        (36, ["0→1", "0→2", "1→2"], "7→8"),
        (6, ["0→1", "0→2", "1→2"], "2→3"),
        (4, ["0", "1", "2"], "3"),
    ],
)
def test_edges_of_full_cells_are_named_by_their_number(count, first, last):
    names = row_names(plot_alphas(np.ones((count, 1)), ["tanh"]))
    assert names[:3] == first
    assert names[-1] == last


def test_edges_are_named_as_given():
    picture = plot_alphas(np.ones((2, 1)), ["tanh"], edges=[(3, 7), "mine"])
    assert row_names(picture) == ["3→7", "mine"]


def test_png_bytes_are_a_picture_and_those_of_the_file(weights, tmp_path):
    content = alphas_png(weights, PRIMITIVES)
    pixels = matplotlib.image.imread(io.BytesIO(content), format="png")
    assert min(pixels.shape[:2]) > 300
    assert len(np.unique(pixels[..., 0])) > 20
    path = tmp_path / "new" / "alphas.png"
    assert plot_alphas(weights, PRIMITIVES, path=path) == path
    assert path.read_bytes() == content


def test_svg_holds_every_label(weights, tmp_path):
    path = plot_alphas(weights, PRIMITIVES, path=tmp_path / "a.svg")
    root = ElementTree.fromstring(path.read_bytes())
    written = {"".join(text.itertext()) for text in root.iter(SVG_TEXT)}
    assert written >= {*PRIMITIVES, "0→2", "4→5"}


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0, -1.0])
def test_weights_of_any_value_are_drawn(value):
    names = ["a", "b", "c"]
    assert alphas_png(np.full((2, 3), value), names)
    assert plot_alpha_history(np.full((2, 2, 3), value), names).render("png")


def test_names_with_dollars_are_taken_as_they_are():
    assert alphas_png([[1.0, 0.0]], ["$a", "b$"], title="$x")


def test_history_draws_a_panel_an_edge_and_a_line_a_primitive(tmp_path):
    alphas = np.random.default_rng(0).random((5, 14, 8))
    picture = plot_alpha_history(alphas, PRIMITIVES, title="normal")
    assert len(picture.axes) == 14
    assert [panel.get_title() for panel in picture.axes][-1] == "4→5"
    for edge, panel in enumerate(picture.axes):
        drawn = [line.get_ydata() for line in panel.lines]
        np.testing.assert_array_equal(np.transpose(drawn), alphas[:, edge])
    np.testing.assert_array_equal(
        picture.axes[0].lines[0].get_xdata(), [1, 2, 3, 4, 5]
    )
    legend = [text.get_text() for text in picture.legends[0].get_texts()]
    assert legend == list(PRIMITIVES)


def test_history_lines_can_be_told_apart():
    names = [*PRIMITIVES, *(f"mine_{i}" for i in range(12))]
    lines = plot_alpha_history(np.ones((2, 1, 20)), names).axes[0].lines
    looks = {(line.get_color(), line.get_linestyle()) for line in lines}
    assert len(looks) == 20


@pytest.mark.parametrize("suffix", [".svg", ".png"])
@pytest.mark.parametrize("epochs", [1, 3])
def test_history_is_written_from_the_first_epoch_on(tmp_path, suffix, epochs):
    path = tmp_path / f"alphas{suffix}"
    alphas = np.full((epochs, 5, 2), 0.5)
    assert plot_alpha_history(alphas, ["tanh", "relu"], path) == path
    assert path.stat().st_size > 3000


@pytest.mark.parametrize(
    ("weights", "primitives", "options", "message"),
    [
        (np.ones(3), ["a"], {}, r"`weights` .*\(edges, primitives\).*\(3,\)"),
        (np.ones((0, 1)), ["a"], {}, "`weights` must have the shape"),
        (np.ones((2, 3)), ["a"], {}, "`primitives` must name each of the 3"),
        (np.ones((2, 1)), ["a"], {"edges": ["x"]}, "`edges` must name .* 2"),
        (np.ones((2, 1)), ["a"], {"path": "a.jpg"}, "`path` must end in"),
    ],
)
def test_what_does_not_fit_is_refused(weights, primitives, options, message):
    with pytest.raises(ValueError, match=message):
        plot_alphas(weights, primitives, **options)


def test_history_of_one_epoch_without_its_axis_is_refused():
    with pytest.raises(ValueError, match=r"`alphas` .*\(epochs, edges, prim"):
        plot_alpha_history(np.ones((2, 1)), ["a"])


def test_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ValueError, match="`path` must lie in a folder"):
        plot_alphas([[1.0]], ["a"], path=tmp_path / "file" / "a.png")
