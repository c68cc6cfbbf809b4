"""What an estimator gives, whatever its container, made comparable."""

from contextlib import contextmanager

import joblib
import numpy as np
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

METHODS = ("transform", "predict", "predict_proba", "decision_function")
REFUSALS = (ValueError, TypeError, AttributeError)  # scikit-learn's vectorizers raise all three
_CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # float32 sums in another order


def expect(condition, message):
    """Raise an AssertionError unless `condition` holds; also under ``python -O``."""
    if not condition:
        raise AssertionError(message)


@contextmanager
def refused(what, errors=REFUSALS):
    """Expect the block to raise one of `errors`; any other exception goes through."""
    try:
        yield
    except NotFittedError:  # a ValueError too, but it says nothing about the data
        raise
    except errors:
        return
    raise AssertionError(f"{what} was accepted without an error")


def outputs(estimator, X):
    """Call every output method that the estimator has."""
    return {m: getattr(estimator, m)(X) for m in METHODS if hasattr(estimator, m)}


def learn_and_apply(estimator, X, y):
    """Fit a clone and apply it to what it was fitted on."""
    return outputs(clone(estimator).fit(X, y), X)


class Rows(list):
    """The samples of an output, each a tuple of arrays."""


def rows_of(output):
    """List the samples of an output.

    Sparse rows are (columns, values). Ids that come with a `vocabulary` are told by their words,
    since two calls may number a word that was not known before differently.
    """
    if issparse(output):
        matrix = output.tocsr().copy()
        matrix.sum_duplicates()
        matrix.eliminate_zeros()
        ends = matrix.indptr[1:-1]
        parts = np.split(matrix.indices, ends), np.split(matrix.data, ends)
        return Rows(list(zip(*parts, strict=True))[: matrix.shape[0]])
    words = getattr(getattr(output, "vocabulary", None), "words", None)
    rows = output if isinstance(output, (list, tuple)) else np.asarray(output)
    rows = [np.asarray(row) for row in rows]
    if words is not None:
        words = np.array(words, dtype=object)
        rows = [words[row] if row.dtype.kind in "iu" else row for row in rows]
    return Rows((row,) for row in rows)


def all_rows(results):
    """List the samples of several methods' outputs by method."""
    return {method: rows_of(output) for method, output in results.items()}


def picked(results, chosen):
    """Select samples, by their positions, from what :func:`all_rows` gives."""
    return {method: Rows(rows[i] for i in chosen) for method, rows in results.items()}


def width_of(output):
    """Return the shape of a sample, () where samples have lengths of their own."""
    return tuple(getattr(output, "shape", ()))[1:]


def assert_same(actual, expected, what):
    """Compare two results of :func:`outputs`, or of :func:`all_rows`, sample by sample."""
    expect(list(actual) == list(expected), f"{what} has other methods: {[*actual]}, {[*expected]}")
    for method in actual:
        _assert_same_rows(_listed(actual[method]), _listed(expected[method]), f"{method}, {what}")
        ours, theirs = actual[method], expected[method]
        if not isinstance(ours, Rows) and not isinstance(theirs, Rows):
            expect(
                width_of(ours) == width_of(theirs),
                f"{method}, {what}: columns {width_of(ours)}, expected {width_of(theirs)}",
            )


def _listed(output):
    return output if isinstance(output, Rows) else rows_of(output)


def _assert_same_rows(ours, theirs, what):
    expect(len(ours) == len(theirs), f"{what}: {len(ours)} rows, expected {len(theirs)}")
    for i, (our_row, their_row) in enumerate(zip(ours, theirs, strict=True)):
        for actual, expected in zip(our_row, their_row, strict=True):
            if "f" in (actual.dtype.kind, expected.dtype.kind):
                assert_allclose(actual, expected, err_msg=f"{what}: row {i} differs", **_CLOSE)
            else:
                assert_array_equal(actual, expected, err_msg=f"{what}: row {i} differs")


def assert_finite(results, n_samples, what):
    """Expect `n_samples` rows from every method, without NaN or infinity."""
    for method, rows in all_rows(results).items():
        expect(len(rows) == n_samples, f"{method} gives {len(rows)} rows for {n_samples} {what}")
        for i, row in enumerate(rows):
            finite = all(np.isfinite(part).all() for part in row if part.dtype.kind == "f")
            expect(finite, f"{method} gives NaN or infinity in row {i} of {what}")


def parameters_of(estimator):
    """Describe the parameters, those of nested estimators included, for comparison."""
    return _fingerprint(estimator, lambda nested: nested.get_params(deep=False))


def state_of(estimator):
    """Describe all attributes, those of nested estimators included, for comparison."""
    return _fingerprint(estimator, vars)


def _fingerprint(value, attributes_of):
    def inside(nested):
        return _fingerprint(nested, attributes_of)

    if hasattr(value, "get_params") and not isinstance(value, type):
        return type(value), {name: inside(v) for name, v in attributes_of(value).items()}
    if isinstance(value, (list, tuple)):
        return type(value), [inside(item) for item in value]
    if type(value) is dict:
        return {key: inside(item) for key, item in value.items()}
    try:
        return joblib.hash(value)
    except Exception:  # what cannot be pickled is compared by identity
        return id(value)
