"""Parameters: constructor, get_params, set_params, and errors of fit."""

import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    PoolingNetwork,
)


def small_model(units=2, meta=None):
    return keras.Sequential(
        [
            keras.Input((meta["n_features_in_"],)),
            keras.layers.Dense(units),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )


# model


def test_the_default_model_is_a_pooling_network(ids, labels):
    clf = KerasTextClassifier().initialize(ids, labels)
    assert clf.model is None
    assert clf.network_.get_params() == PoolingNetwork().get_params()
    assert clf.weights_[0].shape == (6, 50)


def test_the_default_model_takes_parameters_of_a_pooling_network(ids, labels):
    clf = KerasTextClassifier(model__embedding_dim=4, model__pooling="average")
    clf.initialize(ids, labels)
    assert clf.network_.get_params() == PoolingNetwork(4, "average").get_params()


def test_the_network_that_is_passed_is_copied(ids, labels):
    network = PoolingNetwork(embedding_dim=3)
    clf = KerasTextClassifier(network).initialize(ids, labels)
    assert clf.model is network
    assert clf.network_ is not network


@pytest.mark.parametrize("model_first", [True, False])
def test_model_is_set_before_its_parameters_in_any_order(model_first):
    new = {"model": ConvolutionalNetwork(), "model__num_filters": 7}
    clf = KerasTextClassifier(PoolingNetwork())
    clf.set_params(**(new if model_first else dict(reversed(new.items()))))
    assert clf.model.num_filters == 7
    assert clf.get_params()["model__num_filters"] == 7


@pytest.mark.parametrize("model_first", [True, False])
def test_the_order_does_not_matter_for_functions_either(model_first):
    new = {"model": small_model, "model__units": 7}
    clf = KerasTextClassifier(model__units=3)
    clf.set_params(**(new if model_first else dict(reversed(new.items()))))
    assert (clf.model, clf.get_params()["model__units"]) == (small_model, 7)


def test_parameters_of_a_network_reach_the_network():
    clf = KerasTextClassifier(PoolingNetwork(embedding_dim=3))
    clf.set_params(model__embedding_dim=5)
    assert clf.model.embedding_dim == 5
    assert not hasattr(clf, "model__embedding_dim")


def test_an_unknown_parameter_of_a_network_is_refused_at_once():
    with pytest.raises(ValueError, match="Invalid parameter 'num_filters' for estimator Pooling"):
        KerasTextClassifier(PoolingNetwork()).set_params(model__num_filters=5)


def test_get_params_has_network_and_routed_parameters():
    clf = KerasTextClassifier(DenseNetwork(units=3), optimizer__learning_rate=0.1, fit__x=2)
    deep, shallow = clf.get_params(), clf.get_params(deep=False)
    assert deep["model__units"] == 3
    assert "model__units" not in shallow
    for params in (deep, shallow):
        assert (params["optimizer__learning_rate"], params["fit__x"]) == (0.1, 2)


def test_get_params_and_set_params_are_inverse():
    clf = KerasTextClassifier(DenseNetwork(units=3), optimizer__learning_rate=0.1, epochs=7)
    copied = KerasTextClassifier().set_params(**clf.get_params())
    assert copied.get_params() == clf.get_params()


def test_a_new_model_drops_parameters_of_the_old_one(ids, labels):
    clf = KerasTextClassifier(model__embedding_dim=4, optimizer__learning_rate=0.1)
    clf.set_params(model=ConvolutionalNetwork(num_filters=3))
    assert "model__embedding_dim" not in clf.get_params(deep=False)
    assert clf.model.embedding_dim == 100
    assert clf.get_params()["optimizer__learning_rate"] == 0.1
    clf.initialize(ids, labels)
    clf.set_params(model=small_model)
    assert not [name for name in clf.get_params() if name.startswith("model__")]


def test_network_parameters_beside_a_network_are_refused_by_fit(ids, labels):
    clf = KerasTextClassifier(PoolingNetwork(), model__units=3)
    hint = r"Write PoolingNetwork\(units=...\), or use set_params\(model__units=...\)"
    with pytest.raises(ValueError, match=f"'model__units' stands beside .*{hint}"):
        clf.fit(ids, labels)


def test_set_params_resolves_network_parameters_of_the_constructor(ids, labels):
    clf = KerasTextClassifier(model__embedding_dim=3)
    clf.set_params(model=PoolingNetwork(), model__embedding_dim=5).initialize(ids, labels)
    assert clf.weights_[0].shape == (6, 5)


def test_a_grid_over_networks_and_their_parameters_gives_independent_clones():
    grid = {"model": [PoolingNetwork(), ConvolutionalNetwork()], "model__units": [3, 4]}
    base, widths = KerasTextClassifier(), []
    for params in ParameterGrid(grid):
        clf = clone(base).set_params(**clone(params, safe=False))
        widths.append((type(clf.model).__name__, clf.model.units))
    assert widths == [
        ("PoolingNetwork", 3),
        ("PoolingNetwork", 4),
        ("ConvolutionalNetwork", 3),
        ("ConvolutionalNetwork", 4),
    ]
    assert [network.units for network in grid["model"]] == [None, None]


def test_a_pipeline_checks_network_parameters_in_a_grid(ids, labels):
    pipeline = Pipeline([("clf", KerasTextClassifier(PoolingNetwork()))])
    search = GridSearchCV(pipeline, {"clf__model__num_filters": [1]}, cv=2)
    with pytest.raises(ValueError, match="Invalid parameter 'num_filters'"):
        search.fit(ids, labels)


# Names that fit refuses, and the right spelling


MISSPELT = pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("learning_rate", "Use optimizer__learning_rate"),
        ("lr", "Use optimizer__learning_rate"),
        ("optimizer__lr", "Use optimizer__learning_rate"),
        ("build_fn", "Use model"),
        ("patience", "Use n_iter_no_change"),
        ("validation_split", "Use early_stopping=True with validation_fraction"),
        ("fit__validation_split", "Use early_stopping=True with validation_fraction"),
        ("validation_data", r"Use fit\(X, y, X_val=, y_val=\)"),
        ("fit__validation_data", r"Use fit\(X, y, X_val=, y_val=\)"),
        ("fit__epochs", "Use epochs"),
        ("fit__batch_size", "Use batch_size"),
        ("fit__callbacks", "Use callbacks"),
        ("fit__class_weight", "Use class_weight"),
        ("fit__shuffle", "Use shuffle"),
        ("fit__verbose", "Use verbose"),
        ("embedding_dim", "Use model__embedding_dim"),
        ("epoch", "Did you mean epochs"),
        ("random_sate", "Did you mean random_state"),
        ("optimiser__learning_rate", "start with callbacks__, fit__, loss__, metrics__, model__, "),
        ("predict__batch_size", "start with callbacks__, fit__, loss__, metrics__, model__, "),
        ("compile__optimizer", "start with callbacks__, fit__, loss__, metrics__, model__, "),
        ("optimizer__", "start with callbacks__, fit__, loss__, metrics__, model__, "),
    ],
)


