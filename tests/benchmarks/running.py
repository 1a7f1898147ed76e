"""The benchmarks, given what a user gives them."""

import dataclasses
import io
import pathlib
import runpy
import sys
from contextlib import redirect_stderr
from contextlib import redirect_stdout
from unittest import mock

FOLDER = pathlib.Path(__file__).parents[2] / "benchmarks"


@dataclasses.dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(script, *switches, **flags):
    """In this process, which has imported already what takes seconds."""
    path = str(FOLDER / f"{script}.py")
    flags = [f"--{name}={value}" for name, value in flags.items()]
    with (
        mock.patch.object(sys, "argv", [path, *switches, *flags]),
        mock.patch.object(sys, "path", [str(FOLDER), *sys.path]),
        redirect_stdout(io.StringIO()) as stdout,
        redirect_stderr(io.StringIO()) as stderr,
    ):
        code = 0
        try:
            runpy.run_path(path, run_name="__main__")
        except SystemExit as ended:
            code = ended.code or 0
            if isinstance(code, str):
                # What the interpreter does with a text.
                print(code, file=stderr)
                code = 1
    return Done(code, stdout.getvalue(), stderr.getvalue())
