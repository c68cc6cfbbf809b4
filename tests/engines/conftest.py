"""Samples, networks and comparisons for the tests of engines."""

import numpy as np
import pytest

from sklearn_textnn.classifiers import KerasTextClassifier, clear_program_cache
from sklearn_textnn.engines import plain_keras
from sklearn_textnn.engines._tensorflow import _program_cache

IDS = np.random.default_rng(0).integers(1, 12, (40, 6))
IDS[::2, 4:] = 0  # every other document is padded
BINARY = (IDS[:, 0] > 5).astype(int)


@pytest.fixture(autouse=True)
def _fresh_cache():
    clear_program_cache()


def fitted(network, y=BINARY, X=IDS, **parameters):
    settings = {"epochs": 3, "batch_size": 7, "random_state": 0, "dtype": "float64"} | parameters
    return KerasTextClassifier(network, **settings).fit(X, y)


def with_keras(*args, **kwargs):
    with plain_keras():
        return fitted(*args, **kwargs)


def kept_programs():
    programs = _program_cache._programs.values()
    return [p for p in programs if not isinstance(p, Exception)]


def assert_same_training(a, b, atol=1e-12):
    for left, right in zip(a.weights_, b.weights_, strict=True):
        np.testing.assert_allclose(left, right, atol=atol, rtol=0)
    assert a.history_.keys() == b.history_.keys()
    for name, values in b.history_.items():
        np.testing.assert_allclose(a.history_[name], values, atol=max(atol, 1e-6))


def assert_same_bits(a, b):
    for left, right in zip(a.weights_, b.weights_, strict=True):
        np.testing.assert_array_equal(left, right)