@MISSPELT
def test_unknown_names_are_refused_by_fit_with_the_right_spelling(name, hint, tiny, ids, labels):
    clf = tiny(**{name: 1})
    with pytest.raises(ValueError, match=f"Invalid parameter '{name}' for estimator Keras.*{hint}"):
        clf.fit(ids, labels)


@MISSPELT
def test_set_params_refuses_unknown_names_before_it_sets_anything(name, hint, tiny):
    clf = tiny(optimizer__learning_rate=0.1)
    before = clf.get_params()
    network = clf.model
    others = {"epochs": 9, "model__units": 9, "optimizer__learning_rate": 0.9}
    with pytest.raises(ValueError, match=f"Invalid parameter '{name}' for estimator Keras.*{hint}"):
        clf.set_params(**others, **{name: 1}, model=ConvolutionalNetwork())
    assert clf.get_params() == before
    assert clf.model is network


@pytest.mark.parametrize(
    ("model", "name", "message"),
    [
        (PoolingNetwork(), "model__unit", "Did you mean model__units.*It takes activation, drop"),
        (PoolingNetwork(), "model__kernel_size", "'kernel_size' for estimator PoolingNetwork"),
        (None, "model__unit", "Did you mean model__units"),
        (None, "units", "Use model__units"),
        (small_model, "units", "Use model__units"),
        (small_model, "fit__validation_frq", "Did you mean fit__validation_freq"),
    ],
)
def test_set_params_refuses_names_that_are_never_valid(model, name, message):
    clf = KerasTextClassifier(model)
    with pytest.raises(ValueError, match=message):
        clf.set_params(epochs=9, **{name: 1})
    assert (clf.epochs, name in clf.get_params()) == (20, False)


