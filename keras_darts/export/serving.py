"""What an export computes, whatever the network is for."""

import abc
import collections.abc
import typing

import keras
import tensorflow as tf

ENDPOINT = "serving_default"


class Endpoint(typing.NamedTuple):
    """A function that an export answers by, and what it takes.

    `function` goes from tensors to a dict of tensors; `inputs` are a
    `tf.TensorSpec` for each of its arguments, with its name.
    """

    function: collections.abc.Callable
    inputs: tuple

    def of_batches(self, size):
        """The same for batches of one size, or where that is `None`, of any."""
        inputs = tuple(
            tf.TensorSpec((size, *each.shape[1:]), each.dtype, each.name)
            for each in self.inputs
        )
        return self._replace(inputs=inputs)


class Serving(abc.ABC):
    """A network together with what is served around it.

    Attributes:
        network: The `keras.Model`.
        vocabulary: The `Vocabulary` that is kept beside the export, or
            `None`.
        labels: Tuple of strings, one an output, or `None`.
        layers: List of the layers that hold more than variables of their own,
            such as tables, and have to be tracked.
        best_is_an_answer: Boolean, whether the largest logit is what counts.
        head: The `Head`, of a network that classifies.
        rank: Integer, the axes of an input.
    """

    vocabulary = None
    labels = None
    layers = ()
    best_is_an_answer = True
    head = None
    rank = 1

    @abc.abstractmethod
    def saved_model_endpoints(self):
        """The `Endpoint`s of a SavedModel by the names of their signatures."""

    @abc.abstractmethod
    def litert_endpoints(self):
        """The one `Endpoint` of a LiteRT file by its signature's name."""

    @abc.abstractmethod
    def samples(self, given):
        """Inputs to compare on, and where they are from.

        Args:
            given: What the user gave, or `None`.
        """

    def with_files(self, pixel_range, samples):
        """The same, with what is served of image files, where it has that.

        Args:
            pixel_range: What the user gave, or `None`.
            samples: What `samples` returned.
        """
        refuse("a network that takes no images", pixel_range=pixel_range)
        return self

    def logits_of_files(self, exported, inputs):
        """What an export makes of inputs as files, or `None` without those."""
        return None

    @abc.abstractmethod
    def calibration(self, data):
        """For each sample of `data` a dict of what the LiteRT model takes."""

    @abc.abstractmethod
    def requests(self, samples):
        """A request of a SavedModel: arrays by input, by signature."""

    @abc.abstractmethod
    def expected(self, samples):
        """A dict of arrays: what the network itself makes of the samples."""

    @abc.abstractmethod
    def actual(self, exported, samples):
        """The same, and maybe more, by an `Exported` of the network."""


def refuse(what, **arguments):
    """Raises for arguments that are given and have no meaning for a network.

    Args:
        what: String, what the network is.
        **arguments: Their values; `None` stands for not given.
    """
    for name, value in arguments.items():
        if value is not None:
            raise ValueError(
                f"`{name}` must be None for {what}, which has no use for it. "
                f"Received: {name} of type {type(value).__name__}"
            )


def write_archive(serving, endpoints, folder):
    """A SavedModel in `folder` with these endpoints."""
    archive = keras.export.ExportArchive()
    # The network is not tracked: the endpoints' variables come along anyhow,
    # and an auxiliary head, which nothing reads any more, stays behind.
    for layer in serving.layers:
        archive.track(layer)
    for name, (function, inputs) in endpoints.items():
        archive.add_endpoint(name, function, input_signature=list(inputs))
    archive.write_out(str(folder), verbose=False)


def spec(name, dtype, *shape):
    """The `tf.TensorSpec` of a batch, whose number is not fixed."""
    return tf.TensorSpec((None, *shape), dtype, name)


def guarded(endpoint):
    """The same `Endpoint`, which refuses empty tensors and other shapes.

    Runtimes compare the type of what they are fed with the signature's, but
    not its shape, and a shape that an operation is not made for can end them.
    """

    def function(*tensors):
        return endpoint.function(
            *(
                _of_shape(tensor, spec)
                for tensor, spec in zip(tensors, endpoint.inputs, strict=True)
            )
        )

    return endpoint._replace(function=function)


def finite(tensor, name):
    """The tensor, or where it has NaN or infinity, an error as it runs."""
    return tf.debugging.check_numerics(tensor, f"`{name}` must be finite")


def _of_shape(tensor, spec):
    # Any shape as far as the graph's optimizer knows: it believes the
    # signature and would take the check for superfluous.
    unknown = tf.compat.v1.placeholder_with_default(tensor, shape=None)
    tensor = tf.ensure_shape(unknown, spec.shape)
    some = tf.debugging.assert_positive(
        tf.shape(tensor)[0], f"`{spec.name}` must not be empty"
    )
    with tf.control_dependencies([some]):
        return tf.identity(tensor)
