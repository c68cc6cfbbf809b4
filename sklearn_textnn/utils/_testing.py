"""Assertions on the outputs of estimators, in any container."""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Barrier

import joblib
import numpy as np
import pandas as pd
from numpy.testing import assert_allclose, assert_array_equal
from scipy.sparse import issparse
from sklearn import config_context, get_config
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from .._validation import expect

METHODS = ("transform", "predict", "predict_proba", "decision_function")
REFUSALS = (ValueError, TypeError, AttributeError)  # scikit-learn's vectorizers raise all three
CLOSE = {"rtol": 1e-5, "atol": 1e-6}  # float32 sums in another order
CONVERGED = {"rtol": 1e-2, "atol": 1e-4}  # an iterative solver on two paths to one solution


expect = partial(expect, error=AssertionError)


@contextmanager
def refused(what, errors=REFUSALS):
    """Expect the block to raise one of `errors`; any other exception propagates."""
    try:
        yield
    except NotFittedError:  # a ValueError too, but not about the data
        raise
    except errors:
        return
    raise AssertionError(f"{what} was accepted without an error")


def at_once(calls):
    """Call functions in threads that start together and switch often."""
    start, config, interval = Barrier(len(calls)), get_config(), sys.getswitchinterval()

    def run(call):
        with config_context(**config):  # scikit-learn's settings are thread-local
            start.wait()
            return call()

    sys.setswitchinterval(interval / 1000)  # else one ends before the next gets its turn
    try:
        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(run, calls))
    finally:
        sys.setswitchinterval(interval)


def methods_of(estimator):
    """List the output methods that the estimator has."""
    return [method for method in METHODS if hasattr(estimator, method)]


def outputs(estimator, X):
    """Call every output method that the estimator has."""
    return {method: getattr(estimator, method)(X) for method in methods_of(estimator)}


def odd_index(n_samples):
    """Return an index that differs from row positions, as after a split."""
    return np.arange(n_samples, 0, -1) * 10


def learn_and_apply(estimator, X, y):
    """Fit a clone and apply it to its training texts."""
    return outputs(clone(estimator).fit(X, y), X)


class Rows(list):
    """The samples of an output, each a tuple of arrays."""


def rows_of(output):
    """List the samples of an output.

    Sparse rows are (columns, values). Ids with a `vocabulary` are compared by their words, since
    two calls may number an unknown word differently.
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
    if isinstance(output, Mapping) or getattr(rows, "ndim", 1) == 0:
        kind = type(output).__name__
        raise AssertionError(f"the output is a {kind}, expected one row for each text")
    rows = [_array_of(row) for row in rows]
    if words is not None:
        words = np.array(words, dtype=object)
        rows = [words[row] if row.dtype.kind in "iu" else row for row in rows]
    return Rows((row,) for row in rows)


def _array_of(row):
    try:
        array = np.asarray(row)
    except ValueError:  # lists of different lengths, such as the sentences of a text
        array = np.fromiter(row, dtype=object, count=len(row))
    return np.where(pd.isna(array), None, array) if array.dtype == object else array  # NA != NA


def all_rows(results):
    """List the samples of several methods' outputs by method."""
    return {method: rows_of(output) for method, output in results.items()}


def picked(results, chosen):
    """Select samples by position from the result of :func:`all_rows`."""
    return {method: Rows(rows[i] for i in chosen) for method, rows in results.items()}


def width_of(output):
    """Return the shape of a sample, () if samples differ in length."""
    return tuple(getattr(output, "shape", ()))[1:]


def type_of(output):
    """Return the container and the dtype, for str without its length."""
    dtype = getattr(output, "dtype", None)
    return type(output), dtype.kind if getattr(dtype, "kind", None) == "U" else dtype


def assert_same(actual, expected, what, tolerance=CLOSE):
    """Compare two results of :func:`outputs`, or of :func:`all_rows`, sample by sample."""
    expect(list(actual) == list(expected), f"{what} has other methods: {[*actual]}, {[*expected]}")
    for method in actual:
        ours, theirs = actual[method], expected[method]
        _assert_same_rows(_listed(ours), _listed(theirs), f"{method}, {what}", tolerance)
        if not isinstance(ours, Rows) and not isinstance(theirs, Rows):
            expect(
                width_of(ours) == width_of(theirs),
                f"{method}, {what}: columns {width_of(ours)}, expected {width_of(theirs)}",
            )


def _listed(output):
    return output if isinstance(output, Rows) else rows_of(output)


def _assert_same_rows(ours, theirs, what, tolerance):
    expect(len(ours) == len(theirs), f"{what}: {len(ours)} rows, expected {len(theirs)}")
    for i, (our_row, their_row) in enumerate(zip(ours, theirs, strict=True)):
        for actual, expected in zip(our_row, their_row, strict=True):
            if "f" in (actual.dtype.kind, expected.dtype.kind):
                assert_allclose(actual, expected, err_msg=f"{what}: row {i} differs", **tolerance)
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
    """Describe the (nested) parameters for comparison."""
    return _fingerprint(estimator, lambda nested: nested.get_params(deep=False))


def state_of(estimator):
    """Describe all (nested) attributes for comparison."""
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
