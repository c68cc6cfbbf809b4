"""A line for each candidate that a search has finished."""

import json
import time
import uuid
from collections import defaultdict
from contextlib import contextmanager
from threading import Lock
from weakref import WeakSet

import numpy as np
from sklearn.metrics import check_scoring
from sklearn.model_selection import ParameterGrid, ParameterSampler, check_cv
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import MetadataRequest

from .._compat import IntNotBool, validate_params
from ._format import describe_params, plain
from ._messages import receiving, send

_scored = WeakSet()  # what this process has reported; a search may score on training data as well


@validate_params({"n_splits": [IntNotBool(1), None]}, prefer_skip_nested_validation=True)
@contextmanager
def report_candidates(search, *, n_splits=None):
    """Print a line for each candidate that a search finishes, with the best so far.

    The lines are printed by this process as the candidates finish, whatever joblib backend runs
    the fits. The context temporarily wraps ``search.scoring``, without a change to any score.

    Parameters
    ----------
    search : GridSearchCV, RandomizedSearchCV, a halving search, or Pipeline that ends in one
        The estimator to be fitted within the context, itself or its clones, as in nested
        cross-validation: each clone numbers its candidates separately.
    n_splits : int, default=None
        The number of folds of the search, only needed if it depends on the data, as for
        ``LeaveOneGroupOut``.

    Yields
    ------
    search : estimator
        `search` itself.

    Raises
    ------
    ValueError
        If `search` is not a search over a grid or distributions, or its number of folds is
        unknown.

    Notes
    -----
    The score is the mean over the folds; of several metrics, the one that `refit` names, else the
    first. A candidate that failed in a fold gets no line; scikit-learn's ``FitFailedWarning``
    counts them. A halving search prints lines in every round.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.model_selection import GridSearchCV
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.datasets import load_reviews
    >>> from sklearn_textnn.model_selection import report_candidates
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> pipeline = make_pipeline(CountVectorizer(), LogisticRegression())
    >>> search = GridSearchCV(pipeline, {"logisticregression__C": [1, 0.1]}, scoring="roc_auc")
    >>> with report_candidates(search):
    ...     search.fit(texts, y)  # doctest: +ELLIPSIS
    [1/2] roc_auc 0.7..., the best so far, after ... s: C=1
    [2/2] roc_auc 0.7..., ... after ... s: C=0.1
    GridSearchCV(...)
    """
    inner = last_step(search)
    report = _Report(inner, _count_splits(inner, n_splits))
    with receiving(report.receive) as address:
        inner.set_params(scoring=CandidateScorer(inner, address))
        try:
            yield search
        finally:
            stop_reporting(inner)


def last_step(estimator):
    """Return the last step of a pipeline, however deep; anything else as it is."""
    while isinstance(estimator, Pipeline):
        estimator = estimator.steps[-1][1]
    return estimator


def is_search(estimator):
    """Return whether an estimator is a search over a grid or distributions."""
    return hasattr(estimator, "scoring") and _grid(estimator) is not None


def grids_of(search):
    """Return the grids of a search, a list of dicts."""
    grid = _grid(search)
    return [grid] if isinstance(grid, dict) else list(grid)


def _grid(search):
    return getattr(search, "param_grid", getattr(search, "param_distributions", None))


def reports(estimator):
    """Return whether an estimator is a search that reports its candidates."""
    return isinstance(getattr(estimator, "scoring", None), CandidateScorer)


def stop_reporting(search):
    """Restore the scoring of a search."""
    search.set_params(scoring=search.scoring.scoring)
    if hasattr(search, "scorer_"):
        search.scorer_ = _fitted_scorer(search)


def _fitted_scorer(search):
    """Return the `scorer_` that fit would have set."""
    scoring = search.scoring
    if isinstance(scoring, str) or callable(scoring) or scoring is None:
        return check_scoring(search.estimator, scoring=scoring)
    named = scoring if isinstance(scoring, dict) else {name: name for name in scoring}
    return {name: check_scoring(search.estimator, scoring=one) for name, one in named.items()}


