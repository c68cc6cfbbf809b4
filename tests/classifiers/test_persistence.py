"""Pickles and copies of fitted classifiers."""

import copy
import io
import pickle

import cloudpickle
import joblib
import keras
import numpy as np
import pytest

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.networks import DenseNetwork, PoolingNetwork


def through_joblib(clf):
    buffer = io.BytesIO()
    joblib.dump(clf, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


WAYS = {
    "pickle": lambda clf: pickle.loads(pickle.dumps(clf)),
    "cloudpickle": lambda clf: cloudpickle.loads(cloudpickle.dumps(clf)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


def create_model(units=2, meta=None):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


@pytest.fixture(scope="module")
def fitted_function(features, labels):
    clf = KerasTextClassifier(create_model, model__units=3, epochs=1, random_state=0)
    return clf.fit(features, labels)


@pytest.mark.parametrize("way", WAYS)
def test_a_pickled_classifier_predicts_the_same_in_another_process(way, fitted, tokens):
    restored = WAYS[way](fitted)
    np.testing.assert_array_equal(restored.predict_proba(tokens), fitted.predict_proba(tokens))
    assert repr(restored) == repr(fitted)
    assert restored.history_ == fitted.history_
    assert restored.vocabulary_ == fitted.vocabulary_


@pytest.mark.parametrize("way", WAYS)
def test_a_pickled_function_model_predicts_the_same_in_another_process(
    way, fitted_function, features
):
    restored = WAYS[way](fitted_function)
    expected = fitted_function.predict_proba(features)
    np.testing.assert_array_equal(restored.predict_proba(features), expected)


@pytest.mark.parametrize("way", WAYS)
def test_a_pickled_unfitted_classifier_trains_the_same_in_another_process(way, tiny, ids, labels):
    clf = tiny(optimizer=keras.optimizers.RMSprop(0.01), loss__label_smoothing=0.1)
    restored = WAYS[way](clf)
    assert not restored.__sklearn_is_fitted__()
    expected = clf.fit(ids, labels).predict_proba(ids)
    np.testing.assert_array_equal(restored.fit(ids, labels).predict_proba(ids), expected)


def test_a_pickle_is_as_large_as_its_weights(tiny):
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 4000, (40, 20)), np.arange(40) % 2
    clf = tiny(model=PoolingNetwork(embedding_dim=50), n_tokens=4000).fit(X, y)
    clf.predict(X)
    n_bytes = sum(weight.nbytes for weight in clf.weights_)
    assert n_bytes == 4000 * 50 * 4 + (2 * 50 + 1) * 4  # two kinds of pooling, one output
    assert len(pickle.dumps(clf)) <= 1.2 * n_bytes


def test_a_fitted_classifier_holds_no_keras_object(fitted, tokens):
    fitted.predict(tokens)

    class NoKeras(pickle.Pickler):
        def reducer_override(self, thing):
            module = type(thing).__module__.split(".")[0]
            assert module not in ("keras", "tensorflow"), thing
            return NotImplemented

    NoKeras(io.BytesIO()).dump(fitted)


# model_


def test_model_is_a_real_keras_model(fitted, tokens):
    model = fitted.model_
    assert isinstance(model, keras.Model)
    p = model.predict(np.asarray(tokens), verbose=0)[:, 0]
    np.testing.assert_allclose(p, fitted.predict_proba(tokens)[:, 1], atol=1e-6)


def test_changing_model_does_not_change_the_classifier(fitted, tokens):
    expected = fitted.predict_proba(tokens)
    model = fitted.model_
    assert fitted.model_ is not model
    model.set_weights([np.full_like(weight, 7) for weight in model.get_weights()])
    np.testing.assert_array_equal(fitted.predict_proba(tokens), expected)
    assert not np.array_equal(fitted.model_.get_weights()[0], model.get_weights()[0])


def test_model_can_be_trained_further_by_keras(fitted, tokens, labels):
    expected, model = fitted.predict_proba(tokens), fitted.model_
    model.compile("sgd", "binary_crossentropy")
    model.fit(np.asarray(tokens), labels[:, None], verbose=0)
    np.testing.assert_array_equal(fitted.predict_proba(tokens), expected)


# Reading has no side effects


def test_predicting_does_not_change_the_estimator(tiny, tokens, labels):
    clf = tiny().fit(tokens, labels)
    before, dump = dict(vars(clf)), pickle.dumps(clf)
    clf.predict(tokens)
    clf.predict_proba(tokens)
    clf.score(tokens, labels)
    assert clf.model_.count_params() == sum(weight.size for weight in clf.weights_)
    assert vars(clf) == before
    assert all(vars(clf)[name] is value for name, value in before.items())
    assert pickle.dumps(clf) == dump


def test_set_params_after_fit_does_not_change_predictions(fitted, tokens):
    clf = copy.deepcopy(fitted)
    expected, n_params = clf.predict_proba(tokens), clf.model_.count_params()
    clf.set_params(model__embedding_dim=9, epochs=1, dtype="float64", n_tokens=99)
    np.testing.assert_array_equal(clf.predict_proba(tokens), expected)
    clf.set_params(model=DenseNetwork(units=4))
    np.testing.assert_array_equal(clf.predict_proba(tokens), expected)
    restored = pickle.loads(pickle.dumps(clf))
    np.testing.assert_array_equal(restored.predict_proba(tokens), expected)
    assert restored.model_.count_params() == n_params


def test_changing_the_passed_network_does_not_change_predictions(tiny, ids, labels):
    network = PoolingNetwork(embedding_dim=3, pooling="max", units=2)
    clf = tiny(model=network).fit(ids, labels)
    expected = clf.predict_proba(ids)
    network.pooling = "average"
    np.testing.assert_array_equal(clf.predict_proba(ids), expected)


def test_a_copy_is_independent(fitted, tokens, labels):
    restored, expected = copy.deepcopy(fitted), fitted.predict_proba(tokens)
    restored.partial_fit(tokens, labels)
    assert not np.array_equal(restored.predict_proba(tokens), expected)
    np.testing.assert_array_equal(fitted.predict_proba(tokens), expected)
    shallow = copy.copy(fitted).partial_fit(tokens, labels)
    assert not np.array_equal(shallow.predict_proba(tokens), expected)
    np.testing.assert_array_equal(fitted.predict_proba(tokens), expected)
