"""The structure of the package, read from its sources: which files may import which."""

import ast
import io
import tokenize
from collections import Counter
from pathlib import Path

import pytest

import sklearn_textnn

PACKAGE = Path(sklearn_textnn.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
SOURCES = {path.relative_to(PACKAGE).as_posix(): path for path in FILES}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}
SUBPACKAGES = sorted({name.split("/")[0] for name in SOURCES if "/" in name})

# Which other subpackages each subpackage may import. Arrows point down only.
MAY_IMPORT = {
    "preprocessing": set(),
    "embeddings": {"datasets", "preprocessing"},  # of datasets, the data home
    "networks": set(),
    "classifiers": {"embeddings", "engines", "networks", "preprocessing"},
    "datasets": set(),
    "engines": {"networks", "preprocessing"},
    "model_selection": {"preprocessing"},  # the check of texts
    "pipelines": {"classifiers", "embeddings", "networks", "preprocessing"},
    "inspection": {"preprocessing"},  # the check of texts
    "persistence": {
        "classifiers",
        "embeddings",
        "engines",
        "networks",
        "preprocessing",
        "serving",
    },
    "serving": {"classifiers", "engines", "networks"},
    "utils": set(),
}

# Which files may import a heavy package, by the beginning of their name.
HOMES = {
    "keras": ("classifiers/", "engines/", "networks/"),
    "tensorflow": (
        "engines/_tensorflow/",
        "engines/_engines.py",
        "engines/_keras_fit.py",
        "engines/_private.py",
        "engines/_process.py",
    ),
    "scikeras": ("classifiers/_scikeras.py",),
    "matplotlib": ("inspection/",),
}

# Calls that change the state of the process.
MEDDLING = {
    "clear_session",
    "enable_op_determinism",
    "filterwarnings",
    "putenv",
    "set_config",
    "set_random_seed",
    "setenv",
    "simplefilter",
}

MOST_LINES = 500

# Functions whose purpose is to print, and classes that only verbose fits create.
PRINTERS = {"engines/_fit_lines.py", "model_selection/_report_candidates.py"}

# Exceptions to the rules below, to be removed one by one and never added to.
PRIVATE_IMPORTS_NOT_YET_REMOVED = set()
NAMES_NOT_YET_CHANGED = {"_validation.py"}


def imports(tree, folder):
    """Yield (dotted name, whether inside a function) for each import, relative ones resolved."""

    def visit(node, inside):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, inside) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    place = ("sklearn_textnn", *folder)
                    above = place[: len(place) - child.level + 1]
                    base = ".".join([*above, *([base] if base else [])])
                yield from ((f"{base}.{alias.name}", inside) for alias in child.names)
            else:
                function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
                yield from visit(child, inside or function)

    yield from visit(tree, False)


def imports_of(name):
    return list(imports(TREES[name], name.split("/")[:-1]))


def code_lines(path):
    """Count lines that hold code: no blank lines, comments or docstrings."""
    source = path.read_text(encoding="utf-8")
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            docstrings.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    blank = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    lines = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in blank and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstrings)


def calls_in(tree):
    """Return the names of functions called by their plain name or as a method."""
    called = [n.func for n in ast.walk(tree) if isinstance(n, ast.Call)]
    return {getattr(f, "id", getattr(f, "attr", None)) for f in called}


def knows_verbose(function):
    mentions = ast.walk(function)
    return "verbose" in {getattr(n, "arg", getattr(n, "attr", "")) for n in mentions}


def test_every_subpackage_states_its_imports():
    unlisted = set(SUBPACKAGES) - set(MAY_IMPORT)
    assert not unlisted, f"add the imports of {sorted(unlisted)} to MAY_IMPORT"


@pytest.mark.parametrize("subpackage", SUBPACKAGES)
def test_a_subpackage_imports_only_those_below(subpackage):
    foreign = {
        (name, target)
        for name in SOURCES
        if name.startswith(f"{subpackage}/")
        for target, _ in imports_of(name)
        if target.split(".")[0] == "sklearn_textnn"
        and target.split(".")[1] in set(SUBPACKAGES) - {subpackage, *MAY_IMPORT[subpackage]}
    }
    assert not foreign