def _count_splits(search, n_splits):
    if not is_search(search):
        raise ValueError(
            f"Got {search!r}, expected a search such as GridSearchCV or RandomizedSearchCV, or a "
            "Pipeline that ends in one."
        )
    cv = search.cv
    try:
        if hasattr(cv, "__next__"):
            raise TypeError  # an iterator would be exhausted before fit
        known = check_cv(cv).get_n_splits()
    except (TypeError, ValueError, AttributeError) as error:
        if n_splits is not None:
            return n_splits
        raise ValueError(
            f"The number of folds of cv={cv!r} is not known without the data; pass n_splits=."
        ) from error
    if n_splits not in (None, known):
        raise ValueError(f"n_splits={n_splits}, but cv={cv!r} has {known} folds; leave it out.")
    return known


class CandidateScorer:
    """Scorer of a search that also sends each score to the reporting process.

    Parameters
    ----------
    search : GridSearchCV, RandomizedSearchCV or halving search
        The search.
    address : Address
        Where to send the scores.
    label : str, default=""
        Prefix of the lines.
    """

    def __init__(self, search, address, label=""):
        self._names = sorted({name for grid in grids_of(search) for name in grid})
        self.scoring = search.scoring
        self._scorer = check_scoring(search.estimator, scoring=search.scoring)
        self._address, self._label, self._run = address, label, uuid.uuid4()

    def labeled(self, label):
        """Return a copy for another run, whose lines begin with a label."""
        return self._copy(_label=label)

    def __deepcopy__(self, memo):  # which clone calls: the clone of a search is another search
        return self._copy()

    def _copy(self, **changes):
        copied = object.__new__(type(self))
        vars(copied).update(vars(self) | {"_run": uuid.uuid4()} | changes)
        return copied

    def __call__(self, estimator, *args, **kwargs):
        score = self._scorer(estimator, *args, **kwargs)
        if estimator not in _scored:  # the first score is that of the held-out part
            _scored.add(estimator)
            params = estimator.get_params()
            chosen = {name: params[name] for name in self._names if name in params}
            key = json.dumps(plain(chosen), sort_keys=True)
            scores = score if isinstance(score, dict) else {"": score}
            scores = {name: float(value) for name, value in scores.items()}
            send(self._address, (self._run, self._label, key, describe_params(chosen), scores))
        return score

    def get_metadata_routing(self):
        """Return the metadata routing of the scorer."""
        ask = getattr(self._scorer, "get_metadata_routing", None)
        return MetadataRequest(owner=type(self).__name__) if ask is None else ask()


class _Report:
    """Scores of unfinished candidates, and mean scores of finished ones."""

    def __init__(self, search, n_splits):
        self._lock, self._began = Lock(), time.perf_counter()
        self._n_splits, self._refit = n_splits, search.refit
        self._metric = search.scoring if isinstance(search.scoring, str) else "score"
        self._n_candidates = _count_candidates(search)
        self._open = defaultdict(list)  # scores by run and candidate
        self._finished = defaultdict(list)  # mean scores by run

    def receive(self, message):
        """Receive the score of one fold; print a line if it was the candidate's last."""
        run, label, key, described, scores = message
        with self._lock:
            folds = self._open[run, key]
            folds.append(scores)
            if len(folds) == self._n_splits:
                del self._open[run, key]
                name = self._refit if self._refit in scores else next(iter(scores))
                mean = float(np.mean([fold[name] for fold in folds]))
                self._finished[run].append(mean)
                self._print(run, label, name or self._metric, described)

    def _print(self, run, label, metric, described):
        means = self._finished[run]
        total = "" if self._n_candidates is None else f"/{self._n_candidates}"
        place = f"{len(means):{max(1, len(total) - 1)}}{total}"
        if not label and len(self._finished) > 1:
            label = f"search {list(self._finished).index(run) + 1}"
        best = int(np.argmax(means))
        is_best = best == len(means) - 1
        rank = "the best so far" if is_best else f"best so far {means[best]:.4f} ({best + 1})"
        seconds = time.perf_counter() - self._began
        print(
            f"{label}{': ' * bool(label)}[{place}] {metric} {means[-1]:.4f}, {rank}, "
            f"after {seconds:.1f} s: {described}",
            flush=True,
        )


def _count_candidates(search):
    """Return the number of candidates; None for a halving search."""
    if hasattr(search, "factor"):
        return None
    if hasattr(search, "param_grid"):
        return len(ParameterGrid(search.param_grid))
    return len(ParameterSampler(search.param_distributions, search.n_iter))
