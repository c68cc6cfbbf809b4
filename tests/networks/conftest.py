"""Small specs, and fixtures that restore global state."""

import random

import keras
import numpy as np
import pytest

from sklearn_textnn.networks import NetworkSpec


@pytest.fixture(scope="session")
def make_spec():
    """Return a maker of specs for both kinds of input; keyword arguments override the defaults."""

    def make(**changes):
        sizes = {"n_tokens": 7, "maxlen": 5, "n_features": 4, "seed": 3}
        head = {"n_outputs": 1, "output_activation": "sigmoid"}
        return NetworkSpec(**{**head, **sizes, **changes})

    return make


@pytest.fixture(scope="session")
def randomized():
    """Return a function that gives every weight of a model, biases too, a value far from zero."""

    def randomize(model, seed=0):
        rng = np.random.default_rng(seed)
        model.set_weights([rng.normal(size=w.shape) for w in model.get_weights()])
        return model

    return randomize


@pytest.fixture
def keeps_random_state():
    """Restore the global random states that a test sets."""
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002


@pytest.fixture
def mixed_precision():
    """Set a global mixed precision policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)
