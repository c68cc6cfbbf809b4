"""The cache of programs, the choice of an engine, and the private names that programs need."""

import ctypes
import gc
import pickle
import subprocess
import sys

import numpy as np
import pytest

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.classifiers import clear_program_cache, set_program_cache_limit
from sklearn_textnn.engines import _batch_memory, _private
from sklearn_textnn.engines._tensorflow._graph import Graph
from sklearn_textnn.networks import ConvolutionalNetwork, PoolingNetwork

from .conftest import IDS, assert_same_training, fitted, kept_programs

SMALL = PoolingNetwork(embedding_dim=4, units=3)


@pytest.fixture
def traced(monkeypatch):
    """Return a list to which every traced function is appended."""
    made, make = [], Graph.__init__

    def spy(graph, function, *args):
        made.append(function)
        make(graph, function, *args)

    monkeypatch.setattr(Graph, "__init__", spy)
    return made


# The interface


def test_importing_engines_imports_neither_keras_nor_tensorflow():
    code = "import sys, sklearn_textnn.engines; print({'keras', 'tensorflow'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "set()\n"


def test_the_prediction_engine_is_chosen_once_and_again_after_unpickling(traced, monkeypatch):
    clf = fitted(SMALL, epochs=1)
    expected = clf.predict_proba(IDS)
    n_traced, built, build = len(traced), [], PoolingNetwork.build

    def spy(network, spec):
        built.append(network)
        return build(network, spec)

    monkeypatch.setattr(PoolingNetwork, "build", spy)
    for _ in range(3):
        np.testing.assert_array_equal(clf.predict_proba(IDS), expected)
    assert not built
    copied = pickle.loads(pickle.dumps(clf))
    for _ in range(3):
        np.testing.assert_array_equal(copied.predict_proba(IDS), expected)
    assert len(built) <= 1
    assert len(traced) == n_traced


def test_a_state_can_be_freed_after_predicting():
    from sklearn_textnn.engines import _numpy_engine

    gc.collect()
    before = len(_numpy_engine._passes)
    clf = fitted(SMALL, epochs=1)
    clf.predict_proba(IDS)
    assert len(_numpy_engine._passes) == before + 1
    del clf
    gc.collect()
    assert len(_numpy_engine._passes) == before


# The cache


def test_programs_beyond_the_limit_are_removed():
    try:
        set_program_cache_limit(1)
        for units in (1, 2, 3):
            fitted(PoolingNetwork(embedding_dim=2, units=units), epochs=1)
        assert len(kept_programs()) == 1
    finally:
        set_program_cache_limit()


@pytest.mark.parametrize("limit", [0, -1, float("nan"), "1GB"])
def test_an_invalid_limit_is_refused(limit):
    with pytest.raises(ValueError, match=r"expected a number of bytes above 0, or None"):
        set_program_cache_limit(limit)


def test_many_models_share_a_program(traced):
    models = [fitted(PoolingNetwork(2, units=i + 1), epochs=1) for i in range(40)]
    for model in models:
        model.predict_proba(IDS)
    n_traced = len(traced)
    for model in models:
        model.predict_proba(IDS)
    assert len(traced) == n_traced


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_removed_programs_free_their_memory():
    def megabytes():
        clear_program_cache()
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) / 256

    def train(numbers):
        for i in numbers:
            network = ConvolutionalNetwork(4, num_filters=i + 1)
            fitted(network, epochs=1).predict_proba(IDS)

    train(range(15))
    before = megabytes()
    train(range(15, 45))
    assert megabytes() - before < 15  # it was 1 MB each


# Memory


def test_a_text_that_exceeds_memory_is_an_error_with_maxlen_as_hint(monkeypatch):
    X = np.zeros((4, 200_000), np.int32)
    X[:, :3] = [[1, 2, 3], [2, 1, 3], [3, 3, 1], [1, 1, 2]]
    clf = KerasTextClassifier(ConvolutionalNetwork(), epochs=1).fit(X, [0, 1, 0, 1])
    monkeypatch.setattr(_batch_memory, "available_bytes", lambda: 2**30)
    book = np.ones((1, 200_000), np.int32)
    clf.predict_proba(X)
    clf.predict_proba(book)  # a single text needs memory for itself only
    with pytest.raises(MemoryError, match=r"texts of 200000 tokens take about .*maxlen"):
        clf.fit(np.repeat(book, 4, axis=0), [0, 1, 0, 1])
    shelf = np.repeat(book, 16, axis=0)
    with pytest.raises(MemoryError, match=r"16 texts of 200000 tokens .*maxlen"):
        clf.fit(X, [0, 1, 0, 1], X_val=shelf, y_val=[0, 1] * 8)


# Private names


@pytest.mark.parametrize("probe", _private._PROBES, ids=lambda probe: probe.__name__)
@pytest.mark.parametrize("lost", ["gone", "changed"])
def test_keras_trains_if_a_private_name_is_missing(probe, lost, monkeypatch):
    def gone():
        raise AttributeError("'Thing' object has no attribute '_name'")

    monkeypatch.setattr(_private, "_found", [])
    changed = gone if lost == "gone" else bool
    monkeypatch.setattr(
        _private, "_PROBES", tuple(changed if p is probe else p for p in _private._PROBES)
    )
    clf = fitted(SMALL, epochs=1)
    assert clf.engine_.startswith(
        "keras.Model.fit, since private names of TensorFlow or Keras have"
    )
    assert kept_programs() == []


def test_keras_predicts_if_private_names_of_tensorflow_are_missing(monkeypatch):
    monkeypatch.setattr(_private, "_found", [])

    def lost(*args):
        raise AttributeError("'ConcreteFunction' object has no attribute '_call_flat'")

    monkeypatch.setattr(_private, "call_on", lost)
    clf = fitted(SMALL)
    assert "has no attribute '_call_flat'" in clf.engine_
    proba = clf.predict_proba(IDS)
    monkeypatch.undo()
    assert kept_programs() == []
    reference = fitted(SMALL)
    assert kept_programs() != []
    assert_same_training(clf, reference)
    np.testing.assert_allclose(proba, reference.predict_proba(IDS), atol=1e-12)
