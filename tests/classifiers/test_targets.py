"""Binary, multiclass and multilabel targets of every type, and invalid ones."""

import keras
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import DataConversionWarning

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.classifiers._heads import BinaryHead, MulticlassHead, MultilabelHead
from sklearn_textnn.networks import DenseNetwork, PoolingNetwork

QUICK = {"epochs": 1, "batch_size": "auto", "run_eagerly": True}


@pytest.fixture(scope="module")
def learner():
    """Return a maker of classifiers that learn the small corpus."""

    def make(**params):
        return KerasTextClassifier(
            PoolingNetwork(embedding_dim=4, pooling="average", units=4),
            epochs=40,
            optimizer__learning_rate=0.05,
            random_state=0,
            **params,
        )

    return make


@pytest.fixture(scope="module")
def three_classes(learner, ids, three_labels):
    return learner().fit(ids, three_labels)


@pytest.fixture(scope="module")
def multilabel(learner, ids, indicator):
    return learner().fit(ids, indicator)


# Two classes


def test_two_classes_have_one_sigmoid_unit(fitted):
    output = fitted.model_.layers[-1]
    assert (output.units, output.activation.__name__) == (1, "sigmoid")


def test_two_classes_are_learned(learner, ids, labels):
    assert learner().fit(ids, labels).score(ids, labels) > 0.9


def test_probabilities_of_two_classes_are_p_and_1_minus_p(fitted, tokens):
    probabilities = fitted.predict_proba(tokens)
    p = fitted.model_(np.asarray(tokens)).numpy()[:, 0]
    np.testing.assert_allclose(probabilities, np.column_stack([1 - p, p]), atol=1e-6)


def test_prediction_is_the_likeliest_class(fitted, three_classes, tokens):
    for clf in (fitted, three_classes):
        expected = clf.classes_[clf.predict_proba(tokens).argmax(axis=1)]
        np.testing.assert_array_equal(clf.predict(tokens), expected)


@pytest.mark.parametrize("n_rows", [1, 2, 48])
def test_rows_of_probabilities_sum_to_1(n_rows, fitted, three_classes, ids):
    for clf, n_classes in [(fitted, 2), (three_classes, 3)]:
        probabilities = clf.predict_proba(ids[:n_rows])
        assert probabilities.shape == (n_rows, n_classes)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (np.array(["no", "yes"]), ["no", "yes"]),
        (np.array(["no", "yes"], dtype=object), ["no", "yes"]),
        (["yes", "no"], ["no", "yes"]),
        (pd.Series(["yes", "no"], index=[5, 9]), ["no", "yes"]),
        (pd.Series(["yes", "no"], dtype="category"), ["no", "yes"]),
        (np.array([True, False]), [False, True]),
        (np.array([7, -1]), [-1, 7]),
        (np.array([2.0, 1.0]), [1.0, 2.0]),
    ],
    ids=["str", "object", "list", "series", "categorical", "bool", "int", "float"],
)
def test_labels_of_any_type_are_predicted(y, classes, tiny, ids):
    clf = tiny(**QUICK).fit(ids[:2], y)
    assert clf.classes_.tolist() == classes
    assert set(clf.predict(ids).tolist()) <= set(classes)


def test_the_first_class_is_the_negative_one(learner, ids, labels):
    """Column j of the probabilities belongs to classes_[j], whatever the labels are."""
    turned = np.where(labels == 1, "a: praise", "b: blame")
    by_name = learner().fit(ids, turned).predict_proba(ids)
    by_number = learner().fit(ids, 1 - labels).predict_proba(ids)
    np.testing.assert_array_equal(by_name, by_number)


# Three classes


def test_three_classes_have_three_softmax_units(three_classes):
    output = three_classes.model_.layers[-1]
    assert (output.units, output.activation.__name__) == (3, "softmax")


def test_three_classes_are_learned(three_classes, ids, three_labels):
    assert three_classes.classes_.tolist() == ["bad", "even", "good"]
    assert three_classes.score(ids, three_labels) > 0.9


# Several labels


def test_each_label_has_a_sigmoid(multilabel):
    output = multilabel.model_.layers[-1]
    assert (output.units, output.activation.__name__) == (3, "sigmoid")
    assert multilabel.classes_.tolist() == [0, 1, 2]


