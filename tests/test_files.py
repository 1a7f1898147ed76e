"""Files that appear whole or not at all."""

import csv
import json

import pytest

from keras_darts.utils import files


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path):
    path = tmp_path / "value.json"
    files.write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        files.write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["value.json"]


def test_a_table_has_a_column_for_every_name(tmp_path):
    path = tmp_path / "new" / "table.csv"
    files.write_csv(path, [{"a": 1}, {"a": 2, "b": "x, y"}])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == [{"a": "1", "b": ""}, {"a": "2", "b": "x, y"}]


def test_a_folder_that_is_a_file_is_refused_by_its_argument(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match="`output_dir` must be a folder"):
        files.writable_folder(tmp_path / "file", "output_dir")
