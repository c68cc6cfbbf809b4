"""Optimizers, losses, metrics and callbacks, by name, class, instance or function."""

import functools
import pickle
import threading

import keras
import numpy as np
import pytest
from keras import ops
from sklearn.base import clone

from sklearn_textnn.networks import PoolingNetwork

EVENTS = []


class Recorder(keras.callbacks.Callback):
    """Record arguments and epochs."""

    def __init__(self, tag="none", start=0):
        super().__init__()
        self.tag, self.start = tag, start

    def on_epoch_end(self, epoch, logs=None):
        EVENTS.append((self.tag, self.start, epoch))


class TwoNumbers(keras.callbacks.Callback):
    """Read the model during training."""

    def on_epoch_end(self, epoch, logs=None):
        EVENTS.append((logs["loss"], self.model.get_weights()))


class Stopper(keras.callbacks.Callback):
    """End training after the first epoch."""

    def on_epoch_end(self, epoch, logs=None):
        self.model.stop_training = True


@pytest.fixture
def events():
    EVENTS.clear()
    return EVENTS


# Callbacks


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"callbacks": Recorder("one")}, [("one", 0, 0), ("one", 0, 1)]),
        ({"callbacks": [Recorder("a")]}, [("a", 0, 0), ("a", 0, 1)]),
        ({"callbacks": Recorder, "callbacks__tag": "b"}, [("b", 0, 0), ("b", 0, 1)]),
        (
            {"callbacks": [Recorder, Recorder], "callbacks__1__tag": "c", "callbacks__start": 5},
            [("none", 5, 0), ("c", 5, 0), ("none", 5, 1), ("c", 5, 1)],
        ),
        (
            {
                "callbacks": {"x": Recorder, "y": Recorder("i")},
                "callbacks__x__tag": "d",
                "callbacks__start": 5,
            },
            [("d", 5, 0), ("i", 0, 0), ("d", 5, 1), ("i", 0, 1)],
        ),
    ],
    ids=["instance", "list", "class", "list of classes", "dict"],
)
def test_callbacks_can_be_passed_in_every_form(params, expected, tiny, ids, labels, events):
    tiny(**params).fit(ids, labels)
    assert events == expected


def test_a_callback_sees_the_model_of_each_epoch(tiny, ids, labels, events):
    clf = tiny(callbacks=TwoNumbers).fit(ids, labels)
    assert [loss for loss, _ in events] == pytest.approx(clf.history_["loss"])
    for seen, trained in zip(events[-1][1], clf.weights_, strict=True):
        np.testing.assert_allclose(seen, trained, atol=1e-6)
    assert not np.array_equal(events[0][1][0], events[1][1][0])


