"""Colours of operations: the same everywhere, and told apart by all people."""

import itertools

import numpy as np
import pytest

import keras_darts as kd
from keras_darts import primitives
from keras_darts.drawing import palette

NAMES = sorted({*primitives.names(), *primitives.activation_names()})
# Machado et al., 2009: what is left of light for people without one cone.
SIGHTS = {
    "all": np.eye(3),
    "no green": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no red": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
XYZ = np.array(
    [
        [0.4124, 0.3576, 0.1805],
        [0.2126, 0.7152, 0.0722],
        [0.0193, 0.1192, 0.9505],
    ]
)


def light(color):
    values = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    curved = ((values + 0.055) / 1.055) ** 2.4
    return np.where(values <= 0.04045, values / 12.92, curved)


def lightness(color):
    return XYZ[1] @ light(color)


def place(color, sight):
    """The color in CIELAB, in which distances are as people see them."""
    seen = np.clip(SIGHTS[sight] @ light(color), 0, 1)
    x, y, z = np.cbrt(XYZ @ seen / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def contrast(one, other):
    low, high = sorted([lightness(one), lightness(other)])
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("sight", SIGHTS)
def test_families_are_told_apart_with_any_sight(sight):
    results = {palette.color(name) for name in [*NAMES, "of_my_own"]}
    for one, other in itertools.combinations(results, 2):
        distance = np.linalg.norm(place(one, sight) - place(other, sight))
        assert distance > 12, (one, other)


@pytest.mark.parametrize("page", ["#ffffff", "#111418"])
def test_colors_stand_out_from_light_and_dark_pages(page):
    for name in [*NAMES, "of_my_own"]:
        if name != "none":
            assert contrast(palette.color(name), page) > 3, name
    assert contrast(palette.TEXT, page) > 4


def test_skips_are_grey_and_none_is_the_lightest():
    values = [int(palette.color("skip_connect")[i : i + 2], 16) for i in (1, 3)]
    assert abs(values[0] - values[1]) < 24
    lightest = max(NAMES, key=lambda name: lightness(palette.color(name)))
    assert lightest == "none"


@pytest.mark.parametrize("space", kd.search_spaces.names())
def test_every_candidate_of_a_space_has_a_family_and_a_look_of_its_own(space):
    cells = kd.search_spaces.get(space).cells.values()
    names = {
        name for cell in cells for edge in cell.primitives for name in edge
    }
    looks = dict(zip(names, palette.looks(names), strict=True))
    assert len(set(looks.values())) == len(names)
    for name, (color, _) in looks.items():
        assert color == palette.color(name)


def test_names_of_any_number_are_told_apart():
    names = [*NAMES, *(f"mine_{i}" for i in range(40))]
    looks = palette.looks(names)
    assert len(set(looks)) == len(names)