def test_parameters_are_checked_against_a_new_model():
    clf = KerasTextClassifier(PoolingNetwork())
    with pytest.raises(ValueError, match="'pooling' for estimator ConvolutionalNetwork"):
        clf.set_params(model__pooling="max", model=ConvolutionalNetwork())
    clf.set_params(model__num_filters=3, model=ConvolutionalNetwork())
    assert clf.model.num_filters == 3
    clf.set_params(model__anything=3, model=small_model)  # checked by fit
    assert clf.get_params()["model__anything"] == 3


@pytest.mark.parametrize(
    "params",
    [
        {"lr": 0.1},
        {"optimizer__learnin_rate": 0.1},
        {"loss__label_smothing": 0.1},
        {"callbacks__patience": 1},
        {
            "callbacks": [keras.callbacks.EarlyStopping],
            "callbacks__monitor": "loss",
            "callbacks__0__patienc": 1,
        },
        {"metrics": [keras.metrics.AUC], "metrics__threshold": 1},
        {"fit__validation_frq": 1},
        {"model__units": 1},
    ],
    ids=lambda params: next(reversed(params)),
)
def test_a_parameter_that_fit_refuses_is_dropped(params, tiny, ids, labels):
    name = next(reversed(params))
    clf = tiny(**params, optimizer__learning_rate=0.1, epochs=1)
    argument = name.split("__")[-1]
    with pytest.raises(ValueError, match=rf"{argument}.* is not set\.$"):
        clf.fit(ids, labels)
    assert name not in clf.get_params(deep=False)
    assert clf.get_params()["optimizer__learning_rate"] == 0.1
    clf.fit(ids, labels)


