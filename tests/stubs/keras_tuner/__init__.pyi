"""The bases of our classes, which KerasTuner writes without types."""

from typing import Any

class HyperModel:
    def __getattr__(self, name: str) -> Any: ...

class Tuner:
    def __getattr__(self, name: str) -> Any: ...

def __getattr__(name: str) -> Any: ...
