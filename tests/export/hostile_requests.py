"""Sends exports what they should not get, in a process that may crash.

The command line is a folder for each export: NAME/good.npz with good inputs and
the export's path from there. Prints JSON: for each export and request whether
it raised or what was wrong with the answer, and whether the good request after
it is answered as before. Each goes to the bare runtime, too.
"""

import json
import pathlib
import sys

import numpy as np

from keras_darts import export


def requests(good, shapes):
    """Ten hostile requests or more, by their names."""
    name = next(iter(good))
    array = good[name]

    def changed(array):
        return {**good, name: array}

    values = {"f": (3e38, -3e38, np.nan, np.inf), "i": (10**9, -(10**9), -1)}
    for value in values[array.dtype.kind]:
        spoilt = array.copy()
        spoilt[0] = value
        yield f"{value} in a row", changed(spoilt)
    yield "another type", changed(array.astype("float64"))
    yield "words", changed(np.full(array.shape, "a word"))
    yield "an axis more", changed(array[..., None])
    yield "an axis less", changed(array[0])
    if array.ndim == 1 or shapes[name][-1] is not None:
        yield "another size", changed(np.concatenate([array, array], axis=-1))
    yield "nothing in it", {n: a[:0] for n, a in good.items()}
    yield "missing", {n: a for n, a in good.items() if n != name}
    yield "unknown", {**good, "other": array}
    yield "none", changed(None)


def verdict(run, inputs, before):
    try:
        answer = run(**inputs)
    except Exception as error:
        return f"raised {type(error).__name__}"
    for name, values in answer.items():
        rows = values[1:]
        if values.shape != before[name].shape:
            return f"{name} of another shape"
        if len(rows) and not np.allclose(rows, before[name][1:], atol=1e-5):
            return f"other rows of {name} differ"
    finite = all(np.isfinite(values).all() for values in answer.values())
    return "finite" if finite else "only its own row is not finite"


def verdicts(path, good):
    (run, *_) = [
        signature
        for signature in export.load(path).signatures.values()
        if {*signature.inputs} == {*good}
    ]
    before = {n: np.array(v) for n, v in run(**good).items()}
    results = {}
    for name, inputs in requests(good, run.inputs):
        # First past the checks that come before a runtime.
        verdict(run.run, inputs, before)
        verdict_text = verdict(run, inputs, before)
        after = run(**good)
        same = all(np.array_equal(after[n], before[n]) for n in before)
        results[name] = verdict_text, same
    return results


def main(*paths):
    results = {}
    for path in map(pathlib.Path, paths):
        with np.load(path.parent / "good.npz") as arrays:
            results[str(path)] = verdicts(path, dict(arrays))
    sys.stdout.write(json.dumps(results))


if __name__ == "__main__":
    main(*sys.argv[1:])
