"""Many LiteRT models timed in turn, so that none has the quiet moments."""

import importlib.metadata

import numpy as np

from keras_darts.runtimes import timing

_SECONDS = 0.03


def runtime():
    """The name and version of the runtime.

    Raises:
        ImportError: if it is not installed.
    """
    try:
        version = importlib.metadata.version("ai-edge-litert")
    except importlib.metadata.PackageNotFoundError as error:
        raise ImportError(
            "Latencies are measured by ai-edge-litert: "
            "pip install keras_darts[litert]"
        ) from error
    return f"ai_edge_litert {version}"


def lowest_medians(models, threads, rounds, after_round):
    """Milliseconds of each model: of its medians in all rounds the lowest.

    Args:
        models: List of the bytes of LiteRT files.
        threads: Integer.
        rounds: Integer; in each, every model runs 10 times at least.
        after_round: Function without arguments.
    """
    from ai_edge_litert.interpreter import Interpreter

    interpreters = [
        Interpreter(model_content=model, num_threads=threads)
        for model in models
    ]
    for interpreter in interpreters:
        interpreter.allocate_tensors()
        for tensor in interpreter.get_input_details():
            noise = np.random.default_rng(0).standard_normal(tensor["shape"])
            interpreter.set_tensor(tensor["index"], noise.astype("float32"))
    lowest = [np.inf] * len(models)
    for _ in range(rounds):
        for place, interpreter in enumerate(interpreters):
            taken = timing.durations(
                interpreter.invoke, repeats=None, seconds=_SECONDS, warm_up=1
            )
            lowest[place] = min(lowest[place], timing.percentile(taken, 50))
        after_round()
    return lowest