def test_labels_are_independent_with_a_threshold_of_one_half(multilabel, ids):
    probabilities = multilabel.predict_proba(ids)
    assert probabilities.shape == (48, 3)
    assert not np.allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(multilabel.predict(ids), probabilities >= 0.5)


def test_multilabel_targets_are_learned(multilabel, ids, indicator):
    assert np.mean(multilabel.predict(ids) == indicator) > 0.9


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, np.ndarray.tolist])
def test_an_indicator_may_be_in_any_container(form, tiny, ids, indicator):
    expected = tiny(**QUICK).fit(ids, indicator).predict_proba(ids)
    given = tiny(**QUICK).fit(ids, form(indicator)).predict_proba(ids)
    np.testing.assert_array_equal(given, expected)


def test_a_label_that_no_sample_has_is_allowed(tiny, ids, indicator):
    y = indicator * [1, 0, 1]
    assert tiny(**QUICK).fit(ids, y).predict_proba(ids).shape == (48, 3)


# Errors


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (None, "requires y to be passed, but the target y is None"),
        (
            np.where(np.arange(48) % 2, 1, np.nan),
            r"Input y contains NaN: the label in row 0 .* 24 of 48",
        ),
        (np.linspace(0, 1, 48), "Unknown label type: continuous"),
        (np.array([0, "a"] * 24, dtype=object), "Unknown label type: unknown"),
        (np.array([None, "a"] * 24, dtype=object), "Unknown label type: the label in row 0 of y"),
        (np.zeros(48), r"only one class is present: y holds only \[0.0\]"),
        (["yes"] * 48, r"only one class is present: y holds only \['yes'\]"),
        (np.arange(96).reshape(48, 2) % 3, "multiclass-multioutput.*MultiOutputClassifier"),
        ([0, 1], "X has 48 samples, but y has 2"),
        (
            [[2, 0], [0, 2]] * 24,
            r"y holds np.int64\(2\) in row 0, expected an indicator matrix: 0 or",
        ),
        ([[1, 1], [-1, 1]] * 24, r"y holds np.int64\(-1\) in row 1, expected an indicator"),
    ],
    ids=[
        *("None", "NaN", "continuous", "mixed", "holes", "zeros", "yes", "multioutput", "short"),
        *("twos", "signs"),
    ],
)
def test_bad_labels_give_scikit_learns_errors(y, message, tiny, ids):
    with pytest.raises(ValueError, match=message):
        tiny().fit(ids, y)


def test_a_column_of_labels_is_accepted_with_a_warning(tiny, ids, labels):
    with pytest.warns(DataConversionWarning, match="column-vector y"):
        column = tiny(epochs=1).fit(ids, labels[:, None])
    expected = tiny(epochs=1).fit(ids, labels)
    np.testing.assert_array_equal(column.predict_proba(ids), expected.predict_proba(ids))


def test_a_failed_fit_leaves_the_old_state(ids):
    clf = KerasTextClassifier(DenseNetwork())
    with pytest.raises(ValueError, match="only one class"):
        clf.fit(ids, np.zeros(48))
    assert not [name for name in vars(clf) if name.endswith("_")]
    assert not clf.__sklearn_is_fitted__()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_decisions_are_log_odds_and_finite(dtype):
    two = BinaryHead(np.array(["no", "yes"]))
    p = np.array([0.0, 0.25, 0.5, 0.75, 1.0], dtype)
    decisions = two.decisions(np.column_stack([1 - p, p]))
    np.testing.assert_allclose(decisions[1:4], [-np.log(3), 0, np.log(3)], rtol=1e-6)
    assert np.isfinite(decisions).all()
    assert (np.diff(decisions) > 0).all()
    np.testing.assert_array_equal(
        two.classes[(decisions > 0).astype(int)], two.labels(np.column_stack([1 - p, p]))
    )
    three = MulticlassHead(np.arange(3))
    rows = np.array([[0.2, 0.5, 0.3], [1, 0, 0]], dtype)
    np.testing.assert_array_equal(three.decisions(rows).argmax(axis=1), [1, 0])
    assert MultilabelHead(np.arange(2)).decisions(rows[:, :2]).shape == (2, 2)


