"""scikit-learn's estimator checks for estimators that take raw texts.

For an estimator with the tag ``input_tags.two_d_array=False``,
:func:`sklearn.utils.estimator_checks.check_estimator` only checks cloning. These checks do the
rest.
"""

from functools import partial

from sklearn.exceptions import EstimatorCheckFailedWarning
from sklearn.pipeline import Pipeline

from .._warnings import warn
from . import (
    _classifier_checks,
    _fit_checks,
    _input_checks,
    _output_checks,
    _parameter_checks,
)
from ._check import Check, classifies
from ._corpus import make_corpus

__all__ = ["check_text_estimator", "parametrize_with_text_checks", "text_checks"]

_MODULES = (
    _parameter_checks,  # cloning first, as each check works on a clone
    _fit_checks,
    _input_checks,
    _output_checks,
    _classifier_checks,
)
_CHECKS = [
    value for module in _MODULES for value in vars(module).values() if isinstance(value, Check)
]
_NOT_EXPECTED = "Check is not expected to fail"


def text_checks(estimator=None):
    """List the checks, each with the promise that it checks.

    Parameters
    ----------
    estimator : estimator or None, default=None
        List the checks that :func:`check_text_estimator` runs on this estimator; None for all.

    Returns
    -------
    dict of str to str
        The promise of each check by its name, in the order in which they run.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn_textnn.utils.estimator_checks import text_checks
    >>> text_checks()["check_single_str_is_refused"]
    'One str in place of a list is refused, not read letter by letter.'
    >>> "check_probabilities" in text_checks(CountVectorizer())
    False
    """
    _refuse_a_class(estimator)
    return {c.name: c.promise for c in _CHECKS if estimator is None or c.applies_to(estimator)}


def check_text_estimator(
    estimator,
    *,
    texts=None,
    y=None,
    expected_failed_checks=None,
    on_fail="raise",
    callback=None,
):
    """Check that an estimator of raw texts adheres to scikit-learn's conventions.

    The estimator is a transformer, a classifier or a pipeline that takes a sequence of str in
    `fit`. Checks that do not apply, such as those of probabilities to a tokenizer, are skipped;
    :func:`text_checks` lists those that run. Each works on a clone whose (nested) `random_state`
    is 0. Warnings are ignored.

    Parameters
    ----------
    estimator : estimator
        The estimator to check. It is not changed.
    texts : sequence of str or None, default=None
        Training texts, at least eight; None for sixteen built-in reviews of cafes. They are fitted
        many times.
    y : array-like of shape (n_samples,) or None, default=None
        Labels of `texts`. A classifier needs at least two classes with two texts
        each. If None, transformers get no `y`.
    expected_failed_checks : dict of str to str or None, default=None
        Names of checks that may fail, each with the reason.
    on_fail : {"raise", "warn"} or None, default="raise"
        What to do if a check fails unexpectedly: raise its exception, issue an
        EstimatorCheckFailedWarning, or nothing. The last two continue with the next check.
    callback : callable or None, default=None
        Called after each check with the items of its result as keyword arguments. Not allowed
        with ``on_fail="raise"``.

    Returns
    -------
    list of dict
        A result for each check, with the keys of scikit-learn's function: ``"estimator"``,
        ``"check_name"``, ``"exception"`` (None if it passed), ``"status"`` ("passed", "failed",
        or "xfail" if it failed as expected), ``"expected_to_fail"`` and
        ``"expected_to_fail_reason"``.

    Raises
    ------
    AssertionError or another Exception
        The exception of the first failed check, with ``on_fail="raise"``. Its notes name the check
        and its promise.
    TypeError
        If `estimator` is a class, or `expected_failed_checks` not a dict.
    ValueError
        If `texts` is one str, `texts` and `y` are too few or do not match, a classifier's `y` has
        missing values or fractions, an expected failure is not the name of a check, or `on_fail`
        has an unknown value.

    See Also
    --------
    parametrize_with_text_checks : Pytest decorator with the same checks.
    sklearn.utils.estimator_checks.check_estimator : Checks of estimators of numbers.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn_textnn.utils.estimator_checks import check_text_estimator
    >>> results = check_text_estimator(CountVectorizer())
    >>> len(results) > 30, {result["status"] for result in results}
    (True, {'passed'})
    """
    if on_fail not in ("raise", "warn", None):
        raise ValueError(f'on_fail is {on_fail!r}, expected "raise", "warn" or None.')
    if on_fail == "raise" and callback is not None:
        raise ValueError(
            'callback was passed together with on_fail="raise", which would end the checks before '
            'it hears of a failure; pass on_fail="warn" or None.'
        )
    checks = _checks_for(estimator, texts, y)
    expected = _known_names(expected_failed_checks)
    results = []
    for name, run in checks:
        result = _result_of(estimator, name, run, expected)
        if result["status"] == "failed":
            if on_fail == "raise":
                raise result["exception"]
            if on_fail == "warn":
                warn(EstimatorCheckFailedWarning(**result))
        results.append(result)
        if callback is not None:
            callback(**result)
    return results


