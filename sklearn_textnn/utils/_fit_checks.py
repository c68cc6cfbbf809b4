"""Checks of fit: parameters, repeated fits, side effects, unusual training texts."""

# ruff: noqa: D401  # the docstring of a check is the promise that it checks

import copy as copying
import os
import pickle
import random
import warnings
from functools import partial

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.validation import check_is_fitted

from ._check import (
    check,
    needs_fit,
    needs_no_fit,
    reads_after_fit,
    repeats_itself,
    tells_if_fitted,
)
from ._testing import (
    all_rows,
    assert_finite,
    assert_same,
    at_once,
    expect,
    methods_of,
    outputs,
    parameters_of,
    refused,
)


def with_another_word(texts):
    """Return texts with a different vocabulary."""
    return [f"quagga {text}" for text in texts]


@check()
def check_fit_returns_self(estimator, corpus):
    """Fit returns the estimator itself."""
    returned = estimator.fit(corpus.texts, corpus.y)
    expect(returned is estimator, f"fit returns a {type(returned).__name__}, expected itself")


@check()
def check_fit_takes_y(estimator, corpus):
    """The second argument of fit is named y, whether it is needed or not."""
    estimator.fit(corpus.texts, y=corpus.y)


@check()
def check_fit_keeps_parameters(estimator, corpus):
    """Fit does not change parameters."""
    before = parameters_of(estimator)
    estimator.fit(corpus.texts, corpus.y)
    expect(parameters_of(estimator) == before, "fit changes parameters")


@check()
def check_input_is_left_alone(estimator, corpus):
    """No method changes the texts or labels that are passed to it."""
    for make in (list, lambda texts: np.array(texts, dtype=object)):
        X, y = make(corpus.texts), corpus.y
        outputs(estimator.fit(X, y), X)
        expect(list(X) == corpus.texts, f"the texts in a {type(X).__name__} have changed")
        expect(np.array_equal(y, corpus.y), "the labels have changed")


@check(repeats_itself)
def check_fit_repeats_itself(estimator, corpus):
    """Two fits on the same data with the same random_state give the same results."""
    X, y = corpus.texts, corpus.y
    first, second = (outputs(clone(estimator).fit(X, y), X) for _ in range(2))
    assert_same(second, first, "fitted twice")


@check(repeats_itself)
def check_fit_forgets(estimator, corpus):
    """A second fit leaves nothing of the first."""
    X, y = corpus.texts, corpus.y
    expected = outputs(clone(estimator).fit(X, y), X)
    estimator.fit(with_another_word(X), corpus.labels(np.arange(len(X)) % 2 + 10))
    estimator.fit(X, y)
    assert_same(outputs(estimator, X), expected, "fitted on other texts and labels before")


@check(needs_fit)
def check_instances_share_nothing(estimator, corpus):
    """Fitting one estimator does not change another."""
    X, y = corpus.texts, corpus.y
    before = all_rows(outputs(estimator.fit(X, y), X))
    clone(estimator).fit(with_another_word(X), y)
    assert_same(all_rows(outputs(estimator, X)), before, "after another one was fitted")


@check(needs_fit)
def check_deepcopy_is_independent(estimator, corpus):
    """A deep copy of a fitted estimator gives the same results and is independent."""
    X, y = corpus.texts, corpus.y
    before = all_rows(outputs(estimator.fit(X, y), X))
    copy = copying.deepcopy(estimator)
    assert_same(all_rows(outputs(copy, X)), before, "of a deep copy")
    copy.fit(with_another_word(X), y)
    assert_same(all_rows(outputs(estimator, X)), before, "after its copy was fitted")


@check(needs_fit)
def check_learned_attributes_end_in_underscore(estimator, corpus):
    """What fit sets ends in an underscore, or starts with one."""
    before = set(vars(estimator))
    names = set(vars(estimator.fit(corpus.texts, corpus.y))) - before
    odd = sorted(name for name in names if not (name.endswith("_") or name.startswith("_")))
    expect(not odd, f"fit sets {odd}, which look like parameters")


@check(needs_fit)
def check_not_fitted_error(estimator, corpus):
    """Before fit, transform and predict and their like raise NotFittedError."""
    for method in methods_of(estimator):
        try:
            getattr(estimator, method)(corpus.texts)
        except NotFittedError:
            continue
        raise AssertionError(f"{method} works before fit, expected NotFittedError")


