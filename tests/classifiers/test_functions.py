"""SciKeras-style functions as `model`."""

import dataclasses
import warnings

import keras
import numpy as np
import pytest
from scipy import sparse
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.networks import NetworkSpec, PoolingNetwork

METAS = []
layers = keras.layers


def create_model(num_filters=2, kernel_size=2, meta=None):
    """Make the network of the tutorial as SciKeras users write it, without seeds and names."""
    METAS.append(meta)
    return keras.Sequential(
        [
            keras.Input((meta["maxlen"],)),
            layers.Embedding(meta["n_tokens"], 3),
            layers.Conv1D(num_filters, kernel_size, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dropout(0.2),
            layers.Dense(meta["n_outputs"], activation=meta["output_activation"]),
        ]
    )


def logistic(meta, units=1):
    """Make a logistic regression that starts at zero."""
    x = keras.Input((meta["n_features_in_"],))
    return keras.Model(x, layers.Dense(units, "sigmoid", kernel_initializer="zeros")(x))


def compiled(meta):
    model = logistic(meta)
    model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mean_squared_error")
    return model


def compiled_from_outside(compile_kwargs, meta):
    model = logistic(meta)
    model.compile(**compile_kwargs)
    return model


@pytest.fixture
def metas():
    METAS.clear()
    return METAS


@pytest.fixture(scope="module")
def one_step():
    """Return a maker of classifiers that take one step on the whole batch."""

    def make(model, **params):
        given = {"epochs": 1, "batch_size": "auto", "dtype": "float32", "random_state": 0}
        return KerasTextClassifier(model, **(given | params))

    return make


def step_by_hand(X, y, loss):
    """Return what gradient descent at rate 1 does to zero weights, where every p is 0.5."""
    slope = {"log": 1.0, "squares": 2 * 0.25}[loss]  # d loss / d z = slope * (p - y)
    return -slope * X.T @ (0.5 - y) / len(y)


# Input


def test_routed_arguments_shape_the_model(ids, labels):
    clf = KerasTextClassifier(create_model, model__num_filters=4, model__kernel_size=3, epochs=1)
    shapes = [w.shape for w in clf.fit(ids, labels).weights_]
    assert shapes == [(6, 3), (3, 3, 4), (4,), (4, 1), (1,)]


def test_a_grid_over_arguments_trains_different_models(ids, labels):
    rows, seen = np.arange(48), []

    def look(clf, X, y):
        seen.append(clf.weights_[1].shape)
        return 0.0

    grid = {"model__num_filters": [2, 4], "model__kernel_size": [1, 3]}
    clf = KerasTextClassifier(create_model, epochs=1, run_eagerly=True, batch_size="auto")
    GridSearchCV(clf, grid, cv=[(rows, rows)], scoring=look, refit=False).fit(ids, labels)
    assert seen == [(1, 3, 2), (1, 3, 4), (3, 3, 2), (3, 3, 4)]


def test_meta_holds_scikeras_keys_and_the_fields_of_the_spec(ids, three_labels, metas):
    clf = KerasTextClassifier(create_model).initialize(ids, three_labels)
    meta = metas[0]
    assert meta["n_features_in_"] == 6
    assert meta["X_shape_"] == (48, 6)
    assert meta["n_classes_"] == 3
    assert meta["classes_"].tolist() == ["bad", "even", "good"]
    assert meta["target_type_"] == "multiclass"
    assert meta["n_outputs_"] == meta["n_outputs_expected_"] == 3
    for name, value in dataclasses.asdict(clf.spec_).items():
        if name not in ("seed", "output_bias"):
            np.testing.assert_array_equal(meta[name], value)
    assert meta["output_bias"].shape == (3,)
    assert {field.name for field in dataclasses.fields(NetworkSpec)} <= set(meta)
    assert (meta["n_tokens"], meta["maxlen"], meta["output_activation"]) == (6, 6, "softmax")


@pytest.mark.parametrize(
    ("y", "target_type", "n_classes"),
    [([0, 1], "binary", 2), (np.eye(2, dtype=int), "multilabel-indicator", 2)],
)
def test_meta_has_the_kind_of_target(y, target_type, n_classes, metas):
    def make(meta):
        METAS.append(meta)
        return logistic(meta, units=meta["n_outputs"])

    KerasTextClassifier(make).initialize([[0.5, 1], [1, 0]], y)
    assert (metas[0]["target_type_"], metas[0]["n_classes_"]) == (target_type, n_classes)


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (np.asarray, "ids"),
        (np.ndarray.tolist, "ids"),
        (lambda X: X.astype(float), "features"),
        (sparse.csr_array, "features"),
    ],
    ids=["int", "list", "float", "sparse"],
)
def test_integers_are_ids_and_other_arrays_features(form, expected, ids, labels, metas):
    def make(meta):
        METAS.append(meta)
        return logistic(meta)

    KerasTextClassifier(make).initialize(form(ids), labels)
    sizes = {"ids": (6, 6, None), "features": (None, None, 6)}[expected]
    assert tuple(metas[0][k] for k in ("n_tokens", "maxlen", "n_features")) == sizes