def test_a_callback_that_reads_weights_changes_no_result(tiny, ids, labels, events):
    watched, alone = tiny(callbacks=TwoNumbers).fit(ids, labels), tiny().fit(ids, labels)
    for a, b in zip(watched.weights_, alone.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_callback_can_stop_training(tiny, ids, labels):
    clf = tiny(epochs=5, callbacks=Stopper).fit(ids, labels)
    assert clf.n_iter_ == 1


def test_a_callback_can_change_the_learning_rate(tiny, ids, labels):
    """Rates 1, 0, 0: only the first epoch changes the weights."""
    params = {"optimizer": "sgd", "batch_size": "auto", "optimizer__learning_rate": 1.0}
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: 1.0 if epoch == 0 else 0.0)
    scheduled = tiny(**params, epochs=3, callbacks=schedule).fit(ids, labels)
    once = tiny(**params, epochs=1).fit(ids, labels)
    for a, b in zip(scheduled.weights_, once.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_keras_early_stopping_restores_the_best_weights(tiny, ids):
    noise = np.random.default_rng(1).integers(0, 2, 48)
    stop = keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    clf = tiny(epochs=30, optimizer__learning_rate=0.3, callbacks=[stop])
    clf.fit(ids[:32], noise[:32], X_val=ids[32:], y_val=noise[32:])
    losses = clf.history_["val_loss"]
    assert len(losses) < 30
    p = clf.predict_proba(ids[32:])[np.arange(16), noise[32:]]
    assert -np.log(p).mean() == pytest.approx(min(losses), abs=1e-5)


@pytest.mark.parametrize("name", ["accuracy", "val_accuracy", "auc", "val_auc", "loss", "val_loss"])
@pytest.mark.parametrize("settings", [{}, {"run_eagerly": True}], ids=["program", "keras"])
@pytest.mark.parametrize("target", ["labels", "three_labels", "indicator"])
def test_a_callback_can_watch_each_metric(target, settings, name, tiny, ids, request):
    stop = keras.callbacks.EarlyStopping(name, min_delta=10, patience=1)
    params = {"epochs": 5, "early_stopping": True, "metrics": ["auc"]} | settings
    clf = tiny(**params, callbacks=stop).fit(ids, request.getfixturevalue(target))
    assert clf.n_iter_ == 2  # no epoch is better by 10 than the first
    assert stop.stopped_epoch == 1


class Lookout(keras.callbacks.Callback):
    """Read everything that the model of Keras' fit has at the end of an epoch."""

    def on_epoch_end(self, epoch, logs=None):
        model = self.model
        X, y = np.zeros((4, 6), dtype="int32"), np.zeros((4, 1))
        self.losses = model.history.history.get("loss", [])  # evaluate of Keras 3.8 makes a new one
        self.seen = model.metrics_names, model.evaluate(X, y, verbose=0), dict(logs)


@pytest.mark.parametrize("settings", [{}, {"run_eagerly": True}], ids=["program", "keras"])
def test_the_model_of_a_callback_has_the_interface_of_keras_fit(settings, tiny, ids, labels):
    lookout = Lookout()
    clf = tiny(metrics=["auc"], callbacks=lookout, **settings).fit(ids, labels)
    names, measured, logs = lookout.seen
    assert names[0] == "loss"
    assert len(measured) == 3
    assert set(logs) == {"loss", "accuracy", "auc"}
    assert len(lookout.losses) >= 1
    assert clf.predict(ids).shape == (48,)


class Collector(keras.callbacks.Callback):
    """Record the number of each epoch."""

    def __init__(self):
        super().__init__()
        self.epochs = []

    def on_epoch_end(self, epoch, logs=None):
        self.epochs.append(epoch)


@pytest.mark.parametrize("settings", [{}, {"run_eagerly": True}], ids=["program", "keras"])
def test_a_callback_instance_retains_its_records(settings, tiny, ids, labels):
    collector = Collector()
    clf = tiny(callbacks=[collector], **settings).fit(ids, labels)
    assert collector.epochs == [0, 1]
    cloned = clone(clf)
    assert cloned.callbacks[0] is not collector
    cloned.fit(ids, labels)
    assert (collector.epochs, cloned.callbacks[0].epochs) == ([0, 1], [0, 1, 0, 1])


@pytest.mark.parametrize("settings", [{}, {"run_eagerly": True}], ids=["program", "keras"])
def test_epoch_numbers_continue_over_calls_of_partial_fit(settings, tiny, ids, labels):
    collector = Collector()
    clf = tiny(callbacks=collector, **settings)
    for _ in range(3):
        clf.partial_fit(ids, labels, classes=[0, 1])
    assert collector.epochs == [0, 1, 2]


def test_a_callback_holds_no_model_after_fit(tiny, ids, labels):
    collector = Collector()
    clf = tiny(callbacks=collector).fit(ids, labels)
    assert collector.model is None
    assert len(pickle.dumps(clf)) < 50_000


class Locked(Collector):
    """Hold a lock, which cannot be copied."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()


def test_a_callback_that_cannot_be_copied_is_an_error_in_clone_only(tiny, ids, labels):
    clf = tiny(callbacks=[Locked()]).fit(ids, labels)
    assert clf.callbacks[0].epochs == [0, 1]
    with pytest.raises(TypeError, match=r"callback Locked cannot be copied .*callbacks=Locked"):
        clone(clf)
    for made_anew in (Locked, lambda: Locked()):
        clone(clf.set_params(callbacks=made_anew)).fit(ids, labels)


class Nested(keras.callbacks.Callback):
    """Fit another classifier with this callback during training."""

    def on_epoch_end(self, epoch, logs=None):
        self.fit_another(self)


def test_a_callback_instance_cannot_be_in_two_fits_at_once(tiny, ids, labels):
    nested = Nested()
    nested.fit_another = lambda callback: tiny(callbacks=callback).fit(ids, labels)
    with pytest.raises(RuntimeError, match="The callback Nested is in use by another fit"):
        tiny(callbacks=nested).fit(ids, labels)
    nested.fit_another = lambda callback: None
    tiny(callbacks=nested).fit(ids, labels)  # free again


# Metrics


def test_accuracy_is_always_recorded(tiny, ids, labels):
    clf = tiny(metrics=["accuracy"], run_eagerly=True).fit(ids, labels)
    assert set(clf.history_) == {"accuracy", "loss"}


def near_miss(y_true, y_pred):
    return ops.mean(ops.abs(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    ("params", "name"),
    [
        ({"metrics": ["AUC"]}, "AUC"),
        ({"metrics": ["mse"]}, "mse"),
        ({"metrics": [keras.metrics.Precision]}, "precision"),
        ({"metrics": [keras.metrics.Recall(name="found")]}, "found"),
        ({"metrics": [near_miss]}, "near_miss"),
        ({"metrics": [keras.metrics.AUC], "metrics__name": "area"}, "area"),
        ({"metrics": ["mse", keras.metrics.AUC], "metrics__1__name": "area"}, "area"),
    ],
    ids=["name", "name of a function", "class", "instance", "function", "argument", "place"],
)
def test_metrics_can_be_passed_in_every_form(params, name, tiny, ids, labels):
    clf = tiny(**params, epochs=2).fit(ids, labels)
    again = clf.fit(ids, labels)
    assert {"accuracy", "loss", name} <= set(again.history_)
    assert len(again.history_[name]) == 2
    assert np.isfinite(again.history_[name]).all()


def test_metrics_agree_with_numpy(tiny, ids, labels):
    """With a rate close to 0 the metrics of the epoch are those of the final weights."""
    clf = tiny(metrics=["mse"], epochs=1, optimizer="sgd", optimizer__learning_rate=1e-9)
    clf.fit(ids, labels)
    p = clf.predict_proba(ids)[:, 1]
    assert clf.history_["mse"][0] == pytest.approx(np.mean((labels - p) ** 2), abs=1e-5)
    assert clf.history_["accuracy"][0] == pytest.approx(clf.score(ids, labels))
    assert clf.history_["loss"][0] == pytest.approx(
        -np.mean(np.log(np.where(labels == 1, p, 1 - p))), abs=1e-5
    )


def test_metrics_use_sample_weights(tiny, ids, labels):
    weight = np.where(labels == 1, 3.0, 1.0)
    clf = tiny(epochs=1, optimizer="sgd", optimizer__learning_rate=1e-9)
    clf.fit(ids, labels, sample_weight=weight)
    expected = np.average(clf.predict(ids) == labels, weights=weight)
    assert clf.history_["accuracy"][0] == pytest.approx(expected)


# Losses


def by_hand(y_true, y_pred):
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    "loss",
    [
        "mean_squared_error",
        "MeanSquaredError",
        "mse",
        keras.losses.MeanSquaredError,
        keras.losses.MeanSquaredError(),
        keras.losses.mean_squared_error,
        by_hand,
    ],
    ids=["name", "class name", "short name", "class", "instance", "Keras' function", "function"],
)
def test_losses_can_be_passed_in_every_form(loss, tiny, ids, labels):
    expected = tiny(loss="mean_squared_error").fit(ids, labels)
    clf = tiny(loss=loss).fit(ids, labels)
    np.testing.assert_allclose(clf.weights_[0], expected.weights_[0], atol=1e-6)
    assert clf.history_["loss"] == pytest.approx(expected.history_["loss"], abs=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        None,
        "binary_crossentropy",
        keras.losses.BinaryCrossentropy,
        keras.losses.BinaryCrossentropy(),
        keras.losses.binary_crossentropy,
    ],
    ids=["default", "name", "class", "instance", "Keras' function"],
)
def test_arguments_reach_a_loss_of_every_form(loss, tiny, ids, labels):
    smooth = keras.losses.BinaryCrossentropy(label_smoothing=0.5)
    expected = tiny(loss=smooth).fit(ids, labels)
    clf = tiny(loss=loss, loss__label_smoothing=0.5).fit(ids, labels)
    np.testing.assert_array_equal(clf.weights_[0], expected.weights_[0])


def test_arguments_of_a_loss_function_are_refused(tiny, ids, labels):
    with pytest.raises(
        ValueError, match="loss__label_smoothing is not an argument of the function by"
    ):
        tiny(loss=by_hand, loss__label_smoothing=0.5).fit(ids, labels)


@pytest.mark.parametrize(
    "loss",
    [
        "categorical_crossentropy",
        keras.losses.CategoricalCrossentropy(),
        "sparse_categorical_crossentropy",
        keras.losses.sparse_categorical_crossentropy,
    ],
    ids=["one-hot", "one-hot instance", "sparse", "sparse function"],
)
def test_targets_have_the_form_that_the_loss_takes(loss, tiny, ids, three_labels):
    expected = tiny().fit(ids, three_labels)
    clf = tiny(loss=loss).fit(ids, three_labels)
    for a, b in zip(clf.weights_, expected.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    assert clf.history_["accuracy"] == pytest.approx(expected.history_["accuracy"])


def test_a_custom_loss_gets_one_column_per_class(tiny, ids, three_labels):
    clf = tiny(loss=by_hand).fit(ids, three_labels)
    expected = tiny(loss="mean_squared_error").fit(ids, three_labels)
    np.testing.assert_allclose(clf.weights_[0], expected.weights_[0], atol=1e-6)


@pytest.mark.parametrize(
    "loss", [lambda y, p: by_hand(y, p), functools.partial(by_hand)], ids=["lambda", "partial"]
)
def test_losses_and_metrics_need_no_name(loss, tiny, ids, labels):
    clf = tiny(loss=loss, metrics=[functools.partial(by_hand)]).fit(ids, labels)
    expected = tiny(loss=by_hand).fit(ids, labels)
    np.testing.assert_allclose(clf.weights_[0], expected.weights_[0], atol=1e-6)
    assert len(clf.history_) == 3


@pytest.mark.parametrize(
    ("loss", "target"),
    [
        ("categorical_crossentropy", "labels"),
        ("sparse_categorical_crossentropy", "labels"),
        (keras.losses.SparseCategoricalCrossentropy, "indicator"),
    ],
)
def test_losses_of_a_softmax_are_refused_for_sigmoid_outputs(loss, target, tiny, ids, request):
    """With one output it would always be 0, and TensorFlow's own errors are about ranks."""
    message = "CategoricalCrossentropy compares the outputs of a softmax.*'binary_crossentropy'"
    with pytest.raises(ValueError, match=message):
        tiny(loss=loss).fit(ids, request.getfixturevalue(target))


class SumOfSquares(keras.losses.Loss):
    def __init__(self):
        super().__init__(reduction="sum")

    def call(self, y_true, y_pred):
        return (y_true - y_pred) ** 2


@pytest.mark.parametrize(
    "loss",
    [
        keras.losses.BinaryCrossentropy(reduction="sum"),
        keras.losses.MeanSquaredError(reduction=None),
        keras.losses.BinaryCrossentropy(reduction="mean_with_sample_weight"),
        SumOfSquares,
    ],
    ids=["sum", "none", "by weight", "class"],
)
def test_a_loss_that_does_not_average_is_refused(loss, tiny, ids, labels):
    with pytest.raises(ValueError, match=r"has reduction=.*, expected 'sum_over_batch_size'"):
        tiny(loss=loss).fit(ids, labels)


def test_loss_functions_with_equal_names_are_distinguished(tiny, ids, labels):
    def times(factor):
        def scaled(y_true, y_pred):
            return factor * by_hand(y_true, y_pred)

        return scaled

    clf = tiny(epochs=1, optimizer="sgd", optimizer__learning_rate=1e-9)
    one, ten = (clf.set_params(loss=times(f)).fit(ids, labels).history_["loss"][0] for f in (1, 10))
    assert ten == pytest.approx(10 * one, rel=1e-4)


# Optimizers


@pytest.mark.parametrize(
    "optimizer",
    ["rmsprop", "RMSprop", keras.optimizers.RMSprop, keras.optimizers.RMSprop()],
    ids=["name", "class name", "class", "instance"],
)
def test_optimizers_can_be_passed_in_every_form(optimizer, tiny, ids, labels):
    expected = tiny(optimizer="rmsprop", optimizer__rho=0.5).fit(ids, labels)
    clf = tiny(optimizer=optimizer, optimizer__rho=0.5).fit(ids, labels)
    other = tiny(optimizer=optimizer).fit(ids, labels)
    np.testing.assert_array_equal(clf.weights_[0], expected.weights_[0])
    assert not np.array_equal(other.weights_[0], expected.weights_[0])


def test_the_default_optimizer_is_adam(tiny, ids, labels):
    default = tiny().fit(ids, labels)
    adam = tiny(optimizer=keras.optimizers.Adam(0.001)).fit(ids, labels)
    np.testing.assert_array_equal(default.weights_[0], adam.weights_[0])


def test_a_schedule_lowers_the_learning_rate(tiny, ids, labels):
    """Rate 1 for one step, then 0: three epochs equal one."""
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([0], [1.0, 0.0])
    params = {"optimizer": "sgd", "batch_size": "auto"}
    scheduled = tiny(**params, epochs=3, optimizer__learning_rate=schedule).fit(ids, labels)
    once = tiny(**params, epochs=1, optimizer__learning_rate=1.0).fit(ids, labels)
    for a, b in zip(scheduled.weights_, once.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_a_numpy_learning_rate_is_a_number(tiny, ids, labels):
    params = {"epochs": 1, "run_eagerly": True}
    expected = tiny(**params, optimizer__learning_rate=0.25).fit(ids, labels)
    for kind in (np.float64, np.float32):
        clf = tiny(**params, optimizer__learning_rate=kind(0.25)).fit(ids, labels)
        np.testing.assert_array_equal(clf.weights_[0], expected.weights_[0])


def test_clipping_limits_the_step(tiny, ids, labels):
    params = {"model": PoolingNetwork(3, units=2, activation="tanh"), "optimizer": "sgd"}
    params |= {"optimizer__learning_rate": 1.0, "epochs": 1, "batch_size": "auto"}
    start = tiny(**params).initialize(ids, labels).weights_
    free = tiny(**params).fit(ids, labels).weights_
    clipped = tiny(**params, optimizer__global_clipnorm=0.01).fit(ids, labels).weights_
    free, clipped = (
        np.sqrt(sum(np.sum((a - b) ** 2) for a, b in zip(w, start, strict=True)))
        for w in (free, clipped)
    )
    assert clipped == pytest.approx(0.01, rel=1e-3)
    assert free > 0.02
