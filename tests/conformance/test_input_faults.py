"""Invalid input that reaches the classifier through a pipeline, and laws for any input."""

import time
import traceback
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold, cross_val_predict, cross_val_score
from sklearn.pipeline import Pipeline

import sklearn_textnn
from sklearn_textnn import KerasTextClassifier, KerasTokenizerTransformer, PadTransformer
from sklearn_textnn.networks import ConvolutionalNetwork, DenseNetwork, PoolingNetwork


def test_a_text_without_known_words_equals_padding(text_pipeline, texts, labels):
    pipeline = text_pipeline().fit(texts, labels)
    strange = ["", " \t\n", "unheard of", "\ud800 \0 \udfff", "?!", "\U0001f600", "FOOD2"]
    padding = pipeline[-1].predict_proba(np.zeros((1, 6), int))
    assert np.isfinite(padding).all()
    expected = np.repeat(padding, len(strange), axis=0)
    np.testing.assert_allclose(pipeline.predict_proba(strange), expected, atol=3e-7)


def test_prediction_time_is_proportional_to_the_length_of_a_text(text_pipeline, texts, labels):
    pipeline = text_pipeline().fit(texts, labels)
    seconds, expected = {}, pipeline.predict_proba(["food " * 6])
    for megabytes in (1, 10):
        text = "\ud800\0 " + "new food, " * (100_000 * megabytes)
        times = []
        for _ in range(3):
            start = time.process_time()
            found = pipeline.predict_proba([text])
            times.append(time.process_time() - start)
            np.testing.assert_allclose(found, expected, atol=3e-7)
        seconds[megabytes] = min(times)
    assert seconds[10] < 30 * seconds[1]  # linear would be 10, quadratic 100


MIXED = "Unknown label type: unknown. y holds {} in row 0 and {} in row 2, expected labels of one"
MISSING = "the label in row 2 of y is missing .{}., expected one .* missing are 1 of 3"


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a", "b", None], MISSING.format("NoneType")),
        (["a", "b", float("nan")], MISSING.format("float")),
        (["a", "b", pd.NA], MISSING.format("NAType")),
        ([0, 1, pd.NA], MISSING.format("NAType")),
        ([0, 1, pd.NaT], MISSING.format("NaTType")),
        ([0, 1, "a"], MIXED.format("0 of type int", "'a' of type str")),
        (["a", "b", 1], MIXED.format("'a' of type str", "1 of type int")),
        (["a", "b", b"a"], MIXED.format("'a' of type str", "b'a' of type bytes")),
    ],
    ids=repr,
)
@pytest.mark.parametrize("form", [list, tuple, "object", "series", "column", "rows", "arrays"])
def test_labels_of_several_types_are_errors_with_the_row(y, message, form, tiny, ids):
    """NumPy would fail to sort them, or convert all to str: NaN would be the class "nan"."""
    given = {
        "object": np.array(y, dtype=object),
        "series": pd.Series(y, dtype=object),
        "column": np.array(y, dtype=object)[:, None],
        "rows": [[label] for label in y],
        "arrays": [np.array(label, dtype=object) for label in y],
    }
    y = given[form] if form in given else form(y)
    with pytest.raises(ValueError, match=message):
        tiny().fit(ids[:3], y)


def test_missing_dates_are_errors_with_the_row(tiny, ids):
    y = pd.to_datetime(["2020-01-01", "2021-01-01", None])
    with pytest.raises(ValueError, match=r"label in row 2 of y is missing \(datetime64"):
        tiny().fit(ids[:3], y)


VALIDATION = [
    ([None, 1] * 24, "the label in row 0 of y_val is missing .* 24 of 48"),
    ([0, np.nan] * 24, "Input y_val contains NaN"),
    (pd.Series([0, pd.NA] * 24, dtype="Int64"), "Input y_val contains NaN"),
    (["a", "b"] * 24, r"y_val contains classes that are not in classes_: \['a', 'b'\]"),
    ([0, 2**70] * 24, r"y_val contains classes .*: \[1180591620717411303424\] \(first in row 1\)"),
]


@pytest.mark.parametrize(("y_val", "message"), VALIDATION)
def test_validation_labels_are_checked_as_training_labels(y_val, message, tiny, ids, labels):
    with pytest.raises(ValueError, match=message):
        tiny().fit(ids, labels, X_val=ids, y_val=y_val)