def is_private_import(subpackage, target):
    """Return whether a dotted name is that of a private file or name of another subpackage."""
    package, *path = target.split(".")
    foreign = package == "sklearn_textnn" and path[0] in set(SUBPACKAGES) - {subpackage}
    return foreign and len(path) > 1 and path[1].startswith("_")


def test_subpackages_import_each_other_only_through_init():
    found = {
        (name, target)
        for name in SOURCES
        for target, _ in imports_of(name)
        if is_private_import(name.split("/")[0], target)
    }
    assert found == PRIVATE_IMPORTS_NOT_YET_REMOVED


def test_file_names_are_unique():
    names = Counter(name.split("/")[-1] for name in SOURCES)
    repeated = {name for name, n_files in names.items() if n_files > 1} - {"__init__.py"}
    assert repeated == NAMES_NOT_YET_CHANGED


def test_private_names_of_scikit_learn_are_imported_only_by_the_compatibility_module():
    strangers = {
        (name, target)
        for name in SOURCES
        for target, _ in imports_of(name)
        if target.split(".")[0] == "sklearn" and "._" in target
    }
    assert {name for name, _ in strangers} <= {"_compat.py"}, strangers


def test_the_top_level_init_imports_no_subpackage():
    assert [target for target, _ in imports_of("__init__.py")] == ["sklearn_textnn._lazy.attach"]
    assert {target for target, _ in imports_of("_lazy.py")} == {"importlib.import_module"}


@pytest.mark.parametrize("package", HOMES)
def test_heavy_packages_are_imported_only_where_allowed(package):
    strangers = [
        name
        for name in SOURCES
        if not name.startswith(HOMES[package])
        and any(target.split(".")[0] == package for target, _ in imports_of(name))
    ]
    assert not strangers


def test_the_compiled_programs_are_imported_only_inside_functions():
    """They need TensorFlow; the classifier can be imported with another backend of Keras."""
    places = [
        (name, inside)
        for name in SOURCES
        if not name.startswith("engines/_tensorflow/")
        for target, inside in imports_of(name)
        if target.startswith(("tensorflow", "sklearn_textnn.engines._tensorflow"))
    ]
    assert places, "nothing is compiled any more: remove this test"
    assert all(inside for _, inside in places), places


def private_names_of_others(name):
    """Return (line, name) of private attributes that no file of this package defines."""
    read = (n for n in ast.walk(TREES[name]) if isinstance(n, ast.Attribute))
    return [
        (node.lineno, node.attr)
        for node in read
        if node.attr.startswith("_")
        and not node.attr.endswith("__")
        and node.attr not in OWN_PRIVATE_NAMES
    ]


def own_private_names():
    for tree in TREES.values():
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                yield node.name
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                targets = getattr(node, "targets", None) or [node.target]
                for target in ast.walk(ast.Tuple(targets, ast.Store())):
                    owner = getattr(target, "value", None)
                    if isinstance(target, ast.Name) or getattr(owner, "id", None) in (
                        "self",
                        "cls",
                    ):
                        yield getattr(target, "id", getattr(target, "attr", None))


OWN_PRIVATE_NAMES = set(own_private_names()) | {path.stem for path in FILES}


@pytest.mark.parametrize("subpackage", ["engines", "networks"])
def test_private_names_of_tensorflow_and_keras_are_in_one_file(subpackage):
    elsewhere = {
        name: private_names_of_others(name)
        for name in SOURCES
        if name.startswith(f"{subpackage}/") and name != "engines/_private.py"
    }
    assert not {name: found for name, found in elsewhere.items() if found}
    assert "_call_flat" in {attr for _, attr in private_names_of_others("engines/_private.py")}


