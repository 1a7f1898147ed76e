"""The command `keras-darts`: finds the subcommand and reports its errors."""

from __future__ import annotations

import contextlib
import sys
import warnings
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.cli import benchmark
from keras_darts.cli import cost_table
from keras_darts.cli import estimate
from keras_darts.cli import evaluate
from keras_darts.cli import export
from keras_darts.cli import folders
from keras_darts.cli import generate
from keras_darts.cli import plot
from keras_darts.cli import search
from keras_darts.cli import train
from keras_darts.cli import tune
from keras_darts.cli import workers
from keras_darts.cli.options import help_text
from keras_darts.cli.options import parse
from keras_darts.cli.options import summary
from keras_darts.utils.errors import unknown_name
from keras_darts.utils.messages import shown
from keras_darts.utils.messages import without_runtime_chatter
from keras_darts.version import __version__

if TYPE_CHECKING:
    import types

COMMANDS: dict[str, types.ModuleType] = {
    "search": search,
    "estimate": estimate,
    "tune": tune,
    "train": train,
    "evaluate": evaluate,
    "export": export,
    "benchmark": benchmark,
    "cost_table": cost_table,
    "generate": generate,
    "plot": plot,
}
# Those that run exported files in this process.
_WITH_RUNTIMES = ("export", "evaluate")
_INTERRUPTED = 130
_TERMINATED = 143
HELP: tuple[str, ...] = ("--help", "-help", "-h")

# What a user can cause and put right; anything else is a mistake of ours,
# which shows its traceback.
USER_ERRORS: tuple[type[Exception], ...] = (
    FloatingPointError,
    ImportError,
    MemoryError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)


def program(arguments: list[str] | None = None) -> None:
    """`main`, for a process that ends with it."""
    with workers.ending():
        sys.exit(main(arguments))


def main(arguments: list[str] | None = None) -> int:
    """Runs a command line and gives its exit code.

    Args:
        arguments: List of strings. Defaults to `None`, those of the process.

    Returns:
        0, or 1 where the work failed, 2 where the command line is wrong, and
        130 where it was interrupted and 143 where it was terminated.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    name, *rest = arguments or [""]
    if name in ("--version", "-version"):
        print(f"keras-darts {__version__}")
        return 0
    if name in ("", "help", *HELP):
        print(_overview(), file=sys.stdout if name else sys.stderr)
        return 0 if name else 2
    if name not in COMMANDS:
        return _fail("", unknown_name("command", name, COMMANDS), 2)
    if set(HELP) & set(rest):
        print(help_text(name, COMMANDS[name]))
        return 0
    try:
        options = parse(COMMANDS[name], rest)
    except flags.Error as error:
        return _fail(name, error, 2)
    return _run(name, options)


def _run(name, options):
    try:
        quiet = name in _WITH_RUNTIMES and not options.debug
        heard = without_runtime_chatter if quiet else contextlib.nullcontext
        with (
            shown(),
            heard(),
            _warned_once(name),
            folders.none_left_empty(options),
        ):
            COMMANDS[name].run(options)
    except KeyboardInterrupt as interrupt:
        return _fail(name, str(interrupt) or "interrupted", _INTERRUPTED)
    except SystemExit as stop:
        # Workers end with codes of their own.
        if stop.code != _TERMINATED:
            raise
        return _fail(name, "terminated", _TERMINATED)
    except (flags.Error, *USER_ERRORS) as error:
        if options.debug:
            raise
        return _fail(name, error, 2 if isinstance(error, flags.Error) else 1)
    return 0


@contextlib.contextmanager
def _warned_once(name):
    """Inside, a warning is a line as errors are, and comes once."""
    before, seen = warnings.formatwarning, set()

    def words(message, category, *place):
        text = str(message)
        # Empty where it has been said.
        line = "" if text in seen else f"keras-darts {name}: warning: {text}\n"
        seen.add(text)
        return line

    warnings.formatwarning = words
    try:
        yield
    finally:
        warnings.formatwarning = before


def _overview():
    width = max(map(len, COMMANDS))
    rows = [
        f"  {name:{width}}  {summary(command)}"
        for name, command in COMMANDS.items()
    ]
    return "\n".join(
        [
            "Usage: keras-darts COMMAND [--flag=value ...]",
            "",
            "Differentiable architecture search with Keras. Commands:",
            "",
            *rows,
            "",
            "keras-darts COMMAND --help lists the flags of a command.",
            "keras-darts --version prints the version.",
        ]
    )


def _fail(name, error, code):
    command = f"keras-darts {name}".rstrip()
    prefix = "error: " if code in (1, 2) else ""
    print(f"{command}: {prefix}{error}", file=sys.stderr)
    if code == 2:
        print(f"{command} --help shows what there is.", file=sys.stderr)
    return code