@pytest.mark.parametrize("value", [7, 0.5, -1, np.nan, "a"])
def test_validation_indicators_hold_nothing_but_0_and_1(value, tiny, ids, indicator):
    y_val = indicator.astype(object)
    y_val[5, 1] = value
    with pytest.raises(ValueError, match=r"y_val holds .* in row 5, expected an indicator matrix"):
        tiny().fit(ids, indicator, X_val=ids, y_val=y_val)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ([0, 1, np.nan], "Input classes contains NaN"),
        ([0, 1, None], "the label in row 2 of classes is missing .NoneType"),
        ([0, 1, "a"], "classes holds 0 of type int in row 0 and 'a' of type str in row 2"),
        ([[0, 1], [2, 3]], r"classes has shape \(2, 2\), expected \(n_classes,\)"),
    ],
)
def test_classes_are_checked_as_labels(classes, message, tiny, ids, labels):
    with pytest.raises(ValueError, match=message):
        tiny().partial_fit(ids, labels, classes=classes)


def test_errors_of_validation_data_mention_x_val(tiny, ids, labels):
    """scikit-learn's message says X; a note says which X."""
    X_val = np.where(ids == 3, np.nan, ids)
    with pytest.raises(ValueError, match="Input X contains NaN") as caught:
        tiny().fit(ids, labels, X_val=X_val, y_val=labels)
    assert caught.value.__notes__ == ["What is called X here is X_val."]


def test_a_label_that_a_fold_lacks_gives_scikit_learns_error(tiny, ids, three_labels):
    y = np.where(np.arange(48) == 5, "rare", three_labels)
    with pytest.warns(UserWarning, match="The least populated class in y has only 1 member"):
        scores = cross_val_score(tiny(), ids, y, cv=2, error_score="raise")
    assert np.isfinite(scores).all()
    with (
        pytest.warns(UserWarning, match="The least populated class"),
        pytest.warns(RuntimeWarning, match=r"classes in training fold \(3\) does not match total"),
    ):
        found = cross_val_predict(tiny(), ids, y, cv=2, method="predict_proba")
    assert found.shape == (48, 4)
    assert np.count_nonzero(found[:, 3] == 0) == 24


def test_a_fold_of_one_class_fails_alone(tiny, ids):
    y = np.repeat([0, 1], [36, 12])  # the first half, on which the second fold trains, has one
    with pytest.warns(FitFailedWarning, match="Classifier can't train when only one class"):
        scores = cross_val_score(tiny(), ids, y, cv=KFold(2))
    assert np.isnan(scores).tolist() == [False, True]


@pytest.mark.parametrize("weight", [np.inf, np.nan])
def test_class_weights_that_are_not_finite_are_errors(weight, tiny, ids, labels):
    with pytest.raises(
        ValueError, match=r"class_weight=.* holds the weight (inf|nan), expected finite"
    ):
        tiny(class_weight={0: weight, 1: 1}).fit(ids, labels)


def test_a_batch_holds_all_samples_at_most(tiny, ids, labels):
    whole = tiny(batch_size=48).fit(ids, labels).weights_[0]
    for batch_size in (49, 2**40):
        found = tiny(batch_size=batch_size).fit(ids, labels).weights_[0]
        np.testing.assert_array_equal(found, whole)


def test_a_window_may_be_wider_than_the_text(tiny, ids, labels):
    network = ConvolutionalNetwork(embedding_dim=2, num_filters=2, kernel_size=50, units=None)
    clf = tiny(model=network).fit(ids, labels)
    assert np.isfinite(clf.predict_proba(ids[:, :6])).all()
    assert clf.weights_[1].shape == (50, 2, 2)


@pytest.mark.parametrize("dtype", ["datetime64[s]", "timedelta64[s]"])
def test_dates_are_refused_as_ids(dtype, tiny, ids, labels):
    with pytest.raises(
        ValueError, match=f"X holds values of type {dtype[:-3]}.*, expected token ids"
    ):
        tiny().fit(ids.astype(dtype), labels)


@pytest.mark.parametrize("dtype", ["float16", "int8", "uint64", ">i4"])
def test_ids_may_have_any_numeric_type(dtype, tiny, ids, labels):
    expected = tiny().fit(ids, labels).weights_[0]
    np.testing.assert_array_equal(tiny().fit(ids.astype(dtype), labels).weights_[0], expected)


