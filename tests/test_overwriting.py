"""`overwrite=True` removes a run of this library, and nothing else."""

import json
import os

import pytest

from keras_darts.runs.folder import check_overwritable
from keras_darts.runs.folder import remove_run
from keras_darts.runs.folder import run_folders

OWN = [
    "config.json",
    "genotype.json",
    "history.csv",
    "alphas.npz",
    "mixing_weights.npz",
    "decisions.json",
    "vocabulary.json",
    "command.json",
    "evaluation.json",
    "model.keras",
    "cells/normal.svg",
    "checkpoints/ckpt-3.index",
    "checkpoints/ckpt-3.json",
    "checkpoints/ckpt-3.data-00000-of-00001",
    "checkpoints/ckpt-4_temp/part-00000-of-00001",
    "tensorboard/search/train/events.out.tfevents.1.host.v2",
    "stages/0/config.json",
    "stages/0/checkpoints/ckpt-1.index",
    ".writing-abc.json",
]
OTHERS = [
    "notes.txt",
    "checkpoints/best.keras",
    "cells/photo.jpg",
    "tensorboard/notes.txt",
    "stages/0/notes.txt",
    "data/config.json",
    "mine/model.keras",
]


def write(folder, names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def run_in(folder, run_type="search"):
    write(folder, [*OWN, *OTHERS])
    config = {
        run_type: {},
        "versions": {"keras_darts": "1"},
        "fit": {"epochs": 2},
    }
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def names_in(folder):
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir()
    )


def test_files_of_the_run_go_and_others_stay(tmp_path):
    run = run_in(tmp_path / "run")
    check_overwritable(run, "search")
    remove_run(run)
    assert names_in(run) == sorted(OTHERS)


def test_a_run_alone_leaves_an_empty_folder(tmp_path):
    run = tmp_path / "run"
    write(run, OWN)
    remove_run(run)
    assert not [*run.iterdir()]


def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    write(outside, [*OWN, "events.out.tfevents.1"])
    before = names_in(outside)
    run = run_in(tmp_path / "run")
    (run / "cells" / "normal.svg").unlink()
    (run / "cells" / "normal.svg").symlink_to(outside / "model.keras")
    (run / "tensorboard" / "far").symlink_to(outside, target_is_directory=True)
    (run / "stages" / "1").symlink_to(outside, target_is_directory=True)
    remove_run(run)
    assert names_in(outside) == before
    assert not os.path.lexists(run / "cells" / "normal.svg")


@pytest.mark.parametrize("name", [".", "..", "run/..", "/"])
def test_a_place_is_not_written_over(name, tmp_path, monkeypatch):
    run = run_in(tmp_path / "run")
    run_in(tmp_path)
    monkeypatch.chdir(run)
    with pytest.raises(ValueError, match="named by its place alone"):
        run_folders(name, None, 2, run_type="search", overwrite=True)
    assert (run / "model.keras").exists()


def test_an_empty_name_is_not_written_over(tmp_path, monkeypatch):
    monkeypatch.chdir(run_in(tmp_path))
    with pytest.raises(ValueError, match="`output_dir`"):
        run_folders("", None, 2, run_type="search", overwrite=True)


@pytest.mark.parametrize(
    "make",
    [
        lambda folder: write(folder, ["notes.txt"]),
        lambda folder: write(folder, OWN),
        lambda folder: run_in(folder, run_type="network"),
        lambda folder: (
            folder.mkdir(),
            (folder / "config.json").write_text("{"),
        ),
    ],
    ids=["others", "no mark", "a training", "damaged"],
)
def test_what_is_no_such_run_is_refused(make, tmp_path):
    make(tmp_path / "run")
    before = names_in(tmp_path)
    with pytest.raises(ValueError, match="which holds something else"):
        run_folders(
            tmp_path / "run", None, 2, run_type="search", overwrite=True
        )
    assert names_in(tmp_path) == before


def test_a_link_to_a_run_is_refused(tmp_path):
    run_in(tmp_path / "run")
    (tmp_path / "link").symlink_to(tmp_path / "run", target_is_directory=True)
    with pytest.raises(ValueError, match="which is a link"):
        run_folders(
            tmp_path / "link", None, 2, run_type="search", overwrite=True
        )


@pytest.mark.parametrize("exists", [False, True])
def test_where_there_is_nothing_all_is_well(exists, tmp_path):
    if exists:
        (tmp_path / "run").mkdir()
    result = run_folders(
        tmp_path / "run", None, 2, run_type="search", overwrite=True
    )
    assert result["overwrite"] and result["resume_from"] is None


@pytest.mark.parametrize(
    "folders", [{"output_dir": None, "resume_from": None}, {"both": True}]
)
def test_there_must_be_something_to_write_over(folders, tmp_path):
    if "both" in folders:
        run = run_in(tmp_path / "run")
        folders = {"output_dir": run, "resume_from": run}
    with pytest.raises(ValueError, match="`overwrite` must be False without"):
        run_folders(epochs=2, run_type="search", overwrite=True, **folders)
