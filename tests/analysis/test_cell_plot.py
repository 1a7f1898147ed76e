"""Cells are drawn whole, and what can't be drawn is refused."""

import html
import io
import itertools
import subprocess
import sys
from xml.etree import ElementTree

import matplotlib.image
import pytest

from keras_darts import genotypes
from keras_darts.analysis import cell_png
from keras_darts.analysis import cell_svg
from keras_darts.analysis import plot_cell
from keras_darts.drawing import palette
from keras_darts.drawing.cell_layout import place
from keras_darts.drawing.cell_scene import cells_scene
from keras_darts.drawing.scene import Polygon

NAS_BENCH = genotypes.NasBench201Genotype.from_text(
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|"
    "+|nor_conv_1x1~0|none~1|avg_pool_3x3~2|"
)
CELLS = [
    (genotypes.get(name), cell)
    for name in genotypes.list()
    for cell in (
        ("recurrent",) if name.startswith("rnn") else ("normal", "reduce")
    )
] + [(NAS_BENCH, "cell")]
ALL = [*map(genotypes.get, genotypes.list()), NAS_BENCH]
SMALL = genotypes.get("darts_v2")


def texts(svg):
    root = ElementTree.fromstring(svg)
    return [
        html.unescape("".join(element.itertext())).strip()
        for element in root.iter("{http://www.w3.org/2000/svg}text")
    ]


def legend(primitives, joining=None):
    families = {palette.family(primitive) for primitive in primitives}
    joined = {"concat": "concatenated", "mean": "mean of the nodes"}
    return [*families, *([joined[joining]] if joining else [])]


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("darts_v2", "normal"),
        ("nasnet_a", "reduce"),
        ("amoebanet_a", "normal"),
        ("fair_darts_g", "reduce"),
    ],
)
def test_svg_holds_every_node_by_its_number_and_every_primitive(
    tmp_path, name, cell
):
    genotype = genotypes.get(name)
    path = tmp_path / "cell.svg"
    assert plot_cell(genotype, cell, path) == path
    nodes = genotype.nodes(cell)
    primitives = [primitive for node in nodes for primitive, _ in node]
    expected = [*primitives, *map(str, range(2 + len(nodes)))]
    expected += ["c", "k-2", "c", "k-1", "c", "k"]
    title, *rest = texts(path.read_bytes())
    assert sorted(rest) == sorted([*expected, *legend(primitives, "concat")])
    assert title.startswith({"normal": "Normal", "reduce": "Reduction"}[cell])


def test_recurrent_svg_holds_state_input_and_nodes(tmp_path):
    genotype = genotypes.get("rnn_darts_v2")
    path = plot_cell(genotype, "recurrent", tmp_path / "cell.svg")
    primitives = [primitive for primitive, _ in genotype.recurrent]
    expected = [*primitives, *map(str, range(9)), "Recurrent cell"]
    expected += ["x", "t", "h", "t-1", "h", "t", *legend(primitives, "mean")]
    assert sorted(texts(path.read_bytes())) == sorted(expected)


def test_nas_bench_201_svg_holds_all_edges_none_included(tmp_path):
    path = plot_cell(NAS_BENCH, "cell", tmp_path / "a.svg")
    expected = [*NAS_BENCH.edges, "0", "1", "2", "3", "input", "output"]
    expected += ["NAS-Bench-201 cell", *legend(NAS_BENCH.edges)]
    assert sorted(texts(path.read_bytes())) == sorted(expected)


def test_png_is_a_picture_of_some_size_and_not_blank(tmp_path):
    path = plot_cell(SMALL, "reduce", tmp_path / "cell.PNG")
    pixels = matplotlib.image.imread(path, format="png")
    assert pixels.shape[0] > 200
    assert pixels.shape[1] > 500
    assert len({tuple(pixel) for row in pixels[::4] for pixel in row}) > 20
    content = cell_png(SMALL, "reduce")
    assert content == path.read_bytes()
    assert content.startswith(b"\x89PNG")


def test_same_cell_is_same_bytes(tmp_path):
    first, second = (
        plot_cell(SMALL, path=tmp_path / f"{i}.svg") for i in range(2)
    )
    assert first.read_bytes() == second.read_bytes()


