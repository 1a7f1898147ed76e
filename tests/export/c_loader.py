"""Requests to a SavedModel by a C program, built on TensorFlow's C library.

It loads a version as TensorFlow Serving does, without Python, Keras and
keras_darts.
"""

import pathlib
import struct
import subprocess

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

SOURCE = pathlib.Path(__file__).with_name("run_saved_model.c")


class RefusedError(Exception):
    """What the runtime says of a request that it doesn't answer."""


def build(folder):
    """The path of the program, compiled."""
    library = tf.sysconfig.get_lib()
    program = folder / "run_saved_model"
    subprocess.run(
        [
            *("gcc", "-O1", "-Wall", "-Werror", str(SOURCE), "-o", program),
            f"-I{tf.sysconfig.get_include()}",
            f"-L{library}",
            "-Wl,--no-as-needed",
            "-l:libtensorflow_cc.so.2",
            "-l:libtensorflow_framework.so.2",
            f"-Wl,-rpath,{library}",
        ],
        check=True,
        timeout=120,
    )
    return program


def answers(program, folder, requests):
    """What one process answers to requests, one after the other.

    Args:
        program: What `build` returned.
        folder: Of the SavedModel.
        requests: List of pairs of a signature and a dict of arrays.

    Returns:
        A list of dicts of arrays, or `RefusedError`s.
    """
    signatures = _signatures(folder)
    requests_folder, got = folder.parent / "requests", folder.parent / "answers"
    content = [_number(len(requests))]
    for name, arrays in requests:
        inputs, outputs = signatures[name].inputs, signatures[name].outputs
        content.append(_number(len(arrays)))
        for key, array in arrays.items():
            content += [_string(inputs[key].name.encode()), *_tensor(array)]
        names = [outputs[key].name.encode() for key in sorted(outputs)]
        content += [_number(len(names)), *map(_string, names)]
    requests_folder.write_bytes(b"".join(content))
    command = [program, folder, requests_folder, got]
    subprocess.run(command, check=True, timeout=120)
    with got.open("rb") as file:
        return [
            _answer(file, sorted(signatures[name].outputs))
            for name, _ in requests
        ]


def _signatures(folder):
    model = saved_model_pb2.SavedModel()
    model.ParseFromString((folder / "saved_model.pb").read_bytes())
    (graph,) = model.meta_graphs
    return graph.signature_def


def _tensor(array):
    array = np.asarray(array)
    dtype = tf.as_dtype(array.dtype)
    sizes = [dtype.as_datatype_enum, array.ndim, *array.shape]
    yield from map(_number, sizes)
    if dtype == tf.string:
        yield from map(_string, array.ravel())
    else:
        yield _string(array.tobytes())


def _answer(file, names):
    status, message = _get(file), _get_string(file).decode(errors="replace")
    if status:
        return RefusedError(message)
    return {name: _get_tensor(file) for name in names}


def _get_tensor(file):
    dtype = tf.as_dtype(_get(file))
    sizes = [_get(file) for _ in range(_get(file))]
    if dtype == tf.string:
        strings = [_get_string(file) for _ in range(int(np.prod(sizes)))]
        return np.array(strings, object).reshape(sizes)
    content = np.frombuffer(_get_string(file), dtype.as_numpy_dtype)
    return content.reshape(sizes)


def _number(number):
    return struct.pack("=q", number)


def _string(content):
    return _number(len(content)) + content


def _get(file):
    return struct.unpack("=q", file.read(8))[0]


def _get_string(file):
    return file.read(_get(file))
