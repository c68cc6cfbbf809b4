"""The compiled programs agree with their reference, ``keras.Model.fit``."""

import gc
import os
import pickle
import subprocess
import sys
import threading
import weakref
from contextlib import nullcontext

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

from sklearn_textnn.classifiers import (
    KerasTextClassifier,
    LazyAdam,
    _training,
    clear_program_cache,
)
from sklearn_textnn.engines import plain_keras
from sklearn_textnn.engines._tensorflow import _training_program
from sklearn_textnn.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    NetworkSpec,
    PoolingNetwork,
)

from .conftest import (
    IDS,
    assert_same_bits,
    assert_same_training,
    fitted,
    kept_programs,
    with_keras,
)

TARGETS = {
    "binary": (IDS[:, 0] > 5).astype(int),
    "multiclass": IDS[:, 0] % 3,
    "multilabel": np.stack([IDS[:, 0] > 5, IDS[:, 1] > 3, IDS[:, 2] > 7], axis=1).astype(int),
}
NETWORKS = {
    "flatten": FlattenNetwork(embedding_dim=4, units=3, dropout=0.2),
    "pooling": PoolingNetwork(embedding_dim=4, pooling=("max", "average"), units=3, dropout=0.2),
    "convolution": ConvolutionalNetwork(embedding_dim=4, num_filters=3, kernel_size=(2, 3)),
    "dense": DenseNetwork(units=(4, 3), dropout=0.2),
}
SMALL = PoolingNetwork(embedding_dim=4, units=3)


# The reference


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_program_trains_the_weights_that_keras_fit_trains(name, target):
    ours = fitted(NETWORKS[name], TARGETS[target])
    assert len(kept_programs()) == 1
    assert_same_training(ours, with_keras(NETWORKS[name], TARGETS[target]))


# Before, these two create state in a way that programs do not support.
KEEPS_STATE_BY_TOKEN = pytest.mark.needs("keras>3.8")


@pytest.mark.parametrize(
    "optimizer",
    [
        "sgd",
        "rmsprop",
        pytest.param("adagrad", marks=KEEPS_STATE_BY_TOKEN),
        "adadelta",
        "adamw",
        "adamax",
        "nadam",
        pytest.param("ftrl", marks=KEEPS_STATE_BY_TOKEN),
        "lion",
        keras.optimizers.Adam(amsgrad=True),
        keras.optimizers.SGD(momentum=0.9, nesterov=True, global_clipnorm=0.5),
        keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.01, 5, 0.5)),
    ],
    ids=lambda o: o if isinstance(o, str) else f"{o.name} instance",
)
def test_every_optimizer_steps_as_in_keras_fit(optimizer):
    network = FlattenNetwork(embedding_dim=4, units=3)
    ours = fitted(network, epochs=2, optimizer=optimizer)
    assert len(kept_programs()) == 1
    reference = with_keras(network, epochs=2, optimizer=optimizer)
    assert_same_training(ours, reference, atol=1e-8)  # schedules compute in single precision


def test_single_precision_stays_within_float_noise_of_keras_fit():
    network = NETWORKS["convolution"]
    assert_same_training(
        fitted(network, dtype="float32"), with_keras(network, dtype="float32"), atol=1e-4
    )


def test_weights_metrics_and_validation_agree_with_keras_fit():
    settings = {
        "class_weight": "balanced",
        "early_stopping": True,
        "validation_fraction": 0.25,
        "n_iter_no_change": 1,
        "epochs": 12,
        "optimizer__learning_rate": 0.1,
        "metrics": ["auc", keras.metrics.Recall],
        "loss__label_smoothing": 0.1,
    }
    ours, reference = fitted(SMALL, **settings), with_keras(SMALL, **settings)
    assert {"auc", "val_auc", "recall", "val_loss"} <= ours.history_.keys()
    assert ours.n_iter_ == reference.n_iter_ < 12
    assert_same_training(ours, reference)


