"""A classifier of images from images and a time."""

from keras_darts.auto.classifier import Classifier
from keras_darts.auto.images import Images


class ImageClassifier(Classifier):
    """Searches, trains and classifies images, with all sizes chosen.

    The sizes of supernet and network, batches, epochs and trials follow from
    the data and from `time_budget`, by the seconds that steps are measured to
    take on this machine. Half of the time is for the trials of a `DartsTuner`,
    each of which searches an architecture and trains it briefly; in the other
    half the best one is trained from scratch on all examples, those to judge on
    among them unless they were given. `fit` prints what was chosen, and what
    is cut when the time is up.

    Images may be of integers or floats, grey ones with or without the axis of
    the channels. Sides above 64 pixels are shrunk to it.

    Args:
        num_classes: Integer, where the labels need not show all classes.
            Defaults to `None`: read from the labels.
        max_trials: Integer, the most trials. Defaults to `4`.
        directory: Path. Defaults to `None`, the working directory.
        project_name: String, the folder in it. Defaults to
            `"image_classifier"`.
        objective: As for `DartsTuner`, by which the best trial is chosen.
            Defaults to `"val_accuracy"`.
        overwrite: Boolean, whether `fit` starts over where the project is
            there already, and deletes it. Defaults to `False`: it resumes, or
            loads what is finished.
        seed: Integer. Defaults to `None`, another one each time.
        time_budget: What the whole of `fit` may take: a text such as `"2h"`,
            `"30m"` or `"90s"`, or a number of seconds. Too small a one has a
            warning, the smallest sizes, and may be exceeded. A fit that
            resumes has what is left. Defaults to `None`: as long as it takes,
            which is long.

    Raises:
        ValueError: for settings that have no meaning.

    Example:

    >>> classifier = ImageClassifier(max_trials=2, time_budget="30m")
    >>> classifier.predict(np.zeros((1, 8, 8)))
    Traceback (most recent call last):
        ...
    RuntimeError: `fit` must be called first: there is no model yet

    Reference: Jin et al., 2019, Auto-Keras, for the form; Liu et al., 2019,
    DARTS, for what is searched.
    """

    adapter_of = staticmethod(Images.of)

    def __init__(
        self,
        num_classes=None,
        max_trials=4,
        *,
        project_name="image_classifier",
        **options,
    ):
        super().__init__(
            num_classes, max_trials, project_name=project_name, **options
        )
