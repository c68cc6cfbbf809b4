"""Training: compared with NumPy, reproducible, in threads, interrupted."""

import copy
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.config import is_op_determinism_enabled

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.networks import NETWORKS, DenseNetwork, PoolingNetwork

EXAMPLES = {cls.__name__: cls.examples()[0] for cls in NETWORKS}


def assert_same(one, other):
    for a, b in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


# By hand


def adam_by_hand(weights, X, y, rate, n_steps):
    """Train mean of vectors -> linear unit -> sigmoid by Adam on the whole batch, in numpy."""
    weights = [w.copy() for w in weights]
    m, v = ([np.zeros_like(w) for w in weights] for _ in range(2))
    counts = np.array([np.bincount(row, minlength=len(weights[0])) for row in X])[:, 1:]
    share = np.hstack([np.zeros((len(X), 1)), counts / counts.sum(axis=1, keepdims=True)])
    for step in range(1, n_steps + 1):
        table, w1, b1, w2, b2 = weights
        pooled = share @ table  # (n, dim)
        hidden = pooled @ w1 + b1  # (n, 1)
        p = 1 / (1 + np.exp(-(hidden @ w2 + b2)))  # (n, 1)
        d_out = (p - y[:, None]) / len(y)
        d_hidden = d_out @ w2.T
        gradients = [
            share.T @ (d_hidden @ w1.T),  # repeated tokens: one sum per row of the table
            pooled.T @ d_hidden,
            d_hidden.sum(axis=0),
            hidden.T @ d_out,
            d_out.sum(axis=0),
        ]
        for i, g in enumerate(gradients):
            m[i] = 0.9 * m[i] + 0.1 * g
            v[i] = 0.999 * v[i] + 0.001 * g**2
            alpha = rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weights[i] -= alpha * m[i] / (np.sqrt(v[i]) + 1e-7)
    return weights


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
def test_adam_equals_numpy_on_documents_that_repeat_words(run_eagerly, ids, labels):
    clf = KerasTextClassifier(
        PoolingNetwork(embedding_dim=2, pooling="average", units=1, activation="linear"),
        epochs=2,
        batch_size="auto",
        optimizer__learning_rate=0.1,
        dtype="float64",
        run_eagerly=run_eagerly,
        random_state=0,
    )
    start = copy.deepcopy(clf).initialize(ids, labels).weights_
    trained = clf.fit(ids, labels).weights_
    expected = adam_by_hand(start, ids, labels, rate=0.1, n_steps=2)
    for a, b in zip(trained, expected, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)  # Keras rounds rate and betas to float32


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop", "adagrad"])
@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
def test_gradients_of_repeated_words_are_summed(optimizer, run_eagerly):
    """One document "a a", one "b b". Keras alone squares both halves of a gradient one by one.

    With Adam at rate 0.1 two steps then lead to -0.283 instead of -0.200.
    """
    X, y = np.array([[1, 1], [2, 2]]), [0, 1]
    network = PoolingNetwork(embedding_dim=1, pooling="average", units=1, activation="linear")
    clf = KerasTextClassifier(
        network,
        optimizer=optimizer,
        optimizer__learning_rate=0.1,
        epochs=1,
        batch_size="auto",
        run_eagerly=run_eagerly,
        random_state=3,
    )
    once = np.array([[1], [2]])
    start = copy.deepcopy(clf).initialize(X, y).weights_[0]
    twice = clf.fit(X, y).weights_[0]
    single = clf.fit(once, y).weights_[0]
    # the mean of a vector and itself is the vector: the same gradient in one piece
    np.testing.assert_allclose(twice, single, atol=1e-6)
    if optimizer == "adam":
        np.testing.assert_allclose(np.abs(twice - start)[1:].ravel(), 0.1, rtol=1e-3)


def test_padding_is_not_trained(tiny, ids, labels):
    clf = tiny(epochs=1, optimizer__learning_rate=0.1)
    start = copy.deepcopy(clf).initialize(ids, labels).weights_[0]
    trained = clf.fit(ids, labels).weights_[0]
    np.testing.assert_array_equal(trained[0], start[0])
    assert np.abs(trained[1:] - start[1:]).min() > 1e-3


def test_a_prediction_does_not_depend_on_its_neighbours(fitted, ids):
    together = fitted.predict_proba(ids)
    one_by_one = np.vstack([fitted.predict_proba(row[None]) for row in ids])
    np.testing.assert_allclose(one_by_one, together, atol=1e-6)


def test_history_holds_a_number_per_epoch(fitted):
    assert {k: len(v) for k, v in fitted.history_.items()} == {"loss": 3, "accuracy": 3}
    assert all(type(x) is float for values in fitted.history_.values() for x in values)
    assert fitted.n_iter_ == 3