def test_convolving_only_real_tokens_trains_the_same(monkeypatch):
    X = IDS.copy()
    X[::3, 0] = X[1::3, 2] = X[5] = 0  # padding in front, between words, and nothing else
    network = ConvolutionalNetwork(embedding_dim=4, num_filters=3, kernel_size=(1, 4, 9))
    copies = fitted(network, X=X)
    monkeypatch.setattr(_training_program, "_COPIED_WINDOWS", 0)
    assert_same_training(copies, fitted(network, X=X))
    (program,) = kept_programs()  # one program has both, for small and for large batches
    assert len(program._graphs) == 2
    assert_same_training(copies, with_keras(network, X=X))


def test_penalties_of_custom_layers_count_as_in_keras_fit():
    def regularised(meta):
        inputs = keras.Input((meta["maxlen"],), dtype="int32")
        x = keras.layers.Embedding(meta["n_tokens"], 3)(inputs)
        x = keras.layers.Flatten()(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.Dense(
            1,
            activation="sigmoid",
            kernel_regularizer=keras.regularizers.L2(0.1),
            kernel_constraint=keras.constraints.MaxNorm(0.3),
        )(x)
        return keras.Model(inputs, x)

    ours = fitted(regularised, dtype="float32")
    assert len(kept_programs()) == 1
    assert_same_training(ours, with_keras(regularised, dtype="float32"), atol=1e-5)
    assert np.linalg.norm(ours.weights_[-2]) <= 0.3 + 1e-6


def test_sparse_features_train_as_dense_ones():
    X = np.where(IDS > 8, IDS, 0).astype(float)
    assert_same_bits(
        fitted(NETWORKS["dense"], X=sparse.csr_array(X)), fitted(NETWORKS["dense"], X=X)
    )


def test_predictions_agree_with_the_keras_model():
    for name, network in NETWORKS.items():
        clf = fitted(network, TARGETS["multiclass"])
        X = IDS.astype(np.float64) if name == "dense" else IDS
        np.testing.assert_allclose(
            clf.predict_proba(X), clf.model_.predict(X, verbose=0), atol=1e-7
        )


@pytest.mark.parametrize("name", ["flatten", "pooling", "convolution"])
def test_lazy_adam_takes_the_same_steps_in_a_program_and_in_keras_fit(name):
    ours = fitted(NETWORKS[name], optimizer=LazyAdam)
    assert len(kept_programs()) == 1
    assert_same_training(ours, with_keras(NETWORKS[name], optimizer=LazyAdam))


@pytest.mark.parametrize("context", [nullcontext, plain_keras])
def test_lazy_adam_moves_a_row_only_in_steps_that_hold_its_word(context):
    # One document a step: word 1, then word 2. Adam's first step of a row is the learning rate
    # in every dimension (m / sqrt(v) = +-1); its momentum then carries word 1 on through the
    # second step, which lazy Adam does not do.
    X, y = np.array([[1], [2]]), np.array([0, 1])
    settings = {"batch_size": 1, "shuffle": False, "epochs": 1, "optimizer__learning_rate": 0.01}
    network = PoolingNetwork(embedding_dim=4, units=3)
    with context():
        start = KerasTextClassifier(network, random_state=0, dtype="float64").initialize(X, y)
        moved = {
            name: np.abs(
                fitted(network, y, X, optimizer=o, **settings).weights_[0][1] - start.weights_[0][1]
            )
            for name, o in (("adam", "adam"), ("lazy", LazyAdam))
        }
    steps = moved["lazy"][moved["lazy"] > 0]
    np.testing.assert_allclose(steps, 0.01, rtol=1e-3)
    assert np.all(moved["adam"][moved["lazy"] > 0] > 0.015)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_prediction_does_not_depend_on_the_other_texts(name):
    X = np.pad(IDS, ((0, 0), (0, 20)))
    X[::3, 10:20] = 3  # texts of 4, 6 and 20 tokens: several widths, several chunks
    clf = fitted(NETWORKS[name], X=X, dtype="float32", epochs=1)
    together = clf.predict_proba(X)
    # the position of a text in its block may change at most the last bit
    close = {"rtol": 0, "atol": 3e-7}
    for i in range(0, len(X), 7):
        np.testing.assert_allclose(clf.predict_proba(X[i : i + 1])[0], together[i], **close)
    np.testing.assert_allclose(clf.predict_proba(X[::-1])[::-1], together, **close)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_content_of_other_texts_changes_no_bit_of_a_prediction(name):
    clf = fitted(NETWORKS[name], dtype="float32", epochs=1)
    others = np.where(IDS > 0, 12 - IDS, 0)  # other words, the same lengths
    others[5] = IDS[5]
    np.testing.assert_array_equal(clf.predict_proba(others)[5], clf.predict_proba(IDS)[5])


# Sharing


def test_a_reused_program_gives_the_bits_of_a_new_one():
    network = NETWORKS["convolution"]
    fresh = fitted(network)
    fitted(network, y=1 - TARGETS["binary"], random_state=7, optimizer__learning_rate=0.5)
    recycled = fitted(network)
    assert len(kept_programs()) == 1
    assert_same_bits(fresh, recycled)


def test_the_order_of_fits_does_not_matter():
    settings = [{"random_state": i, "optimizer__learning_rate": 10.0**-i} for i in range(3)]
    forward = [fitted(NETWORKS["pooling"], **s) for s in settings]
    clear_program_cache()
    backward = [fitted(NETWORKS["pooling"], **s) for s in reversed(settings)]
    for a, b in zip(forward, reversed(backward), strict=True):
        assert_same_bits(a, b)


def test_threads_that_share_a_program_give_the_serial_bits():
    network = NETWORKS["pooling"]
    serial = [fitted(network, random_state=i) for i in range(4)]
    clear_program_cache()
    threaded = [None] * 4

    def work(i):
        threaded[i] = fitted(network, random_state=i)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept_programs()) == 1
    for a, b in zip(serial, threaded, strict=True):
        assert_same_bits(a, b)


