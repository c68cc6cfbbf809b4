"""Importing the package is cheap, loads nothing heavy and does not change the process."""

import json
import sys
from importlib import import_module
from pathlib import Path

import pytest

import sklearn_textnn

SUBPACKAGES = sklearn_textnn._SUBPACKAGES
LIGHT_SUBPACKAGES = (
    "classifiers",
    "datasets",
    "embeddings",
    "inspection",
    "model_selection",
    "networks",
    "persistence",
    "preprocessing",
    "serving",
    "utils",
)
LIGHT = ("sklearn_textnn", *(f"sklearn_textnn.{subpackage}" for subpackage in LIGHT_SUBPACKAGES))
HEAVY = ("keras", "matplotlib", "scikeras", "tensorflow")

# Visible state of the process. Sorted or as text, so that it fits into JSON.
STATE = """
import json, locale, os, random, signal, sys, time, threading, warnings
import numpy as np

def state():
    kind, keys, *rest = np.random.get_state()
    return {
        "environment": dict(os.environ),
        "python random state": repr(random.getstate()),
        "numpy random state": [kind, keys.tolist(), rest],
        "numpy error handling": np.geterr(),
        "numpy print options": repr(np.get_printoptions()),
        "warnings filters": [repr(f) for f in warnings.filters],
        "threads": sorted(t.name for t in threading.enumerate()),
        "recursion limit": sys.getrecursionlimit(),
        "locale": locale.setlocale(locale.LC_ALL),
        "interrupt handler": repr(signal.getsignal(signal.SIGINT)),
        "search path": sys.path,
        "working directory": os.getcwd(),
    }
"""


@pytest.fixture
def run(run_python):
    """Return a function that runs code in a fresh interpreter; what it prints last is JSON."""

    def last_line(code):
        return json.loads(run_python("-c", STATE + code).stdout.splitlines()[-1])

    return last_line


def test_light_modules_load_nothing_heavy(run):
    loaded = run(
        "from importlib import import_module\n"
        "loaded = {}\n"
        f"for name in {LIGHT}:\n"
        "    import_module(name)\n"
        f"    loaded[name] = [heavy for heavy in {HEAVY} if heavy in sys.modules]\n"
        "print(json.dumps(loaded))"
    )
    assert loaded == {name: [] for name in LIGHT}


@pytest.mark.parametrize("name", ["v2-flatten", "v2-pooling"])
def test_a_fitted_state_is_loaded_and_used_without_keras(run, name):
    """Everything but the classifier itself, whose base class is SciKeras'."""
    file = Path(__file__).parent / "persistence" / "fixtures" / f"{name}.textnn"
    found = run(
        "class Absent:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name.split('.')[0] in {HEAVY}:\n"
        "            raise ImportError(f'{name} is not installed')\n"
        "sys.meta_path.insert(0, Absent())\n"
        "from sklearn_textnn.classifiers import BinaryHead, Fitted, MulticlassHead\n"
        "from sklearn_textnn.classifiers._token_rows import TokenRows\n"
        "from sklearn_textnn.classifiers import MultilabelHead, OneHotHead\n"
        "from sklearn_textnn.persistence import _container, load\n"
        "from sklearn_textnn.persistence._decoding import Decoder\n"
        f"with open({str(file)!r}, 'rb') as opened:\n"
        "    description, arrays = _container.read(opened)\n"
        "def nodes(value):\n"
        "    for v in value.values() if isinstance(value, dict) else value:\n"
        "        yield from nodes(v) if isinstance(v, (dict, list)) else ()\n"
        "    if isinstance(value, dict) and value.get('class') == 'Fitted':\n"
        "        yield value\n"
        "decoder = Decoder(description, arrays, {})\n"
        "fitted = decoder.value(next(nodes(description['model'])))\n"
        "assert isinstance(fitted, Fitted)\n"
        "outputs = np.full((2, fitted.head.n_outputs), 0.25)\n"
        "labels = fitted.head.labels(fitted.head.probabilities(outputs)).tolist()\n"
        "try:\n"
        f"    load({str(file)!r})\n"
        "except ImportError as error:\n"
        "    refused = error.args[0]\n"
        "print(json.dumps([TokenRows.of(fitted).n_known, labels, refused]))"
    )
    assert found[0] > 1
    assert len(found[1]) == 2
    assert "not installed" in found[2]  # and no warning of a damaged file


