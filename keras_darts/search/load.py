"""A search that was finished before, as its `fit` left it."""

import logging

from keras_darts.running.folders import add_rows
from keras_darts.search.course_callbacks import stateful

_LOG = logging.getLogger("keras_darts")


def into(search, plan, history):
    """Gives a search and a history what the end of a stage has left.

    Args:
        search: `DartsSearch`, whose variables the checkpoint has restored.
        plan: `Plan` of the stage.
        history: Keras `History`, to which its epochs are added.
    """
    folder = plan.checkpoint.folder.parent
    for callback in stateful(plan.callbacks):
        # Some tell the search what they know.
        callback.set_model(search)
        callback.restore_state(callback.state())
    reasons = [c.stop_reason for c in stateful(plan.callbacks)]
    search.stop_reason = next(filter(None, reasons), None)
    history.set_model(search)
    add_rows(history, folder / "history.csv", plan.checkpoint.rows)
    _LOG.info("finished: loaded from %s", folder)