def test_vocabularies_and_learning_rates_share_a_program():
    for n_tokens in (12, 15, 40):
        clf = fitted(SMALL, n_tokens=n_tokens, optimizer__learning_rate=1 / n_tokens)
        assert clf.weights_[0].shape == (n_tokens, 4)
        assert clf.model_.layers[1].input_dim == n_tokens
    assert len(kept_programs()) == 1
    assert_same_training(clf, with_keras(SMALL, n_tokens=40, optimizer__learning_rate=1 / 40))


def test_another_architecture_gets_another_program():
    fitted(SMALL)
    fitted(clone(SMALL).set_params(units=4))
    fitted(clone(SMALL).set_params(pooling="average"))
    assert len(kept_programs()) == 3


def test_a_fitted_classifier_holds_arrays_only():
    clf = fitted(SMALL)
    clf.predict(IDS)
    for value in vars(clf._fitted.state).values():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            assert isinstance(item, (np.ndarray, int, str)), type(item)
    assert len(clf._fitted.state.slots) == 0


def test_partial_fit_continues_exactly_across_engines_and_pickling():
    def three_epochs(between):
        clf = KerasTextClassifier(NETWORKS["pooling"], random_state=0, dtype="float64")
        for _ in range(3):
            clf = between(clf.partial_fit(IDS, TARGETS["binary"], classes=[0, 1]))
        return clf

    plain = three_epochs(lambda clf: clf)
    assert_same_bits(plain, three_epochs(lambda clf: pickle.loads(pickle.dumps(clf))))
    with plain_keras():
        assert_same_training(plain, three_epochs(lambda clf: clf))


# What must not share a program


def normalised(shift):
    def make(meta):
        layer = keras.layers.Normalization(dtype="float64")
        layer.adapt(np.random.default_rng(shift).normal(shift, 1 + shift, (50, 6)))
        inputs = keras.Input((6,), dtype="float64")
        head = keras.layers.Dense(1, activation="sigmoid", dtype="float64")
        return keras.Model(inputs, head(layer(inputs)))

    return make