# Seeds


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_seed_gives_the_same_bits(name, ids, features, labels):
    X = ids if EXAMPLES[name].reads == "ids" else features
    clf = KerasTextClassifier(EXAMPLES[name], epochs=2, batch_size=16, random_state=0)
    first = clf.fit(X, labels).predict_proba(X)
    other = copy.deepcopy(clf).set_params(random_state=1).fit(X, labels).predict_proba(X)
    again = clf.fit(X, labels).predict_proba(X)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_random_state_instance_gives_other_seeds_at_each_fit(tiny, ids, labels):
    state = np.random.RandomState(0)
    clf = tiny(random_state=state)
    first = clf.initialize(ids, labels).weights_[0]
    second = clf.initialize(ids, labels).weights_[0]
    assert not np.array_equal(first, second)
    again = tiny(random_state=np.random.RandomState(0)).initialize(ids, labels)
    np.testing.assert_array_equal(first, again.weights_[0])


def test_no_random_state_differs_from_fit_to_fit(tiny, ids, labels):
    clf = tiny(random_state=None)
    first = clf.initialize(ids, labels).weights_[0]
    assert not np.array_equal(first, clf.initialize(ids, labels).weights_[0])


def settings():
    """Return the process-wide settings that training could change."""
    return {
        "environ": dict(os.environ),
        "backend": keras.config.backend(),
        "floatx": keras.config.floatx(),
        "epsilon": keras.config.epsilon(),
        "policy": keras.config.dtype_policy().name,
        "eager": tf.config.functions_run_eagerly(),
        "threads": (
            tf.config.threading.get_intra_op_parallelism_threads(),
            tf.config.threading.get_inter_op_parallelism_threads(),
        ),
        "jit": tf.config.optimizer.get_jit(),
        "determinism": is_op_determinism_enabled(),
        "numpy errors": np.geterr(),
    }


def unseeded(units=2, meta=None):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units, activation="tanh"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


def keras_starts_again():
    """Return whether a seed restarts Keras' own draws; in Keras 3.8 they continue."""
    draws = []
    for _ in range(2):
        keras.utils.set_random_seed(5)
        draws.append(float(keras.random.uniform(())))
    return draws[0] == draws[1]


@pytest.fixture
def keeps_random_state():
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    yield
    random.setstate(before[0])
    np.random.set_state(before[1])  # noqa: NPY002


@pytest.mark.parametrize(
    "model", [EXAMPLES["ConvolutionalNetwork"], unseeded], ids=["network", "function"]
)
@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
def test_global_random_states_are_neither_read_nor_changed(
    model, run_eagerly, ids, labels, keeps_random_state
):
    X = ids if model is not unseeded else ids.astype(float)
    starts_again = keras_starts_again()

    def train():
        params = {"epochs": 1, "early_stopping": True, "run_eagerly": run_eagerly}
        clf = KerasTextClassifier(model, **params, batch_size=16, random_state=0)
        return clf.fit(X, labels).predict_proba(X)

    def next_draws(work):
        keras.utils.set_random_seed(5)
        result = work()
        return result, (
            random.random(),
            np.random.random(),  # noqa: NPY002
            float(keras.random.uniform(())) if starts_again else None,
            float(tf.random.uniform(())),
        )

    (first, after), (_, untouched) = next_draws(train), next_draws(lambda: None)
    assert after == untouched
    keras.utils.set_random_seed(6)
    np.testing.assert_array_equal(train(), first)


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
def test_settings_of_the_process_are_not_changed(run_eagerly, tiny, ids, labels):
    before = settings()
    tiny(run_eagerly=run_eagerly).fit(ids, labels).predict(ids)
    assert settings() == before


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
def test_a_global_precision_policy_has_no_effect(run_eagerly, tiny, ids, labels):
    params = {"run_eagerly": run_eagerly, "optimizer__learning_rate": 0.05}
    expected = tiny(**params).partial_fit(ids, labels, classes=[0, 1]).partial_fit(ids, labels)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        clf = tiny(**params).partial_fit(ids, labels, classes=[0, 1]).partial_fit(ids, labels)
        probabilities = clf.predict_proba(ids)
    finally:
        keras.config.set_dtype_policy(before)
    assert_same(clf, expected)
    np.testing.assert_array_equal(probabilities, expected.predict_proba(ids))


# Verbosity


def test_fit_prints_nothing_by_default(tiny, ids, labels, capfd):
    tiny().fit(ids, labels).predict(ids)
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("verbose", [1, 2, True])
@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
def test_verbose_prints_every_epoch_to_stdout(verbose, run_eagerly, tiny, ids, labels, capsys):
    tiny(verbose=verbose, run_eagerly=run_eagerly).fit(ids, labels)
    shown = capsys.readouterr()
    assert "Epoch 1/2" in shown.out
    assert "Epoch 2/2" in shown.out
    assert "loss" in shown.out
    assert shown.err == ""


