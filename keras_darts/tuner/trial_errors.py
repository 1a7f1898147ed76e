"""Which errors end a trial alone, and which the whole tuning."""

import contextlib

import tensorflow as tf
from keras_tuner import errors


class Ended(errors.FatalError):
    """The tuning ends with an error, which `DartsTuner.search` raises.

    KerasTuner lets no other kind of error through.
    """

    def __init__(self, error):
        super().__init__(str(error))
        self.error = error


@contextlib.contextmanager
def judged():
    """Inside, a trial runs; what it raises is told apart.

    A search that diverges fails its trial, as does one that is too large. An
    error that the next trial would meet as well, in the user's code or data
    or on a full disk, ends them all.

    Raises:
        keras_tuner.errors.FailedTrialError: where another try is in vain.
        Ended: for what the user has to mend.
    """
    try:
        yield
    except (errors.FatalError, errors.FailedTrialError):
        raise
    except FloatingPointError as error:
        raise errors.FailedTrialError(str(error)) from error
    except (MemoryError, tf.errors.OpError):
        raise
    except Exception as error:
        raise Ended(error) from error
