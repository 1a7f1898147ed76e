"""What is asked of the settings of a tuner before any trial."""

import keras_tuner

from keras_darts.utils.files import folder_name
from keras_darts.utils.files import user_path


def check_hypermodel(hypermodel):
    """Refuses what can't build a model."""
    if hypermodel is None:
        raise ValueError(
            "`hypermodel` must be given, unless a subclass has a `run_trial` "
            "of its own. Received: hypermodel=None"
        )
    if isinstance(hypermodel, keras_tuner.Oracle):
        raise ValueError(
            "`hypermodel` must be a `DartsHyperModel`, a "
            "`keras_tuner.HyperModel`, a function of `hp`, or a search space. "
            "Received: an oracle, which is the argument `oracle`"
        )


def with_place(options):
    """The options of a tuner, with the place of its project as it is meant.

    Raises:
        ValueError: if `directory` is no path, or `project_name` no name.
    """
    place = {}
    if options.get("directory") is not None:
        place["directory"] = user_path(options["directory"], "directory")
    if options.get("project_name") is not None:
        name = folder_name(options["project_name"], "project_name")
        place["project_name"] = name
    return {**options, **place}


def check_meaning(searches, objective, **settings):
    """Refuses what means nothing for the models of a hypermodel.

    Args:
        searches: Boolean, whether they are `DartsSearch`es; `None` where
            that is not known.
        objective: `keras_tuner.Objective`.
        **settings: Those of searches alone; `None` was left out.
    """
    if searches and objective.name == "default_objective":
        raise ValueError(
            "`objective` must be given for a hypermodel of one's own, such as "
            "'val_accuracy'. Received: objective=None"
        )
    given = [name for name, value in settings.items() if value is not None]
    if searches is False and given:
        raise ValueError(
            f"`{given[0]}` must be left out for a hypermodel that builds no "
            f"`DartsSearch`. Received: {given[0]}={settings[given[0]]!r}"
        )