def activated(function):
    def make(meta):
        inputs = keras.Input((6,), dtype="float64")
        x = keras.layers.Dense(3, activation=function, dtype="float64")(inputs)
        return keras.Model(inputs, keras.layers.Dense(1, "sigmoid", dtype="float64")(x))

    return make


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (normalised(0), normalised(5)),
        (activated("gelu"), activated(keras.ops.gelu)),
    ],
    ids=["adapted layer", "function of the same name"],
)
def test_a_fit_equals_its_reference_after_any_other_fit(first, second):
    features = IDS.astype(float)
    for network in (first, second):
        ours = fitted(network, X=features)
        assert_same_training(ours, with_keras(network, X=features))
        expected = ours.model_.predict(features, verbose=0)
        np.testing.assert_allclose(ours.predict_proba(features)[:, 1:], expected, atol=1e-7)


def test_adafactor_is_trained_by_keras():
    for n_tokens in (12, 25):
        ours = fitted(SMALL, n_tokens=n_tokens, optimizer="adafactor", epochs=1)
        assert_same_training(
            ours, with_keras(SMALL, n_tokens=n_tokens, optimizer="adafactor", epochs=1)
        )


def test_a_position_table_of_equal_size_is_not_a_token_table():
    def with_positions(meta):
        inputs = keras.Input((6,), dtype="int32")
        places = keras.ops.zeros_like(inputs) + keras.ops.arange(6)
        x = keras.layers.Embedding(meta["n_tokens"], 2, dtype="float64")(inputs)
        x = x + keras.layers.Embedding(12, 2, dtype="float64")(places)
        x = keras.layers.Flatten(dtype="float64")(x)
        return keras.Model(inputs, keras.layers.Dense(1, "sigmoid", dtype="float64")(x))

    for n_tokens in (12, 15):
        clf = fitted(with_positions, n_tokens=n_tokens)
        assert clf._fitted.state.tables == (0,)
        assert_same_training(clf, with_keras(with_positions, n_tokens=n_tokens))


@pytest.mark.parametrize(
    "clip", [{"clipnorm": 0.01}, {"clipvalue": 0.001}, {"global_clipnorm": 0.01}]
)
def test_lazy_adam_clips_as_in_keras_fit(clip):
    optimizer = LazyAdam(0.1, **clip)
    assert_same_training(fitted(SMALL, optimizer=optimizer), with_keras(SMALL, optimizer=optimizer))


def test_a_function_that_returns_the_same_model_twice_is_refused():
    model = SMALL.build(NetworkSpec(1, "sigmoid", n_tokens=12, maxlen=6))
    with pytest.raises(ValueError, match="returned the same model twice, expected a new one"):
        fitted(lambda: model)


@pytest.mark.parametrize("context", [nullcontext, plain_keras])
def test_training_data_are_freed_after_fit(context, monkeypatch):
    seen = []
    train = _training.train

    def spy(plan):
        seen.append(weakref.ref(plan.data))
        return train(plan)

    monkeypatch.setattr(_training, "train", spy)
    with context():
        clf = fitted(SMALL, epochs=1)
    gc.collect()
    assert clf is not None
    assert [ref() for ref in seen] == [None]


# Callbacks


def halve(epoch, rate):
    return rate / 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: keras.callbacks.LearningRateScheduler(halve),
        lambda: keras.callbacks.ReduceLROnPlateau(monitor="loss", min_delta=10.0, patience=1),
        lambda: keras.callbacks.EarlyStopping(
            monitor="loss", min_delta=0.02, patience=1, restore_best_weights=True
        ),
    ],
    ids=["schedule", "plateau", "stopping"],
)
def test_epoch_callbacks_act_as_in_keras_fit(make):
    ours = fitted(SMALL, epochs=6, callbacks=make())
    assert len(kept_programs()) == 1
    reference = with_keras(SMALL, epochs=6, callbacks=make())
    assert ours.n_iter_ == reference.n_iter_
    assert_same_training(ours, reference, atol=1e-9)  # including what callbacks log


