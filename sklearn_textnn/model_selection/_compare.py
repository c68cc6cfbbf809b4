"""Nested cross-validation of several classifiers on the same folds."""

from contextlib import ExitStack
from numbers import Integral, Real
from os import PathLike
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.base import clone, is_classifier
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import check_scoring, get_scorer
from sklearn.model_selection import KFold, StratifiedKFold, check_cv, cross_validate
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.parallel import Parallel, delayed

from .._compat import StrOptions, num_samples, validate_params
from .._warnings import warn
from ._comparison import ClassifierComparison
from ._finished_tasks import FinishedTasks, describe_tasks
from ._format import describe_params
from ._report_candidates import (
    is_search,
    last_step,
    report_candidates,
    reports,
    stop_reporting,
)


class _Fold(NamedTuple):
    number: int
    train: np.ndarray
    test: np.ndarray


class _Setting(NamedTuple):
    """What all tasks have in common."""

    X: Any
    y: Any
    scorers: dict
    error_score: Any
    return_estimators: bool


class _Outcome(NamedTuple):
    """What a task sends back: a row of the table, maybe an estimator, maybe the error's text."""

    row: dict
    estimator: Any
    error: str | None


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
):
    """Compare classifiers by cross-validation on the same outer folds.

    A classifier that searches for its parameters (GridSearchCV, RandomizedSearchCV, ...) does so
    within the training part of each outer fold: nested cross-validation. Each is cloned for each
    fold, and nothing of it is learnt from the held-out part, which gives its score.

    Parameters
    ----------
    classifiers : dict of str to classifier
        Any scikit-learn classifiers by name: plain ones, pipelines, searches, pipelines that end
        in a search. They are cloned, never changed.
    X : sequence of length n_samples
        Raw texts or whatever the classifiers take: a list, array, sparse matrix, Series, frame,
        or any container that rows can be selected from.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        Classes, or an indicator of labels.
    cv : int, splitter or iterable of (train, test), default=5
        The outer folds. A number of folds gives StratifiedKFold, or KFold for an indicator of
        labels, shuffled by `random_state`. An iterable is read once.
    scoring : str, callable, list of str or dict of str to either, default="accuracy"
        Scores on the held-out part, as in :func:`sklearn.model_selection.cross_validate`. The
        name of a single callable is "score". The first of several decides which classifier is
        the best.
    n_jobs : int, default=None
        How many of the (classifier, fold) tasks run at the same time, by joblib. Use this or the
        `n_jobs` of the searches, not both: the numbers multiply.
    refit : bool, default=False
        If True, the classifier with the best mean score is fitted again on all the data, its
        search included, and kept as `best_estimator_`.
    return_estimators : bool, default=False
        If True, the fitted classifiers of all folds are kept as `estimators_`.
    random_state : int, RandomState instance or None, default=None
        Shuffles the samples if `cv` is a number. The classifiers have seeds of their own.
    params : dict, default=None
        Passed to `fit` of each classifier, rows selected where the length is n_samples; with
        metadata routing enabled, passed to whatever requests them. ``groups`` goes to the
        splitter `cv`, and further to a classifier only if it requests them.
    error_score : "raise" or float, default="raise"
        If a number, a classifier that fails in a fold gets it as its score there, with a warning.
    verbose : int, default=0
        1 or more prints a line for each task that is done; 2 or more also one for each candidate
        that a classifier's own search has finished, with the best so far.
    folder : str or Path, default=None
        Where the scores of each task are kept as it is done, a small JSON file for each, so that a
        run that was killed can go on. It is made where there is none.
    resume : bool, default=False
        Whether tasks whose scores `folder` has are left out. False takes an empty folder only.

    Returns
    -------
    ClassifierComparison
        Scores, times and chosen parameters by classifier and fold, and what they say.

    Raises
    ------
    ValueError
        Before anything is fitted, if `folder` holds a comparison and `resume` is False or data,
        folds or classifiers are others; if there are no classifiers, X and y have different
        lengths, y holds no classes or only one, a score is unknown, the folds are out of range, or
        the two parts of a fold overlap. Later, if every task failed.
    TypeError
        Before anything is fitted, if a name is no str or an object no classifier.

    Warns
    -----
    FitFailedWarning
        For each task that failed and got `error_score`.

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
    _check_classifiers(classifiers)
    scorers = _check_scoring(scoring, next(iter(classifiers.values())))
    _check_samples(X, y)
    folds = _outer_folds(cv, X, y, random_state, params)
    setting = _Setting(X, y, scorers, error_score, return_estimators)
    finished = None
    if folder is not None:
        if return_estimators:
            raise ValueError("folder keeps scores only; set return_estimators=False.")
        about = describe_tasks(classifiers, folds, X, y, params, scorers)
        finished = FinishedTasks(folder, about, resume=resume)
    with ExitStack() as stack:
        reported = _reported(classifiers, stack) if verbose > 1 else classifiers
        outcomes = _run(reported, folds, setting, params, n_jobs, verbose, finished)
    comparison = ClassifierComparison(
        pd.DataFrame([outcome.row for outcome in outcomes]),
        estimators=_by_name(classifiers, outcomes) if return_estimators else None,
    )
    if refit:
        comparison.best_estimator_ = _refit(
            comparison.best_name_, classifiers, X, y, params, verbose
        )
    return comparison


def _check_classifiers(classifiers):
    if not classifiers:
        raise ValueError("classifiers is empty; expected at least one, such as {'LR': pipeline}.")
    for name, classifier in classifiers.items():
        if not isinstance(name, str) or not name:
            raise TypeError(f"The names of classifiers must be non-empty str, got {name!r}.")
        if not _is_classifier(classifier):
            raise TypeError(
                f"{name!r} is no classifier for scikit-learn: got {_type_name(classifier)}, "
                "expected an instance whose estimator type is 'classifier', such as a Pipeline "
                "that ends in one. Classes of your own derive from sklearn.base.ClassifierMixin, "
                "on the left of BaseEstimator."
            )
        if getattr(last_step(classifier), "refit", True) is False:
            raise ValueError(
                f"{name!r} is a search with refit=False, which cannot predict; set refit=True."
            )


def _reported(classifiers, stack):
    """Return copies whose searches print a line for each candidate."""
    copies = {name: clone(classifier) for name, classifier in classifiers.items()}
    for classifier in copies.values():
        if is_search(last_step(classifier)):
            stack.enter_context(report_candidates(classifier))
    return copies


def _is_classifier(candidate):
    if isinstance(candidate, type) or not hasattr(candidate, "fit"):
        return False
    try:
        return is_classifier(candidate)
    except (AttributeError, TypeError):  # no scikit-learn tags
        return False


def _type_name(candidate):
    return f"the class {candidate.__name__}" if isinstance(candidate, type) else repr(candidate)


def _check_scoring(scoring, classifier):
    """Return the scorers by the name of their metric."""
    if isinstance(scoring, str):
        named = {scoring: scoring}
    elif callable(scoring):
        named = {"score": scoring}
    elif isinstance(scoring, dict):
        named = scoring
    else:
        named = {name: name for name in scoring}
    if not named or not all(isinstance(name, str) and name for name in named):
        raise ValueError(
            f"Got scoring={scoring!r}, expected the name of a score, a callable, a list of names, "
            "or a dict of names to either."
        )
    return {
        name: check_scoring(classifier, scoring=get_scorer(scorer))
        for name, scorer in named.items()
    }


def _check_samples(X, y):
    if isinstance(X, str | bytes):
        raise ValueError("X is a single text; expected a sequence of texts, such as [text].")
    if y is None:
        raise ValueError("y is None; expected a class for each sample.")
    n_samples, n_targets = num_samples(X), num_samples(y)
    if n_samples != n_targets:
        raise ValueError(f"X has {n_samples} samples and y has {n_targets}; expected as many.")
    if not issparse(y) and len(missing := np.flatnonzero(_is_missing(y, n_targets))):
        raise ValueError(
            f"y holds {len(missing)} missing labels, the first at position {missing[0]}; expected "
            "a class for each sample."
        )
    check_classification_targets(y)
    if np.asarray(y).ndim == 1 and (n_classes := len(np.unique(y))) < 2:
        raise ValueError(f"y holds {n_classes} class; expected at least two.")


def _is_missing(y, n_samples):
    return pd.isna(np.asarray(y, dtype=object)).reshape(n_samples, -1).any(axis=1)


def _outer_folds(cv, X, y, random_state, params):
    """Split once, for all classifiers."""
    if isinstance(cv, Integral):
        stratified = type_of_target(y) in ("binary", "multiclass")
        splitter = StratifiedKFold if stratified else KFold
        cv = splitter(cv, shuffle=True, random_state=random_state)
    else:
        cv = check_cv(cv, y, classifier=True)
    n_samples = num_samples(X)
    folds = [
        _check_fold(_Fold(number, _as_positions(train), _as_positions(test)), n_samples)
        for number, (train, test) in enumerate(cv.split(X, y, params.get("groups")), start=1)
    ]
    if not folds:
        raise ValueError("cv gave no folds; an iterable of splits can be read only once.")
    return folds


def _as_positions(rows):
    rows = np.asarray(rows)
    return np.flatnonzero(rows) if rows.dtype == bool else rows


def _check_fold(fold, n_samples):
    for part, rows in [("training", fold.train), ("test", fold.test)]:
        if len(rows) == 0:
            raise ValueError(f"Fold {fold.number} of cv has an empty {part} part.")
        if rows.min() < 0 or rows.max() >= n_samples:
            raise ValueError(
                f"Fold {fold.number} of cv has row {rows.min()} to {rows.max()} in its {part} "
                f"part; expected 0 to {n_samples - 1}."
            )
    shared = np.intersect1d(fold.train, fold.test)
    if len(shared):
        raise ValueError(
            f"Fold {fold.number} of cv has {len(shared)} rows in both its training and its test "
            f"part (row {shared[0]} among them), so that scores would not be held-out ones."
        )
    return fold


def _run(classifiers, folds, setting, params, n_jobs, verbose, finished):
    """Run the tasks not finished, and return the outcomes of all by classifier and fold."""
    # Fold by fold, so that what fails at all fails early and the slow ones do not all come last.
    tasks = [(name, fold) for fold in folds for name in classifiers]
    rows = [finished and finished.read(name, fold.number) for name, fold in tasks]
    outcomes = [_Outcome(row, None, None) for row in rows if row]
    parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered", batch_size=1)
    arrivals = parallel(
        delayed(_run_task)(
            name, classifiers[name], _params_for(classifiers[name], params), fold, setting
        )
        for (name, fold), row in zip(tasks, rows, strict=True)
        if not row
    )
    for outcome in arrivals:
        outcomes.append(outcome)
        if finished and not outcome.error:
            finished.write(outcome.row)
        progress = f"[{len(outcomes):{len(str(len(tasks)))}}/{len(tasks)}]"
        _report(outcome, progress, setting.scorers, verbose)
    if all(outcome.error for outcome in outcomes):
        raise ValueError(
            f"All {len(tasks)} tasks failed, the first one with: {outcomes[0].error}. "
            "error_score='raise' shows the traceback."
        )
    places = {name: place for place, name in enumerate(classifiers)}
    return sorted(outcomes, key=lambda o: (places[o.row["classifier"]], o.row["fold"]))


def _params_for(classifier, params):
    """Leave out the groups, which are meant for the outer splitter, unless they are requested."""
    requested = get_config()["enable_metadata_routing"] and get_routing_for_object(
        classifier
    ).consumes("fit", ["groups"])
    return {key: value for key, value in params.items() if key != "groups" or requested}


def _run_task(name, classifier, params, fold, setting):
    """Fit and score one classifier on one fold."""
    row = {
        "classifier": name,
        "fold": fold.number,
        "n_train": len(fold.train),
        "n_test": len(fold.test),
    }
    try:
        result = cross_validate(
            _labelled(classifier, f"{name}, fold {fold.number}"),
            setting.X,
            setting.y,
            cv=[(fold.train, fold.test)],
            scoring=setting.scorers,
            params=params,
            return_estimator=True,
            error_score="raise",
        )
    except Exception as error:
        if setting.error_score == "raise":
            error.add_note(f"(classifier {name!r}, outer fold {fold.number})")
            raise
        row |= {f"test_{metric}": float(setting.error_score) for metric in setting.scorers}
        row |= {"inner_score": np.nan, "fit_time": np.nan, "score_time": np.nan, "params": {}}
        return _Outcome(row, None, f"{type(error).__name__}: {error}")
    estimator = result["estimator"][0]
    search = last_step(estimator)
    if reports(search):
        stop_reporting(search)
    row |= {f"test_{metric}": float(result[f"test_{metric}"][0]) for metric in setting.scorers}
    row |= {
        "inner_score": float(getattr(search, "best_score_", np.nan)),
        "fit_time": float(result["fit_time"][0]),
        "score_time": float(result["score_time"][0]),
        "params": _python_scalars(getattr(search, "best_params_", {})),
    }
    return _Outcome(row, estimator if setting.return_estimators else None, None)


def _labelled(classifier, label):
    """Return a copy whose search, if it reports its candidates, says for whom."""
    if not reports(last_step(classifier)):
        return classifier
    classifier = clone(classifier)
    search = last_step(classifier)
    search.set_params(scoring=search.scoring.labelled(label))
    return classifier


def _python_scalars(params):
    return {
        key: value.item() if isinstance(value, np.generic) else value
        for key, value in params.items()
    }


def _report(outcome, progress, scorers, verbose):
    """Warn of a failure; print a line, if wished."""
    row = outcome.row
    task = f"{row['classifier']}, fold {row['fold']}"
    if outcome.error:
        warn(f"{task} failed and got error_score. {outcome.error}", FitFailedWarning)
    if not verbose:
        return
    if outcome.error:
        print(f"{progress} {task}: failed ({outcome.error})", flush=True)
        return
    scores = ", ".join(f"{metric} {row[f'test_{metric}']:.3f}" for metric in scorers)
    chosen = describe_params(row["params"])
    print(
        f"{progress} {task}: {scores} in {row['fit_time']:.1f} s" + f" ({chosen})" * bool(chosen),
        flush=True,
    )


def _by_name(classifiers, outcomes):
    estimators = {name: [] for name in classifiers}
    for outcome in outcomes:
        estimators[outcome.row["classifier"]].append(outcome.estimator)
    return estimators


def _refit(name, classifiers, X, y, params, verbose):
    if verbose:
        print(f"fitting {name} on all {num_samples(X)} samples", flush=True)
    classifier, params = classifiers[name], _params_for(classifiers[name], params)
    if get_config()["enable_metadata_routing"]:  # what only scorers request is not for fit
        consumed = get_routing_for_object(classifier).consumes("fit", params)
        params = {key: params[key] for key in consumed}
    return clone(classifier).fit(X, y, **params)