# Errors and interrupts


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
@pytest.mark.parametrize("epochs", [1, 5])
def test_divergence_is_an_error_with_the_learning_rate(epochs, run_eagerly, labels):
    """The only step of an epoch ruins the weights after its loss was measured."""
    X = np.random.default_rng(0).normal(size=(48, 4)) * 1e30
    clf = KerasTextClassifier(
        DenseNetwork(units=2, activation="linear"),
        optimizer="sgd",
        optimizer__learning_rate=1e20,
        epochs=epochs,
        batch_size="auto",
        run_eagerly=run_eagerly,
        random_state=0,
    )
    with pytest.raises(ValueError, match=r"Training diverged.*Lower optimizer__learning_rate"):
        clf.fit(X, labels)
    assert not clf.__sklearn_is_fitted__()


def test_a_loss_that_is_nan_is_an_error(tiny, ids, labels):
    def broken(y_true, y_pred):
        return y_pred * float("nan")

    with pytest.raises(ValueError, match=r"the loss became nan in epoch 1.*\(now 0.001"):
        tiny(loss=broken).fit(ids, labels)


def test_outputs_that_are_nan_are_an_error(features, labels):
    def roots(meta):
        x = keras.Input((meta["n_features_in_"],))
        return keras.Model(x, keras.layers.Dense(1, activation="sigmoid")(keras.ops.sqrt(x)))

    clf = KerasTextClassifier(roots, epochs=1, random_state=0).fit(features, labels)
    with pytest.raises(ValueError, match="outputs hold NaN"):
        clf.predict_proba(-features)


class Interrupts(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


class InterruptsBatch(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        raise KeyboardInterrupt


@pytest.mark.parametrize("callback", [Interrupts, InterruptsBatch])
@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_an_interrupted_fit_leaves_the_old_state(callback, method, fitted, tokens, labels):
    clf = copy.deepcopy(fitted)
    expected, state = clf.predict_proba(tokens), random.getstate()
    before = dict(vars(clf.set_params(callbacks=callback)))
    with pytest.raises(KeyboardInterrupt):
        getattr(clf, method)(tokens[:20], labels[:20])
    assert vars(clf) == before
    np.testing.assert_array_equal(clf.predict_proba(tokens), expected)
    assert random.getstate() == state
    clf.set_params(callbacks=None).fit(tokens, labels)


def test_an_interrupted_first_fit_leaves_nothing(tiny, ids, labels):
    clf = tiny(callbacks=Interrupts)
    with pytest.raises(KeyboardInterrupt):
        clf.fit(ids, labels)
    assert not [name for name in vars(clf) if name.endswith("_")]


# Threads


def test_fits_in_two_threads_equal_serial_ones(ids, features, labels):
    jobs = [(n, ids if n.reads == "ids" else features) for n in EXAMPLES.values()]
    jobs += [(unseeded, ids.astype(float)), (EXAMPLES["PoolingNetwork"], ids[:, :3])]

    def work(job):
        network, X = job
        clf = KerasTextClassifier(network, epochs=2, batch_size=16, random_state=0)
        return clf.fit(X, labels).predict_proba(X)

    serial = [work(job) for job in jobs]
    with ThreadPoolExecutor(2) as pool:
        threaded = list(pool.map(work, jobs * 2))
    for expected, found in zip(serial * 2, threaded, strict=True):
        np.testing.assert_array_equal(found, expected)


def test_ten_threads_predict_the_same_as_one(fitted, tokens):
    expected = fitted.predict_proba(tokens)
    fresh = copy.deepcopy(fitted)
    gate = threading.Barrier(10)

    def work(start):
        gate.wait()
        return [fresh.predict_proba(tokens[start:]) for _ in range(3)]

    with ThreadPoolExecutor(10) as pool:
        found = list(pool.map(work, range(10)))
    for start, results in enumerate(found):
        for result in results:
            np.testing.assert_allclose(result, expected[start:], atol=1e-6)


def test_a_fit_during_a_prediction_does_not_mix_states(tiny, ids, labels, monkeypatch):
    """Another thread fits other labels while this one predicts; here at a fixed point."""
    from sklearn_textnn.classifiers import _classifier

    clf = tiny(run_eagerly=True).fit(ids, labels)
    expected, predict = clf.predict(ids), _classifier.predict

    def predict_after_a_fit(*args):
        monkeypatch.setattr(_classifier, "predict", predict)
        clf.fit(ids, np.array(["x", "y", "z"])[np.arange(48) % 3])
        return predict(*args)

    monkeypatch.setattr(_classifier, "predict", predict_after_a_fit)
    np.testing.assert_array_equal(clf.predict(ids), expected)