def test_tokens_are_ids(tokens, labels, metas):
    clf = KerasTextClassifier(create_model).initialize(tokens, labels)
    assert metas[0]["n_tokens"] == 6
    assert clf.vocabulary_ is tokens.vocabulary


def test_ragged_ids_are_refused_with_a_hint(labels):
    with pytest.raises(ValueError, match=r"different lengths.*PadTransformer\(\)"):
        KerasTextClassifier(create_model).fit([[1, 2], [1]], [0, 1])


def test_a_function_may_have_no_arguments(features, labels):
    clf = KerasTextClassifier(lambda: logistic({"n_features_in_": 5}), epochs=1, run_eagerly=True)
    assert clf.fit(features, labels).predict_proba(features).shape == (48, 2)


def test_a_function_with_keyword_arguments_takes_any_name(features, labels, metas):
    def make(meta, **sizes):
        METAS.append(sizes)
        return logistic(meta)

    KerasTextClassifier(make, model__width=3).initialize(features, labels)
    assert metas[0] == {"width": 3}


# Output


@pytest.mark.parametrize("units", [1, 2])
def test_two_classes_may_have_one_unit_or_two(units, ids, three_labels):
    def make(meta):
        activation = "sigmoid" if units == 1 else "softmax"
        x = keras.Input((meta["n_features_in_"],))
        return keras.Model(x, layers.Dense(units, activation)(x))

    X, y = ids.astype(float), np.where(three_labels == "good", "yes", "no")
    clf = KerasTextClassifier(make, epochs=30, optimizer__learning_rate=0.1, random_state=0)
    clf.fit(X, y)
    np.testing.assert_allclose(clf.predict_proba(X).sum(axis=1), 1, rtol=1e-6)
    assert clf.score(X, y) > max(np.mean(y == "yes"), np.mean(y == "no"))


def test_an_uncompiled_model_is_trained_with_the_settings_of_the_classifier(
    one_step, features, labels
):
    clf = one_step(logistic, optimizer="sgd", optimizer__learning_rate=1.0).fit(features, labels)
    expected = step_by_hand(features, labels, "log")
    np.testing.assert_allclose(clf.weights_[0][:, 0], expected, atol=1e-6)


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
@pytest.mark.parametrize(
    ("params", "rate", "loss"),
    [
        ({}, 0.5, "squares"),
        ({"loss": "binary_crossentropy"}, 0.5, "log"),
        ({"optimizer": "sgd", "optimizer__learning_rate": 0.1}, 0.1, "squares"),
        ({"optimizer": keras.optimizers.SGD(0.1)}, 0.1, "squares"),
        ({"optimizer__learning_rate": 0.25}, 0.25, "squares"),
    ],
    ids=["its own", "loss", "optimizer", "instance", "learning rate"],
)
def test_compile_settings_apply_unless_the_classifier_sets_them(
    params, rate, loss, run_eagerly, one_step, features, labels
):
    clf = one_step(compiled, **params, run_eagerly=run_eagerly).fit(features, labels)
    expected = rate * step_by_hand(features, labels, loss)
    np.testing.assert_allclose(clf.weights_[0][:, 0], expected, atol=1e-6)


def test_arguments_of_a_compiled_models_optimizer_can_be_routed(one_step, features, labels):
    """SGD's first step is the same with momentum; the second one is not. Adam has no momentum."""
    plain = one_step(compiled, epochs=2).fit(features, labels)
    heavy = one_step(compiled, epochs=2, optimizer__momentum=0.9).fit(features, labels)
    assert not np.allclose(plain.weights_[0], heavy.weights_[0], atol=1e-4)
    with pytest.raises(ValueError, match="optimizer__beta_1 is not an argument of SGD"):
        one_step(compiled, optimizer__beta_1=0.9).fit(features, labels)


def test_compile_kwargs_hold_the_settings_of_the_classifier(one_step, features, labels):
    params = {"optimizer": "sgd", "optimizer__learning_rate": 0.25, "loss": "mse"}
    clf = one_step(compiled_from_outside, **params)
    for _ in range(2):  # a second fit finds a fresh optimizer
        clf.fit(features, labels)
        expected = 0.25 * step_by_hand(features, labels, "squares")
        np.testing.assert_allclose(clf.weights_[0][:, 0], expected, atol=1e-6)


