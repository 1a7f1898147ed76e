"""The page of a project's results says all, and needs nothing else."""

import base64
import dataclasses
import html
import pathlib
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from keras_darts import genotypes
from keras_darts.tuner.results import ProjectResults
from keras_darts.tuner.results import Spread
from keras_darts.tuner.results import TrialResult
from keras_darts.tuner.results_page import results_page
from keras_darts.tuner.results_pictures import curves_pictures

DIRECTIONS = {"val_accuracy": "max", "parameters": "min"}
VOID = {"img", "meta"}


def trial(name, accuracy, parameters, genotype="darts_v1", **options):
    return TrialResult(
        name=name,
        state="COMPLETED",
        values={"seed": name, "strategy": "darts"},
        figures={"val_accuracy": accuracy, "parameters": parameters},
        genotype=genotypes.get(genotype),
        score=parameters - accuracy,
        search={"val_accuracy": [0.1, 0.2]},
        **options,
    )


FAILED = TrialResult(
    name="3",
    state="FAILED",
    values={"seed": "3", "strategy": "darts"},
    figures={},
    genotype=None,
    message="`loss` is <nan>",
)
TRIALS = [
    trial("0", 0.5, 1000),
    trial("1", 0.75, 1234567, "darts_v2"),
    trial("2", 0.25, 2000),
    FAILED,
    trial("random-0", 0.25, 10, "nasnet_a", baseline=True),
    trial("random-1", 0.75, 10, "nasnet_a", baseline=True),
]
RESULTS = ProjectResults("<digits>", DIRECTIONS, TRIALS)


class Reader(HTMLParser):
    """Checks that what opens closes, and collects what the page refers to."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.links, self.ids = [], [], [], []
        self.attributes, self.shown = set(), ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        result = dict(attributes)
        self.tags.append(tag)
        self.attributes |= {*result}
        self.links += [result[k] for k in ("href", "src") if k in result]
        self.ids += [result["id"]] if "id" in result else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_data(self, data):
        self.shown += data

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def content():
    return results_page(RESULTS)


def rows(content):
    matches = re.findall(r"<tr.*?</tr>", content, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in matches]


def row_of(content, name):
    return next(row for row in rows(content) if row[0].split()[0] == name)


def test_the_page_is_whole_and_refers_to_itself_alone(content):
    reader = Reader(content)
    assert not {"script", "link", "iframe"} & {*reader.tags}
    for link in reader.links:
        if link.startswith("#"):
            assert link[1:] in reader.ids
        else:
            source, data = link.split(",")
            assert source == "data:image/svg+xml;base64"
            ElementTree.fromstring(base64.b64decode(data))


def test_what_users_write_is_no_markup(content):
    assert "<h1>&lt;digits&gt;</h1>" in content
    assert "`loss` is &lt;nan&gt;" in content
    assert "<nan>" not in content


HOSTILE = """<script>&lt;"' {{ 7 * 7 }} $\\q$"""


def test_all_that_lies_in_the_folder_of_somebody_else_is_text(content):
    one = dataclasses.replace(
        trial(f"name {HOSTILE}", 0.5, 1),
        values={f"given {HOSTILE}": f"value {HOSTILE}"},
        figures={HOSTILE: 0.5, "size": 3.0},
        search={"val_loss": [0.5]},
    )
    other = dataclasses.replace(one, values={f"given {HOSTILE}": 1})
    failed = dataclasses.replace(
        FAILED, state=f"STATE {HOSTILE}", message=f"message {HOSTILE}"
    )
    results = ProjectResults(
        f"project {HOSTILE}",
        {HOSTILE: "max", "size": "min"},
        [one, other, failed, dataclasses.replace(one, baseline=True)],
        facts={f"title {HOSTILE}": f"fact {HOSTILE}"},
        folder=pathlib.Path(f"folder {HOSTILE}"),
    )
    reader, usual = Reader(results_page(results)), Reader(content)
    assert {*reader.tags} <= {*usual.tags, "dl", "dt", "dd"}
    assert reader.attributes == usual.attributes
    for source in ("name", "given", "value", "message", "project", "fact"):
        assert f"{source} {HOSTILE}" in reader.shown
    for link in reader.links:
        assert link.startswith(("#genotype-", "data:image/svg+xml;base64,"))
        if link.startswith("data:"):
            svg = ElementTree.fromstring(base64.b64decode(link.split(",")[1]))
            assert not [e for e in svg.iter() if e.tag.endswith("script")]


def test_trials_stand_by_their_score_and_those_that_failed_last(content):
    # The sum, in which parameters outweigh all: as KerasTuner has it.
    assert [trial.name for trial in RESULTS.ranked] == ["0", "2", "1"]
    table = content[content.index("<h2>Trials</h2>") :]
    names = [row[0].split()[0] for row in rows(table)[1:5]]
    assert names == ["0", "2", "1", "3"]
    assert "Best by score: trial 0" in content
    assert "adds the objectives up as they are" in content


def test_those_that_no_trial_beats_come_first_and_are_marked(content):
    # The random genotypes, which are smaller, have no part in this.
    assert [trial.name for trial in RESULTS.pareto_front] == ["1", "0"]
    assert [row[0] for row in rows(content)[1:3]] == ["1", "0"]
    marked = {row[0] for row in rows(content) if "◆" in row[0]}
    assert marked == {"0 ◆", "1 ◆"}


def test_figures_stand_as_people_read_them(content):
    table = content[content.index("<h2>Trials</h2>") :]
    assert row_of(table, "1")[2:5] == ["0.7500", "1,234,567", "1,234,566"]
    assert row_of(table, "3")[1:5] == ["failed", "–", "–", "–"]


