"""From what a user has to the two streams of a bilevel search."""

from keras_darts.datasets import augmentation
from keras_darts.datasets.augmentation import Compose
from keras_darts.datasets.augmentation import Cutout
from keras_darts.datasets.augmentation import PadCropFlip
from keras_darts.datasets.catalog import ImageData
from keras_darts.datasets.catalog import load
from keras_darts.datasets.checks import check
from keras_darts.datasets.halves import Halves
from keras_darts.datasets.halves import split
from keras_darts.datasets.imagenet_augmentation import ColorJitter
from keras_darts.datasets.imagenet_augmentation import RandomResizedCrop
from keras_darts.datasets.imagenet_augmentation import ResizeCenterCrop
from keras_darts.datasets.statistics import NORMALIZATIONS
from keras_darts.datasets.statistics import Statistics
from keras_darts.datasets.statistics import channel_statistics
from keras_darts.datasets.streams import bilevel
from keras_darts.datasets.streams import evaluation
from keras_darts.datasets.streams import stream
from keras_darts.datasets.subset import stratified_subset
from keras_darts.datasets.task import Task
from keras_darts.datasets.task import infer_task

__all__ = [
    "NORMALIZATIONS",
    "ColorJitter",
    "Compose",
    "Cutout",
    "Halves",
    "ImageData",
    "PadCropFlip",
    "RandomResizedCrop",
    "ResizeCenterCrop",
    "Statistics",
    "Task",
    "augmentation",
    "bilevel",
    "channel_statistics",
    "check",
    "evaluation",
    "infer_task",
    "load",
    "split",
    "stratified_subset",
    "stream",
]