def test_title_stands_in_the_picture_letter_by_letter(tmp_path):
    title = r"a_b $x$ & <b> \n 50%"
    path = plot_cell(SMALL, path=tmp_path / "a.svg", title=title)
    assert title in texts(path.read_bytes())


def test_without_path_notebooks_get_a_figure():
    figure = plot_cell(SMALL)
    picture = matplotlib.image.imread(io.BytesIO(figure._repr_png_()))
    assert picture.size > 10000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cell": "norml"}, "`cell` .*Did you mean normal.*cell='norml'"),
        ({"cell": "recurrent"}, "`cell` must be one of normal, reduce"),
        ({"path": "cell.pdf"}, r"`path` must end in one of \.png, \.svg"),
        ({"path": "cell"}, "`path` must end .*Received: path='cell'"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(arguments, message):
    with pytest.raises(ValueError, match=message):
        plot_cell(SMALL, **arguments)


def test_recurrent_genotype_has_no_normal_cell():
    with pytest.raises(ValueError, match="`cell` must be one of recurrent"):
        plot_cell(genotypes.get("rnn_enas"), "normal")


def test_something_else_than_a_genotype_is_refused():
    with pytest.raises(TypeError, match="`genotype` must be .*of type str"):
        plot_cell("darts_v2")


def test_folder_is_made_and_holds_nothing_but_the_picture(tmp_path):
    path = tmp_path / "run" / "cells" / "normal.svg"
    plot_cell(SMALL, path=str(path))
    assert list(path.parent.iterdir()) == [path]


def test_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ValueError, match="`path` must lie in a folder"):
        plot_cell(SMALL, path=tmp_path / "file" / "a.svg")


def test_failed_write_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "cell.svg"
    path.write_text("before")

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(ValueError, match="disk full"):
        plot_cell(SMALL, path=path)
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("genotype", "cell"), CELLS)
def test_layout_lays_nothing_over_another(genotype, cell):
    graph = genotype.graph(cell)
    layout = place(graph, lambda text: 6.0 * len(text))
    slots = list(layout.boxes.values())
    slots += [slot for _, chain in layout.chains for slot in chain[1:-1]]
    for one, other in itertools.combinations(slots, 2):
        across = abs(one.x - other.x) < (one.width + other.width) / 2
        down = abs(one.y - other.y) < (one.height + other.height) / 2
        same_column = one.column == other.column
        assert not (same_column and down)
        assert not (across and down)
    for edge, chain in layout.chains:
        assert chain[0] is layout.boxes[edge.source]
        assert chain[-1] is layout.boxes[edge.target]
        labels = [slot for slot in chain[1:-1] if slot.width]
        assert len(labels) == bool(edge.primitive)
        assert all(a.x < b.x for a, b in itertools.pairwise(chain))


@pytest.mark.parametrize(("genotype", "cell"), CELLS)
def test_first_input_stands_above_the_second(genotype, cell):
    layout = place(genotype.graph(cell), lambda text: 6.0 * len(text))
    inputs = [box for box in layout.boxes.values() if box.column == 0]
    assert [box.y for box in inputs] == sorted(box.y for box in inputs)


def test_nodes_that_get_nothing_are_left_out():
    edges = [("skip_connect", 2, 0), ("sep_conv_3x3", 4, 3)]
    genotype = genotypes.Genotype(edges, [2, 3, 4], edges, [2, 3, 4])
    graph = genotype.graph("normal")
    assert [node.label for node in graph.nodes] == ["0", "1", "2", "c"]
    assert len(graph.edges) == 2
    assert cell_png(genotype)


def test_parallel_edges_are_drawn_apart():
    edges = [("avg_pool_3x3", 0), ("avg_pool_3x3", 0)]
    genotype = genotypes.Genotype(edges, [2], edges, [2])
    layout = place(genotype.graph("normal"), lambda text: 50.0)
    (_, first), (_, second), _ = layout.chains
    assert first[1].y != second[1].y


def test_families_of_primitives_have_colors_of_their_own():
    graph = genotypes.get("nasnet_a").graph("normal")
    colors = {
        edge.primitive: palette.color(edge.primitive)
        for edge in graph.edges
        if edge.primitive
    }
    assert colors["sep_conv_3x3"] == colors["sep_conv_5x5"]
    families = ("sep_conv_3x3", "avg_pool_3x3", "skip_connect")
    assert len({colors[name] for name in families}) == 3


