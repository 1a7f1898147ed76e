"""What `overwrite=True` removes: a run of this library, and nothing else."""

import contextlib
import json
import os
import pathlib
import re

# Relative to the folder of a run, or of one of its stages.
_WRITTEN = re.compile(
    r"(stages/\d+/)?("
    r"(config|genotype|decisions|vocabulary|command|evaluation)\.json"
    r"|history\.csv|(alphas|mixing_weights)\.npz|model\.keras"
    r"|cells/\w+\.(svg|png|pdf)"
    r"|checkpoints/ckpt-\d+[^/]*(/.*)?"
    r"|tensorboard/(.*/)?events\.out\.tfevents\.[^/]+"
    r"|(\w+/)?\.writing-[^/]+"
    r")"
)
_FOLDERS = ("cells", "checkpoints", "tensorboard", "stages")


def check_overwritable(folder, kind):
    """Refuses what must not be written over.

    Args:
        folder: Path.
        kind: String, the entry of `config.json` of such a run: `"search"` or
            `"network"`.

    Raises:
        ValueError: for a folder that is no run of this kind and not empty, a
            link, or one that is named by its place alone, as `.` and `..`.
    """
    reason = _reason(folder, kind)
    if reason is not None:
        raise ValueError(
            "`output_dir` must be the folder of an earlier run, or not be "
            f"there, for overwrite=True. Received: output_dir={str(folder)!r}, "
            f"which {reason}"
        )


def _reason(folder, kind):
    """Why a folder must not be written over, in words, or `None`."""
    if folder.name in ("", ".."):
        return "is named by its place alone"
    if folder.is_symlink():
        return "is a link"
    if not folder.exists():
        return None
    if not folder.is_dir():
        return "is a file"
    if any(_is_config(path, kind) for path in _configs(folder)):
        return None
    return "holds something else" if any(folder.iterdir()) else None


def remove_run(folder):
    """Removes the files of a run; those of others in its folder stay.

    Args:
        folder: Path that `check_overwritable` lets pass.
    """
    folder = pathlib.Path(folder)
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place) / name
            if _WRITTEN.fullmatch(path.relative_to(folder).as_posix()):
                path.unlink()
    # `os.walk` follows no links, and only what is empty can be removed.
    for place, _, _ in os.walk(folder, topdown=False):
        within = pathlib.Path(place).relative_to(folder)
        if within.parts and within.parts[0] in _FOLDERS:
            with contextlib.suppress(OSError):
                os.rmdir(place)


def _configs(folder):
    return [folder / "config.json", *folder.glob("stages/*/config.json")]


def _is_config(path, kind):
    """Whether a file is the `config.json` of a run of this library."""
    try:
        says = json.loads(path.read_text("utf-8"))
        return kind in says and "keras_darts" in says["versions"]
    except (OSError, ValueError, TypeError, KeyError):
        return False
