"""Every example in a docstring runs, and every public class has one."""

import doctest
import importlib
import inspect
import pkgutil
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from less_work import has_no_loop
from less_work import without_graphs

import keras_darts as kd
from keras_darts.utils.registry import Registry

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# What every example may use without an import.
NAMESPACE = {"kd": kd, "keras": keras, "np": np, "tf": tf}
FINDER = doctest.DocTestFinder(exclude_empty=True)

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(kd.__path__, "keras_darts.")
    if not module.name.endswith("__main__")
)


def examples(module):
    module = importlib.import_module(module)
    names = {**vars(module), **NAMESPACE}
    tests = FINDER.find(module, globs=names)
    return [test for test in tests if test.examples]


@pytest.fixture
def registries(monkeypatch):
    """Forget what an example adds, which doesn't outlive its names."""
    for name, module in [*sys.modules.items()]:
        if name.startswith("keras_darts."):
            for value in [*vars(module).values()]:
                if isinstance(value, Registry):
                    entries = dict(value._entries)
                    monkeypatch.setattr(value, "_entries", entries)


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module, tmp_path, monkeypatch, registries):
    monkeypatch.chdir(tmp_path)
    output = []
    # For a few steps no graph is worth its making.
    with without_graphs(has_no_loop):
        for test in examples(module):
            runner = doctest.DocTestRunner(verbose=False, optionflags=OPTIONS)
            runner.run(test, out=output.append)
    if output:
        pytest.fail("".join(output), pytrace=False)


def public_classes():
    results = {name: getattr(kd, name) for name in kd.__all__}
    for module in [m for m in results.values() if inspect.ismodule(m)]:
        names = getattr(module, "__all__", ())
        results |= {f"{module.__name__}.{n}": getattr(module, n) for n in names}
    return {n: c for n, c in results.items() if inspect.isclass(c)}


def test_every_public_class_has_an_example():
    without = [
        name
        for name, cls in public_classes().items()
        if not doctest.DocTestParser().get_examples(cls.__doc__ or "")
    ]
    assert without == []
