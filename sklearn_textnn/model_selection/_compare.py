"""Nested cross-validation of several classifiers on the same folds."""

from contextlib import ExitStack
from numbers import Integral, Real
from os import PathLike

import pandas as pd
from sklearn import get_config
from sklearn.base import clone
from sklearn.utils.metadata_routing import get_routing_for_object

from .._compat import POSITIVE_INT, StrOptions, num_samples, validate_params
from ._comparison import ClassifierComparison
from ._comparison_input import check_classifiers, check_samples, check_scorers
from ._findings import find_in_data, find_in_probabilities, find_in_searches
from ._finished_tasks import FinishedTasks, describe_tasks
from ._fold_tasks import Setting, make_tasks, params_for, run_tasks
from ._outer_folds import outer_folds
from ._report_candidates import is_search, last_step, report_candidates


@validate_params(
    {
        "classifiers": [dict],
        "cv": ["cv_object"],
        "scoring": [str, callable, list, tuple, dict],
        "n_jobs": [Integral, None],
        "refit": ["boolean"],
        "return_estimators": ["boolean"],
        "random_state": ["random_state"],
        "params": [dict, None],
        "error_score": [StrOptions({"raise"}), Real],
        "verbose": ["verbose"],
        "folder": [str, PathLike, None],
        "resume": ["boolean"],
        "n_seeds": [POSITIVE_INT],
        "checks": ["boolean"],
    },
    prefer_skip_nested_validation=False,
)
def compare_classifiers(
    classifiers,
    X,
    y,
    *,
    cv=5,
    scoring="accuracy",
    n_jobs=None,
    refit=False,
    return_estimators=False,
    random_state=None,
    params=None,
    error_score="raise",
    verbose=0,
    folder=None,
    resume=False,
    n_seeds=1,
    checks=True,
):
    """Compare classifiers by cross-validation on the same outer folds.

    A classifier that searches for its parameters (GridSearchCV, RandomizedSearchCV, ...) does so
    within the training part of each outer fold: nested cross-validation. Every classifier is
    cloned for each fold, and learns nothing from the held-out part, on which it is scored.

    Parameters
    ----------
    classifiers : dict of str to classifier
        Any scikit-learn classifiers by name: plain ones, pipelines, searches, pipelines that end
        in a search. They are cloned, never changed.
    X : sequence of length n_samples
        Raw texts or whatever the classifiers take: a list, array, sparse matrix, Series, frame,
        or any container that rows can be selected from.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Classes, or a 0/1 indicator matrix of labels.
    cv : int, splitter or iterable of (train, test), default=5
        The outer folds. An int means StratifiedKFold, or KFold for multilabel targets, shuffled
        by `random_state`. An iterable is read once.
    scoring : str, callable, list of str or dict of str to either, default="accuracy"
        Scores on the held-out part, as in :func:`sklearn.model_selection.cross_validate`. If this
        is a single callable, its score is named "score". The first of several decides which
        classifier is the best.
    n_jobs : int, default=None
        How many of the (classifier, fold) tasks run at the same time, by joblib. Use this or the
        `n_jobs` of the searches, not both: the numbers multiply.
    refit : bool, default=False
        If True, the classifier with the best mean score is fitted again on all the data, its
        search included, and stored as `best_estimator_`.
    return_estimators : bool, default=False
        Whether to store the fitted classifiers of all folds as `estimators_`.
    random_state : int, RandomState instance or None, default=None
        Shuffles the samples if `cv` is a number, and draws the seeds of repeated fits if `n_seeds`
        is above 1. The classifiers have seeds of their own.
    params : dict, default=None
        Passed to `fit` of each classifier; values of length n_samples are reduced to the rows of
        the training part. With metadata routing enabled, they are passed to whatever requests them.
        ``groups`` is passed to the splitter `cv`, and also to each classifier that requests it.
    error_score : "raise" or float, default="raise"
        If a number, a classifier that fails in a fold gets it as its score there, with a warning.
    verbose : int, default=0
        1 or more prints a line per finished task; 2 or more also one per candidate that a
        classifier's own search has finished, with the best so far.
    folder : str or Path, default=None
        Where to write the scores of each finished task, one small JSON file per task, so that a
        killed run can be resumed. Created if it does not exist.
    resume : bool, default=False
        Whether to skip tasks whose scores are in `folder`. If False, `folder` must be empty.
    n_seeds : int, default=1
        The number of times to fit each classifier on each fold: once as it is, then with other
        values of all its (nested) ``random_state`` parameters. This separates the spread over
        seeds from that over folds. A classifier without such a parameter is fitted once.
    checks : bool, default=True
        Whether to look for reasons to doubt the result; see
        :meth:`ClassifierComparison.findings`. This costs one more prediction on each part of each
        fold. `folder` holds no probabilities, so with `resume` a classifier's probabilities are
        checked only if none of its tasks was skipped.

    Returns
    -------
    ClassifierComparison
        Scores, times and chosen parameters by classifier and fold.

    Raises
    ------
    ValueError
        Before anything is fitted: if `folder` holds other files; if it holds a comparison, and
        `resume` is False or the data, folds or classifiers differ from it; if there are no
        classifiers; if X and y have different lengths; if y holds fewer than two classes, or has
        several columns that are not all binary; if a score is unknown, the folds are out of range,
        or the two parts of a fold overlap. Later, if every task failed.
    TypeError
        Before anything is fitted, if a name is not a str, or a value of `classifiers` is not a
        classifier.

    Warns
    -----
    FitFailedWarning
        For each failed task, which gets `error_score`.

    See Also
    --------
    sklearn.model_selection.cross_validate : The same for a single classifier.

    References
    ----------
    G. C. Cawley and N. L. C. Talbot, "On Over-fitting in Model Selection and Subsequent Selection
    Bias in Performance Evaluation", JMLR 11, 2010.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.datasets import load_reviews
    >>> from sklearn_textnn.model_selection import compare_classifiers
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> logistic = make_pipeline(CountVectorizer(), LogisticRegression())
    >>> comparison = compare_classifiers(
    ...     {
    ...         "LR": GridSearchCV(logistic, {"logisticregression__C": [0.1, 1.0]}, cv=3),
    ...         "NB": make_pipeline(CountVectorizer(), MultinomialNB()),
    ...     },
    ...     texts, y, cv=3, random_state=0,
    ... )
    >>> comparison.scores[["classifier", "fold", "n_train", "n_test"]].tail(3)
      classifier  fold  n_train  n_test
    3         NB     1      133      67
    4         NB     2      133      67
    5         NB     3      134      66
    >>> bool((comparison.to_frame()["mean_test_accuracy"] > 0.55).all())
    True
    """
    params = {} if params is None else params
    check_classifiers(classifiers)
    scorers = check_scorers(scoring, next(iter(classifiers.values())))
    X = check_samples(classifiers, X, y)
    folds = outer_folds(cv, X, y, random_state, params)
    finished = None
    if folder is not None:
        if return_estimators:
            raise ValueError("folder holds scores only; set return_estimators=False.")
        about = describe_tasks(classifiers, folds, X, y, params, scorers, checks)
        finished = FinishedTasks(folder, about, resume=resume)
    findings = find_in_data(X, y, folds) if checks else []
    setting = Setting(X, y, scorers, error_score, return_estimators, checks)
    with ExitStack() as stack:
        reported = _reported(classifiers, stack) if verbose > 1 else classifiers
        tasks = make_tasks(reported, folds, n_seeds, random_state)
        outcomes = run_tasks(tasks, setting, params, n_jobs, verbose, finished)
    scores = pd.DataFrame([outcome.row for outcome in outcomes])
    if checks:
        findings += find_in_searches(classifiers, scores) + find_in_probabilities(outcomes)
    comparison = ClassifierComparison(
        scores if n_seeds > 1 else scores.drop(columns="seed"),
        estimators=_by_name(classifiers, outcomes) if return_estimators else None,
        more_findings=findings,
    )
    if refit:
        comparison.best_estimator_ = _refit(
            comparison.best_name_, classifiers, X, y, params, verbose
        )
    return comparison


def _reported(classifiers, stack):
    """Return copies whose searches print a line for each candidate."""
    copies = {name: clone(classifier) for name, classifier in classifiers.items()}
    for classifier in copies.values():
        if is_search(last_step(classifier)):
            stack.enter_context(report_candidates(classifier))
    return copies


def _by_name(classifiers, outcomes):
    estimators = {name: [] for name in classifiers}
    for outcome in outcomes:
        estimators[outcome.row["classifier"]].append(outcome.estimator)
    return estimators


def _refit(name, classifiers, X, y, params, verbose):
    if verbose:
        print(f"fitting {name} on all {num_samples(X)} samples", flush=True)
    classifier, params = classifiers[name], params_for(classifiers[name], params)
    if get_config()["enable_metadata_routing"]:  # fit does not get what only scorers request
        consumed = get_routing_for_object(classifier).consumes("fit", params)
        params = {key: params[key] for key in consumed}
    return clone(classifier).fit(X, y, **params)
