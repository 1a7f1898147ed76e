"""Names of the pieces of one kind, and the way from a name to a piece."""

from keras_darts.utils.errors import unknown_name


class Registry:
    """Named pieces of one kind: primitives, relaxations, variants, ...

    Args:
        argument: String, the argument through which users name such a piece;
            it stands in the error for an unknown name.
        base: Class or tuple of classes whose instances are taken as they are
            by `get`. Defaults to `None`, in which case nothing is.
        methods: Names of methods; objects that have all of them are taken as
            they are as well. Defaults to none.

    Example:

    >>> spaces = Registry("search_space")
    >>> @spaces.register("tiny")
    ... def tiny(filters=8):
    ...     return ("tiny", filters)
    >>> spaces.get("tiny")
    ('tiny', 8)
    """

    def __init__(self, argument, base=None, methods=()):
        self.argument = argument
        self.base = base
        self.methods = tuple(methods)
        self._entries = {}

    def register(self, name):
        """Decorator that keeps a class or function under `name`."""

        def keep(entry):
            self._entries[name] = entry
            return entry

        return keep

    def names(self):
        return sorted(self._entries)

    def __contains__(self, name):
        return name in self._entries

    def __getitem__(self, name):
        if not isinstance(name, str) or name not in self._entries:
            raise unknown_name(self.argument, name, self._entries)
        return self._entries[name]

    def get(self, identifier):
        """A piece from its name, its config or itself.

        A config is what `serialize` gives: `{"name": ..., "config": {...}}`.
        """
        if isinstance(identifier, str):
            return self[identifier]()
        if isinstance(identifier, dict):
            return self._from_config(identifier)
        if self._is_piece(identifier):
            return identifier
        raise TypeError(
            f"`{self.argument}` must be a name, a config or an object of that "
            f"kind. Received: {self.argument}={identifier!r} of type "
            f"{type(identifier).__name__}"
        )

    def serialize(self, piece):
        """The config from which `get` makes an equal piece."""
        for name, entry in self._entries.items():
            if entry is type(piece):
                return {"name": name, "config": piece.get_config()}
        raise ValueError(
            f"`{self.argument}` is of a class that is not registered, so it "
            f"has no config. Received: {self.argument}={piece!r}"
        )

    def clone(self, piece):
        """An equal piece that shares no state with `piece`."""
        return _made(type(piece), piece.get_config())

    def _is_piece(self, identifier):
        if self.base is not None and isinstance(identifier, self.base):
            return True
        # Asked of the type, so that a class is not taken for its instances.
        kind = type(identifier)
        return bool(self.methods) and all(
            callable(getattr(kind, name, None)) for name in self.methods
        )

    def _from_config(self, config):
        if set(config) - {"name", "config"} or "name" not in config:
            raise ValueError(
                f"`{self.argument}` as a config must have the keys 'name' and "
                f"'config'. Received: {self.argument}={config!r}"
            )
        return _made(self[config["name"]], config.get("config", {}))


def _made(entry, arguments):
    if hasattr(entry, "from_config"):
        return entry.from_config(dict(arguments))
    return entry(**arguments)
