"""What searches, networks and exports give, to the last bit.

    python tests/recorded_numbers.py              # writes recorded_numbers.json
    python tests/recorded_numbers.py --compare    # exits 1 if a number differs

Both run in fresh processes; `--only=a,b` takes some of the items alone.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import os
import pathlib
import platform
import subprocess
import sys
import time

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

import numpy as np  # noqa: E402
from recorded_items import BATCH  # noqa: E402
from recorded_items import ITEMS  # noqa: E402
from recorded_items import NEEDS  # noqa: E402
from recorded_items import SEED  # noqa: E402

import keras_darts as kd  # noqa: E402

RECORD = pathlib.Path(__file__).with_suffix(".json")
TOLERANCE = 1e-6
PACKAGES = ("keras", "numpy", "tensorflow", "ai-edge-litert", "onnxruntime")


def plain(values):
    """Arrays as lists, whose digits give each float back exactly."""
    return {
        name: value
        if isinstance(value, str)
        else {"dtype": str(value.dtype), "values": value.tolist()}
        for name, value in values.items()
    }


def difference(old, new):
    """The largest one of the numbers; infinite for texts, shapes, dtypes."""
    if old.keys() != new.keys():
        return float("inf")
    return max(_difference(old[name], new[name]) for name in old)


def _difference(old, new):
    if isinstance(old, str) or isinstance(new, str):
        return 0.0 if old == new else float("inf")
    one, two = np.array(old["values"]), np.array(new["values"])
    if one.shape != two.shape or old["dtype"] != new["dtype"]:
        return float("inf")
    if np.array_equal(one, two, equal_nan=True):
        return 0.0
    far = np.abs(one - two).max()
    return float("inf") if np.isnan(far) else float(far)


def in_a_fresh_process(names):
    command = [sys.executable, __file__, "--values", "--only"]
    done = subprocess.run(
        [*command, ",".join(names)], stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def values_of(names):
    kd.configure_cpu()
    results = {}
    for name in names:
        begin = time.process_time()
        results[name] = plain(ITEMS[name]())
        spent = time.process_time() - begin
        print(f"{name}: {spent:.1f} CPU seconds", file=sys.stderr, flush=True)
    return results


def write(names):
    """Replaces items of the record by what two fresh processes give."""
    first, second = in_a_fresh_process(names), in_a_fresh_process(names)
    items = read()["items"] if RECORD.exists() else {}
    for name in names:
        apart = difference(first[name], second[name])
        items[name] = {"repeatable": apart == 0.0, "values": first[name]}
        print(f"{name}: {in_words(apart)} in a second process")
    settings = {"seed": SEED, "batch_size": BATCH, "cores": os.cpu_count()}
    record = {"settings": settings, "versions": versions()}
    lines = [f'"{n}": {json.dumps(items[n])}' for n in ITEMS if n in items]
    text = json.dumps(record, indent=1)[:-2]
    text += ',\n "items": {\n' + ",\n".join(lines) + "\n }\n}\n"
    temporary = RECORD.with_suffix(".tmp")
    temporary.write_text(text)
    os.replace(temporary, RECORD)


def compare(names):
    """Whether all is as recorded, which is printed item by item."""
    record = read()
    for name, version in versions().items():
        if record["versions"].get(name) != version:
            print(f"{name} {version}: was {record['versions'].get(name)}")
    result, equal = in_a_fresh_process(names), True
    for name in names:
        item = record["items"][name]
        apart = difference(item["values"], result[name])
        equal = equal and apart <= TOLERANCE
        note = "" if item["repeatable"] else " (no two processes agree)"
        print(f"{name}: {in_words(apart)}{note}")
    return equal


def in_words(apart):
    return f"differs by {apart:.3g}" if apart else "equal bit for bit"


def read():
    return json.loads(RECORD.read_text())


def versions():
    results = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            results[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            results[package] = None
    return results


def can_run(name):
    return all(map(importlib.util.find_spec, NEEDS.get(name, ())))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", help="names of items, between commas")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--values", action="store_true", help="print them")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else ITEMS
    names = [name for name in wanted if can_run(name)]
    for name in set(wanted) - set(names):
        print(f"{name}: left out, its packages are not installed")
    if options.values:
        print(json.dumps(values_of(names)))
    elif options.compare:
        sys.exit(not compare(names))
    else:
        write(names)


if __name__ == "__main__":
    main()
