"""The one-way order of the folders, and the sizes, read from the sources."""

import ast
import functools
import pathlib

import pytest

PACKAGE = pathlib.Path(__file__).parents[1] / "keras_darts"

# Bottom first: a part imports only from those above it in this list, and from
# those of its own line.
ORDER = (
    {"version"},
    {"utils"},
    {"runtimes"},
    {"schedules"},
    {"drawing"},
    {"genotypes"},
    {"runs"},
    {"primitives"},
    {"distributed"},
    {"datasets"},
    {"search_spaces"},
    {"analysis"},
    {"networks"},
    {"supernet"},
    {"training"},
    {"callbacks"},
    {"relaxations"},
    {"connections"},
    {"architects"},
    {"regularizers"},
    {"discretizers"},
    {"strategies"},
    {"export"},
    {"tasks"},
    {"search"},
    {"profiling"},
    {"interop"},
    {"tuner"},
    {"auto"},
    {"cli"},
    {"testing"},
    {"__main__"},
    {"__init__"},
)
RANK = {part: rank for rank, parts in enumerate(ORDER) for part in parts}

# For users who have no TensorFlow at hand, or don't want to wait for it.
PLAIN = {"drawing", "genotypes", "version"}
PLAIN_FILES = {
    pathlib.Path("utils", f"{name}.py")
    for name in ("cpu", "errors", "files", "messages", "registry", "typing")
}
HEAVY = {"keras", "matplotlib", "sklearn", "tensorflow", "tensorflow_datasets"}

# What a user may lack: the only imports that may wait until they are used,
# but for the command line, whose `--help` does not wait for TensorFlow.
OPTIONAL = {
    "ai_edge_litert",
    "onnx",
    "onnxruntime",
    "safetensors",
    "tensorflow_serving",
    "tensorflow_text",
    "tf2onnx",
    "torch",
}
LATE = {"__main__", "cli"}

# Most files lie between 80 and 400 lines.
FILE_LINES = 600
# The public face of a search: half of it docstrings.
LONGER = {pathlib.Path("search", "darts_search.py"): 840}
# About 40, below the signature and the docstring.
FUNCTION_LINES = 44


@functools.cache
def modules():
    """The syntax tree of each file of the package, by its path below it."""
    return {
        file.relative_to(PACKAGE): ast.parse(file.read_text(encoding="utf-8"))
        for file in sorted(PACKAGE.rglob("*.py"))
    }


def part_of(path):
    """The part a file belongs to: its folder, or its own name at the top."""
    return path.parts[0].removesuffix(".py")


def imports(tree):
    """`(line, name)` of each module that is imported below `tree`."""
    results = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            results |= {(node.lineno, alias.name) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            results |= {(node.lineno, f"{origin}.{a.name}") for a in node.names}
    return results


def imports_for_types(tree):
    """Those below `if TYPE_CHECKING:`, which never happen."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If)]
    return set().union(
        *(
            imports(statement)
            for block in blocks
            if ast.unparse(block.test) == "TYPE_CHECKING"
            for statement in block.body
        )
    )


def deferred_imports(tree):
    types = ast.FunctionDef | ast.AsyncFunctionDef
    within = [node for node in ast.walk(tree) if isinstance(node, types)]
    return set().union(*map(imports, within))


def root(name):
    return name.split(".")[0]


def imported_part(name):
    """The part of the package that `name` is in, `None` for other packages."""
    if root(name) != "keras_darts":
        return None
    parts = name.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in RANK else "__init__"


def lines_of_body(function):
    """How many lines a function has below its signature and docstring."""
    first, *rest = function.body
    if ast.get_docstring(function) is not None and rest:
        first = rest[0]
    return function.end_lineno - first.lineno + 1


def assert_nowhere(select):
    """Fails with `file:line what` of each `(line, what)` that it finds."""
    results = [
        f"keras_darts/{path}:{line} {what}"
        for path, tree in modules().items()
        for line, what in sorted(select(path, tree))
    ]
    if results:
        pytest.fail("\n".join(results), pytrace=False)


def test_every_part_of_the_package_has_its_place_in_the_order():
    assert {part_of(path) for path in modules()} - set(RANK) == set()


def test_imports_go_one_way():
    def upwards(path, tree):
        for line, name in imports(tree):
            part = imported_part(name)
            if part is not None and RANK[part] > RANK[part_of(path)]:
                yield line, f"imports {name}"

    assert_nowhere(upwards)


def test_no_import_is_relative_or_a_star():
    def loose(path, tree):
        for line, name in imports(tree):
            if name.startswith(".") or name.endswith("*"):
                yield line, f"imports {name}"

    assert_nowhere(loose)


def test_optional_packages_are_imported_late_and_no_others():
    def misplaced(path, tree):
        late = deferred_imports(tree)
        if part_of(path) in LATE:
            return
        for line, name in imports(tree) - imports_for_types(tree):
            if (root(name) in OPTIONAL) != ((line, name) in late):
                yield line, f"imports {name}"

    assert_nowhere(misplaced)


def test_plain_parts_import_nothing_heavy():
    def heavy(path, tree):
        for line, name in imports(tree) - imports_for_types(tree):
            plain = part_of(path) in PLAIN or path in PLAIN_FILES
            if plain and root(name) in HEAVY:
                yield line, f"imports {name}"

    assert_nowhere(heavy)


def test_every_except_names_what_it_catches():
    def bare(path, tree):
        for node in ast.walk(tree):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                yield node.lineno, "catches everything"

    assert_nowhere(bare)


def test_a_file_fits_in_the_head():
    def long(path, tree):
        text = (PACKAGE / path).read_text(encoding="utf-8")
        lines = len(text.splitlines())
        if lines > LONGER.get(path, FILE_LINES):
            yield lines, f"is the last of {lines} lines"

    assert_nowhere(long)


def test_a_function_fits_on_a_screen():
    def long(path, tree):
        types = ast.FunctionDef | ast.AsyncFunctionDef
        for node in ast.walk(tree):
            if isinstance(node, types):
                lines = lines_of_body(node)
                if lines > FUNCTION_LINES:
                    yield node.lineno, f"{node.name} has {lines} lines"

    assert_nowhere(long)