def test_light_modules_change_nothing_in_the_process(run):
    modules = ", ".join(LIGHT)
    before, after = run(
        "import pandas, scipy.stats, sklearn.model_selection, sklearn.pipeline\n"
        f"before = state()\nimport {modules}\nprint(json.dumps([before, state()]))"
    )
    assert after == before


@pytest.mark.slow
def test_networks_and_classifiers_change_nothing_beyond_what_they_import(run):
    """TensorFlow and SciKeras change the process themselves; only later changes are checked."""
    before, after, patched = run(
        "import pandas, sklearn.model_selection, sklearn.pipeline\n"
        "import tensorflow, keras, scikeras.wrappers as wrappers\n"
        "fit = keras.Model.fit\n"
        "classes = keras.Model, keras.layers.Layer, keras.losses.Loss, wrappers.BaseWrapper\n"
        "vars_before = [set(vars(c)) for c in classes]\n"
        "before = state() | {'policy': str(keras.config.dtype_policy())}\n"
        "import sklearn_textnn.networks, sklearn_textnn.classifiers\n"
        "after = state() | {'policy': str(keras.config.dtype_policy())}\n"
        "assert keras.Model.fit is fit\n"
        "patched = [sorted(set(vars(c)) - v) for c, v in zip(classes, vars_before)]\n"
        "print(json.dumps([before, after, patched]))"
    )
    assert after == before
    assert patched[:3] == [[], [], []]
    assert patched[3] in ([], ["__sklearn_tags__"])  # the one guarded line


def test_importing_adds_little_to_scikit_learn_and_pandas(run):
    """Counted in modules; processor time as a ratio within one process, with a wide margin."""
    first, subpackages, ratio = run(
        "start = time.process_time()\n"
        "import pandas, sklearn.model_selection, sklearn.pipeline\n"
        "others = time.process_time() - start\n"
        "before = set(sys.modules)\n"
        "start = time.process_time()\n"
        "import sklearn_textnn\n"
        "first = set(sys.modules) - before\n"
        f"import {', '.join(LIGHT)}\n"
        "ours = time.process_time() - start\n"
        "subpackages = set(sys.modules) - before\n"
        "print(json.dumps([sorted(first), sorted(subpackages), ours / others]))"
    )
    assert first == ["sklearn_textnn", "sklearn_textnn._lazy"]
    foreign = [name for name in subpackages if not name.startswith("sklearn_textnn")]
    ours = {"joblib", "numpy", "pandas", "safetensors", "scipy", "sklearn", "wrapt"}
    allowed = {*sys.stdlib_module_names, *ours}
    assert {name.split(".")[0] for name in foreign} <= allowed
    assert len(foreign) < 60  # of some 1500 that the others load
    assert ratio < 0.5


@pytest.mark.parametrize("subpackage", [None, *SUBPACKAGES])
def test_every_public_name_exists_and_is_sorted(subpackage):
    module = import_module(
        "sklearn_textnn" if subpackage is None else f"sklearn_textnn.{subpackage}"
    )
    assert list(module.__all__) == sorted(set(module.__all__))
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_every_subpackage_is_in_the_docstring():
    """The docstring of the package lists each subpackage, and the common names are theirs."""
    for subpackage in SUBPACKAGES:
        assert f"\n{subpackage} " in sklearn_textnn.__doc__
    for name, subpackage in sklearn_textnn._HOMES.items():
        assert name in import_module(f"sklearn_textnn.{subpackage}").__all__


def test_dir_lists_names_before_they_are_loaded(run):
    names = run("import sklearn_textnn; print(json.dumps(dir(sklearn_textnn)))")
    assert set(sklearn_textnn.__all__) <= set(names)
    assert names == sorted(names)


def test_top_level_names_are_those_of_subpackages():
    for name, subpackage in sklearn_textnn._HOMES.items():
        at_home = getattr(import_module(f"sklearn_textnn.{subpackage}"), name)
        assert getattr(sklearn_textnn, name) is at_home


def test_an_unknown_attribute_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'sklearn_textnn' has no attribute 'TextClassifier'"):
        sklearn_textnn.TextClassifier  # noqa: B018
    with pytest.raises(ImportError, match="TextClassifier"):
        exec("from sklearn_textnn import TextClassifier")


def test_the_version_is_a_version():
    major, minor, patch = sklearn_textnn.__version__.split(".")[:3]
    assert major.isdigit()
    assert minor.isdigit()
    assert patch[0].isdigit()
