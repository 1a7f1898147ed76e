"""Kinds of data: how they are read, checked and fed, and what learns them.

A search space names its `task`. Everything that differs with it is said by a
`TaskAdapter` of that name, which search, tuner, classifiers and commands ask.
"""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.tasks.base import BatchStreams
from keras_darts.tasks.base import DataSizes
from keras_darts.tasks.base import TaskAdapter
from keras_darts.tasks.base import get
from keras_darts.tasks.base import name_of_network
from keras_darts.tasks.base import names
from keras_darts.tasks.base import register_task
from keras_darts.tasks.image_classification import ImageClassification
from keras_darts.tasks.labelled import LabelledTask
from keras_darts.tasks.language_modeling import LanguageModeling
from keras_darts.tasks.text_classification import TextClassification
from keras_darts.tasks.training_data import LabelledTrainingData
from keras_darts.tasks.training_data import TrainingData

register_task("image_classification")(ImageClassification)
register_task("language_modeling")(LanguageModeling)
register_task("text_classification")(TextClassification)

__all__ = [
    "BatchStreams",
    "DataSizes",
    "ImageClassification",
    "LabelledTask",
    "LabelledTrainingData",
    "LanguageModeling",
    "TaskAdapter",
    "TextClassification",
    "TrainingData",
    "get",
    "name_of_network",
    "names",
    "register_task",
]
