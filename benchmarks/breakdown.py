"""Which operations of TensorFlow a step spends its time on."""

import collections
import pathlib
import tempfile
import time

from circumstances import markdown

LARGEST = 15
# oneDNN's kernels of operations that TensorFlow has as well.
ONEDNN = ("_MklNative", "_Mkl")


def profiled(step):
    """The wall seconds of a step, and of each type of operation in it.

    Returns:
        Dictionary of `seconds` and `operations`, a list of (type, seconds on
        all threads together, calls), the largest first.
    """
    # Not at the top: this is imported where TensorFlow isn't set up yet.
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as folder:
        tf.profiler.experimental.start(folder)
        start = time.perf_counter()
        step()
        seconds = time.perf_counter() - start
        tf.profiler.experimental.stop()
        (file,) = pathlib.Path(folder).rglob("*.xplane.pb")
        return {"seconds": seconds, "operations": operations_in(file)}


def operations_in(file):
    # TensorFlow's own reader of this file is in a package apart.
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    space = xplane_pb2.XSpace.FromString(file.read_bytes())
    seconds, calls = collections.Counter(), collections.Counter()
    for plane in space.planes:
        if not plane.name.startswith("/host:CPU"):
            continue
        types = {
            key: operation_type(metadata.name)
            for key, metadata in plane.event_metadata.items()
        }
        for line in plane.lines:
            for event in line.events:
                name = types[event.metadata_id]
                if name is not None:
                    seconds[name] += event.duration_ps / 1e12
                    calls[name] += 1
    return [(name, s, calls[name]) for name, s in seconds.most_common()]


def operation_type(name):
    """That of an event `name:type`; the executor's own events give `None`."""
    _, *types = name.split(":")
    if len(types) != 1 or not types[0].isidentifier():
        return None
    for prefix in ONEDNN:
        types[0] = types[0].removeprefix(prefix)
    return types[0]


def breakdown_text(figures):
    """What a step's time goes to, as a table."""
    breakdown = figures["breakdown"]
    operations = breakdown["operations"]
    total = sum(seconds for _, seconds, _ in operations)
    rest = operations[LARGEST:]
    shown = [*operations[:LARGEST]]
    if rest:
        _, seconds, calls = zip(*rest, strict=True)
        shown.append((f"{len(rest)} others", sum(seconds), sum(calls)))
    shown.append(("all", total, sum(calls for _, _, calls in operations)))
    rows = [["operation", "ms", "calls", "share"]] + [
        [name, f"{1e3 * seconds:,.1f}", f"{calls:,}", f"{seconds / total:.1%}"]
        for name, seconds, calls in shown
    ]
    head = f"{figures['step_type']} of {figures['code']}"
    took = f"{breakdown['seconds']:.2f} s with the profiler"
    return f"{head}, {took}:\n\n{markdown(rows, num_left=1)}"
