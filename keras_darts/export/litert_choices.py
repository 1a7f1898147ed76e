"""What a LiteRT file is made of, as the user chose."""

import dataclasses

from keras_darts.errors import positive_integer
from keras_darts.errors import unknown_name
from keras_darts.export.classifier_serving import ClassifierServing
from keras_darts.export.image_serving import ImageServing
from keras_darts.export.litert_converter import QUANTIZATIONS

_DTYPES = (None, "int8", "uint8")


@dataclasses.dataclass(frozen=True)
class Choices:
    """Checked choices of a file.

    Args:
        quantization: A key of `QUANTIZATIONS`.
        io_dtype: `None`, `"int8"` or `"uint8"`.
        batch_size: Integer, or `None` for any.
    """

    quantization: str | None
    io_dtype: str | None
    batch_size: int | None

    def __post_init__(self):
        if self.quantization not in QUANTIZATIONS:
            names = map(str, QUANTIZATIONS)
            raise unknown_name("quantization", self.quantization, names)
        if self.io_dtype not in _DTYPES:
            raise unknown_name("io_dtype", self.io_dtype, map(str, _DTYPES))
        if self.io_dtype is not None and self.quantization != "int8":
            raise ValueError(
                "`io_dtype` must be None but for `quantization='int8'`: all "
                "others compute in floats. Received: "
                f"io_dtype={self.io_dtype!r}, "
                f"quantization={self.quantization!r}"
            )
        if self.batch_size is not None:
            positive_integer("batch_size", self.batch_size)

    def check_data(self, data):
        """Refuses calibration data that are missing, or for no use."""
        if (self.quantization == "int8") != (data is not None):
            raise ValueError(
                "`representative_data` must be given for `quantization='int8'`,"
                " which reads the ranges of the activations from it, and for "
                f"no other. Received: quantization={self.quantization!r}, "
                f"representative_data of type {type(data).__name__}"
            )

    def check_fits(self, serving):
        """Refuses choices that a kind of network has not, and its precision."""
        precision = serving.network.compute_dtype
        if precision != "float32":
            raise ValueError(
                "`network` must compute in float32, the precision LiteRT "
                "starts from; load its weights into a network made under the "
                "policy 'float32'. Received: a network that computes in "
                f"{precision}"
            )
        needed = (
            ("io_dtype", ImageServing, "a network of images"),
            ("batch_size", ClassifierServing, "a network that classifies"),
        )
        for name, kind, what in needed:
            value = getattr(self, name)
            if value is not None and not isinstance(serving, kind):
                raise ValueError(
                    f"`{name}` must be None but for {what}. "
                    f"Received: {name}={value!r}"
                )
