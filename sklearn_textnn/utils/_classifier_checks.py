"""Checks of classifiers: labels, probabilities, weights."""

# ruff: noqa: D401  # the docstring of a check is the promise that it checks

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from ._check import check, classifies, classifies_many, has, repeats_itself, takes_weights
from ._corpus import named
from ._testing import REFUSALS, all_rows, assert_same, expect, odd_index, outputs, refused


@check(classifies)
def check_classes(estimator, corpus):
    """classes_ holds the labels, each once, sorted."""
    classes = estimator.fit(corpus.texts, corpus.y).classes_
    expect(
        np.array_equal(classes, np.unique(corpus.y)),
        f"classes_ is {classes}, expected {np.unique(corpus.y)}",
    )


@check(classifies)
def check_predictions_are_labels(estimator, corpus):
    """Predictions have the shape (n_samples,) and are labels that were in y, integers as there."""
    predicted = np.asarray(estimator.fit(corpus.texts, corpus.y).predict(corpus.texts))
    shape, dtype = predicted.shape, corpus.y.dtype
    expect(shape == (len(corpus.texts),), f"predict gives {shape}, expected one label per text")
    expect(set(predicted) <= set(corpus.y), f"predict gives {set(predicted) - set(corpus.y)}")
    if dtype.kind in "biuf":
        expect(predicted.dtype.kind == dtype.kind, f"predict gives {predicted.dtype} for {dtype}")


@check(classifies, has("predict_proba"))
def check_probabilities(estimator, corpus):
    """predict_proba has a column for each class, values from 0 to 1, and rows that sum to 1."""
    estimator.fit(corpus.texts, corpus.y)
    for X in (corpus.texts, corpus.texts[:1]):
        actual = estimator.predict_proba(X)
        found, shape = np.shape(actual), (len(X), len(np.unique(corpus.y)))
        expect(found == shape, f"predict_proba gives {found}, expected {shape}")
        expect(np.all((actual >= 0) & (actual <= 1)), "a probability is outside of 0 to 1")
        expect(np.allclose(actual.sum(axis=1), 1, atol=1e-5), "probabilities do not sum to 1")


@check(classifies, has("predict_proba"), has("predict_log_proba"))
def check_log_probabilities(estimator, corpus):
    """predict_log_proba returns the logarithms of predict_proba."""
    estimator.fit(corpus.texts, corpus.y)
    logarithms = estimator.predict_log_proba(corpus.texts)
    same = np.allclose(np.exp(logarithms), estimator.predict_proba(corpus.texts), atol=1e-5)
    expect(same, "predict_log_proba and predict_proba disagree")


@check(classifies, has("predict_proba"))
def check_prediction_is_most_probable(estimator, corpus):
    """The predicted class is the one with the highest probability."""
    estimator.fit(corpus.texts, corpus.y)
    best = estimator.predict_proba(corpus.texts).argmax(axis=1)
    expect(
        np.array_equal(estimator.predict(corpus.texts), estimator.classes_[best]),
        "predict and predict_proba disagree",
    )


@check(classifies, has("decision_function"))
def check_decision_function(estimator, corpus):
    """decision_function ranks the classes as predict does; above 0 is the second of two."""
    estimator.fit(corpus.texts, corpus.y)
    scores, n_classes = estimator.decision_function(corpus.texts), len(estimator.classes_)
    n_samples = len(corpus.texts)
    shape = (n_samples,) if n_classes == 2 else (n_samples, n_classes)
    expect(scores.shape == shape, f"decision_function gives {scores.shape}, expected {shape}")
    best = (scores > 0).astype(int) if n_classes == 2 else scores.argmax(axis=1)
    expect(
        np.array_equal(estimator.predict(corpus.texts), estimator.classes_[best]),
        "predict and decision_function disagree",
    )


@check(classifies, repeats_itself)
def check_str_labels(estimator, corpus):
    """Labels that are str work like numbers, in any container, and are returned as str."""
    X, (classes, codes) = corpus.texts, np.unique(corpus.y, return_inverse=True)
    names = named(range(len(classes)))
    expected = names[np.searchsorted(classes, clone(estimator).fit(X, corpus.y).predict(X))]
    y = names[codes]
    for labels in (y, y.astype(object), y.tolist(), pd.Series(y)):
        actual = clone(estimator).fit(X, labels).predict(X)
        strangers = set(actual) - set(names)
        expect(not strangers, f"predict gives {strangers}, which is no label")
        what = f"labels in a {type(labels).__name__} of {getattr(labels, 'dtype', 'str')}"
        expect(np.array_equal(actual, expected), f"{what} lead to different predictions")


@check(classifies)
def check_bool_labels(estimator, corpus):
    """Labels that are bool are learned and returned as bool, or refused."""
    y = corpus.y == corpus.y[0]
    try:
        estimator.fit(corpus.texts, y)
    except REFUSALS:
        return
    predicted = np.asarray(estimator.predict(corpus.texts))
    expect(predicted.dtype == bool, f"predict gives {predicted.dtype}, expected bool")


@check(classifies, repeats_itself)
def check_containers_of_y(estimator, corpus):
    """A list of labels and a Series with any index work like an array."""
    X, y = corpus.texts, corpus.y
    expected = outputs(clone(estimator).fit(X, y), X)
    for labels in (y.tolist(), pd.Series(y, index=odd_index(len(y)))):
        actual = outputs(clone(estimator).fit(X, labels), X)
        assert_same(actual, expected, f"with y in a {type(labels).__name__}")