@check(needs_fit, tells_if_fitted)
def check_check_is_fitted(estimator, corpus):
    """scikit-learn's check_is_fitted raises before fit and passes afterwards."""
    try:
        check_is_fitted(estimator)
    except NotFittedError:
        check_is_fitted(estimator.fit(corpus.texts, corpus.y))
        return
    raise AssertionError("check_is_fitted passes before fit")


@check(needs_no_fit, repeats_itself)
def check_stateless_needs_no_fit(estimator, corpus):
    """With the tag requires_fit=False the estimator works before fit, which changes nothing."""
    X, y = corpus.texts, corpus.y
    before = outputs(estimator, X)
    assert_same(outputs(estimator.fit(X, y), X), before, "after fit")


@check()
def check_pickle_after_fit(estimator, corpus):
    """Pickled after fit, the estimator gives the same results."""
    X = corpus.texts
    estimator.fit(X, corpus.y)
    copy = pickle.loads(pickle.dumps(estimator))
    assert_same(outputs(copy, X), outputs(estimator, X), "after pickling")


@check(reads_after_fit)
def check_no_texts_at_fit(estimator, corpus):
    """Fit on no texts is a ValueError."""
    with refused("an empty list of texts", ValueError):
        estimator.fit([], corpus.y_for(0))


@check(needs_fit)
def check_one_text_at_fit(estimator, corpus):
    """A single text can be fitted, or is a ValueError."""
    X = corpus.texts[:1]
    try:
        actual = outputs(estimator.fit(X, corpus.y_for(1)), X)
    except ValueError:  # at the latest when applied, as by a search for three neighbors
        return
    assert_finite(actual, 1, "text, when fitted on it alone")


@check(needs_fit)
def check_only_empty_texts_at_fit(estimator, corpus):
    """Only empty texts in fit are a ValueError, or can be fitted without numpy warnings."""
    X = [""] * len(corpus.texts)
    with warnings.catch_warnings(action="error", category=RuntimeWarning):
        try:
            estimator.fit(X, corpus.y)
        except ValueError:
            return
        assert_finite(outputs(estimator, X), len(X), "empty texts, when fitted on them alone")


@check()
def check_some_empty_texts_at_fit(estimator, corpus):
    """Empty texts among the training texts are accepted."""
    X = [*corpus.texts, "", "   "]
    estimator.fit(X, corpus.y_for(len(X)))
    assert_finite(outputs(estimator, X), len(X), "texts, empty ones among them")


def _random_states():
    return {
        "Python": random.getstate(),
        "numpy": repr(np.random.get_state(legacy=False)),  # noqa: NPY002
    }


def _process():
    return {
        "environment": dict(os.environ),
        "warnings filters": list(warnings.filters),
        "numpy error handling": np.geterr(),
        "numpy print options": repr(np.get_printoptions()),
        "working directory": os.getcwd(),
    }


def _expect_left_alone(estimator, corpus, describe, what):
    """Expect `describe` to return the same before and after making, fitting and applying."""
    before = describe()
    outputs(clone(estimator).fit(corpus.texts, corpus.y), corpus.texts)
    after = describe()
    changed = [name for name in before if before[name] != after[name]]
    expect(not changed, f"{what} changed: {changed}")


@check()
def check_random_state_is_left_alone(estimator, corpus):
    """The global random states of Python and numpy are neither used nor set."""
    before = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    random.random()  # not from a seed that the constructor may have set, or a change would not show
    np.random.random()  # noqa: NPY002
    try:
        _expect_left_alone(estimator, corpus, _random_states, "the global random state has")
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002


@check()
def check_process_is_left_alone(estimator, corpus):
    """Environment, warnings filters, numpy's settings and working directory stay as they are."""
    _expect_left_alone(estimator, corpus, _process, "the settings of the process have")


@check(needs_fit, repeats_itself)
def check_concurrent_fits(estimator, corpus):
    """Two concurrent fits, in two threads, give the same results as sequential ones."""
    X, y = corpus.texts, corpus.y
    inputs = [X, with_another_word(X)]
    expected = [outputs(clone(estimator).fit(texts, y), texts) for texts in inputs]
    fitted = at_once([partial(clone(estimator).fit, texts, y) for texts in inputs])
    for one, texts, alone in zip(fitted, inputs, expected, strict=True):
        assert_same(outputs(one, texts), alone, "fitted beside another")
