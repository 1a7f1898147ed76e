"""Checkpoints that are whole: files, and a manifest of what they hold."""

from __future__ import annotations

import contextlib
import hashlib
import json
import pathlib
import shutil
import typing
from typing import Any

from keras_darts.utils.files import write_json
from keras_darts.utils.typing import PathLike


class CheckpointManifest(typing.NamedTuple):
    """What the JSON file next to the files of a checkpoint says.

    It is written last, so what was cut while it was written has none.
    `resumes` tells whether a longer run continues from it: `False` if the end
    of the training restored an earlier state.
    """

    path: pathlib.Path
    number: int
    epochs_done: int
    step: int
    finished: bool
    files: dict[str, str]
    variables: dict[str, Any]
    rows: int
    resumes: bool = True

    @property
    def prefix(self) -> pathlib.Path:
        return self.path.with_suffix("")

    def find_corruption(self) -> str | None:
        """What is wrong with the files as text, or `None`."""
        for name, digest in self.files.items():
            path = self.path.parent / name
            if not path.is_file():
                return f"{name} is missing"
            if _digest(path.read_bytes()) != digest:
                return f"{name} is not what was written"
        return None

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)
        for name in self.files:
            (self.path.parent / name).unlink(missing_ok=True)


def manifests(folder: PathLike) -> list[CheckpointManifest]:
    """The checkpoints in a folder, the newest first."""
    result = []
    for path in pathlib.Path(folder).glob("ckpt-*.json"):
        # One that can't be read is none: the one before it holds.
        with contextlib.suppress(ValueError, TypeError, KeyError):
            says = json.loads(path.read_text("utf-8"))
            if says.pop("digest") == _digest(_text(says)):
                result.append(CheckpointManifest(path, **says))
    return sorted(result, key=lambda saved: saved.number, reverse=True)


def unreadable(folder: PathLike) -> list[str]:
    """The names of manifests in a folder that were damaged later."""
    whole = {saved.path for saved in manifests(folder)}
    paths = pathlib.Path(folder).glob("ckpt-*.json")
    return sorted(path.name for path in paths if path not in whole)


def incomplete(folder: PathLike) -> list[str]:
    """The names of checkpoints that have files but no manifest."""
    whole = {saved.prefix.name for saved in manifests(folder)}
    return sorted({_name(p) for p in _files(folder)} - whole)


def remove_incomplete(folder: PathLike) -> None:
    """Removes the files of checkpoints that have no manifest."""
    names = incomplete(folder)
    for path in _files(folder):
        if _name(path) not in names:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def write_manifest(prefix: pathlib.Path, **says: Any) -> None:
    """Declares the files of a checkpoint whole.

    Args:
        prefix: Path; the files are those that begin with it and a dot.
        **says: The fields of a `CheckpointManifest` but for path and files.
    """
    path = prefix.parent / f"{prefix.name}.json"
    files = sorted({*prefix.parent.glob(f"{prefix.name}.*")} - {path})
    digests = {f.name: _digest(f.read_bytes()) for f in files}
    _write(path, {**says, "files": digests})


def finish(folder: PathLike) -> None:
    """Notes in the newest checkpoint that the run has come to its end."""
    for newest in manifests(folder)[:1]:
        says = {**newest._asdict(), "finished": True}
        _write(says.pop("path"), says)


def is_run(folder: PathLike) -> bool:
    """Whether a folder holds a run, maybe one still in an early stage."""
    folder = pathlib.Path(folder)
    return any((folder / name).exists() for name in ("config.json", "stages"))


def is_begun(run: PathLike) -> bool:
    """Whether a run has a checkpoint, even a damaged one, in any stage."""
    run = pathlib.Path(run)
    parts = [run, *(run / "stages").glob("*")]
    return any([*(part / "checkpoints").glob("ckpt-*.json")] for part in parts)


def has_whole_checkpoint(run: PathLike) -> bool:
    """Whether a run has a checkpoint to resume from, of whichever stage."""
    run = pathlib.Path(run)
    parts = [run, *(run / "stages").glob("*")]
    return any(
        saved.find_corruption() is None
        for part in parts
        for saved in manifests(part / "checkpoints")
    )


def has_run_type(run: PathLike, run_type: str) -> bool:
    """Whether a run is a search or a training, as far as it says so.

    Args:
        run: Its folder.
        run_type: String, the entry of `config.json` that tells the type,
            `"search"` or `"network"`.
    """
    config = pathlib.Path(run) / "config.json"
    return not config.exists() or run_type in json.loads(
        config.read_text("utf-8")
    )


def has_come_to_its_end(run: PathLike) -> bool:
    """Whether the newest checkpoint of a run is that of its end."""
    newest = manifests(pathlib.Path(run) / "checkpoints")[:1]
    return any(saved.finished for saved in newest)


def is_finished(run: PathLike, run_type: str = "search") -> bool:
    """Whether a run must not be resumed.

    It has come to its end, or is of another type, or is of a version without
    manifests.

    Args:
        run: Its folder.
        run_type: String, as for `has_run_type`. Defaults to `"search"`.
    """
    run = pathlib.Path(run)
    if not has_run_type(run, run_type):
        return True
    older = run / "checkpoints" / "checkpoint"
    if run_type == "network" and not older.parent.is_dir():
        return True
    return older.exists() or has_come_to_its_end(run)


def _files(folder):
    return list(pathlib.Path(folder).glob("ckpt-*"))


def _name(path):
    # TensorFlow writes into a folder first, whose name ends so.
    return path.name.split(".")[0].removesuffix("_temp")


def _write(path, says):
    write_json(path, {**says, "digest": _digest(_text(says))})


def _text(says):
    return json.dumps(says, sort_keys=True).encode()


def _digest(content):
    return hashlib.sha256(content).hexdigest()
