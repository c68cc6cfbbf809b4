"""Checks of parameters, cloning and tags, mostly before fit."""

# ruff: noqa: D401  # the docstring of a check is the promise that it checks

import inspect
import pickle

from sklearn.base import clone, is_classifier
from sklearn.utils import Tags, get_tags

from ._check import check, has, needs_fit, repeats_itself
from ._testing import assert_same, expect, outputs, parameters_of, refused


@check()
def check_cloneable(estimator, corpus):
    """A clone has the same class and equal parameters."""
    copy = clone(estimator)
    expect(copy is not estimator, "clone returns the estimator itself")
    expect(parameters_of(copy) == parameters_of(estimator), "a clone has other parameters")


@check()
def check_constructor_only_stores(estimator, corpus):
    """A new estimator has no attributes but its parameters."""
    known = set(estimator.get_params(deep=False))
    for base in type(estimator).__mro__:
        known |= set(inspect.signature(base.__init__).parameters) if base is not object else set()
    surplus = sorted(set(vars(estimator)) - known)
    expect(not surplus, f"the constructor sets {surplus}, which are no parameters")


@check()
def check_parameters_round_trip(estimator, corpus):
    """set_params accepts the result of get_params, changes nothing and returns self."""
    before = parameters_of(estimator)
    shallow, deep = estimator.get_params(deep=False), estimator.get_params(deep=True)
    expect(set(shallow) <= set(deep), "get_params(deep=True) misses parameters")
    returned = estimator.set_params(**deep)
    kind = type(returned).__name__  # another check covers a broken repr
    expect(returned is estimator, f"set_params returns a {kind}, expected the estimator itself")
    expect(parameters_of(estimator) == before, "set_params(**get_params()) changes parameters")


@check()
def check_unknown_parameter_is_refused(estimator, corpus):
    """A misspelled parameter is an error, in set_params or at the latest in fit."""
    with refused("the parameter no_such_parameter"):
        estimator.set_params(no_such_parameter=1)
        estimator.fit(corpus.texts, corpus.y)


@check()
def check_repr(estimator, corpus):
    """The repr is a str that names the class, before and after fit."""
    name = type(estimator).__name__
    expect(name in repr(estimator), f"the repr does not name {name}")
    expect(name in repr(estimator.fit(corpus.texts, corpus.y)), f"after fit it lacks {name}")


@check()
def check_tags(estimator, corpus):
    """The tags are scikit-learn's Tags, and fit does not change them."""
    before = get_tags(estimator)
    expect(isinstance(before, Tags), f"the tags are a {type(before).__name__}, expected Tags")
    expect(get_tags(estimator.fit(corpus.texts, corpus.y)) == before, "fit changes the tags")


@check(has("predict_proba"))
def check_classifier_is_tagged(estimator, corpus):
    """An estimator with predict_proba is tagged as a classifier, so that folds are stratified."""
    kind = get_tags(estimator).estimator_type
    expect(
        is_classifier(estimator),
        f"estimator_type is {kind!r}, expected 'classifier': ClassifierMixin has to come before "
        "BaseEstimator",
    )


@check()
def check_pickle_before_fit(estimator, corpus):
    """Pickled before fit, the estimator has equal parameters and fits the same."""
    copy = pickle.loads(pickle.dumps(estimator))
    expect(parameters_of(copy) == parameters_of(estimator), "pickling changes parameters")
    X, y = corpus.texts, corpus.y
    copy.fit(X, y)
    if repeats_itself(estimator):
        assert_same(outputs(copy, X), outputs(estimator.fit(X, y), X), "after pickling")


@check(needs_fit)
def check_clone_of_fitted_is_unfitted(estimator, corpus):
    """A clone of a fitted estimator has its parameters but no fitted attributes."""
    new, copy = set(vars(clone(estimator))), clone(estimator.fit(corpus.texts, corpus.y))
    left = sorted(set(vars(copy)) - new)
    expect(not left, f"a clone keeps {left}, set by fit")
