"""What the benchmarks of a step share: the command and the processes.

Each kind of step of each code runs in a process of its own, driven from here
over a pipe. Where codes are compared they take turns, one step each, so that
what slows the machine down slows all.
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

import keras_darts as kd

KINDS = ("weight", "first_order", "second_order")
OURS = "keras_darts"


def make_parser(description, sizes, **choices):
    """A parser of the flags of every such benchmark, and of its own.

    Args:
        description: String, the first line of which is for `--help`.
        sizes: Dictionary from the name of an integer to its default and
            meaning.
        **choices: Tuples of names, all of them the default.
    """
    parser = argparse.ArgumentParser(description=description.split("\n")[0])
    sizes = {**sizes, "steps": (5, "steps that are timed, after the first")}
    for name, (default, meaning) in sizes.items():
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    for name, names in choices.items():
        parser.add_argument(
            f"--{name}",
            type=lambda text: text.split(","),
            default=list(names),
            help=f"with commas between; defaults to {','.join(names)}",
        )
    parser.add_argument(
        "--plain", action="store_true", help="leave out kd.configure_cpu()"
    )
    parser.add_argument(
        "--original", help="checkout of quark0/darts, to compare with"
    )
    parser.add_argument("--output", help="JSON file for the figures")
    return parser


def parse_options(parser, original_file, **choices):
    """The options, or an exit that says which is wrong.

    Args:
        parser: From `make_parser`.
        original_file: String, what a checkout of the original must have.
        **choices: As for `make_parser`.
    """
    options = parser.parse_args()
    for name, names in choices.items():
        unknown = set(getattr(options, name)) - set(names)
        if unknown:
            listed = ", ".join(sorted(unknown))
            parser.error(f"--{name}: {listed} is not in {names}")
    if options.steps < 1:
        parser.error(f"--steps must be at least 1. Received: {options.steps}")
    if options.original:
        if not pathlib.Path(options.original, original_file).is_file():
            file = f"{options.original}/{original_file}"
            parser.error(f"--original: there is no {file}")
        if importlib.util.find_spec("torch") is None:
            parser.error("--original needs PyTorch: pip install torch==2.13.0")
    return options


def measured_report(options, modules):
    """The circumstances and the figures of all codes.

    Args:
        options: From `parse_options`.
        modules: Dictionary from the name of a code to the module, beside this
            file, that has its `build(settings)`.
    """
    settings = {**vars(options), "cores": cores()}
    paths = ("original", "output")
    report = {
        **circumstances(*(["torch"] if options.original else [])),
        "settings": {k: v for k, v in vars(options).items() if k not in paths},
        "results": [],
    }
    for kind in options.kinds:
        report["results"] += measured(modules, {**settings, "kind": kind})
    return report


def measured(modules, settings):
    """The figures of one kind of step, a dictionary for each code."""
    workers = [
        Worker(module, {**settings, "code": code})
        for code, module in modules.items()
    ]
    for _ in range(settings["steps"]):
        for worker in workers:
            worker.step()
    return [worker.finish() for worker in workers]


class Worker:
    """A process that has done the first step of its search.

    Args:
        module: String, where the code's `build` is found.
        settings: Dictionary of the options, with `kind` of step and `code`.
    """

    def __init__(self, module, settings):
        code = settings["code"]
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
            target=serve, args=(theirs, module, settings), daemon=True
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


def serve(pipe, module, settings):
    """What runs in a worker's process."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if settings["code"] == OURS and not settings["plain"]:
        kd.configure_cpu()
    # Not at the top: each process needs one of them, this one neither.
    step, count_operations = importlib.import_module(module).build(settings)
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