# Rows of 0 and 1


def softmax(meta, activation="softmax", last=()):
    layers = [
        keras.Input((meta["maxlen"],)),
        keras.layers.Embedding(meta["n_tokens"], 4),
        keras.layers.GlobalAveragePooling1D(),
        keras.layers.Dense(meta["n_classes_"], activation=activation),
    ]
    return keras.Sequential([*layers, *last])


def separate_softmax(meta):
    return softmax(meta, None, [keras.layers.Softmax()])


def cast_softmax(meta):  # the end of a model of mixed precision
    return softmax(meta, last=[keras.layers.Activation("linear", dtype="float32")])


def nested_softmax(meta):
    x = keras.Input((meta["maxlen"],))
    return keras.Model(x, keras.layers.Identity()(softmax(meta)(x)))


def softmax_operation(meta):
    logits = softmax(meta, None)
    return keras.Model(logits.inputs[0], keras.ops.softmax(logits.outputs[0]))


@pytest.fixture(scope="module")
def one_hot(three_labels):
    return np.unique(three_labels)[None, :] == three_labels[:, None]


@pytest.mark.parametrize(
    "model", [softmax, separate_softmax, cast_softmax, nested_softmax, softmax_operation]
)
@pytest.mark.parametrize(
    "loss", [None, "categorical_crossentropy", keras.losses.CategoricalCrossentropy()]
)
def test_a_softmax_makes_an_indicator_one_hot(model, loss, ids, one_hot):
    params = {"loss": loss, "epochs": 60, "optimizer__learning_rate": 0.1, "random_state": 0}
    clf = KerasTextClassifier(model, **params).fit(ids, one_hot.astype(float))
    by_class = KerasTextClassifier(model, **params).fit(ids, one_hot.argmax(axis=1))
    for a, b in zip(clf.weights_, by_class.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert clf.history_["accuracy"] == pytest.approx(by_class.history_["accuracy"])
    assert clf.history_["accuracy"][-1] > 0.9
    predicted = clf.predict(ids)
    np.testing.assert_array_equal(predicted.argmax(axis=1), by_class.predict(ids))
    assert (predicted.sum(axis=1) == 1).all()
    assert clf.score(ids, one_hot) == by_class.score(ids, one_hot.argmax(axis=1))
    np.testing.assert_allclose(clf.predict_proba(ids).sum(axis=1), 1, rtol=1e-6)


def test_two_columns_with_a_softmax_are_two_classes(ids, labels):
    two = np.eye(2)[labels]
    clf = KerasTextClassifier(softmax, epochs=1, random_state=0).fit(ids, two)
    assert clf.predict(ids).shape == clf.decision_function(ids).shape == (48, 2)


def test_a_frame_of_dummies_is_accepted(ids, three_labels):
    dummies = pd.get_dummies(pd.Series(three_labels))
    clf = KerasTextClassifier(softmax, epochs=1, random_state=0).fit(ids, dummies)
    assert clf.predict(ids).shape == (48, 3)


def test_class_weights_apply_to_one_hot_rows(ids, one_hot):
    params = {"epochs": 2, "random_state": 0, "class_weight": "balanced"}
    clf = KerasTextClassifier(softmax, **params).fit(ids, one_hot)
    by_class = KerasTextClassifier(softmax, **params).fit(ids, one_hot.argmax(axis=1))
    np.testing.assert_allclose(clf.weights_[0], by_class.weights_[0], atol=1e-6)


def test_early_stopping_stratifies_one_hot_rows(ids, one_hot):
    params = {"epochs": 2, "random_state": 0, "early_stopping": True}
    clf = KerasTextClassifier(softmax, **params).fit(ids, one_hot)
    by_class = KerasTextClassifier(softmax, **params).fit(ids, one_hot.argmax(axis=1))
    assert clf.history_["val_loss"] == pytest.approx(by_class.history_["val_loss"], rel=1e-5)


def test_multilabel_rows_are_refused_by_a_softmax(ids, indicator):
    with pytest.raises(ValueError, match=r"y holds \d labels in row \d+, but the model ends in a"):
        KerasTextClassifier(softmax, epochs=1).fit(ids, indicator)


def test_one_hot_rows_trained_as_labels_warn(learner, ids, one_hot):
    with pytest.warns(UserWarning, match=r"every row holds exactly one 1.*y.argmax\(axis=1\)"):
        clf = learner().set_params(epochs=1).fit(ids, one_hot.astype(int))
    assert clf.spec_.output_activation == "sigmoid"


# Labels of other forms


@pytest.mark.parametrize(
    "y",
    [
        [["food"], ["food", "staff"], ["staff"]],
        pd.Series([["food"], ["food", "staff"], ["staff"]]),
        pd.Series([np.array(["food"]), np.array(["food", "staff"]), np.array(["staff"])]),
        [("food", "staff"), ("food", "wine"), ("staff", "wine")],
        [{"food"}, {"food", "staff"}, set()],
        [[1], [1, 2], [2]],
    ],
    ids=["lists", "Series of lists", "Series of arrays", "tuples", "sets", "numbers"],
)
def test_lists_of_labels_are_refused_with_a_hint(y, learner, ids):
    with pytest.raises(ValueError, match=r"a list of labels, expected .*MultiLabelBinarizer\(\)"):
        learner().fit(ids[:3], y)


def test_numbers_of_dtype_object_are_accepted(learner, ids, indicator, labels):
    for y in (indicator, labels):
        given = learner().set_params(epochs=1).fit(ids, y.astype(object))
        expected = learner().set_params(epochs=1).fit(ids, y)
        np.testing.assert_array_equal(given.predict_proba(ids), expected.predict_proba(ids))


# The initial bias


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("y", "shares"),
    [
        (["no"] * 6 + ["yes"] * 2, [0.75, 0.25]),
        (list("abcbbbbb"), [1 / 8, 3 / 4, 1 / 8]),
        ([[0, 1], [0, 1], [1, 1], [0, 1], [0, 1], [0, 0], [0, 0], [0, 1]], [1 / 8, 3 / 4]),
    ],
    ids=["binary", "multiclass", "multilabel"],
)
def test_an_untrained_network_predicts_the_class_shares_for_an_empty_text(y, shares, dtype):
    X = np.arange(1, 9).reshape(8, 1)
    clf = KerasTextClassifier(PoolingNetwork(units=None), random_state=0, dtype=dtype)
    clf.initialize(X, y)
    empty = clf.predict_proba(np.zeros((1, 1), int))[0]
    np.testing.assert_allclose(empty, shares, atol=0.006)  # 1 % is spread evenly


