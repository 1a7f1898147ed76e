"""The public API is the one that is written down."""

import difflib
import pathlib

import public_api


def test_names_and_signatures_are_those_written_down():
    written = pathlib.Path(__file__).with_name("public_api.txt")
    expected = written.read_text(encoding="utf-8").splitlines()
    result = public_api.text().splitlines()
    changes = "\n".join(difflib.unified_diff(expected, result, lineterm=""))
    assert not changes, f"see tests/public_api.py\n{changes}"
