"""LiteRT files, as ai_edge_litert runs them."""

import importlib.metadata

from keras_darts.runtimes.inputs import made_up


def start(threads):
    """Imports the runtime and gives its name and version."""
    import ai_edge_litert.interpreter

    del ai_edge_litert, threads
    return f"ai_edge_litert {importlib.metadata.version('ai-edge-litert')}"


def opened(path, *, threads, batch_size, sequence_length):
    """A function that runs a model, arrays in and arrays out, and its inputs.

    Returns:
        The function, without arguments, and a dict from the inputs' names to
        their shapes.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=threads)
    arrays = prepared(interpreter, batch_size, sequence_length)
    outputs = [tensor["index"] for tensor in interpreter.get_output_details()]

    def run():
        for index, array in arrays.values():
            interpreter.set_tensor(index, array)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in outputs]

    return run, {name: array.shape for name, (_, array) in arrays.items()}


def prepared(interpreter, batch_size, sequence_length):
    """Sizes an interpreter for a batch, and gives the inputs by their names.

    Returns:
        Dict from names to pairs of a tensor's index and an array for it.
    """
    signatures = interpreter.get_signature_list()
    names = _names(interpreter, signatures)
    arrays = {}
    for tensor in interpreter.get_input_details():
        sizes = tensor["shape_signature"]
        shape = tuple(None if size < 0 else int(size) for size in sizes)
        array = made_up(shape, tensor["dtype"], batch_size, sequence_length)
        interpreter.resize_tensor_input(tensor["index"], array.shape)
        name = names.get(tensor["index"], tensor["name"])
        arrays[name] = tensor["index"], array
    interpreter.allocate_tensors()
    return arrays


def _names(interpreter, signatures):
    """Names of inputs by the indices of their tensors."""
    runners = [interpreter.get_signature_runner(name) for name in signatures]
    return {
        tensor["index"]: name
        for runner in runners[:1]
        for name, tensor in runner.get_input_details().items()
    }
