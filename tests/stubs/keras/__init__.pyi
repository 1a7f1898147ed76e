"""The bases of our classes, which Keras writes without types."""

from typing import Any

from keras import callbacks as callbacks
from keras import dtype_policies as dtype_policies
from keras import layers as layers
from keras import losses as losses
from keras import metrics as metrics
from keras import optimizers as optimizers
from keras.layers import Layer as Layer

class Model(Layer): ...

def __getattr__(name: str) -> Any: ...
