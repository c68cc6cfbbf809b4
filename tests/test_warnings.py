"""A warning points to the line of the user, through any number of calls."""

import warnings

import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_textnn._warnings import warn


def inside_of(module, function):
    """Return a function that calls another one, as if it stood in a module."""
    names = {"__name__": module, "function": function}
    exec("def call(*args):\n    return function(*args)", names)
    return names["call"]


class Warns(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        self.classes_ = [0, 1]
        inside_of("sklearn_textnn.classifiers._x", warn)("careful")
        return self

    def predict(self, X):
        return [0] * len(X)


Warns.fit = inside_of("sklearn_textnn.classifiers._classifier", Warns.fit)


def lines_of(call):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return {(warning.filename, warning.category) for warning in caught}


@pytest.mark.parametrize("depth", [0, 1, 5])
def test_a_warning_points_to_the_first_line_outside_the_package(depth):
    function = warn
    for _ in range(depth):
        function = inside_of("sklearn_textnn.utils", function)
    assert lines_of(lambda: function("careful")) == {(__file__, UserWarning)}
    assert lines_of(lambda: function("careful", FutureWarning)) == {(__file__, FutureWarning)}
    assert lines_of(lambda: function(FutureWarning("careful"))) == {(__file__, FutureWarning)}


def test_a_warning_skips_pipelines_searches_and_workers():
    X, y = [[0]] * 8, [0, 1] * 4
    place = {(__file__, UserWarning)}
    assert lines_of(lambda: Warns().fit(X, y)) == place
    assert lines_of(lambda: make_pipeline("passthrough", Warns()).fit(X, y)) == place
    assert lines_of(lambda: cross_val_score(Warns(), X, y, cv=2)) == place
