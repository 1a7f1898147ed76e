"""Flags of a subcommand: declared, parsed, explained."""

from __future__ import annotations

import difflib
import pathlib
import sys
import textwrap
from typing import TYPE_CHECKING

from absl import flags

from keras_darts.utils.errors import unknown_name
from keras_darts.utils.files import user_path_text

if TYPE_CHECKING:
    import types
    from collections.abc import Sequence

_STRATEGIES_MODULE = "keras_darts.strategies"
STRATEGIES: tuple[str, ...] = (
    "auto",
    "beta_darts",
    "darts",
    "darts_minus",
    "darts_plus",
    "darts_pt",
    "darts_second_order",
    "dr_nas",
    "dr_nas_progressive",
    "enas",
    "fair_darts",
    "gdas",
    "p_darts",
    "pc_darts",
    "proxyless",
    "random_sharing",
    "robust_darts",
    "robust_darts_ada",
    "robust_darts_es",
    "sdarts_adv",
    "sdarts_rs",
    "snas",
)


def check_strategy(name: str) -> None:
    """Refuses the name of no method.

    Raises:
        ValueError: with the nearest ones.
    """
    # A program of the user may have registered more.
    loaded = sys.modules.get(_STRATEGIES_MODULE)
    known = loaded.names() if loaded else STRATEGIES
    if name not in known:
        raise unknown_name("strategy", name, known)


_WIDTH = 80


def parse(command: types.ModuleType, arguments: list[str]) -> flags.FlagValues:
    """The flags of a subcommand, as `absl.flags.FlagValues`.

    Args:
        command: Module of the subcommand, with a function `define` and maybe
            `POSITIONAL`, the flag whose name and dashes may be left out.
        arguments: List of strings.

    Raises:
        absl.flags.Error: for a command line that is wrong.
    """
    options = _defined(command)
    options.set_gnu_getopt(True)
    _, *others = options(["keras-darts", *arguments])
    positional = getattr(command, "POSITIONAL", None)
    if positional and len(others) == 1 and not options[positional].present:
        options[positional].parse(others.pop())
    if others:
        raise flags.Error(
            f"Flags are written --name=value. Received: {' '.join(others)}"
        )
    return options


def require(options: flags.FlagValues, *names: str) -> None:
    """Raises `absl.flags.Error` for the first flag that was not given."""
    for name in names:
        if options[name].value in (None, ""):
            raise flags.Error(f"The flag --{name} must be given")


def require_one(options: flags.FlagValues, *names: str) -> str:
    """The name of the one flag of several that was given.

    Raises:
        absl.flags.Error: if none was, or more than one.
    """
    given = [name for name in names if options[name].value not in (None, "")]
    if len(given) != 1:
        raise flags.Error(
            f"One of the flags {' and '.join(f'--{n}' for n in names)} must be "
            "given"
        )
    return given[0]


def define_path(
    options: flags.FlagValues, name: str, default: str | None, meaning: str
) -> None:
    """Declares a flag that takes a path, or a name in its place."""
    flags.DEFINE(
        _PathParser(name),
        name,
        default,
        meaning,
        flag_values=options,
        serializer=flags.ArgumentSerializer(),
    )


def define_run(options: flags.FlagValues, meaning: str) -> None:
    """Declares the flag of a run folder."""
    define_path(options, "run", None, meaning)


def run_folder(options: flags.FlagValues) -> pathlib.Path:
    """The folder that --run names.

    Raises:
        ValueError: if there is none.
    """
    folder = pathlib.Path(options.run)
    if not folder.is_dir():
        raise ValueError(
            "`run` must be the folder of a run. "
            f"Received: run={options.run!r}, which does not exist"
        )
    return folder


def define_share(
    options: flags.FlagValues, name: str, default: float | None, meaning: str
) -> None:
    """Declares a flag that takes a share: more than nothing, less than all."""
    flags.DEFINE_float(name, default, meaning, flag_values=options)
    flags.register_validator(
        name,
        lambda share: share is None or 0 < share < 1,
        "must lie between 0 and 1",
        flag_values=options,
    )


class _PathParser(flags.ArgumentParser):
    """Home folders written out, remote file systems refused."""

    def __init__(self, name):
        super().__init__()
        self.name = name

    def parse(self, argument):
        # What must be given raises an error when it is empty.
        return argument and user_path_text(argument, self.name)


def define_choices(
    options: flags.FlagValues,
    name: str,
    default: Sequence[str] | str | None,
    choices: Sequence[str],
    meaning: str,
) -> None:
    """Declares a flag that takes one or more names with commas between."""
    flags.DEFINE_list(name, default, meaning, flag_values=options)

    def nearest(value):
        return difflib.get_close_matches(value, choices, n=1, cutoff=0.5)

    def check(values):
        if values is None:
            return True
        unknown = [value for value in values if value not in choices]
        if unknown or not values:
            names = [name for value in unknown for name in nearest(value)]
            hint = f". Did you mean {' or '.join(names)}?" if names else ""
            raise flags.ValidationError(
                f"one or more of {', '.join(choices)}, with commas between"
                f"{hint}"
            )
        return True

    flags.register_validator(name, check, flag_values=options)


def summary(command: types.ModuleType) -> str:
    """The first line of what a subcommand says of itself."""
    return command.__doc__.partition("\n")[0].rstrip(".")


def help_text(name: str, command: types.ModuleType) -> str:
    """What `--help` prints for a subcommand."""
    options = _defined(command)
    positional = getattr(command, "POSITIONAL", None)
    argument = f" {positional.upper()}" if positional else ""
    lines = [
        f"Usage: keras-darts {name}{argument} [--flag=value ...]",
        "",
        *command.__doc__.strip().splitlines(),
        "",
        "Flags:",
    ]
    for flag in options:
        lines += _described(options[flag])
    return "\n".join(lines)


def _defined(command):
    options = flags.FlagValues()
    command.define(options)
    flags.DEFINE_bool(
        "debug",
        False,
        "Show the traceback of an error.",
        flag_values=options,
    )
    return options


def _described(flag):
    choices = getattr(flag.parser, "enum_values", None)
    value = f"={'|'.join(choices) if choices else '...'}"
    form = f"[no]{flag.name}" if flag.boolean else flag.name + value
    # absl puts the choices before the text.
    text = flag.help.rpartition(">: ")[2] if choices else flag.help
    # And how to repeat one at the end.
    text = text.partition(";\n    repeat this option")[0]
    if flag.default is not None and not flag.boolean:
        default = flag.default_as_str.strip("'")
        text += f" Defaults to {default}."
    indent = " " * 6
    wrapped = textwrap.wrap(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent
    )
    return [f"  --{form}", *wrapped]
