"""How much of the package's public interface has types that are known.

    python tests/type_completeness.py [PREFIX]

prints the names below PREFIX (`keras_darts.datasets`) whose types pyright does
not know, and fails where fewer than 99 % of all names have types. `PREFIX`
defaults to the whole package.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).parents[1]
ENOUGH = 0.99

# Pyright takes no class from a package without types, which Keras and
# KerasTuner are: their subclasses would count as unknown.
STUBS = ROOT / "tests" / "stubs"


def report():
    """What `pyright --verifytypes` finds, by its `--outputjson`."""
    command = [
        *[sys.executable, "-m", "pyright", "--pythonpath", sys.executable],
        *["--verifytypes", "keras_darts", "--ignoreexternal", "--outputjson"],
    ]
    paths = os.pathsep.join(map(str, (ROOT, STUBS)))
    done = subprocess.run(
        command,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.PIPE,
        text=True,
    )
    return json.loads(done.stdout)


def main(prefix="keras_darts"):
    result = report()
    completeness = result["typeCompleteness"]
    for error in result["generalDiagnostics"]:
        print(error["message"])
    lacking = 0
    for symbol in completeness["symbols"]:
        known = symbol["isTypeKnown"] and not symbol["isTypeAmbiguous"]
        if symbol["isExported"] and not known:
            lacking += 1
            if f"{symbol['name']}.".startswith(f"{prefix}."):
                print(_line(symbol))
    score = completeness["completenessScore"]
    print(f"{score:.2%} of the public names have known types, {lacking} lack.")
    if result["generalDiagnostics"] or score < ENOUGH:
        sys.exit(f"At least {ENOUGH:.0%} are asked for.")


def _line(symbol):
    """`name: what its type lacks`, of which docstrings are no part."""
    messages = [
        " ".join(diagnostic["message"].split())
        for diagnostic in symbol["diagnostics"]
    ]
    reasons = [m for m in messages if not m.startswith("No docstring")]
    return f"{symbol['name']}: {'; '.join(reasons)}"


if __name__ == "__main__":
    main(*sys.argv[1:])
