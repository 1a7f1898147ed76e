"""Which elements go to the search half: the same share of every class."""

import numpy as np

from keras_darts.datasets.task import class_numbers


def search_share(labels, share, seed, loss=None):
    """Mask of the search half, and whether it was made class by class.

    Elements are put in random order within their class and taken at even
    distances, so each class gives its share to within one element. A loss may
    say that labels are no classes.
    """
    classes = class_numbers(labels, loss)
    order = np.random.default_rng(seed).permutation(len(labels))
    if classes is not None:
        order = order[np.argsort(classes[order], kind="stable")]
    # Half a step ahead, so that the total is rounded and not cut.
    steps = np.floor(np.arange(len(labels) + 1) * share + 0.5)
    mask = np.empty(len(labels), bool)
    mask[order] = np.diff(steps) > 0
    return mask, classes is not None