def test_matplotlib_is_imported_only_inside_functions():
    places = [
        (name, inside)
        for name in SOURCES
        for target, inside in imports_of(name)
        if target.split(".")[0] == "matplotlib"
    ]
    assert places, "nothing draws any more: remove this test"
    assert all(inside for _, inside in places), places


def test_implementation_files_are_private():
    public = [n for n in SOURCES if not n.split("/")[-1].startswith("_")]
    assert public == ["utils/estimator_checks.py"]  # named as scikit-learn names its own


def test_only_verbose_code_prints():
    """print is called only in functions that use `verbose`, or that only such functions call."""
    loud = []
    for name in TREES.keys() - PRINTERS:
        tree = TREES[name]
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
        for function in functions:
            callers = [f for f in functions if function.name in calls_in(f) and f is not function]
            asked = knows_verbose(function) or (callers and all(map(knows_verbose, callers)))
            if "print" in calls_in(function) and not asked:
                loud.append(f"{name}: {function.name}")
        top_level = ast.Module([n for n in tree.body if isinstance(n, ast.Expr)], [])
        loud += [name] * ("print" in calls_in(top_level))
    assert not loud


def test_nothing_changes_global_state():
    """No call changes global seeds, warning filters or sessions, or writes os.environ."""
    found = []
    for name, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
                called = ast.unparse(node.func)
                if called.split(".")[-1] in MEDDLING or called == "np.random.seed":
                    found.append(f"{name}:{node.lineno} {called}")
            elif isinstance(node, (ast.Assign, ast.AugAssign, ast.Delete)):
                targets = getattr(node, "targets", None) or [node.target]
                if any(ast.unparse(t).startswith("os.environ") for t in targets):
                    found.append(f"{name}:{node.lineno} {ast.unparse(node)}")
    assert not found


def test_random_seed_is_called_only_where_its_state_is_restored():
    """Keras draws the seeds of unseeded layers from Python's generator; one function sets it."""
    callers = {
        name
        for name, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "random.seed"
    }
    assert callers <= {"classifiers/_function_network.py"}
    for name in callers:
        assert "random.setstate(state)" in SOURCES[name].read_text(encoding="utf-8")


def test_files_stay_readable():
    sizes = {name: code_lines(path) for name, path in SOURCES.items()}
    largest = sorted(sizes, key=sizes.get, reverse=True)[:3]
    shown = ", ".join(f"{name} {sizes[name]}" for name in largest)
    assert sizes[largest[0]] <= MOST_LINES, f"split it; the largest files by lines of code: {shown}"
    print(f"largest files by lines of code: {shown}")


# The tests above read sources; these ensure that they would detect a violation.


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("from ..networks import X", ("sklearn_textnn.networks.X", False)),
        ("from .. import networks", ("sklearn_textnn.networks", False)),
        ("from ._x import y", ("sklearn_textnn.classifiers._x.y", False)),
        ("import keras.ops", ("keras.ops", False)),
        ("def f():\n    import matplotlib.pyplot as plt", ("matplotlib.pyplot", True)),
        ("if True:\n    import tensorflow", ("tensorflow", False)),
    ],
)
def test_imports_are_resolved(source, expected):
    assert list(imports(ast.parse(source), ["classifiers"])) == [expected]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("sklearn_textnn.networks._layers.Embed", True),
        ("sklearn_textnn.networks._layers", True),
        ("sklearn_textnn.networks.Network", False),
        ("sklearn_textnn.networks", False),
        ("sklearn_textnn.classifiers._inputs.read", False),
        ("sklearn_textnn._compat.Interval", False),
        ("sklearn.utils._param_validation.Interval", False),
    ],
)
def test_private_imports_are_found(target, expected):
    assert is_private_import("classifiers", target) == expected


def test_docstrings_comments_and_blank_lines_are_not_counted(tmp_path):
    path = tmp_path / "example.py"
    path.write_text('"""Title.\n\nMore.\n"""\n\n# why\nx = """a\nb"""  # two lines\n\n\ny = 1\n')
    assert code_lines(path) == 3
