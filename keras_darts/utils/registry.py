"""Names of the pieces of one kind, and the way from a name to a piece."""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import weakref
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any
from typing import TypeVar

from keras_darts.utils.errors import unknown_name
from keras_darts.utils.typing import Config

_Entry = TypeVar("_Entry")
_REGISTRIES: weakref.WeakSet[Registry] = weakref.WeakSet()


class Registry:
    """Named pieces of one kind: primitives, relaxations, strategies, ...

    Args:
        argument: String, the argument through which users name such a piece;
            it is in the error for an unknown name.
        base: Class, or tuple of classes, of which every piece is an instance;
            `get` takes such objects as they are. Defaults to `None`, in which
            case it takes none.

    Example:

    >>> spaces = Registry("search_space")
    >>> @spaces.register("tiny")
    ... def tiny(filters=8):
    ...     return ("tiny", filters)
    >>> spaces.get("tiny")
    ('tiny', 8)
    """

    def __init__(
        self, argument: str, base: type | tuple[type, ...] | None = None
    ) -> None:
        self.argument = argument
        self.base = base
        self._entries = {}
        _REGISTRIES.add(self)

    def register(self, name: str) -> Callable[[_Entry], _Entry]:
        """Decorator that keeps a class or function under `name`."""

        def keep(entry):
            self._entries[name] = entry
            return entry

        return keep

    def names(self) -> list[str]:
        return sorted(self._entries)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> Any:
        if not isinstance(name, str) or name not in self._entries:
            raise unknown_name(self.argument, name, self._entries)
        return self._entries[name]

    def get(self, identifier: Any) -> Any:
        """A piece from its name, its config or itself.

        A config is what `serialize` returns: `{"name": ..., "config": {...}}`.
        """
        if isinstance(identifier, str):
            return self._checked(self[identifier]())
        if isinstance(identifier, dict):
            return self._checked(self._from_config(identifier))
        if self.base is not None and isinstance(identifier, self.base):
            return identifier
        raise TypeError(
            f"`{self.argument}` must be a name, a config or an object of "
            f"{self._expected()}. Received: {self.argument}={identifier!r} "
            f"of type {type(identifier).__name__}"
        )

    def serialize(self, piece: Any) -> Config:
        """The config from which `get` makes an equal piece."""
        for name, entry in self._entries.items():
            if entry is type(piece):
                return {"name": name, "config": piece.get_config()}
        raise ValueError(
            f"`{self.argument}` is of a class that is not registered, so it "
            f"has no config. Received: {self.argument}={piece!r}"
        )

    def clone(self, piece: Any) -> Any:
        """An equal piece that shares no state with `piece`."""
        return _made(type(piece), piece.get_config())

    def _checked(self, piece):
        """What a registered function or class has given."""
        if self.base is None or isinstance(piece, self.base):
            return piece
        raise TypeError(
            f"`{self.argument}` must be of {self._expected()}. Received: "
            f"an entry that returns {piece!r} of type {type(piece).__name__}"
        )

    def _expected(self):
        """The class that a piece must have, as text."""
        if self.base is None:
            return "that kind"
        if isinstance(self.base, tuple):
            return f"a class of {', '.join(map(public_name, self.base))}"
        return f"a subclass of {public_name(self.base)}"

    def _from_config(self, config):
        if set(config) - {"name", "config"} or "name" not in config:
            raise ValueError(
                f"`{self.argument}` as a config must have the keys 'name' and "
                f"'config'. Received: {self.argument}={config!r}"
            )
        return _made(self[config["name"]], config.get("config", {}))


@contextlib.contextmanager
def restored_registries() -> Iterator[None]:
    """What is registered within the block is forgotten at its end.

    For tests, which register pieces and share a process.

    Example:

    >>> spaces = Registry("search_space")
    >>> with restored_registries():
    ...     _ = spaces.register("tiny")(tuple)
    ...     print(spaces.names())
    ['tiny']
    >>> spaces.names()
    []
    """
    entries = {registry: dict(registry._entries) for registry in _REGISTRIES}
    try:
        yield
    finally:
        for registry in _REGISTRIES:
            registry._entries = entries.get(registry, registry._entries)


def _made(entry, arguments):
    if hasattr(entry, "from_config"):
        return entry.from_config(dict(arguments))
    return entry(**arguments)


def public_name(cls: type) -> str:
    """The name by which users reach a class of the package's modules.

    Example:

    >>> public_name(kd.relaxations.Softmax)
    'kd.relaxations.Softmax'
    """
    package, *rooms = cls.__module__.split(".")
    if package != "keras_darts":
        return cls.__qualname__
    return f"kd.{rooms[0]}.{cls.__name__}"


def fields(piece: Any) -> Config:
    """The arguments of a dataclass by name, as its `get_config` returns them.

    Raises:
        NotImplementedError: for another class whose constructor has arguments,
            which must have a `get_config` of its own.
    """
    if dataclasses.is_dataclass(piece):
        return dataclasses.asdict(piece)
    if inspect.signature(type(piece)).parameters:
        raise NotImplementedError(
            f"{type(piece).__name__} must have a `get_config` that gives its "
            "arguments, or be a dataclass"
        )
    return {}
