"""Counts the files of the package that three things pass through.

python tests/walks.py          # how many files and lines each walk has
python tests/walks.py --files  # and which, in the order of the first call

The walks: a batch from `fit` to the gradient of the alphas, a genotype to a
SavedModel, and the name of a strategy to its pieces in the supernet. A file
counts if one of its functions runs; what runs at its import does not.

The goals of the review, 40, 35 and 25 files, were set where a count by hand
gave 59, 43 and 34, and this script 93, 57 and 48: in its measure the goals
are 63, 46 and 35.
"""

import argparse
import contextlib
import pathlib
import sys
import tempfile

import numpy as np

import keras_darts as kd

PACKAGE = pathlib.Path(kd.__file__).parent
GOALS = {"batch": 63, "genotype": 46, "strategy": 35}
SPACE = kd.search_spaces.darts_cnn(
    4, 3, num_nodes=1, primitives=("max_pool_3x3", "skip_connect")
)


@contextlib.contextmanager
def files_passed(files):
    """Adds each file of the package to a list as a function of it runs.

    Args:
        files: List, which gets the `pathlib.Path`s below the package.
    """
    names = set()

    def look(frame, event, argument):
        code = frame.f_code
        if event != "call" or code.co_filename in names:
            return
        names.add(code.co_filename)
        path = pathlib.Path(code.co_filename)
        if code.co_name != "<module>" and path.is_relative_to(PACKAGE):
            files.append(path.relative_to(PACKAGE))
        elif code.co_name == "<module>":
            names.discard(code.co_filename)

    sys.setprofile(look)
    try:
        yield
    finally:
        sys.setprofile(None)


def batch(files):
    """A batch from `fit` to the gradient of the alphas."""
    images = np.random.default_rng(0).random((8, 8, 8, 1), "float32")
    search = kd.DartsSearch(SPACE)
    with files_passed(files):
        search.fit(images, np.arange(8) % 2, batch_size=4, epochs=1, verbose=0)


def genotype(files):
    """A genotype to a SavedModel."""
    search = kd.DartsSearch(SPACE, num_classes=2, input_shape=(8, 8, 1))
    with tempfile.TemporaryDirectory() as folder, files_passed(files):
        network = search.derived_network(filters=4, num_cells=3)
        kd.export.saved_model(network, f"{folder}/network")


def strategy(files):
    """The name of a strategy to its pieces in the supernet."""
    with files_passed(files):
        kd.DartsSearch(SPACE, "pc_darts", num_classes=2, input_shape=(8, 8, 1))


WALKS = {"batch": batch, "genotype": genotype, "strategy": strategy}


def lines_of(path):
    return len((PACKAGE / path).read_text("utf-8").splitlines())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--files", action="store_true", help="name them")
    options = parser.parse_args()
    for name, walk in WALKS.items():
        files = []
        walk(files)
        lines = sum(map(lines_of, files))
        print(
            f"{name}: {len(files)} files, {lines} lines (goal: {GOALS[name]})"
        )
        if options.files:
            print("\n".join(f"  {path}" for path in files))


if __name__ == "__main__":
    main()
