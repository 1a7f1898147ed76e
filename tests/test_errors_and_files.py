"""Messages that help, and files that are whole or not there."""

import os

import pytest

from keras_darts.utils.errors import unknown_name
from keras_darts.utils.files import atomic_write
from keras_darts.utils.files import writable_folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("received", "hint"),
    [
        ("sep_conv_3x", "Did you mean sep_conv_3x3"),
        ("xyz", "sep_conv_5x5. Received: op='xyz'"),
        (7, "sep_conv_5x5. Received: op=7"),
        (None, "Received: op=None"),
    ],
)
def test_an_unknown_name_lists_what_is_known_and_what_is_near(received, hint):
    known = {"sep_conv_5x5", "none", "sep_conv_3x3"}
    error = unknown_name("op", received, known)
    assert isinstance(error, ValueError)
    assert "`op` must be one of none, sep_conv_3x3, sep_conv_5x5." in str(error)
    assert hint in str(error)


def test_a_file_appears_when_all_is_written(tmp_path):
    path = tmp_path / "run" / "history.csv"
    with atomic_write(path) as scratch:
        scratch.write_text("epoch")
        assert scratch.parent == path.parent
        assert scratch.suffix == ".csv"
        assert not path.exists()
    assert path.read_text() == "epoch"
    assert names(path.parent) == ["history.csv"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("old")
    with pytest.raises(KeyError), atomic_write(path) as scratch:
        scratch.write_text("half")
        raise KeyError
    assert path.read_text() == "old"
    assert names(tmp_path) == ["note.txt"]


def test_a_new_file_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "note.txt"
    for text in ("old", "new"):
        with atomic_write(str(path)) as scratch:
            scratch.write_text(text)
    assert path.read_text() == "new"


def test_a_folder_is_made_and_left_empty(tmp_path):
    folder = writable_folder(str(tmp_path / "a" / "b"))
    assert folder == tmp_path / "a" / "b"
    assert names(folder) == []


def test_a_file_in_the_way_is_no_folder(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("")
    with pytest.raises(ValueError, match="`output_dir` must be a folder that"):
        writable_folder(path, "output_dir")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_files_is_refused(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(ValueError, match="`path` must be a folder that can"):
        writable_folder(tmp_path)
