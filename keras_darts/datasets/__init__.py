"""Data sets, their bilevel split, and input pipelines."""

from keras_darts.utils import surroundings  # noqa: F401

# isort: split

from keras_darts.datasets import augmentation
from keras_darts.datasets.augmentation import Compose
from keras_darts.datasets.augmentation import Cutout
from keras_darts.datasets.augmentation import PadCropFlip
from keras_darts.datasets.bptt import bilevel_bptt_batches
from keras_darts.datasets.bptt import bptt_batches
from keras_darts.datasets.bptt import bptt_batches_per_epoch
from keras_darts.datasets.bptt import eval_bptt_batches
from keras_darts.datasets.bptt import segment_lengths
from keras_darts.datasets.corpora import Corpus
from keras_darts.datasets.corpora import load_corpus
from keras_darts.datasets.corpora import unigram_perplexity
from keras_darts.datasets.elements import Elements
from keras_darts.datasets.elements import Names
from keras_darts.datasets.elements import stratified_subset
from keras_darts.datasets.elements import validate_split
from keras_darts.datasets.examples import class_weights
from keras_darts.datasets.examples import is_dataset
from keras_darts.datasets.examples import read_examples
from keras_darts.datasets.image_data import NORMALIZATIONS
from keras_darts.datasets.image_data import ImageData
from keras_darts.datasets.image_data import Statistics
from keras_darts.datasets.image_data import channel_statistics
from keras_darts.datasets.imagenet_augmentation import ColorJitter
from keras_darts.datasets.imagenet_augmentation import RandomResizedCrop
from keras_darts.datasets.imagenet_augmentation import ResizeCenterCrop
from keras_darts.datasets.images import load
from keras_darts.datasets.pipelines import bilevel_pipeline
from keras_darts.datasets.pipelines import eval_pipeline
from keras_darts.datasets.pipelines import train_pipeline
from keras_darts.datasets.reading import cache_if_small
from keras_darts.datasets.split import BilevelSplit
from keras_darts.datasets.split import bilevel_split
from keras_darts.datasets.task import Task
from keras_darts.datasets.task import infer_from
from keras_darts.datasets.task import infer_task
from keras_darts.datasets.task import label_type_of_loss
from keras_darts.datasets.text_classification import LabelledText
from keras_darts.datasets.text_classification import TextClassificationData
from keras_darts.datasets.text_classification import load_text_classification
from keras_darts.datasets.token_streams import TokenStreams
from keras_darts.datasets.token_streams import token_streams
from keras_darts.datasets.tokenizers import TextEncoder
from keras_darts.datasets.tokenizers import split_text
from keras_darts.datasets.vocabulary import Vocabulary

__all__ = [
    "NORMALIZATIONS",
    "ColorJitter",
    "Compose",
    "Corpus",
    "Cutout",
    "Elements",
    "BilevelSplit",
    "ImageData",
    "Names",
    "PadCropFlip",
    "RandomResizedCrop",
    "ResizeCenterCrop",
    "TextClassificationData",
    "LabelledText",
    "Statistics",
    "Task",
    "TextEncoder",
    "TokenStreams",
    "Vocabulary",
    "augmentation",
    "bilevel_pipeline",
    "bilevel_bptt_batches",
    "channel_statistics",
    "validate_split",
    "class_weights",
    "eval_pipeline",
    "eval_bptt_batches",
    "infer_from",
    "infer_task",
    "is_dataset",
    "cache_if_small",
    "label_type_of_loss",
    "load",
    "load_corpus",
    "load_text_classification",
    "read_examples",
    "segment_lengths",
    "bptt_batches",
    "bptt_batches_per_epoch",
    "bilevel_split",
    "split_text",
    "stratified_subset",
    "train_pipeline",
    "token_streams",
    "unigram_perplexity",
]