def test_hyper_parameters_that_differ_have_a_column(content):
    head = next(row for row in rows(content) if "state" in row)
    assert "seed" in head and "strategy" not in head
    assert "In all trials: strategy = darts" in content


def test_the_baseline_stands_beside_the_search_with_mean_and_spread(content):
    row = next(row for row in rows(content) if row[0] == "val_accuracy")
    assert row[1:] == [
        "0.5000 ± 0.25 (3 networks)",
        "0.5000 ± 0.35 (2 networks)",
    ]


def test_each_genotype_is_drawn_once_in_the_list_of_them(content):
    # Three different ones, of which the best is drawn at the top too.
    assert content.count('alt="normal cell"') == 3 + 1
    assert content.count('<div id="genotype-') == 3


def test_sections_without_anything_to_show_are_left_out():
    one = ProjectResults("a", {"val_loss": "min"}, [])
    content = results_page(one)
    assert "No trial has come to its end yet" in content
    assert "<h2>" not in content


@pytest.mark.parametrize(
    "direction, names", [("min", ["0", "2", "1"]), ("max", ["1", "2", "0"])]
)
def test_the_better_direction_decides_who_is_best(direction, names):
    directions = {"parameters": direction}
    one = dataclasses.replace(RESULTS, directions=directions)
    assert [trial.name for trial in one.ranked] == names
    content = results_page(one)
    assert f"<h2>Best: trial {names[0]}</h2>" in content
    assert "KerasTuner" not in content and "◆" not in content


def test_several_executions_are_told_apart_from_their_mean():
    twice = [{"val_loss": 1.0}, {"val_loss": 0.5}]
    one = trial("0", 0.5, 10)
    one = dataclasses.replace(
        one, figures={"val_loss": 0.75}, executions=twice, chosen=1
    )
    results = ProjectResults("a", {"val_loss": "min"}, [one])
    content = results_page(results)
    assert "the mean of up to 2 executions" in content
    assert (
        "In the mean val_loss 0.7500. The network of this genotype: val_loss "
        "0.5000." in content
    )
    assert results.spread("val_loss")[0].values == [1.0, 0.5]


@pytest.mark.parametrize(
    "values, mean, deviation",
    [
        ([1.0, 3.0, None], 2.0, 2**0.5),
        ([1.0, float("nan")], 1.0, None),
        ([], None, None),
    ],
)
def test_the_spread_is_of_what_is_known(values, mean, deviation):
    result = Spread.of(values)
    assert result.mean == mean and result.deviation == pytest.approx(deviation)


def told(**options):
    """Two trials of one epoch, with all that is known of them."""
    trials = [
        dataclasses.replace(
            trial(name, accuracy, 0),
            figures={"val_accuracy": accuracy},
            score=accuracy,
            search={"val_accuracy": [accuracy]},
            training={"val_accuracy": [accuracy], "val_loss": [1.0]},
            seconds={"search": 61.4, "training": 7.0},
            parameters=12345,
        )
        for name, accuracy in (("0", 0.5), ("1", 0.75))
    ]
    return ProjectResults("a", {"val_accuracy": "max"}, trials, **options)


def test_what_a_trial_took_stands_in_its_row():
    content = results_page(told())
    head = next(row for row in rows(content) if "state" in row)
    cells = dict(zip(head, row_of(content, "1"), strict=True))
    assert cells["parameters"] == "12,345"
    assert cells["epochs (search + training)"] == "1 + 1"
    assert cells["seconds (search + training)"] == "61 + 7"


def test_parameters_that_are_an_objective_stand_once(content):
    head = next(row for row in rows(content) if "state" in row)
    assert head.count("parameters") == 1


def test_data_settings_and_the_next_command_are_said(tmp_path):
    folder = tmp_path / "my runs"
    facts = {"Data": "40 <elements>", "Last run": "2026-01-02 03:04"}
    content = results_page(told(facts=facts, folder=folder))
    assert "<dt>Data</dt><dd>40 &lt;elements&gt;</dd>" in content
    assert "<dd>2026-01-02 03:04</dd>" in content
    shown = html.unescape(content)
    path = folder / "trial_1"
    assert f"keras-darts train --run='{path}'" in shown
    Reader(content)


def test_a_narrow_screen_shows_each_cell_with_its_title(content):
    for row in re.findall(r"<tr.*?</tr>", content, re.DOTALL):
        cells = re.findall(r"<td[^>]*>", row)
        assert all("data-title=" in cell for cell in cells)
    narrow = content[content.index("@media") : content.index("</style>")]
    assert "display: block" in narrow and "attr(data-title)" in narrow
    assert "nowrap" not in narrow


def test_one_epoch_is_a_visible_point_with_its_value():
    pictures = curves_pictures(told().trials, ["val_accuracy", "val_loss"])
    assert len(pictures) == 3
    (axes,) = pictures["training: val_accuracy"].axes
    assert [line.get_marker() for line in axes.lines] == ["o", "o"]
    assert [text.get_text() for text in axes.texts] == ["0.5", "0.75"]
    names = [label.get_text() for label in axes.get_yticklabels()]
    assert names == ["0", "1"]


def test_short_curves_show_their_points():
    search = {"val_loss": [2, 1]}
    courses = [dataclasses.replace(t, search=search) for t in TRIALS[:2]]
    picture = curves_pictures(courses, ["val_loss"])["search: val_loss"]
    assert {line.get_marker() for line in picture.axes[0].lines} == {"o"}
