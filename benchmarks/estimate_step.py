"""A step of any search that is estimated, for `estimate.py`.

Imports TensorFlow: what shall be set before that is set by the importer.
"""

import keras_darts_step as images
import numpy as np

import keras_darts as kd

VOCABULARY_SIZE = 1000
LENGTH = 64


def build(settings):
    """A function that does one step, and one that has nothing to tell."""
    search = search_of(settings)
    search.compile()
    draw = np.random.default_rng(0)
    pair = tuple(_batch(draw, search, settings) for _ in range(2))
    step, _ = images.step_of(search, settings["step_type"], pair)
    return step, dict


def search_of(settings):
    """The search that a point describes."""
    step_type, side = settings["step_type"], settings["image_size"]
    text = settings["space"].startswith("text")
    search = kd.DartsSearch(
        settings["space"],
        images.STRATEGIES.get(step_type, step_type),
        num_classes=images.NUM_CLASSES,
        input_shape=(LENGTH,) if text else (side, side, 3),
        vocabulary_size=VOCABULARY_SIZE if text else None,
        filters=settings["filters"],
        num_cells=settings["num_cells"],
        rematerialize=settings["rematerialize"],
        dtype="mixed_bfloat16" if settings["bfloat16"] else None,
    )
    search.gradient_accumulation_steps = settings["parts"]
    return search


def _batch(draw, search, settings):
    size = settings["batch_size"]
    if search.search_space.task == "image_classification":
        return images.batch(draw, size, settings["image_size"])
    ids = draw.integers(1, VOCABULARY_SIZE, (size, LENGTH), dtype="int32")
    return ids, draw.integers(0, images.NUM_CLASSES, size)
