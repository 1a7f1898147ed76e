"""Heat maps and courses of weights show what they were given."""

import io
import pathlib
from xml.etree import ElementTree

import matplotlib.image
import numpy as np
import pytest

import keras_darts as kd
from keras_darts.analysis import alphas_png
from keras_darts.analysis import plot_alpha_history
from keras_darts.analysis import plot_alphas
from keras_darts.drawing import palette

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
KEPT = kd.genotypes.get("darts_v2")
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


@pytest.mark.parametrize("spread", [0.0, 1e-3, 1.0])
def test_colours_and_scale_are_the_same_whatever_the_weights(weights, spread):
    weights = 1 / 8 + spread * (weights - 1 / 8)
    picture = plot_alphas(weights, PRIMITIVES, cell="normal", genotype=KEPT)
    for image in picture.axes[0].images:
        assert image.get_clim() == (0, 1)
    bar = picture.axes[1]
    assert bar.get_ylim() == (0, 1)
    ticks = dict(
        zip(
            (label.get_text() for label in bar.get_yticklabels()),
            bar.get_yticks(),
            strict=True,
        )
    )
    assert ticks["1/8"] == pytest.approx(1 / 8)
    assert ticks["0"] == 0 and ticks["1"] == 1


def test_weights_that_have_not_moved_have_one_colour_to_the_eye():
    noise = np.random.default_rng(0).uniform(0.122, 0.128, (14, 7))
    image = plot_alphas(noise, PRIMITIVES[1:]).axes[0].images[0]
    colors = image.cmap(image.norm(noise))[..., :3].reshape(-1, 3)
    assert np.ptp(colors, axis=0).max() < 0.02


def test_gates_that_share_nothing_are_undecided_at_a_half():
    bar = plot_alphas(np.full((14, 8), 0.45), PRIMITIVES).axes[1]
    labels = [label.get_text() for label in bar.get_yticklabels()]
    assert "1/2" in labels and "1/8" not in labels


def framed(axes, edges, names):
    return {
        (edges[round(y + h / 2)], names[round(x + w / 2)])
        for (x, y), w, h in (
            (patch.get_xy(), patch.get_width(), patch.get_height())
            for patch in axes.patches
        )
    }


def test_frames_are_the_edges_of_the_genotype(weights):
    axes = plot_alphas(weights, PRIMITIVES, cell="normal", genotype=KEPT).axes[
        0
    ]
    expected = {
        (f"{source}→{node}", primitive)
        for node, pairs in enumerate(KEPT.nodes("normal"), 2)
        for primitive, source in pairs
    }
    rows = row_names(plot_alphas(weights, PRIMITIVES))
    assert len(axes.patches) == 8
    assert framed(axes, rows, PRIMITIVES) == expected
    assert not plot_alphas(weights, PRIMITIVES).axes[0].patches


def test_none_is_grey_and_never_framed_where_it_is_not_kept(weights):
    weights[:, 0] = 0.9
    axes = plot_alphas(weights, PRIMITIVES, cell="normal", genotype=KEPT).axes[
        0
    ]
    grey = axes.images[1]
    assert grey.cmap.name == "Greys"
    shown = ~np.ma.getmaskarray(grey.get_array())
    assert shown[:, 0].all() and not shown[:, 1:].any()
    assert not [p for p in axes.patches if p.get_x() < 0.5]


def test_labels_have_the_colours_of_the_palette(weights):
    for label in plot_alphas(weights, PRIMITIVES).axes[0].get_xticklabels():
        assert label.get_color() == palette.color(label.get_text())
    lines = plot_alpha_history(weights[None], PRIMITIVES).axes[0].lines
    for line in lines:
        assert line.get_color() == palette.color(line.get_label())


def test_courses_mark_the_undecided_and_what_is_kept(weights):
    course = np.stack([np.full((14, 8), 1 / 8), weights])
    picture = plot_alpha_history(
        course, PRIMITIVES, cell="normal", genotype=KEPT
    )
    thick = {}
    for panel in picture.axes:
        ((start, end),) = panel.collections[0].get_segments()
        assert start[1] == end[1] == pytest.approx(1 / 8)
        assert panel.get_ylim()[0] == 0
        edge, *kept = panel.get_title(loc="left").split(" ")
        widths = {
            line.get_label(): line.get_linewidth() for line in panel.lines
        }
        wide = [n for n, w in widths.items() if w > min(widths.values())]
        assert wide == kept
        if kept:
            thick[edge] = kept[0]
    assert thick == {
        f"{source}→{node}": primitive
        for node, pairs in enumerate(KEPT.nodes("normal"), 2)
        for primitive, source in pairs
    }
    labels = [text.get_text() for text in picture.legends[0].get_texts()]
    assert labels[-1] == "1/8: undecided"


