"""From what a user has to the two streams of a bilevel search."""

from keras_darts.datasets import augmentation
from keras_darts.datasets.augmentation import Compose
from keras_darts.datasets.augmentation import Cutout
from keras_darts.datasets.augmentation import PadCropFlip
from keras_darts.datasets.bptt import bilevel_segments
from keras_darts.datasets.bptt import evaluation_segments
from keras_darts.datasets.bptt import segment_lengths
from keras_darts.datasets.bptt import segments
from keras_darts.datasets.bptt import segments_per_epoch
from keras_darts.datasets.checks import check
from keras_darts.datasets.corpora import Corpus
from keras_darts.datasets.corpora import load_corpus
from keras_darts.datasets.corpora import unigram_perplexity
from keras_darts.datasets.elements import Elements
from keras_darts.datasets.elements import Names
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
from keras_darts.datasets.pipelines import bilevel
from keras_darts.datasets.pipelines import evaluation
from keras_darts.datasets.pipelines import stream
from keras_darts.datasets.reading import kept_in_memory
from keras_darts.datasets.split import Halves
from keras_darts.datasets.split import split
from keras_darts.datasets.stratification import stratified_subset
from keras_darts.datasets.task import Task
from keras_darts.datasets.task import infer_from
from keras_darts.datasets.task import infer_task
from keras_darts.datasets.task import kind_of_loss
from keras_darts.datasets.text_classification import SentenceData
from keras_darts.datasets.text_classification import Sentences
from keras_darts.datasets.text_classification import load_sentences
from keras_darts.datasets.token_streams import TokenStreams
from keras_darts.datasets.token_streams import token_streams
from keras_darts.datasets.tokenizers import TextEncoder
from keras_darts.datasets.tokenizers import split_text
from keras_darts.datasets.vocabulary import Vocabulary
from keras_darts.utils import surroundings  # noqa: F401

__all__ = [
    "NORMALIZATIONS",
    "ColorJitter",
    "Compose",
    "Corpus",
    "Cutout",
    "Elements",
    "Halves",
    "ImageData",
    "Names",
    "PadCropFlip",
    "RandomResizedCrop",
    "ResizeCenterCrop",
    "SentenceData",
    "Sentences",
    "Statistics",
    "Task",
    "TextEncoder",
    "TokenStreams",
    "Vocabulary",
    "augmentation",
    "bilevel",
    "bilevel_segments",
    "channel_statistics",
    "check",
    "class_weights",
    "evaluation",
    "evaluation_segments",
    "infer_from",
    "infer_task",
    "is_dataset",
    "kept_in_memory",
    "kind_of_loss",
    "load",
    "load_corpus",
    "load_sentences",
    "read_examples",
    "segment_lengths",
    "segments",
    "segments_per_epoch",
    "split",
    "split_text",
    "stratified_subset",
    "stream",
    "token_streams",
    "unigram_perplexity",
]
