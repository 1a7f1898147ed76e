"""The machine and the versions with which figures were measured."""

import os
import pathlib
import platform
from importlib import metadata

import keras_darts as kd


def circumstances(*extras):
    """Plain data that belongs next to figures; `extras` are more packages."""
    packages = ("keras", "tensorflow", *extras)
    return {
        "machine": {
            "cpu": cpu_model(),
            "cores": cores(),
            "system": platform.system(),
            "load_before": round(os.getloadavg()[0], 2),
        },
        "versions": {
            "Python": platform.python_version(),
            "keras_darts": kd.__version__,
            **{package: metadata.version(package) for package in packages},
        },
    }


def line_of(report):
    """The circumstances in a report, as a sentence."""
    machine, versions = report["machine"], report["versions"]
    named = ", ".join(f"{name} {version}" for name, version in versions.items())
    return (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['system']}, "
        f"load {machine['load_before']} before the start; {named}."
    )


def cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count()


def cpu_model():
    try:
        lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line for line in lines if line.startswith("model name")]
    if models:
        return models[0].partition(":")[2].strip()
    return platform.processor() or platform.machine()


def markdown(rows, num_left):
    """A table; all but the first `num_left` columns are figures."""
    head, *body = rows
    aligned = ["---"] * num_left + ["---:"] * (len(head) - num_left)
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, aligned, *body))
