"""What users install, and what importing it costs them."""

import ast
import importlib
import importlib.metadata
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile

import pytest

import keras_darts as kd

ROOT = pathlib.Path(__file__).parents[1]
FOLDERS = (".ci", "docs", "examples", "keras_darts", "saved_models", "tests")

BUILD = [sys.executable, "-m", "build", "--no-isolation", "--outdir"]
INSTALL = [
    *[sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"],
    *["--no-index", "--no-build-isolation", "--target"],
]

LIGHT = """
import sys
import keras_darts as kd
dir(kd), kd.__version__, kd.Genotype, kd.genotypes.get("darts_v2")
heavy = {"keras", "matplotlib", "tensorflow"} & set(sys.modules)
assert not heavy, heavy
"""

DRAW = """
import pathlib
import keras_darts as kd
kd.plot_cell(kd.genotypes.get("darts_v2"), "normal", path="cell.svg")
print(kd.__file__)
"""


def run(command, **kwargs):
    done = subprocess.run(command, capture_output=True, text=True, **kwargs)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def sources():
    """The modules of the package, by their paths in a distribution."""
    return below_package("*.py")


def other_files():
    """Templates of pages, and what a type checker reads."""
    types = below_package("*.pyi") | below_package("py.typed")
    return below_package("*.jinja") | types


def below_package(pattern):
    files = (ROOT / "keras_darts").rglob(pattern)
    return {file.relative_to(ROOT).as_posix() for file in files}


def imported_packages():
    names = set()
    for path in sources():
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module)
    return {name.partition(".")[0] for name in names}


@pytest.fixture(scope="module")
def distributions(tmp_path_factory):
    """The folder with an sdist, and the wheel that is made from it."""
    # A copy, since a build leaves files behind, and is misled by older ones.
    copy = tmp_path_factory.mktemp("build") / "copy"
    for folder in FOLDERS:
        left_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, copy / folder, ignore=left_out)
    for file in [path for path in ROOT.iterdir() if path.is_file()]:
        shutil.copy(file, copy)
    run([*BUILD, str(copy / "dist"), str(copy)])
    return copy / "dist"


@pytest.fixture(scope="module")
def sdist(distributions):
    (file,) = distributions.glob("*.tar.gz")
    return file


@pytest.fixture(scope="module")
def wheel(distributions):
    (file,) = distributions.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [n for n in archive.namelist() if n.endswith("/METADATA")]
        return archive.read(name).decode()


def test_importing_the_package_imports_neither_tensorflow_nor_keras():
    run([sys.executable, "-c", LIGHT])


@pytest.mark.parametrize("name", kd.__all__)
def test_public_names_resolve(name):
    assert getattr(kd, name) is not None


def test_the_stub_names_what_the_package_does():
    stub = ast.parse((ROOT / "keras_darts" / "__init__.pyi").read_text())
    origins = {
        alias.asname: (node.module, alias.name)
        for node in stub.body
        for alias in node.names
    }
    assert set(origins) == set(kd.__all__)
    for name, (module, attribute) in origins.items():
        value = getattr(importlib.import_module(module), attribute)
        assert name == attribute and value is getattr(kd, name)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'dart_search'"):
        kd.dart_search  # noqa: B018


def test_the_wheel_holds_the_package_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {n for n in names if ".dist-info/" not in n} == (
        sources() | other_files()
    )
    assert {"keras_darts/__init__.pyi", "keras_darts/py.typed"} <= names
    assert [n for n in names if n.endswith(".dist-info/licenses/LICENSE")]


def test_the_sdist_holds_what_is_needed_to_test_and_change_it(sdist):
    with tarfile.open(sdist) as archive:
        members = archive.getnames()
    names = {name.partition("/")[2] for name in members}
    assert sources() | other_files() <= names
    assert {
        *["CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile"],
        *["README.md", "pyproject.toml", "setup.py", ".ci/run"],
        *["examples/demo.py", "tests/conftest.py", "tests/test_package.py"],
        *["docs/README.md", "saved_models/README.md"],
    } <= names
    assert not [n for n in names if re.search(r"__pycache__|\.git/", n)]


def test_the_metadata_says_what_the_package_is(metadata):
    assert f"Version: {kd.__version__}\n" in metadata
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "Requires-Dist: tensorflow<2.22,>=2.21\n" in metadata
    optional = re.findall(r"Requires-Dist: (\S+)==2\.13\.0; extra", metadata)
    assert set(optional) == {"torch"}


def test_the_metadata_names_every_package_that_is_imported(metadata):
    owners = importlib.metadata.packages_distributions()
    required = re.findall(r"^Requires-Dist: ([\w-]+)", metadata, re.MULTILINE)
    others = imported_packages() - {"keras_darts", *sys.stdlib_module_names}
    assert {
        name for name in others if not {*owners[name]} & {*required}
    } == set()


@pytest.mark.parametrize("distribution", ["sdist", "wheel"])
def test_a_distribution_installs_and_runs(distribution, request, tmp_path):
    installed = tmp_path / "site"
    run([*INSTALL, str(installed), str(request.getfixturevalue(distribution))])
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    output = run([sys.executable, "-c", DRAW], cwd=tmp_path, env=environment)
    assert output.strip() == str(installed / "keras_darts" / "__init__.py")
    assert (tmp_path / "cell.svg").read_text().rstrip().endswith("</svg>")