def test_drawing_needs_neither_pyplot_nor_tensorflow():
    code = (
        "import sys\n"
        "from keras_darts import genotypes\n"
        "from keras_darts.analysis import cell_png\n"
        "cell_png(genotypes.get('darts_v1'))\n"
        "print([name for name in ('matplotlib.pyplot', 'tensorflow', 'keras')"
        " if name in sys.modules])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=True
    )
    assert ran.stdout.strip() == b"[]"


def test_the_only_cell_needs_no_name():
    genotype = genotypes.get("rnn_darts_v2")
    figure = plot_cell(genotype)
    named = plot_cell(genotype, "recurrent")
    texts = [
        [text.get_text() for text in drawn.axes[0].texts]
        for drawn in (figure, named)
    ]
    assert texts[0] == texts[1] != []


def test_without_a_name_both_cells_are_drawn(tmp_path):
    written = texts(plot_cell(SMALL, path=tmp_path / "a.svg").read_bytes())
    titles = [text for text in written if "cell" in text]
    assert [title.split()[0] for title in titles] == ["Normal", "Reduction"]


@pytest.mark.parametrize("genotype", ALL, ids=str)
def test_notebooks_draw_a_genotype_with_all_its_cells(genotype):
    written = texts(genotype._repr_svg_())
    graphs = [genotype.graph(cell) for cell in genotype.cells]
    for graph in graphs:
        assert graph.title in written
        assert {e.primitive for e in graph.edges} - {""} <= {*written}


@pytest.mark.parametrize(("genotype", "cell"), CELLS)
def test_an_edge_of_the_genotype_is_an_arrow_from_the_box_of_its_number(
    genotype, cell
):
    graph = genotype.graph(cell)
    labels = {node.key: node.label for node in graph.nodes}
    drawn = [
        (edge.primitive, int(labels[edge.target]), int(labels[edge.source]))
        for edge in graph.edges
        if edge.primitive
    ]
    inputs = {"recurrent": 1, "cell": 1}
    first = inputs.get(cell, 2)
    if cell == "recurrent":
        nodes = [(pair,) for pair in genotype.recurrent]
    elif cell == "cell":
        nodes = genotype.nodes()
    else:
        nodes = genotype.without_isolated_nodes().nodes(cell)
    assert drawn == [
        (primitive, node, source)
        for node, pairs in enumerate(nodes, first)
        for primitive, source in pairs
    ]


@pytest.mark.parametrize(("genotype", "cell"), CELLS)
def test_lines_into_a_box_end_apart_from_each_other(genotype, cell):
    scene = cells_scene([genotype.graph(cell)])
    heads = [s.points[0] for s in scene.shapes if isinstance(s, Polygon)]
    for one, other in itertools.combinations(heads, 2):
        assert one[0] != other[0] or abs(one[1] - other[1]) >= 6


@pytest.mark.parametrize(("genotype", "cell"), CELLS)
def test_lines_do_not_wiggle_more_often_than_they_pass_columns(genotype, cell):
    """A line that leads to the output turns at most once each way."""
    graph = genotype.graph(cell)
    layout = place(graph, lambda text: 6.0 * len(text))
    for edge, chain in layout.chains:
        heights = [chain[0].y]
        for slot in chain[1:-1]:
            heights += [slot.begin, slot.end]
        steps = [b - a for a, b in itertools.pairwise([*heights, chain[-1].y])]
        signs = [step > 0 for step in steps if abs(step) > 2.0]
        turns = sum(a != b for a, b in itertools.pairwise(signs))
        assert edge.primitive or turns <= 2


def test_pages_shine_through_in_both_formats(tmp_path):
    pixels = matplotlib.image.imread(io.BytesIO(cell_png(SMALL)), format="png")
    assert pixels.shape[-1] == 4
    assert pixels[0, 0, 3] == 0 and pixels[..., 3].max() == 1
    root = ElementTree.fromstring(cell_svg(SMALL))
    assert not [e for e in root if e.get("width") == root.get("width")]


def test_two_drawings_in_one_page_share_no_names():
    assert b"id=" not in cell_svg(SMALL)