def test_a_series_of_rows_is_a_matrix_of_ids_or_ragged(tiny, ids, labels):
    expected = tiny().fit(ids, labels).weights_[0]
    rows = pd.Series(ids.tolist(), index=np.arange(48, 0, -1))
    np.testing.assert_array_equal(tiny().fit(rows, labels).weights_[0], expected)
    ragged = pd.Series(
        [row[:length] for row, length in zip(ids.tolist(), [2, 3] * 24, strict=True)]
    )
    with pytest.raises(ValueError, match=r"X holds documents of different lengths.*PadTransformer"):
        tiny().fit(ragged, labels)


def test_negative_ids_give_scikit_learns_error(tiny, ids, labels):
    X = np.where(ids == 3, -7, ids)
    with pytest.raises(ValueError, match=r"token id -7 .*Negative values in data are never token"):
        tiny(handle_unknown="error").fit(X, labels)


@pytest.mark.parametrize("form", [np.ndarray.tolist, np.asarray, pd.DataFrame])
@pytest.mark.parametrize("missing", [None, np.nan])
def test_missing_ids_give_scikit_learns_error(missing, form, tiny, ids, labels):
    X = ids.astype(object)
    X[7, 0] = missing
    with pytest.raises(ValueError, match="Input X contains NaN"):
        tiny().fit(form(X), labels)


def test_predicting_no_texts_gives_scikit_learns_error(text_pipeline, texts, labels):
    pipeline = text_pipeline().fit(texts, labels)
    with pytest.raises(ValueError, match=r"Found array with 0 sample\(s\) \(shape=\(0, 6\)\)"):
        pipeline.predict([])


# Laws: any input gives a result or a proper error


def law(test):
    """Mark a law, tried on 100 examples, with warnings ignored."""
    quiet = pytest.mark.filterwarnings("ignore")
    return quiet(settings(max_examples=100, deadline=None, database=None)(test))


OURS = tuple(str(Path(package.__file__).parent) for package in (sklearn_textnn, sklearn))


def result_or_error(work):
    """Return what `work` returns, or None where it raises as scikit-learn does.

    A proper error is a ValueError or TypeError raised by this package or scikit-learn,
    not deep inside NumPy, Keras or TensorFlow.
    """
    try:
        return work()
    except (ValueError, TypeError) as raised:
        error = raised
    place = traceback.extract_tb(error.__traceback__)[-1].filename
    assert place.startswith(OURS), f"{type(error).__name__} of {place}: {error}"
    assert str(error)
    return None


def check_predictions(estimator, X):
    probabilities = result_or_error(lambda: estimator.predict_proba(X))
    if probabilities is not None:
        assert np.isfinite(probabilities).all()
        assert probabilities.shape[1] == len(estimator.classes_)
        if estimator[-1]._fitted.head.noun == "classes":
            np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
            assert np.isin(estimator.predict(X), estimator.classes_).all()


def small_pipeline():
    clf = KerasTextClassifier(PoolingNetwork(embedding_dim=3, units=2), epochs=1, random_state=0)
    steps = [("tokens", KerasTokenizerTransformer()), ("pad", PadTransformer()), ("clf", clf)]
    return Pipeline(steps)


unicode = st.text(st.characters(exclude_categories=()), max_size=12)  # lone surrogates too
odd = st.one_of(
    st.none(), st.floats(), st.integers(), st.binary(max_size=4), st.booleans(), st.just(pd.NA)
)
odd_texts = st.one_of(st.lists(st.one_of(unicode, odd), max_size=4), unicode, odd)
label_kinds = [
    st.sampled_from(["a", "b"]),
    st.integers(-1, 1),
    st.booleans(),
    st.floats(),
    st.integers(),
    unicode,
    odd,
    st.one_of(unicode, odd),
    st.lists(st.integers(0, 1), min_size=2, max_size=2),
    st.lists(st.integers(0, 3), min_size=1, max_size=2),
]
label_forms = [list, tuple, np.array, pd.Series, lambda y: np.array(y, dtype=object)]


@law
@given(data=st.data(), n=st.integers(2, 6), later=odd_texts)
def test_any_texts_and_labels_give_a_result_or_a_proper_error(data, n, later):
    words = st.one_of(st.sampled_from(["good", "bad food", ""]), unicode)
    texts = data.draw(st.lists(words, min_size=n, max_size=n))
    y = data.draw(st.lists(data.draw(st.sampled_from(label_kinds)), min_size=n, max_size=n))
    form = data.draw(st.sampled_from(label_forms))
    try:
        y = form(y)
    except (TypeError, ValueError, OverflowError):
        assume(False)  # NumPy or pandas has no such array
    pipeline = result_or_error(lambda: small_pipeline().fit(texts, y))
    if pipeline is not None:
        check_predictions(pipeline, texts)
        check_predictions(pipeline, later)


