"""A corpus of six words for the whole suite, and classifiers that train in a moment.

Only the fixtures that need TensorFlow import it, since most tests do not.
"""

import os

# Else scikit-learn skips its check of array API inputs; SciPy reads it once, at import.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import subprocess
import sys
import tempfile
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
import sklearn
from hypothesis import HealthCheck, settings
from packaging.requirements import Requirement
from sklearn.pipeline import Pipeline

from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    PadTransformer,
    TokenIds,
    Vocabulary,
)

# The speed of examples depends on the load of the machine.
settings.register_profile("any speed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any speed")

SHOWN = """
scikit-learn numpy scipy pandas keras tensorflow jax scikeras joblib safetensors matplotlib
"""


def pytest_report_header():
    """Report the installed versions."""
    found = ((name, _version(name)) for name in SHOWN.split())
    return "with " + ", ".join(f"{name} {version}" for name, version in found if version)


def _version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


WORDS = ("", "food", "good", "bad", "fine", "poor")  # words[0] is the padding
MAXLEN = 6


def pytest_collection_modifyitems(items):
    """Set the time limit of slow tests; skip tests that need other versions."""
    for item in items:
        for marker in item.iter_markers("needs"):
            wanted = Requirement(*marker.args)
            if not wanted.specifier.contains(metadata.version(wanted.name)):
                item.add_marker(pytest.mark.skip(reason=f"needs {wanted}"))
    _allow_time(items)


def _allow_time(items):
    """Allow slow tests ten minutes, twice the limit in pyproject.toml."""
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def vocabulary():
    return Vocabulary(WORDS, n_known=len(WORDS))


@pytest.fixture(scope="session")
def ids():
    """Return 48 documents of 1 to 6 words; post-padded, read-only."""
    rng = np.random.default_rng(7)
    X = np.zeros((48, MAXLEN), dtype=np.int32)
    for row in X:
        length = rng.integers(1, MAXLEN + 1)
        row[:length] = rng.integers(1, len(WORDS), size=length)
    X[:6, :1] = np.arange(6)[:, None] % 5 + 1  # every word occurs
    X.setflags(write=False)
    return X


@pytest.fixture(scope="session")
def labels(ids):
    """Return 0 or 1: whether praise ("good", "fine") is more frequent than blame."""
    praise = np.isin(ids, [2, 4]).sum(axis=1)
    blame = np.isin(ids, [3, 5]).sum(axis=1)
    y = (praise > blame).astype(int)
    y.setflags(write=False)
    return y


@pytest.fixture(scope="session")
def three_labels(ids):
    """Return "bad", "even" or "good"."""
    praise = np.isin(ids, [2, 4]).sum(axis=1)
    blame = np.isin(ids, [3, 5]).sum(axis=1)
    return np.array(["bad", "even", "good"])[np.sign(praise - blame) + 1]


@pytest.fixture(scope="session")
def indicator(ids):
    """Return three independent 0/1 labels: whether a document praises, blames, and is long."""
    long = (ids > 0).sum(axis=1) > 3
    columns = [np.isin(ids, [2, 4]).any(axis=1), np.isin(ids, [3, 5]).any(axis=1), long]
    return np.column_stack(columns).astype(int)


@pytest.fixture(scope="session")
def tokens(ids, vocabulary):
    return TokenIds(ids, vocabulary)


@pytest.fixture(scope="session")
def texts(ids):
    return [" ".join(WORDS[i] for i in row if i) for row in ids]


@pytest.fixture(scope="session")
def features(ids):
    """Return counts of the words, (48, 5), float."""
    return np.array([np.bincount(row, minlength=len(WORDS))[1:] for row in ids], dtype=float)


@pytest.fixture(scope="session")
def tiny():
    """Return a maker of small classifiers of ids; keyword arguments override the defaults."""
    from sklearn_textnn.classifiers import KerasTextClassifier
    from sklearn_textnn.networks import PoolingNetwork

    def make(**params):
        given = {"model": PoolingNetwork(embedding_dim=3, units=2, activation="tanh")}
        given |= {"epochs": 2, "batch_size": 16, "random_state": 0}
        return KerasTextClassifier(**(given | params))

    return make


@pytest.fixture(scope="session")
def tiny_dense(tiny):
    """Return the same for features."""
    from sklearn_textnn.networks import DenseNetwork

    def make(**params):
        return tiny(**({"model": DenseNetwork(units=2, activation="tanh")} | params))

    return make


@pytest.fixture(scope="session")
def text_pipeline(tiny):
    """Return a maker of pipelines from raw texts to labels."""

    def make(**params):
        steps = [
            ("tokens", KerasTokenizerTransformer()),
            ("pad", PadTransformer(maxlen=MAXLEN)),
            ("clf", tiny(**params)),
        ]
        return Pipeline(steps)

    return make


@pytest.fixture(scope="session")
def fitted(tiny, tokens, labels):
    """Return a fitted classifier; tests that change it copy it first."""
    return tiny(epochs=3).fit(tokens, labels)


@pytest.fixture(scope="session")
def shared_data():
    """Return the folder with the real files; skip where it is absent."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SKLEARN_TEXTNN_SHARED_DATA") or beside)
    if not folder.is_dir():
        pytest.skip("no real data: set SKLEARN_TEXTNN_SHARED_DATA to the folder that holds them")
    return folder


@pytest.fixture(scope="session")
def run_python():
    """Return a function that runs Python in a separate process, which cannot hang."""

    def run(*arguments, returncode=0, timeout=240, **options):
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=timeout,
            **options,
        )
        assert done.returncode == returncode, done.stderr
        return done

    return run


class TaskRecorder:
    """A callback of scikit-learn's that records tasks by their path, and stops on request.

    A path has the name of the estimator, the name of the task and its number for each level.
    """

    max_propagation_depth = None

    def __init__(self, stop=lambda path: False):
        self.stop, self.begun, self.ended, self.n_open = stop, [], [], 0

    def setup(self, estimator, context):
        self.n_open += 1

    def teardown(self, estimator, context):
        self.n_open -= 1

    def on_fit_task_begin(self, estimator, context):
        self.begun.append(_task_path(context))

    def on_fit_task_end(self, estimator, context):
        self.ended.append(_task_path(context))
        return self.stop(_task_path(context))


def _task_path(context):
    own = (context.estimator_name, context.task_name, context.task_id)
    return (*(_task_path(context.parent) if context.parent else ()), own)


def task_names(paths):
    """Return paths as ``fit0/epoch1``."""
    return ["/".join(f"{name}{i}" for _, name, i in path) for path in paths]


@pytest.fixture
def metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def read_only():
    """Return a folder, and a context in which not even a superuser can write to it."""
    if not hasattr(os, "seteuid"):
        pytest.skip("this system has no Unix users")

    @contextmanager
    def locked():
        user = os.geteuid()
        folder.chmod(0o555)
        if user == 0:
            os.seteuid(65534)  # nobody
        try:
            yield
        finally:
            os.seteuid(user)
            folder.chmod(0o755)

    with tempfile.TemporaryDirectory() as name:  # tmp_path is closed to other users
        folder = Path(name)
        folder.chmod(0o755)
        yield folder, locked