def test_weights_count_in_the_initial_shares():
    X, y, weight = np.array([[1], [2], [3]]), [0, 0, 1], [1, 2, 9]
    clf = KerasTextClassifier(PoolingNetwork(units=None), epochs=1, random_state=0)
    clf.set_params(optimizer__learning_rate=1e-9)
    for scale in (1, 1e30):
        clf.fit(X, y, sample_weight=np.array(weight) * scale)
        empty = clf.predict_proba(np.zeros((1, 1), int))[0, 1]
        assert empty == pytest.approx(0.75, abs=0.006)


@pytest.mark.parametrize("y", [[0, 1] * 4, list("abcabcab"), [[0, 1], [1, 0], [1, 1], [0, 0]] * 2])
def test_label_smoothing_works_for_every_target(y):
    """With smoothing 1 the labels have no effect."""
    X = np.arange(1, 9).reshape(8, 1)
    spread = []
    for smoothing in (0.0, 1.0):
        clf = KerasTextClassifier(epochs=20, random_state=0, optimizer__learning_rate=0.05)
        clf.set_params(loss__label_smoothing=smoothing).fit(X, y)
        spread.append(np.ptp(clf.predict_proba(X), axis=0).max())
    assert spread[1] < 0.1 * spread[0]


def test_label_smoothing_of_0_equals_the_default_loss():
    X, y = np.arange(1, 9).reshape(8, 1), list("abcabcab")
    plain = KerasTextClassifier(epochs=3, random_state=0).fit(X, y)
    smooth = KerasTextClassifier(epochs=3, random_state=0, loss__label_smoothing=0.0).fit(X, y)
    np.testing.assert_allclose(plain.predict_proba(X), smooth.predict_proba(X), atol=1e-5)
