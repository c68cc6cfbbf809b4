"""Fitted estimators hold arrays and plain values: no loader of Keras is called."""

import pickle

import keras
import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from sklearn_textnn import persistence
from sklearn_textnn.classifiers import KerasTextClassifier, clear_program_cache

LOADERS = (
    "keras.src.models.cloning.clone_model",
    "keras.src.models.functional.functional_from_config",
    "keras.src.models.model.model_from_json",
    "keras.src.saving.saving_lib.load_model",
    "keras.src.saving.serialization_lib.deserialize_keras_object",
)


def _is_default(config):
    """Return whether a layer without a bias initializer looks up the default of Keras."""
    if not isinstance(config, dict) or config.get("config") != {}:
        return False
    return config.get("class_name") in ("zeros", "Zeros")


@pytest.fixture
def calls(monkeypatch):
    """Return the names of the loaders that were called."""
    called = []

    def watch(name):
        place, _, function = name.rpartition(".")
        module = pytest.importorskip(place)
        original = getattr(module, function)

        def watched(*args, **kwargs):
            if not _is_default(args[0]):
                called.append(function)
            return original(*args, **kwargs)

        monkeypatch.setattr(module, function, watched)

    for name in LOADERS:
        watch(name)
    return called


def test_loading_and_predicting_call_no_loader_of_keras(
    example, fitted, saved, vectors, texts, calls
):
    expected = fitted(example).predict_proba(texts)
    content = pickle.dumps(fitted(example))
    path = saved(example)
    clear_program_cache()  # so that programs are traced again
    for loaded in (pickle.loads(content), persistence.load(path, vectors=vectors)):
        np.testing.assert_array_equal(loaded.predict_proba(texts), expected)
        while not isinstance(loaded, Pipeline):
            loaded = loaded.estimator_ if hasattr(loaded, "estimator_") else loaded.estimators_[-1]
        last = loaded[-1]
        if isinstance(last, KerasTextClassifier):
            assert last.model_.count_params()
    assert calls == []


def test_a_call_of_a_loader_is_detected(calls):
    layers = [keras.Input((2,)), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    functional = keras.Model(model.inputs, model.outputs)
    keras.Model.from_config(functional.get_config())
    assert {"functional_from_config", "deserialize_keras_object"} <= {*calls}
