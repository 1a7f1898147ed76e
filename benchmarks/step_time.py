"""Time and memory of a step of the search, beside the original code.

Each kind of step of each code runs in a process of its own, driven from here
over a pipe. Where codes are compared they take turns, one step each, so that
what slows the machine down slows all.

    python benchmarks/step_time.py --filters=16 --num_cells=8 --batch_size=16
    python benchmarks/step_time.py --original=../darts --output=figures.json
"""

import argparse
import importlib
import importlib.util
import multiprocessing
import os
import pathlib
import resource
import statistics
import sys
import time

from circumstances import circumstances
from circumstances import cores
from step_table import text_of

import keras_darts as kd
from keras_darts.files import write_json

KINDS = ("weight", "first_order", "second_order")
LAYOUTS = ("channels_first", "channels_last")
# Where each code's `build(settings)` is found, beside this file.
MODULES = {
    "keras_darts": "keras_darts_step",
    "original, channels_first": "original_step",
    "original, channels_last": "original_step",
}


def main():
    options = parse_options()
    codes = ["keras_darts"]
    if options.original:
        codes += [f"original, {layout}" for layout in options.layouts]
    settings = {**vars(options), "cores": cores()}
    paths = ("original", "output")
    report = {
        **circumstances(*(["torch"] if options.original else [])),
        "settings": {k: v for k, v in vars(options).items() if k not in paths},
        "results": [],
    }
    for kind in options.kinds:
        report["results"] += measured(codes, {**settings, "kind": kind})
    print(text_of(report))
    if options.output:
        write_json(options.output, report)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    sizes = {
        "filters": (16, "channels of the first cells"),
        "num_cells": (8, "cells of the supernet"),
        "batch_size": (16, "images in a step, for weights and alphas each"),
        "image_size": (32, "height and width of the images"),
        "steps": (5, "steps that are timed, after the first"),
    }
    for name, (default, meaning) in sizes.items():
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    for name, choices in (("kinds", KINDS), ("layouts", LAYOUTS)):
        parser.add_argument(
            f"--{name}",
            type=lambda text: text.split(","),
            default=list(choices),
            help=f"with commas between; defaults to {','.join(choices)}",
        )
    parser.add_argument(
        "--plain", action="store_true", help="leave out kd.configure_cpu()"
    )
    parser.add_argument(
        "--original", help="checkout of quark0/darts, to compare with"
    )
    parser.add_argument("--output", help="JSON file for the figures")
    options = parser.parse_args()
    check(options, parser.error)
    return options


def check(options, fail):
    for name, choices in (("kinds", KINDS), ("layouts", LAYOUTS)):
        unknown = set(getattr(options, name)) - set(choices)
        if unknown:
            fail(f"--{name}: {', '.join(sorted(unknown))} is not in {choices}")
    if options.steps < 1:
        fail(f"--steps must be at least 1. Received: {options.steps}")
    if options.original:
        if not pathlib.Path(options.original, "cnn/architect.py").is_file():
            fail(f"--original: there is no {options.original}/cnn/architect.py")
        if importlib.util.find_spec("torch") is None:
            fail("--original needs PyTorch: pip install torch==2.13.0")


def measured(codes, settings):
    """The figures of one kind of step, a dictionary for each code."""
    workers = [Worker(code, {**settings, "code": code}) for code in codes]
    for _ in range(settings["steps"]):
        for worker in workers:
            worker.step()
    return [worker.finish() for worker in workers]


class Worker:
    """A process that has done the first step of its search.

    Args:
        code: String, which code's.
        settings: Dictionary of the options, with `kind` of step and `code`.
    """

    def __init__(self, code, settings):
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._name = f"{settings['kind']} step of {code}"
        self._figures = {
            "kind": settings["kind"],
            "code": code,
            "seconds": [],
            "cpu_seconds": [],
        }
        start = time.perf_counter()
        self._process = spawn.Process(
            target=serve, args=(theirs, code, settings), daemon=True
        )
        self._process.start()
        # Else the pipe would stay open when the process dies.
        theirs.close()
        self._receive()
        elapsed = time.perf_counter() - start
        self._figures["first_step_seconds"] = elapsed
        note(f"{self._name}: first step done after {elapsed:.1f} s")

    def step(self):
        self._pipe.send("step")
        for name, value in self._receive().items():
            self._figures[name].append(value)

    def finish(self):
        self._pipe.send("finish")
        self._figures.update(self._receive())
        self._process.join()
        seconds = statistics.median(self._figures["seconds"])
        note(f"{self._name}: {seconds:.2f} s")
        return self._figures

    def _receive(self):
        try:
            return self._pipe.recv()
        except EOFError:
            self._process.join()
            sys.exit(
                f"The {self._name} ended with exit code "
                f"{self._process.exitcode}; a negative one is the signal "
                "that ended it, -9 where memory ran out."
            )


def serve(pipe, code, settings):
    """What runs in a worker's process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if code == "keras_darts" and not settings["plain"]:
        kd.configure_cpu()
    # Not at the top: each process needs one of them, this one neither.
    step, count_operations = importlib.import_module(MODULES[code]).build(
        settings
    )
    step()
    pipe.send("ready")
    while pipe.recv() == "step":
        seconds, cpu_seconds = time.perf_counter(), time.process_time()
        step()
        pipe.send(
            {
                "seconds": time.perf_counter() - seconds,
                "cpu_seconds": time.process_time() - cpu_seconds,
            }
        )
    # Before operations are counted, which takes memory too.
    peak = peak_bytes()
    pipe.send({"peak_bytes": peak, "operations": count_operations()})


def peak_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def note(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
