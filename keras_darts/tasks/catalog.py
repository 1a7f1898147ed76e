"""The kinds of data by name, and a user's own beside them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING
from typing import Any
from typing import TypeVar

from keras_darts.export.specification import describe
from keras_darts.strategies import RECIPES
from keras_darts.tasks.base import TaskAdapter
from keras_darts.utils.registry import Registry

if TYPE_CHECKING:
    import keras

_Class = TypeVar("_Class", bound=type)


_TASKS = Registry("task", base=TaskAdapter)


def register_task(name: str) -> Callable[[_Class], _Class]:
    """Class decorator that makes a `TaskAdapter` known as `name`.

    Search spaces whose `task` it is are searched with it, by its
    `search_recipe` where a strategy has none for it. Networks of its
    `network_types` are exported by its `describe_export`, if it overrides it.

    Args:
        name: String, what a search space has as its `task`.

    Example:

    >>> @register_task("thumbnail_classification")
    ... class Thumbnails(kd.tasks.ImageClassification):
    ...     network_types = ()
    >>> get("thumbnail_classification").sizes
    ('num_classes', 'input_shape')
    """

    def keep(adapter_class):
        _TASKS.register(name)(adapter_class)
        RECIPES[name] = adapter_class.search_recipe
        if adapter_class.describe_export is not TaskAdapter.describe_export:
            adapter = adapter_class()
            for network_type in adapter.network_types:
                describe.register(network_type)(adapter.describe_export)
        return adapter_class

    return keep


def get(identifier: Any) -> TaskAdapter:
    """The `TaskAdapter` of a name, or an adapter as it is.

    Example:

    >>> get("language_modeling").sizes
    ('vocabulary_size',)
    """
    return _TASKS.get(identifier)


def names() -> list[str]:
    """The names of all tasks.

    Example:

    >>> "image_classification" in names()
    True
    """
    return _TASKS.names()


def name_of_network(network: keras.Model) -> str | None:
    """The name of the task that a network is made for, or `None`.

    Example:

    >>> network = kd.networks.CifarNetwork(
    ...     "darts_v2", filters=2, num_cells=2, auxiliary=False
    ... )
    >>> name_of_network(network)
    'image_classification'
    """
    for name in _TASKS.names():
        if isinstance(network, _TASKS.get(name).network_types):
            return name
    return None