@pytest.mark.parametrize("name", ["lr", "optimizer__lr", "clf__epoch", "clf__model__kernel_size"])
def test_a_grid_with_a_misspelled_key_fails_at_once(name, tiny, ids, labels):
    """Even with error_score=nan, which ignores failed fits."""
    name = name if name.startswith("clf__") else f"clf__{name}"
    pipeline = Pipeline([("clf", tiny(epochs=1))])
    search = GridSearchCV(pipeline, {name: [1, 2]}, cv=2, error_score=np.nan)
    with pytest.raises(ValueError, match="Invalid parameter"):
        search.fit(ids, labels)
    with pytest.raises(ValueError, match="Invalid parameter"):
        pipeline.set_params(**{name: 1})
    pipeline.fit(ids, labels)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"optimizer__learnin_rate": 1},
            "optimizer__learnin_rate is not an argument of Adam. Did you mean optimizer__learning_",
        ),
        (
            {"optimizer": "sgd", "optimizer__beta_1": 1},
            "optimizer__beta_1 is not an argument of SGD. .*It takes .*momentum",
        ),
        (
            {"loss__label_smothing": 0.1},
            "loss__label_smothing is not an argument of BinaryCrossentropy. Did you mean "
            "loss__label_smoothing",
        ),
        (
            {"loss__reduction": "sum"},
            "loss__reduction is not an argument of BinaryCrossentropy. It takes axis, from_logits",
        ),
        (
            {"callbacks": keras.callbacks.EarlyStopping, "callbacks__patienc": 1},
            "callbacks__patienc is not an argument of EarlyStopping. Did you mean callbacks__pat",
        ),
        (
            {"callbacks__patience": 1},
            "callbacks__patience reaches nothing: no class stands in callbacks=None",
        ),
        (
            {"callbacks": [keras.callbacks.EarlyStopping()], "callbacks__patience": 1},
            "callbacks__patience reaches nothing.*Set the argument in the instance",
        ),
        (
            {"metrics": [keras.metrics.AUC], "metrics__threshold": 1},
            "metrics__threshold is not an argument of AUC. Did you mean metrics__thresholds",
        ),
        (
            {"fit__validation_frq": 1},
            "fit__validation_frq is not an argument of .*Did you mean fit__validation_freq",
        ),
        (
            {"model": None, "model__unit": 1},
            "model__unit is not an argument of PoolingNetwork. Did you mean model__units",
        ),
        (
            {"model": small_model, "model__unit": 1},
            "model__unit is not an argument of small_model. Did you mean model__units.*takes units",
        ),
    ],
    ids=lambda value: next(reversed(value)) if isinstance(value, dict) else "",
)
def test_misspelled_arguments_are_refused_with_the_right_spelling(params, message, ids, labels):
    with pytest.raises(ValueError, match=message):
        KerasTextClassifier(**params).fit(ids, labels)


# Values that fit refuses


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("batch_size", 0),
        ("batch_size", -1),
        ("batch_size", "full"),
        ("validation_fraction", 0.0),
        ("validation_fraction", 1.0),
        ("n_iter_no_change", 0),
        ("class_weight", "balance"),
        ("handle_unknown", "ignore"),
        ("n_tokens", 0),
        ("dtype", "float16"),
        ("dtype", np.float32),
        ("random_state", "seed"),
        ("verbose", -1),
        ("shuffle", "yes"),
        ("model__dropout", 1.5),
        ("model__dropout", 1),
        ("model__embedding_dim", 0),
        ("model__pooling", ("max", "foo")),
        ("optimizer__learning_rate", 0),
        ("optimizer__learning_rate", -0.1),
        ("optimizer__learning_rate", float("nan")),
        ("optimizer__learning_rate", np.float32(-1)),
        ("optimizer__learning_rate", float("inf")),
        ("optimizer__learning_rate", None),
        ("optimizer__learning_rate", True),
        ("optimizer__learning_rate", "0.1"),
        ("optimizer", 3),
        ("optimizer", 0),
        ("optimizer", ""),
        ("optimizer", "nonsense"),
        ("optimizer", "LossScaleOptimizer"),
        ("loss", 3),
        ("loss", "nonsense"),
        ("metrics", ["nonsense"]),
        ("model__activation", "nonsense"),
        ("fit__validation_freq", 0),
        ("fit__validation_freq", "x"),
        ("fit__validation_steps", 1.5),
        ("fit__steps_per_epoch", 0),
        ("n_tokens", 2**33),
        ("callbacks", "early_stopping"),
        ("model", "pooling"),
        ("model", PoolingNetwork),
    ],
)
def test_bad_values_are_errors(name, value, ids, labels):
    clf = KerasTextClassifier(PoolingNetwork()).set_params(**{name: value})
    shown = name.removeprefix("model__")
    with pytest.raises(InvalidParameterError, match=f"'{shown}' parameter of"):
        clf.fit(ids, labels)


NUMPYS = {  # one value each
    "model": [
        PoolingNetwork(np.int64(3), units=np.uint8(2), dropout=np.float32(0.5)),
        ConvolutionalNetwork(np.int64(3), np.int32(2), np.int64(2), units=np.int64(2)),
        ConvolutionalNetwork(3, 2, tuple(np.arange(1, 3)), units=None, trainable=np.True_),
        FlattenNetwork(np.int64(3), units=np.int64(2)),
        DenseNetwork(tuple(np.array([3, 2]))),
    ],
    "n_tokens": np.arange(9, 10),
    "epochs": np.arange(1, 2),
    "batch_size": np.array([7]),
    "early_stopping": np.array([True]),
    "n_iter_no_change": np.array([2]),
    "optimizer__learning_rate": np.array([1]),
}


