"""A warning that names the member of an average that did not converge."""

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, SGDClassifier
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, LinearSVC

from .._compat import is_in_fold
from .._warnings import warn

# Their own warnings, which name no member, are issued when `n_iter_` reaches `max_iter`. Boosting
# has these attributes too, but no convergence.
_ITERATIVE = LogisticRegression, LogisticRegressionCV, SGDClassifier, LinearSVC, SVC


def warn_unconverged(names, members):
    """Warn once for each fitted member that holds a classifier which stopped at `max_iter`.

    Not in the folds of a search, where a warning for each candidate would hide the others.
    """
    if is_in_fold():
        return
    for name, member in zip(names, members, strict=True):
        stopped = dict(_stopped(name, member))
        if stopped:
            path, classifier = next(iter(stopped.items()))
            warn(
                f"Member {name!r} did not converge: {type(classifier).__name__} stopped at "
                f"max_iter={classifier.max_iter}. Set {path}__max_iter higher, or regularize more.",
                ConvergenceWarning,
            )


def _stopped(path, estimator):
    """Yield the classifiers inside that stopped early, and the beginning of their parameters."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        yield from _stopped(f"{path}__{name}", last)
    elif isinstance(estimator, _ITERATIVE):
        params, limit = estimator.get_params(deep=False), estimator.max_iter
        # without tol it does not stop early; newton-cholesky may converge in its last step
        can_tell = params.get("tol") is not None and params.get("solver") != "newton-cholesky"
        if can_tell and limit > 0 and np.max(estimator.n_iter_) >= limit:
            yield path, estimator
    elif hasattr(estimator, "best_estimator_"):
        yield from _stopped(f"{path}__estimator", estimator.best_estimator_)
    elif hasattr(estimator, "estimator"):  # such as OneVsRestClassifier
        for one in getattr(estimator, "estimators_", ()):
            yield from _stopped(f"{path}__estimator", one)