class CountBatches(keras.callbacks.Callback):
    seen = 0

    def on_train_batch_end(self, batch, logs=None):
        type(self).seen += 1


def test_a_batch_callback_gets_every_batch():
    CountBatches.seen = 0
    clf = fitted(SMALL, epochs=2, callbacks=CountBatches())  # 40 samples in batches of 7: 6 steps
    assert CountBatches.seen == 12
    assert kept_programs() == []
    assert_same_training(clf, fitted(SMALL, epochs=2))


# What Keras' own fit trains


class OwnStep(keras.Model):
    steps = 0

    def train_step(self, data):
        OwnStep.steps += 1
        return super().train_step(data)


def own_step(meta):
    inputs = keras.Input((meta["maxlen"],))
    return OwnStep(inputs, keras.layers.Dense(1, activation="sigmoid")(inputs))


def test_a_models_own_train_step_is_used():
    OwnStep.steps = 0
    clf = fitted(own_step, epochs=1, dtype="float32")
    assert OwnStep.steps > 0
    assert kept_programs() == []
    assert clf.predict_proba(IDS).shape == (40, 2)


def test_run_eagerly_is_trained_by_keras():
    eager = fitted(SMALL, epochs=1, run_eagerly=True)
    assert kept_programs() == []
    assert_same_training(eager, fitted(SMALL, epochs=1))


def test_an_optimizer_with_another_step_is_trained_by_keras():
    averaged = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5)
    ours = fitted(SMALL, optimizer=averaged)
    assert kept_programs() == []
    assert_same_training(ours, with_keras(SMALL, optimizer=averaged))


def test_a_model_that_cannot_be_traced_is_trained_by_keras(monkeypatch):
    def refuse(*args, **kwargs):
        raise RuntimeError("no tracing today")

    monkeypatch.setattr(_training_program.TrainingProgram, "_train_step", refuse)
    assert_same_training(fitted(SMALL), with_keras(SMALL))


FORKED = """
import os, sys
import keras
import numpy as np
from sklearn_textnn.classifiers import KerasTextClassifier
X, y = np.array([[1, 2], [2, 1], [1, 1], [2, 2]]), [0, 1, 0, 1]
def model():  # of a function, which NumPy cannot compute
    layers = [keras.Input((2,)), keras.layers.Dense(1, activation="sigmoid")]
    return keras.Sequential(layers)
clf = KerasTextClassifier(model if sys.argv[1] == "predict" else None, epochs=1)
if sys.argv[1] == "keras":  # the parent has only used Keras
    keras.ops.ones(3) + 1
else:
    clf.fit(X, y)
pid = os.fork()
if pid == 0:
    try:
        clf.predict(X) if sys.argv[1] == "predict" else clf.fit(X, y)
    except RuntimeError as error:
        os._exit(0 if "forked" in str(error) else 3)
    os._exit(4)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.parametrize("what", ["fit", "predict", "keras"])
def test_a_forked_process_gets_an_error_and_does_not_hang(what):
    done = subprocess.run([sys.executable, "-c", FORKED, what], timeout=120, check=False)
    assert done.returncode == 0


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_process_predicts_with_networks_of_this_package():
    """They are computed by NumPy, whose threads work after a fork."""
    code = FORKED.replace("os._exit(4)", "os._exit(0)").replace("model if", "None if")
    done = subprocess.run([sys.executable, "-c", code, "predict"], timeout=120, check=False)
    assert done.returncode == 0


def test_verbose_prints_a_line_per_epoch(capsys):
    fitted(SMALL, epochs=2, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" - ")[0] for line in lines] == ["Epoch 1/2", "Epoch 2/2"]
    assert "loss: " in lines[0]
