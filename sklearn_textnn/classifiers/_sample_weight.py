"""Sample and class weights combined to a weight per sample, or per sample and label."""

from numbers import Real

import numpy as np

from .._compat import check_sample_weight, compute_class_weight
from .._labels import check_class_weight
from ._heads import MultilabelHead


def weigh(y, sample_weight, class_weight, head, *, partial):
    """Combine sample and class weights.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels.
    sample_weight : array-like of shape (n_samples,), a number or None
        Sample weights, 0 or more; the caller drops samples of weight 0.
    class_weight : dict, list of dict, "balanced" or None
        Class weights, keyed by label.
    head : Head
        The kind of target.
    partial : bool
        Whether one class is enough, since other calls may have others.

    Returns
    -------
    ndarray of float64 of shape (n_samples,) or (n_samples, n_labels)

    Raises
    ------
    ValueError
        If a weight is negative or not a finite number, or too few classes are left.
    """
    weight = check_sample_weight(
        sample_weight, y, dtype=np.float64, ensure_non_negative=True, copy=True
    )
    if not np.isfinite(weight).all():
        raise ValueError("sample_weight holds a weight that is not finite.")
    if class_weight is not None:
        _check_class_weight(class_weight)
        if isinstance(head, MultilabelHead):
            weight = weight[:, None] * _weights_of_labels(class_weight, y, weight)
        else:
            weight *= _weights_of_classes(class_weight, head.classes, y, weight)
    with np.errstate(over="ignore"):
        total = weight.sum()
    if not np.isfinite(total):
        raise ValueError("The weights are too large: their sum is not finite.")
    few = partial or isinstance(head, MultilabelHead)  # then one class, or label, is enough
    if len(np.unique(y[is_positive(weight)], axis=0 if y.ndim > 1 else None)) < (1 if few else 2):
        raise ValueError(
            "sample_weight and class_weight leave fewer than two classes with a positive weight, "
            "expected at least 2 classes."
        )
    return weight


def is_positive(weight):
    """Return which samples have a positive weight, (n_samples,)."""
    return weight > 0 if weight.ndim == 1 else (weight > 0).any(axis=1)


def _check_class_weight(class_weight):
    tables = class_weight if isinstance(class_weight, list) else [class_weight]
    for value in (v for table in tables if isinstance(table, dict) for v in table.values()):
        if not (isinstance(value, Real) and np.isfinite(value) and value >= 0):
            raise ValueError(
                f"class_weight={class_weight!r} holds the weight {value!r}, expected finite "
                "numbers, 0 or more."
            )


def _weights_of_classes(class_weight, classes, y, sample_weight):
    """Return the weight of the class of each sample."""
    check_class_weight(class_weight, classes)
    with np.errstate(divide="ignore"):  # a class whose samples have weight 0
        weights = compute_class_weight(class_weight, classes, y, sample_weight)
    return np.where(np.isfinite(weights), weights, 0)[np.searchsorted(classes, y)]


def _weights_of_labels(class_weight, y, sample_weight):
    """Return the weights of the 0s and 1s of an indicator, (n_samples, n_labels)."""
    n_labels = y.shape[1]
    if isinstance(class_weight, dict):
        raise ValueError(
            "For several labels, class_weight should be a list of dicts, one for each label, such "
            f"as [{{0: 1, 1: 5}}] * {n_labels}. Got one dict."
        )
    tables = class_weight if isinstance(class_weight, list) else [class_weight] * n_labels
    if len(tables) != n_labels:
        raise ValueError(
            f"class_weight holds {len(tables)} dicts, expected {n_labels}, one for each label."
        )
    columns = [
        # a label that no sample has, or all have, is a single class
        (t, np.unique(column) if t == "balanced" else np.arange(2), column, sample_weight)
        for t, column in zip(tables, y.T, strict=True)
    ]
    return np.stack([_weights_of_classes(*column) for column in columns], axis=1)
