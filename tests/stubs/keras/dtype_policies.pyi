"""The bases of our classes, which Keras writes without types."""

from typing import Any

class DTypePolicy:
    def __getattr__(self, name: str) -> Any: ...

def __getattr__(name: str) -> Any: ...