def test_a_grid_may_hold_numpy_scalars(ids, labels):
    """Keras takes only Python's numbers, but grids are often made with np.arange."""
    for params in ParameterGrid(NUMPYS):
        plain = {
            name: value.item() if isinstance(value, np.generic) else value
            for name, value in params.items()
        }
        base = KerasTextClassifier(random_state=0)
        one, other = (clone(base).set_params(**p).fit(ids, labels) for p in (params, plain))
        np.testing.assert_array_equal(one.weights_[0], other.weights_[0])
    grid = {"model__units": np.arange(2, 4)}
    search = GridSearchCV(
        KerasTextClassifier(PoolingNetwork(3), epochs=1), grid, cv=2, error_score="raise"
    )
    assert search.fit(ids, labels).best_params_["model__units"] in (2, 3)


@pytest.mark.parametrize(
    "network",
    [
        FlattenNetwork(units=0),
        ConvolutionalNetwork(kernel_size=0),
        ConvolutionalNetwork(kernel_size=(2, 0)),
    ],
    ids=repr,
)
def test_bad_values_of_a_network_are_refused_by_fit(network, ids, labels):
    with pytest.raises(InvalidParameterError, match=type(network).__name__):
        KerasTextClassifier(network).fit(ids, labels)


# Instances


def test_an_optimizer_instance_is_copied_at_each_fit(tiny, ids, labels):
    sgd = keras.optimizers.SGD(0.5, momentum=0.9)
    clf = tiny(optimizer=sgd, run_eagerly=True)
    first = clf.fit(ids, labels).weights_
    second = clf.fit(ids, labels).weights_
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not sgd.built
    assert int(sgd.iterations) == 0
    assert clf.optimizer is sgd


def test_routed_arguments_override_those_of_an_instance(tiny, ids, labels):
    with_instance = tiny(optimizer=keras.optimizers.SGD(99.0), optimizer__learning_rate=0.5)
    by_name = tiny(optimizer="sgd", optimizer__learning_rate=0.5)
    np.testing.assert_array_equal(
        with_instance.fit(ids, labels).weights_[0], by_name.fit(ids, labels).weights_[0]
    )


def test_a_callback_instance_is_used_by_every_fit(tiny, ids, labels):
    class Remembers(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1

    callback = Remembers()
    clf = tiny(callbacks=[callback], run_eagerly=True).fit(ids, labels).fit(ids, labels)
    assert callback.epochs == 4
    assert callback.model is None
    assert clf.callbacks[0] is callback


def test_parameters_set_during_fit_persist(tiny, ids, labels):
    """fit sets fitted attributes, and nothing else."""

    class Setter(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            clf.set_params(epochs=99)
            clf.note = "mine"

    clf = tiny(callbacks=Setter)
    clf.fit(ids, labels)
    assert (clf.epochs, clf.note, clf.n_iter_) == (99, "mine", 2)


def test_fit_removes_outdated_attributes(tiny, ids, labels):
    frame = pd.DataFrame(ids, columns=list("abcdef"))
    clf = tiny(run_eagerly=True).fit(frame, labels)
    assert clf.feature_names_in_.tolist() == list("abcdef")
    assert not hasattr(clf.fit(ids, labels), "feature_names_in_")


def test_parameters_are_not_changed_by_fit(tiny, ids, labels):
    clf = tiny(class_weight={0: 1, 1: 2}, metrics=["AUC"], run_eagerly=True)
    before = {name: repr(value) for name, value in clf.get_params().items()}
    clf.fit(ids, labels)
    assert {name: repr(value) for name, value in clf.get_params().items()} == before
