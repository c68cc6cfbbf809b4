"""The outer folds of a comparison, shared by all classifiers."""

from numbers import Integral
from typing import NamedTuple

import numpy as np
from sklearn.model_selection import KFold, StratifiedKFold, check_cv
from sklearn.utils.multiclass import type_of_target

from .._compat import num_samples


class Fold(NamedTuple):
    """The number of a fold, from 1, and the row numbers of its two parts."""

    number: int
    train: np.ndarray
    test: np.ndarray


def outer_folds(cv, X, y, random_state, params):
    """Split once, for all classifiers."""
    if isinstance(cv, Integral):
        stratified = type_of_target(y) in ("binary", "multiclass")
        splitter = StratifiedKFold if stratified else KFold
        cv = splitter(cv, shuffle=True, random_state=random_state)
    else:
        cv = check_cv(cv, y, classifier=True)
    n_samples = num_samples(X)
    folds = [
        _check_fold(Fold(number, _as_positions(train), _as_positions(test)), n_samples)
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
            f"part (row {shared[0]} among them), so its scores would not be held-out scores."
        )
    return fold
