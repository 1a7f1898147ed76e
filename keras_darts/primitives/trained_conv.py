"""Convolutions in the forms that TensorFlow's CPU kernels train fast.

The same functions as those of `symmetric_conv`, which stay what inference and
exported models are made of: only how gradients are computed differs.
"""

import tensorflow as tf

# The CPU kernel for gradients of depthwise filters is many times slower for
# filters wider than this.
_FAST_WIDTH = 3


def multiply_channels(inputs, kernel):
    """A 1x1 convolution as a matrix product: (B, H, W, I) -> (B, H, W, O)."""
    *_, rows, columns = kernel.shape
    outputs = tf.matmul(
        tf.reshape(inputs, (-1, rows)), tf.reshape(kernel, (rows, columns))
    )
    return tf.reshape(outputs, (-1, *inputs.shape[1:-1], columns))


def convolve_depthwise_narrowly(inputs, kernel, stride, padding):
    """A depthwise convolution; its filter's gradient is had by columns.

    Args:
        inputs: (B, H, W, C).
        kernel: (K, L, C, 1).
        stride: Integer.
        padding: `"SAME"` with stride 1, or `"VALID"`.
    """
    strides = [1, stride, stride, 1]

    @tf.custom_gradient
    def convolve(inputs, kernel):
        def gradient(upstream):
            by_inputs = tf.raw_ops.DepthwiseConv2dNativeBackpropInput(
                input_sizes=tf.shape(inputs),
                filter=kernel,
                out_backprop=upstream,
                strides=strides,
                padding=padding,
            )
            seen = _padded(inputs, kernel) if padding == "SAME" else inputs
            return by_inputs, _by_columns(seen, kernel, upstream, stride)

        outputs = tf.raw_ops.DepthwiseConv2dNative(
            input=inputs, filter=kernel, strides=strides, padding=padding
        )
        return outputs, gradient

    return convolve(inputs, tf.convert_to_tensor(kernel))


def trains_faster_by_columns(kernel):
    """Whether a depthwise filter is one that CPU kernels are slow for."""
    return (
        len(kernel.shape) == 4
        and kernel.shape[1] > _FAST_WIDTH
        and not tf.config.list_physical_devices("GPU")
    )


def _padded(inputs, kernel):
    sides = [(n // 2, n // 2) for n in kernel.shape[:2]]
    return tf.pad(inputs, [(0, 0), *sides, (0, 0)])


def _by_columns(inputs, kernel, upstream, stride):
    """The gradient of the filter, a few of its columns at a time."""
    height, width, channels, _ = kernel.shape
    reach = (upstream.shape[2] - 1) * stride
    columns = []
    for start in range(0, width, _FAST_WIDTH):
        count = min(_FAST_WIDTH, width - start)
        columns.append(
            tf.raw_ops.DepthwiseConv2dNativeBackpropFilter(
                input=tf.slice(
                    inputs, [0, 0, start, 0], [-1, -1, reach + count, -1]
                ),
                filter_sizes=[height, count, channels, 1],
                out_backprop=upstream,
                strides=[1, stride, stride, 1],
                padding="VALID",
            )
        )
    return tf.concat(columns, axis=1)