def parametrize_with_text_checks(
    estimators, *, expected_failed_checks=None, texts=None, y=None, xfail_strict=None
):
    """Parametrize a pytest test with estimators and the checks that each gets.

    The test has the arguments `estimator` and `check`; its name in pytest's report shows both.

    Parameters
    ----------
    estimators : list of estimators
        The estimators to check.
    expected_failed_checks : callable or None, default=None
        Called with each estimator; returns a dict that maps checks that may fail to reasons. They
        are marked as xfail.
    texts : sequence of str or None, default=None
        Training texts, see :func:`check_text_estimator`.
    y : array-like of shape (n_samples,) or None, default=None
        Labels of `texts`.
    xfail_strict : bool or None, default=None
        Whether an unexpected pass is a failure; None for pytest's setting.

    Returns
    -------
    pytest.MarkDecorator
        The decorator.

    Raises
    ------
    TypeError
        If an estimator is a class.
    ValueError
        As in :func:`check_text_estimator`.

    See Also
    --------
    check_text_estimator : The same checks without pytest.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
    >>> from sklearn_textnn.utils.estimator_checks import parametrize_with_text_checks
    >>> @parametrize_with_text_checks([CountVectorizer(), TfidfVectorizer()])
    ... def test_the_checks_of_texts_pass(estimator, check):
    ...     check(estimator)
    """
    import pytest  # needed for tests only

    params = []
    for i, estimator in enumerate(estimators):
        reasons = None if expected_failed_checks is None else expected_failed_checks(estimator)
        expected = _known_names(reasons)
        for name, run in _checks_for(estimator, texts, y):
            marks = ()
            if name in expected:
                strict = {} if xfail_strict is None else {"strict": xfail_strict}
                marks = pytest.mark.xfail(reason=expected[name], **strict)
            title = f"{_title(estimator)}-{i}-{name}"
            params.append(pytest.param(estimator, run, marks=marks, id=title))
    return pytest.mark.parametrize(("estimator", "check"), params)


def _checks_for(estimator, texts, y):
    """List (name, function of an estimator) for all checks that apply to an estimator."""
    _refuse_a_class(estimator)
    corpus = make_corpus(texts, y, needs_y=classifies(estimator))
    name = type(estimator).__name__
    return [
        (check.name, partial(check, name, corpus=corpus))
        for check in _CHECKS
        if check.applies_to(estimator)
    ]


def _result_of(estimator, name, run, expected):
    result = {"estimator": estimator, "check_name": name, "exception": None, "status": "passed"}
    try:
        run(estimator)
    except Exception as error:
        status = "xfail" if name in expected else "failed"
        result |= {"exception": error, "status": status}
    return result | {
        "expected_to_fail": name in expected,
        "expected_to_fail_reason": expected.get(name, _NOT_EXPECTED),
    }


def _refuse_a_class(estimator):
    if isinstance(estimator, type):
        raise TypeError(
            f"Got the class {estimator.__name__}, expected an instance: {estimator.__name__}()."
        )


def _known_names(expected_failed_checks):
    expected = {} if expected_failed_checks is None else expected_failed_checks
    if not isinstance(expected, dict):
        raise TypeError(
            f"expected_failed_checks is a {type(expected).__name__}, expected a dict of names and "
            "reasons."
        )
    unknown = sorted(set(expected) - {check.name for check in _CHECKS})
    if unknown:
        raise ValueError(
            f"expected_failed_checks names {unknown}, which are not checks; text_checks() lists "
            "them."
        )
    return expected


def _title(estimator):
    """Return the class names: a repr may be broken, or vary between processes."""
    if isinstance(estimator, Pipeline):
        return "+".join(_title(step) for _, step in estimator.steps)
    return type(estimator).__name__
