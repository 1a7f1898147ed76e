"""What the benchmarks of a step share: the command and the processes.

Each step type of each code runs in a process of its own, driven from here
over a pipe. Where codes are compared they take turns, one step each, so that
what slows the machine down slows all.
"""

import importlib
import multiprocessing
import os
import resource
import statistics
import sys
import time

from breakdown import profiled
from circumstances import circumstances
from circumstances import cores
from peak import measured_peak

import keras_darts as kd

OURS = "keras_darts"


def measured_report(options, codes, threads):
    """The circumstances and the figures of all codes.

    Args:
        options: From the command line.
        codes: For each step type, a dictionary from the name of a code to
            the module, next to this file, that has its `build(settings)`.
        threads: As for `configure_cpu`.
    """
    settings = {**vars(options), "cores": cores(), "threads": threads}
    paths = ("original", "output")
    report = {
        **circumstances(*(["torch"] if options.original else [])),
        "settings": {k: v for k, v in vars(options).items() if k not in paths},
        "results": [],
    }
    # Twice, since what else runs would make the peak look low.
    before = measured_peak()
    for step_type, modules in codes.items():
        report["results"] += measured(
            modules, {**settings, "step_type": step_type}
        )
    after = measured_peak()
    report["peak_gflops"] = {k: max(before[k], after[k]) for k in before}
    return report


def measured(modules, settings):
    """The figures of one step type, a dictionary for each code."""
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
        settings: Dictionary of the options, with `step_type` and `code`.
    """

    def __init__(self, module, settings):
        code = settings["code"]
        spawn = multiprocessing.get_context("spawn")
        self._pipe, theirs = spawn.Pipe()
        self._name = f"{settings['step_type']} step of {code}"
        self._figures = {
            "step_type": settings["step_type"],
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
        kd.configure_cpu(threads=settings["threads"])
    # Not at the top: each process needs one of them, this one neither.
    step, facts = importlib.import_module(module).build(settings)
    step()
    pipe.send("ready")
    while pipe.recv() == "step":
        pipe.send(timed(step))
    # Before the profiler and the counting, which take memory too.
    figures = {"peak_bytes": peak_bytes()}
    if settings["breakdown"] and settings["code"] == OURS:
        figures["breakdown"] = profiled(step)
    # Counting traces the step once more.
    pipe.send({**figures, **(facts() if settings.get("facts", True) else {})})


def timed(step):
    seconds, cpu_seconds = time.perf_counter(), time.process_time()
    step()
    return {
        "seconds": time.perf_counter() - seconds,
        "cpu_seconds": time.process_time() - cpu_seconds,
    }


def peak_bytes():
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def note(text):
    print(text, file=sys.stderr, flush=True)