@check(classifies)
def check_missing_y_is_refused(estimator, corpus):
    """Without y, fit is an error."""
    with refused("fit without y", (ValueError, TypeError)):
        estimator.fit(corpus.texts, None)


@check(classifies)
def check_short_y_is_refused(estimator, corpus):
    """A y of another length than the texts is a ValueError."""
    for change in (-1, 1):
        y = corpus.y_for(len(corpus.texts) + change)
        with refused(f"{len(y)} labels for {len(corpus.texts)} texts", ValueError):
            clone(estimator).fit(corpus.texts, y)


@check(classifies)
def check_nan_in_y_is_refused(estimator, corpus):
    """A label that is NaN is a ValueError."""
    y = np.arange(len(corpus.texts)) % 2.0
    y[-1] = np.nan
    with refused("NaN as a label", ValueError):
        estimator.fit(corpus.texts, y)


@check(classifies)
def check_continuous_y_is_refused(estimator, corpus):
    """Fractions as labels are a ValueError: they are targets of a regressor."""
    with refused("a y of fractions", ValueError):
        estimator.fit(corpus.texts, np.linspace(0.1, 0.9, len(corpus.texts)))


@check(classifies)
def check_one_class(estimator, corpus):
    """With one class only, fit is a ValueError or that class is predicted."""
    X, y = corpus.texts, corpus.labels(np.full(len(corpus.texts), 7))
    try:
        estimator.fit(X, y)
    except ValueError:
        return
    expect(np.array_equal(estimator.predict(X), y), "a class other than the only one is predicted")


@check(classifies_many)
def check_three_classes(estimator, corpus):
    """Three classes are learned, unless the tag multi_class is False."""
    X, y = corpus.texts, corpus.labels(np.arange(len(corpus.texts)) % 3)
    predicted = estimator.fit(X, y).predict(X)
    expect(np.array_equal(estimator.classes_, np.unique(y)), f"classes_ is {estimator.classes_}")
    expect(set(predicted) <= set(y), f"predict gives {set(predicted)}")
    if hasattr(estimator, "predict_proba"):
        shape = estimator.predict_proba(X).shape
        expect(shape == (len(X), 3), f"predict_proba gives {shape}, expected {(len(X), 3)}")


@check(classifies, has("score"))
def check_score_is_accuracy(estimator, corpus):
    """The score is the accuracy."""
    X, y = corpus.texts, corpus.y
    score = estimator.fit(X, y).score(X, y)
    accuracy = np.mean(estimator.predict(X) == y)
    expect(np.isclose(score, accuracy), f"score gives {score}, expected {accuracy}")


@check(classifies, repeats_itself)
def check_cross_validation(estimator, corpus):
    """cross_val_predict gives the same as fitting by hand in each fold."""
    X, y = corpus.texts, corpus.y
    folds = list(StratifiedKFold(2).split(X, y))
    actual = cross_val_predict(estimator, X, y, cv=folds)
    for train, test in folds:
        by_hand = clone(estimator).fit([X[i] for i in train], y[train])
        expected = by_hand.predict([X[i] for i in test])
        expect(np.array_equal(actual[test], expected), "cross_val_predict differs from its folds")


@check(classifies, takes_weights, repeats_itself)
def check_equal_weights(estimator, corpus):
    """Weights of 1 change nothing."""
    X, y = corpus.texts, corpus.y
    expected = outputs(clone(estimator).fit(X, y), X)
    actual = outputs(estimator.fit(X, y, sample_weight=np.ones(len(X))), X)
    assert_same(actual, expected, "with weights of 1")


@check(classifies, takes_weights)
def check_short_weights_are_refused(estimator, corpus):
    """Weights of another length than the texts are a ValueError."""
    with refused("one weight too few", ValueError):
        estimator.fit(corpus.texts, corpus.y, sample_weight=np.ones(len(corpus.texts) - 1))


@check(classifies, takes_weights, repeats_itself)
def check_weights_matter(estimator, corpus):
    """Different weights of conflicting labels lead to different fits."""
    n_samples, X = len(corpus.texts), corpus.texts * 2
    y = np.repeat(np.unique(corpus.y)[:2], n_samples)
    weights = np.repeat([1.0, 9.0], n_samples)
    one, other = (
        all_rows(outputs(clone(estimator).fit(X, y, sample_weight=w), corpus.texts))
        for w in (weights, weights[::-1])
    )
    try:
        assert_same(one, other, "with other weights")
    except AssertionError:
        return
    raise AssertionError("weights make no difference")


@check(classifies, takes_weights, repeats_itself)
def check_containers_of_weights(estimator, corpus):
    """A list of weights and a Series with any index work like an array; none is changed."""
    X, y = corpus.texts, corpus.y
    weights = 1 + np.arange(len(X)) % 3 / 2
    index = odd_index(len(X))
    expected = outputs(clone(estimator).fit(X, y, sample_weight=weights.copy()), X)
    for container in (weights.copy(), weights.tolist(), pd.Series(weights.copy(), index=index)):
        what = f"weights in a {type(container).__name__}"
        actual = outputs(clone(estimator).fit(X, y, sample_weight=container), X)
        assert_same(actual, expected, what)
        expect(np.array_equal(container, weights), f"the {what} have changed")
