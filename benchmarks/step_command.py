"""The command line of the benchmarks of a step."""

import argparse
import dataclasses
import importlib.util
import pathlib

from step_table import text_of
from step_workers import OURS
from step_workers import measured_report

from keras_darts.utils.files import write_json

FLAGS = {
    "plain": "leave out kd.configure_cpu()",
    "breakdown": "print what operations each step type spends its time on",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Case:
    """Something whose steps are measured.

    Args:
        module: String, where next to this file our `build(settings)` is.
        original: String, where the original's is.
        original_file: String, what a checkout of the original must have.
        sizes: Dictionary from the name of an integer to its default and
            meaning.
        step_types: Tuple of names of steps.
        title: String, the sizes in words, with their names in braces.
        items: String, what our steps say that they take so many `items` of.
            Defaults to `None`: no throughput is given.
        alone: Tuple of the types that the original has not. Defaults to none.
        layouts: Tuple of the original's layouts. Defaults to none.
        fixed: Tuple of the sizes that the original has no choice of. Defaults
            to none.
        threads: How `configure_cpu` lays out threads. Defaults to `None`: as
            TensorFlow comes.
    """

    module: str
    original: str
    original_file: str
    sizes: dict
    step_types: tuple
    title: str
    items: str = None
    alone: tuple = ()
    layouts: tuple = ()
    fixed: tuple = ()
    threads: str = None

    def codes(self, step_type, options):
        """The module of each code that has such a step."""
        codes = {OURS: self.module}
        if options.original and step_type not in self.alone:
            layouts = getattr(options, "layouts", None)
            names = [f"original, {n}" for n in layouts or ()] or ["original"]
            codes |= dict.fromkeys(names, self.original)
        return codes


def main(description, flag, cases):
    """Measures the steps of the case that the flag chooses, and prints them.

    Args:
        description: String, the first line of which is for `--help`.
        flag: String.
        cases: Dictionary from the flag's choices to a `Case`. The first is
            the default.
    """
    first = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    first.add_argument(f"--{flag}", choices=cases, default=next(iter(cases)))
    chosen, _ = first.parse_known_args()
    case = cases[getattr(chosen, flag)]
    parser = argparse.ArgumentParser(
        description=description.split("\n")[0], parents=[first]
    )
    add_flags(parser, case)
    options = parser.parse_args()
    check(parser, options, case)
    codes = {
        step_type: case.codes(step_type, options)
        for step_type in options.step_types
    }
    report = measured_report(options, codes, case.threads)
    print(text_of(report, case.title, case.items))
    if options.output:
        write_json(options.output, report)


def add_flags(parser, case):
    sizes = {
        **case.sizes,
        "steps": (5, "steps that are timed, after the first"),
    }
    for name, (default, meaning) in sizes.items():
        parser.add_argument(
            f"--{name}",
            type=int,
            default=default,
            help=f"{meaning}; defaults to {default}",
        )
    for name, names in choices_of(case).items():
        parser.add_argument(
            f"--{name}",
            type=lambda text: text.split(","),
            default=list(names),
            help=f"with commas between; defaults to {','.join(names)}",
        )
    for name, meaning in FLAGS.items():
        parser.add_argument(f"--{name}", action="store_true", help=meaning)
    parser.add_argument(
        "--original", help="checkout of quark0/darts, to compare with"
    )
    parser.add_argument("--output", help="JSON file for the figures")


def choices_of(case):
    choices = {"step_types": case.step_types, "layouts": case.layouts}
    return {name: names for name, names in choices.items() if names}


def check(parser, options, case):
    """Exits with a word on the flag that is wrong, if one is."""
    for name, names in choices_of(case).items():
        unknown = set(getattr(options, name)) - set(names)
        if unknown:
            listed = ", ".join(sorted(unknown))
            parser.error(f"--{name}: {listed} is not in {names}")
    if options.steps < 1:
        parser.error(f"--steps must be at least 1. Received: {options.steps}")
    if options.original:
        for name in case.fixed:
            size = case.sizes[name][0]
            if getattr(options, name) != size:
                parser.error(f"--{name}: the original has {size}")
        if not pathlib.Path(options.original, case.original_file).is_file():
            file = f"{options.original}/{case.original_file}"
            parser.error(f"--original: there is no {file}")
        if importlib.util.find_spec("torch") is None:
            parser.error("--original needs PyTorch: pip install torch==2.13.0")
