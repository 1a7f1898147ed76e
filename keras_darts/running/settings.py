"""The settings of a run, compared with those it began with."""

import json


def check_same(saved, present):
    """A run goes on only with the settings it began with.

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
            "`resume_from`, or an unfinished run in `output_dir`, must be a "
            "run of the same configuration. "
            f"Received: {'; '.join(different)}"
        )


def check_epochs(path, epochs):
    """A run that goes on by itself has the length that it began with.

    Args:
        path: Path of its `config.json`, which may be missing.
        epochs: Integer, what is asked for now.
    """
    settings = json.loads(path.read_text())["fit"] if path.exists() else {}
    began = settings.get("epochs", epochs)
    # In stages those of the whole run stand elsewhere.
    if "stage_epochs" not in settings and began != epochs:
        raise ValueError(
            "`epochs` must be that of the unfinished run in `output_dir`; by "
            f"`resume_from` a run is made longer. Received: epochs={epochs}, "
            f"{began} in the run"
        )