def test_raw_alphas_are_drawn_without_a_line_at_one_kth():
    picture = plot_alpha_history(np.full((3, 2, 2), -4.0), ["tanh", "relu"])
    assert not picture.axes[0].collections[0].get_segments()


@pytest.fixture
def run(weights, tmp_path):
    """A folder as a search leaves it, whose edges differ in candidates."""
    rows = np.array([["none", "tanh"], ["relu", "tanh"], ["tanh", ""]])
    course = np.stack([np.full((3, 2), 0.5), [[0.9, 0.1], [0.2, 0.8], [1, 0]]])
    edges = np.array([(0, 1), (0, 2), (1, 2)])
    arrays = {"recurrent": course}
    arrays |= {"recurrent/primitives": rows, "recurrent/edges": edges}
    np.savez(tmp_path / "mixing_weights.npz", **arrays)
    genotype = kd.genotypes.RecurrentGenotype(
        [("tanh", 0), ("tanh", 0)], [1, 2]
    )
    kd.genotypes.save(genotype, tmp_path / "genotype.json")
    return tmp_path


@pytest.mark.parametrize("form", [str, pathlib.Path])
def test_a_run_is_drawn_by_its_folder(run, form):
    axes = plot_alphas(form(run)).axes[0]
    names = [label.get_text() for label in axes.get_xticklabels()]
    assert names == ["none", "tanh", "relu"]
    np.testing.assert_array_equal(
        axes.images[0].get_array().filled(-1),
        [[0.9, 0.1, -1], [-1, 0.8, 0.2], [-1, 1.0, -1]],
    )
    assert framed(axes, ["0→1", "0→2", "1→2"], names) == {
        ("0→1", "tanh"),
        ("0→2", "tanh"),
    }
    course = plot_alpha_history(form(run), cell="recurrent")
    assert [p.get_title(loc="left") for p in course.axes] == [
        "0→1 tanh",
        "0→2 tanh",
        "1→2",
    ]


def test_a_search_is_drawn_as_it_is():
    space = kd.search_spaces.darts_cnn(2, 3, num_nodes=2)
    search = kd.DartsSearch(space, input_shape=(8, 8, 1), num_classes=2)
    picture = plot_alphas(search)
    *maps, _ = picture.axes
    for axes, (cell_type, weights) in zip(
        maps, search.mixing_weights().items(), strict=True
    ):
        np.testing.assert_allclose(axes.images[0].get_array(), weights)
        graph = search.genotype().graph(cell_type)
        rows = [label.get_text() for label in axes.get_yticklabels()]
        assert framed(axes, rows, PRIMITIVES) == {
            (f"{edge.source}→{edge.target}", edge.primitive)
            for edge in graph.edges
            if edge.primitive
        }
    assert len(plot_alphas(search, cell="reduce").axes) == 2
    with pytest.raises(ValueError, match="`cell` must be one of normal, red"):
        plot_alphas(search, cell="norml")
    with pytest.raises(TypeError, match="`alphas` must be the folder"):
        plot_alpha_history(search)


def test_a_folder_that_is_no_run_of_a_search_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"`weights` .*mixing_weights\.npz"):
        plot_alphas(tmp_path)


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
    assert [p.get_title(loc="left") for p in picture.axes][-1] == "4→5"
    for edge, panel in enumerate(picture.axes):
        drawn = [line.get_ydata() for line in panel.lines]
        np.testing.assert_array_equal(np.transpose(drawn), alphas[:, edge])
    np.testing.assert_array_equal(
        picture.axes[0].lines[0].get_xdata(), [1, 2, 3, 4, 5]
    )
    legend = [text.get_text() for text in picture.legends[0].get_texts()]
    assert legend[:8] == list(PRIMITIVES)


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