@law
@given(texts=odd_texts)
def test_odd_texts_give_a_result_or_a_proper_error(texts):
    n = len(texts) if isinstance(texts, list) else 2
    pipeline = result_or_error(lambda: small_pipeline().fit(texts, np.arange(n) % 2))
    if pipeline is not None:
        check_predictions(pipeline, texts)


GOOD_AND_BAD = {
    "tokens__num_words": [None, 1, 3, 0, 2.5, "x"],
    "tokens__char_level": [True, "no"],
    "tokens__oov_token": ["<oov>", "", 0],
    "tokens__filters": ["", "abc", None],
    "tokens__split": ["oo", "", None],
    "tokens__unknown": ["keep", "x"],
    "tokens__vocabulary": [["good", "bad"], [], {"good": 2}, 3],
    "pad__maxlen": [1, 6, 0.5, 0, 1.5, True, "x"],
    "pad__padding": ["pre", "mid"],
    "pad__truncating": ["post", 0],
    "clf__epochs": [2, True, 0, 2.5, "x"],
    "clf__batch_size": [1, 7, "auto", 2**40, True, 0, "full", None],
    "clf__early_stopping": [True, "x"],
    "clf__validation_fraction": [0.5, 1e-9, 0, 1.5, None],
    "clf__class_weight": ["balanced", {}, {0: 2}, {"a": 1}, {0: -1}, {0: np.nan}, {0: "x"}, 3],
    "clf__handle_unknown": ["error", "x"],
    "clf__n_tokens": [1, 3, 20, 0, 2.5],
    "clf__dtype": ["float16", None],
    "clf__optimizer__learning_rate": [1e30, np.float32(0.1), 0, -1, np.nan],
    "clf__model__units": [0, 2.5],
    "clf__model__dropout": [0.5, 1.5, 1, np.nan, None],
    "clf__model__pooling": ["average", "foo", (), None],
    "clf__model__trainable": [True, False, "x"],
    "clf__random_state": ["seed", -1, 2**40],
    "clf__shuffle": [False, None],
    "clf__verbose": [-1, "x"],
    "clf__callbacks": [[], "x", [3]],
}
weights = st.lists(
    st.one_of(st.sampled_from([0, 1, 2.5]), st.floats(), st.none()), min_size=5, max_size=7
)


@law
@given(
    choice=st.lists(st.sampled_from(sorted(GOOD_AND_BAD)), unique=True, min_size=1, max_size=3),
    data=st.data(),
    weight=st.one_of(st.none(), weights),
)
def test_any_parameters_give_a_result_or_a_proper_error(choice, data, weight):
    params = {name: data.draw(st.sampled_from(GOOD_AND_BAD[name])) for name in choice}
    texts = ["good food", "bad food", "good", "bad bad", "fine food", "poor"]
    pipeline = result_or_error(
        lambda: (
            small_pipeline()
            .set_params(**params)
            .fit(texts, [1, 0] * 3, **({} if weight is None else {"clf__sample_weight": weight}))
        )
    )
    if pipeline is not None:
        check_predictions(pipeline, ["good news", "", "\ud800"])


numbers = st.one_of(st.integers(-3, 9), st.integers(), st.floats(), st.none())
matrices = st.one_of(
    st.lists(st.lists(numbers, min_size=2, max_size=2), min_size=2, max_size=5),
    st.lists(st.lists(st.one_of(numbers, unicode), max_size=3), max_size=4),
)


@law
@given(
    X=matrices,
    later=matrices,
    network=st.sampled_from([PoolingNetwork(3, units=2), DenseNetwork(units=2)]),
    handle_unknown=st.sampled_from(["oov", "error"]),
)
def test_any_numbers_give_a_result_or_a_proper_error(X, later, network, handle_unknown):
    clf = KerasTextClassifier(network, epochs=1, handle_unknown=handle_unknown, random_state=0)
    # 8 is the largest id that gets a row, so that no example takes a large table
    clf = Pipeline([("clf", clf.set_params(n_tokens=9))])
    fitted = result_or_error(lambda: clf.fit(X, np.arange(len(X)) % 2))
    if fitted is not None:
        check_predictions(fitted, later)
