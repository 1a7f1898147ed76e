"""Kills a search at random moments; it has to end as if it never happened.

Runs `keras-darts search` on real images, once without a break and once
killed with SIGKILL and started again with the same command, and compares
alphas.npz and history.csv byte for byte. The moments are drawn: up to two
seconds after the first new checkpoint (in a step, between epochs), or as soon
as a file of one of the next appears (while it is written).

    python benchmarks/kill_test.py --kills=10 --output=kills.json
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import numpy as np

from keras_darts.runs import manifest

MOMENTS = ("any", "writing")
SECONDS = 2.0


def main():
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        whole, cut = (pathlib.Path(folder) / name for name in ("whole", "cut"))
        began = time.monotonic()
        _end(_start(options, whole))
        seconds = time.monotonic() - began
        draw = random.Random(options.seed)
        kills = []
        while len(kills) < options.kills:
            kill = _killed(options, cut, draw)
            if kill is None:
                break
            kills.append(kill)
            print(f"kill {len(kills)}: {kill}", flush=True)
        else:
            _end(_start(options, cut))
        report = {
            "kills": kills,
            "seconds_of_the_whole_run": round(seconds, 1),
            "same_alphas": _alphas(whole) == _alphas(cut),
            "same_history": _history(whole) == _history(cut),
        }
    text = json.dumps(report, indent=2)
    print(text)
    if options.output:
        pathlib.Path(options.output).write_text(text + "\n")
    if len(kills) < options.kills:
        print("The run ended before the last kill: give it more --epochs.")
        return 1
    return not (report["same_alphas"] and report["same_history"])


def _options():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--num_cells", type=int, default=3)
    parser.add_argument("--filters", type=int, default=2)
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--output", help="JSON file for the figures")
    return parser.parse_args()


def _start(options, folder):
    flags = ("dataset", "epochs", "batch_size", "num_cells", "filters")
    command = [
        *(sys.executable, "-m", "keras_darts", "search"),
        *(f"--{name}={getattr(options, name)}" for name in flags),
        f"--output_dir={folder}",
        # A checkpoint every third of a second.
        "--checkpoint_minutes=0.005",
    ]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def _end(process):
    if process.wait():
        raise SystemExit(f"the search ended with {process.returncode}")


def _killed(options, folder, draw):
    """Where the run was when it was killed; `None` if it ended before."""
    moment = draw.choice(MOMENTS)
    before = _position(folder)
    delay, number = draw.uniform(0, SECONDS), draw.randrange(1, 4)
    seen, until = _writings(folder), float("inf")
    process = _start(options, folder)
    while process.poll() is None:
        new = _writings(folder) - seen
        if new and until == float("inf"):
            until = time.monotonic() + delay
        reached = time.monotonic() > until
        if moment == "writing":
            reached = len(new) >= number
        if reached:
            process.kill()
            process.wait()
            return {
                "moment": moment,
                "from": before,
                "to": _position(folder),
                "incomplete": _half_written(folder),
            }
        time.sleep(0.001)
    _end(process)
    return None


def _writings(folder):
    """The names of checkpoints of which any file was ever seen."""
    names = (folder / "checkpoints").glob("ckpt-*")
    return {path.name.split(".")[0].split("_")[0] for path in names}


def _half_written(folder):
    return manifest.incomplete(folder / "checkpoints")


def _position(folder):
    """Epochs and steps of the newest checkpoint, if there is one."""
    newest = manifest.manifests(folder / "checkpoints")[:1]
    return [[seal.epochs_done, seal.step] for seal in newest]


def _alphas(folder):
    with np.load(folder / "alphas.npz") as saved:
        return {name: saved[name].tobytes() for name in saved.files}


def _history(folder):
    return (folder / "history.csv").read_bytes()


if __name__ == "__main__":
    sys.exit(main())
