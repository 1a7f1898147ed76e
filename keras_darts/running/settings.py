"""The settings of a run, compared with those it began with."""

import json


def check_same(saved, present):
    """A run is resumed, or loaded, only with the settings it began with.

    Args:
        saved: Dictionary of the settings of the run.
        present: The same, of now.

    Raises:
        ValueError: naming those that differ.
    """
    different = [
        f"{name}: {saved.get(name)!r} in the run, {present.get(name)!r} now"
        for name in sorted({*saved, *present})
        if saved.get(name) != present.get(name)
    ]
    if different:
        raise ValueError(
            "`resume_from`, or a run in `output_dir`, must be a run of the "
            "same configuration: choose another folder, or start over by "
            f"overwrite=True. Received: {'; '.join(different)}"
        )


def check_epochs(path, epochs):
    """A run that is found in `output_dir` has the length it began with.

    Args:
        path: Path of its `config.json`, which may be missing.
        epochs: Integer, what is asked for now.
    """
    settings = json.loads(path.read_text())["fit"] if path.exists() else {}
    began = settings.get("epochs", epochs)
    # In stages those of the whole run stand elsewhere.
    if "stage_epochs" not in settings and began != epochs:
        raise ValueError(
            "`epochs` must be that of the run in `output_dir`: resume_from="
            f"{str(path.parent)!r} makes it longer, overwrite=True starts "
            f"over. Received: epochs={epochs}, "
            f"{began} in the run"
        )
