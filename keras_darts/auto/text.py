"""A classifier of texts from texts and a time."""

from keras_darts.auto.classifier import Classifier
from keras_darts.auto.texts import LEVELS
from keras_darts.auto.texts import Texts
from keras_darts.auto.texts import texts_of
from keras_darts.errors import unknown_name


class TextClassifier(Classifier):
    """Searches, trains and classifies texts, with all sizes chosen.

    It is to texts what `ImageClassifier` is to images. Texts are lists or
    arrays of strings, or batched data sets of (text, label). Upper case and
    punctuation are left out. The words that come twice at least are known, and
    texts are cut where 99 % of them have ended, after 256 words or 512
    characters at most; both are learned from all texts of `x`, whether
    trained or judged on.

    Args:
        num_classes: As for `ImageClassifier`. Defaults to `None`.
        max_trials: Likewise. Defaults to `4`.
        project_name: String, the folder in the directory. Defaults to
            `"text_classifier"`.
        level: `"word"`, `"character"`, or `None`: characters where texts are
            not parted by spaces, as Chinese and Japanese ones, which `fit`
            says. Defaults to `None`.
        **options: `directory`, `objective`, `overwrite`, `seed` and
            `time_budget`, as for `ImageClassifier`.

    Raises:
        ValueError: for settings that have no meaning.

    Example:

    >>> TextClassifier(time_budget="soon")
    Traceback (most recent call last):
        ...
    ValueError: `time_budget` must be a time above zero, such as '2h', '30m', \
'90s' or a number of seconds, or None. Received: time_budget='soon'
    """

    def __init__(
        self,
        num_classes=None,
        max_trials=4,
        *,
        project_name="text_classifier",
        level=None,
        **options,
    ):
        if level is not None and level not in LEVELS:
            raise unknown_name("level", level, LEVELS)
        super().__init__(
            num_classes, max_trials, project_name=project_name, **options
        )
        self.level = level

    def adapter_of(self, elements):
        return Texts.of(texts_of(elements), self.level)