def test_compile_kwargs_have_defaults(one_step, features, labels):
    clf = one_step(compiled_from_outside).fit(features, labels)
    expected = one_step(logistic).fit(features, labels)
    np.testing.assert_array_equal(clf.weights_[0], expected.weights_[0])


def test_a_model_compiled_under_a_mixed_precision_policy_is_trained(one_step, features, labels):
    """Keras wraps its optimizer in one that scales losses."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        clf = one_step(compiled).fit(features, labels)
    finally:
        keras.config.set_dtype_policy(before)
    expected = 0.5 * step_by_hand(features, labels, "squares")
    np.testing.assert_allclose(clf.weights_[0][:, 0], expected, atol=1e-2)


def test_layers_without_seeds_are_reproducible(ids, labels):
    clf = KerasTextClassifier(create_model, epochs=2, batch_size=16, random_state=0)
    first = clf.fit(ids, labels).predict_proba(ids)
    keras.layers.Dense(1).build((None, 3))  # advances Python's generator
    np.testing.assert_array_equal(clf.fit(ids, labels).predict_proba(ids), first)
    other = clf.set_params(random_state=1).fit(ids, labels).predict_proba(ids)
    assert not np.array_equal(other, first)


def test_partial_fit_continues_the_optimizer_of_a_function(one_step, features, labels):
    clf = one_step(compiled).partial_fit(features, labels, classes=[0, 1])
    clf.partial_fit(features, labels)
    whole = one_step(compiled, epochs=2).fit(features, labels)
    np.testing.assert_array_equal(clf.weights_[0], whole.weights_[0])


def test_ids_of_a_function_model_are_matched_by_word(tokens, labels):
    clf = KerasTextClassifier(
        create_model, warm_start=True, epochs=1, optimizer__learning_rate=1e-7, random_state=0
    ).fit(tokens, labels)
    before = clf.weights_[0]
    words = dataclasses.replace(tokens.vocabulary, words=("", *tokens.vocabulary.words[:0:-1]))
    mirrored = type(tokens)(np.where(np.asarray(tokens), 6 - np.asarray(tokens), 0), words)
    clf.fit(mirrored, labels)
    np.testing.assert_allclose(clf.weights_[0], before[[0, 5, 4, 3, 2, 1]], atol=1e-5)


# Functions that look alike are different models


def with_layer(make_layer):
    def make(meta):
        x = keras.Input((meta["n_features_in_"],))
        hidden = make_layer()(layers.Dense(2)(x))
        return keras.Model(x, layers.Dense(1, "sigmoid")(hidden))

    return make


def times(factor):
    def activation(x):
        return x * factor

    return activation


def times_layer(factor):
    class Times(layers.Layer):
        def call(self, x):
            return x * factor

    return Times()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (lambda: layers.Activation(times(1.0)), lambda: layers.Activation(times(0.0))),
        (lambda: layers.Lambda(times(1.0)), lambda: layers.Lambda(times(0.0))),
        (lambda: times_layer(1.0), lambda: times_layer(0.0)),
        (
            lambda: layers.Dense(2, "relu", name="relu"),
            lambda: layers.Dense(2, "tanh", name="tanh"),
        ),
        (lambda: layers.Dense(2, dtype="float32"), lambda: layers.Dense(2, dtype="float64")),
    ],
    ids=["functions of one name", "lambda layers", "classes of one name", "layer names", "dtypes"],
)
def test_models_that_look_alike_are_not_confused(one, other, features, labels):
    """Training and prediction equal what the real Keras model gives."""
    for make_layer in (one, other):
        clf = KerasTextClassifier(with_layer(make_layer), epochs=1, random_state=0)
        p = clf.fit(features, labels).predict_proba(features)[:, 1]
        expected = np.asarray(clf.model_(features.astype("float32")))[:, 0]
        np.testing.assert_allclose(p, expected, atol=1e-6)


# Errors


def no_model(meta):
    return None


def three_outputs(meta):
    return logistic(meta, units=3)


def logits(meta):
    x = keras.Input((meta["n_features_in_"],))
    return keras.Model(x, layers.Dense(1, kernel_initializer="ones", bias_initializer="ones")(x))


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.output_layer = layers.Dense(1, activation="sigmoid")

    def call(self, x):
        return self.output_layer(x)


def unbuilt(meta):
    return Subclassed()


def hollow(meta):
    model = Subclassed()
    with pytest.warns(UserWarning, match="marked as built, despite not being actually built"):
        model.build((None, meta["n_features_in_"]))
    return model


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (no_model, TypeError, "returned NoneType, expected a keras.Model"),
        (three_outputs, ValueError, "has 3 output units, expected 1 or 2 for 2 classes"),
        (unbuilt, ValueError, "without an input shape; add keras.Input"),
        (hollow, ValueError, "layer, or call it on one"),
        (Subclassed, InvalidParameterError, "must be a network .* or a function"),
    ],
)
def test_a_bad_function_is_an_error(model, error, message, features, labels):
    with pytest.raises(error, match=message):
        KerasTextClassifier(model).fit(features, labels)


def test_multilabel_targets_need_a_unit_per_label(features, indicator):
    with pytest.raises(ValueError, match="has 1 output units, expected 3 for 3 labels"):
        KerasTextClassifier(logistic).fit(features, indicator)


def embedding_behind(first, n_tokens, length=None):
    def model(meta):
        layers = keras.layers
        inputs = keras.Input((None,))
        x = layers.Embedding(n_tokens or meta["n_tokens"], 4)(first(inputs))
        x = x if length is None else layers.Reshape((length, 4))(x)
        return keras.Model(inputs, layers.Dense(1, "sigmoid")(layers.GlobalMaxPooling1D()(x)))

    return model


@pytest.mark.parametrize(
    ("size", "run_eagerly", "message"),
    [
        ((3, None), False, r"is not in \[0, 3\).*n_tokens.* is 6"),
        ((3, None), True, r"is not in \[0, 3\).*n_tokens.* is 6"),
        ((None, 50), False, "tensor .*maxlen.* 6"),  # run eagerly, Keras names the two shapes
    ],
)
def test_a_hard_coded_size_inside_a_subclass_is_an_error(size, message, run_eagerly, ids, labels):
    model = embedding_behind(lambda x: keras.ops.cast(x, "int32"), *size)
    with pytest.raises(ValueError, match=f"cannot take X.*{message}"):
        KerasTextClassifier(model, epochs=1, run_eagerly=run_eagerly).fit(ids, labels)


def test_logits_are_refused_before_training(features, labels):
    with pytest.raises(ValueError, match="without an activation, expected probabilities: end it"):
        KerasTextClassifier(logits, epochs=1).fit(features, labels)


def test_outputs_other_than_probabilities_are_refused(features, labels):
    def scaled(meta):
        inputs = keras.Input((meta["n_features_in_"],))
        return keras.Model(inputs, 100 * keras.layers.Dense(1)(inputs))

    clf = KerasTextClassifier(scaled, epochs=1, random_state=0).fit(features, labels)
    with pytest.raises(ValueError, match="expected probabilities: end the model with a sigmoid or"):
        clf.predict(features)


def test_a_keras_model_is_refused_with_a_hint(features, labels):
    model = logistic({"n_features_in_": 5})
    with pytest.raises(InvalidParameterError, match="write model=lambda: build_it"):
        KerasTextClassifier(model).fit(features, labels)


def test_a_network_class_is_refused(ids, labels):
    with pytest.raises(InvalidParameterError, match=r"such as PoolingNetwork\(\)"):
        KerasTextClassifier(PoolingNetwork).fit(ids, labels)


@pytest.mark.parametrize("name", ["meta", "compile_kwargs"])
def test_meta_and_compile_kwargs_cannot_be_routed(name, features, labels):
    with pytest.raises(ValueError, match=f"model__{name} is not an argument of"):
        KerasTextClassifier(compiled_from_outside, **{f"model__{name}": {}}).fit(features, labels)


# Hard-coded sizes, and arguments of Keras' methods


def embedding(rows, width, meta):
    layers = [
        keras.Input((width,)),
        keras.layers.Embedding(rows, 2),
        keras.layers.GlobalMaxPooling1D(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
    return keras.Sequential(layers)


@pytest.mark.parametrize("settings", [{}, {"fit__validation_freq": 1}], ids=["program", "keras"])
def test_wrong_hard_coded_sizes_are_errors(settings, ids, labels):
    def fitted(rows, width):
        clf = KerasTextClassifier(embedding, model__rows=rows, model__width=width, epochs=1)
        return clf.set_params(**settings).fit(ids, labels)

    with pytest.raises(ValueError, match=r'has 5 rows, but token ids go up to 5.*meta\["n_tokens'):
        fitted(5, 6)
    with pytest.raises(ValueError, match=r'X of 9 columns, but X has 6.*meta\["maxlen"\]'):
        fitted(6, 9)
    assert fitted(6, 6).weights_[0].shape == (6, 2)
    assert fitted(100, None).weights_[0].shape == (100, 2)


def test_a_wrong_hard_coded_width_of_features_is_an_error(features, labels):
    def dense():
        return keras.Sequential([keras.Input((9,)), keras.layers.Dense(1, activation="sigmoid")])

    with pytest.raises(ValueError, match=r'X of 9 columns, but X has 5.*meta\["n_features_in_"\]'):
        KerasTextClassifier(dense, epochs=1).fit(features, labels)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("epochs", r"Use KerasTextClassifier\(epochs=...\)"),
        ("verbose", r"Use KerasTextClassifier\(verbose=...\)"),
        ("validation_split", "early_stopping=True, validation_fraction=..."),
        ("validation_data", "X_val and y_val of fit"),
        ("steps_per_epoch", "fit__steps_per_epoch"),
        ("x", "Pass the data as X"),
    ],
)
def test_arguments_of_keras_fit_are_errors_with_a_hint(name, hint, tiny, ids, labels):
    with pytest.raises(TypeError, match=f"takes no argument '{name}'. .*{hint}"):
        tiny().fit(ids, labels, **{name: 1})


@pytest.mark.parametrize("method", ["predict", "predict_proba", "decision_function", "score"])
def test_arguments_of_keras_predict_are_errors(method, fitted, ids, labels):
    data = (ids, labels) if method == "score" else (ids,)
    for name in ("batch_size", "verbose"):
        with pytest.raises(TypeError, match=f"{method} takes no argument '{name}'. Leave it out"):
            getattr(fitted, method)(*data, **{name: 64})
    with pytest.raises(TypeError, match=f"{method} takes no argument 'x'. Pass the data as X"):
        getattr(fitted, method)(x=ids)
    with pytest.raises(TypeError, match="unexpected keyword argument"):
        getattr(fitted, method)(*data, bath_size=64)


# Recurrent layers and padding


def recurrent(make_layer, masked, meta):
    layers = [
        keras.Input((meta["maxlen"],)),
        keras.layers.Embedding(meta["n_tokens"], 2, mask_zero=masked),
        make_layer(),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
    return keras.Sequential(layers)


def lstm():
    return keras.layers.LSTM(2)


def encoder():  # a model within the model
    return keras.Sequential([keras.layers.LSTM(2), keras.layers.Dense(2)])


@pytest.mark.parametrize(
    "make_layer", [lstm, lambda: keras.layers.GRU(2), encoder], ids=["lstm", "gru", "encoder"]
)
def test_a_recurrent_layer_that_reads_trailing_padding_warns(make_layer, ids, labels):
    clf = KerasTextClassifier(recurrent, model__make_layer=make_layer, model__masked=False)
    with pytest.warns(UserWarning, match=r"mask_zero=True.*PadTransformer\(padding=\"pre\"\)"):
        clf.set_params(epochs=1, run_eagerly=True).fit(ids, labels)


def recurrent_on_vectors(masked, meta):
    masking = [keras.layers.Masking()] if masked else []
    layers = [keras.Input((None, 3)), *masking, lstm(), keras.layers.Dense(1, "sigmoid")]
    return keras.Sequential(layers)


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("in_front", [True, False])
def test_a_recurrent_layer_on_padded_vectors_warns(masked, in_front, labels):
    vectors = np.random.default_rng(0).normal(size=(len(labels), 6, 3)).astype(np.float32)
    vectors[:, slice(2) if in_front else slice(4, None)] = 0
    clf = KerasTextClassifier(recurrent_on_vectors, model__masked=masked, epochs=1)
    warned = not (masked or in_front)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        clf.set_params(run_eagerly=True).fit(vectors, labels)
    assert any("keras.layers.Masking()" in str(w.message) for w in found) == warned


@pytest.mark.parametrize(
    ("make_layer", "masked", "in_front"),
    [
        (lstm, True, False),
        (lstm, False, True),
        (lambda: keras.layers.Bidirectional(lstm()), False, False),
        (lambda: keras.layers.LSTM(2, go_backwards=True), False, False),
    ],
    ids=["mask", "padding in front", "both directions", "backwards"],
)
def test_other_recurrent_layers_do_not_warn(make_layer, masked, in_front, ids, labels):
    X = np.array([np.roll(row, (row == 0).sum()) for row in ids]) if in_front else ids
    clf = KerasTextClassifier(recurrent, model__make_layer=make_layer, model__masked=masked)
    clf.set_params(epochs=1, run_eagerly=True).fit(X, labels)
