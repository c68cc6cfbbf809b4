"""Sample weights and class weights, as one weight for each sample."""

from numbers import Real

import numpy as np
from sklearn.utils import compute_class_weight, compute_sample_weight

from .._compat import check_sample_weight
from ._heads import MultilabelHead

_LARGEST_EXPONENT = 60  # of weights, whose sums have to fit into float32


def weigh(y, sample_weight, class_weight, head, dtype, *, partial):
    """Join sample and class weights.

    Parameters
    ----------
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Labels.
    sample_weight : array-like of shape (n_samples,), a number or None
        Weights, 0 or more; a sample of weight 0 is to be left out.
    class_weight : dict, list of dict, "balanced" or None
        Weights keyed by label.
    head : Head
        The kind of target.
    dtype : str
        Float type of the network.
    partial : bool
        Whether one class is enough, since others come with other calls.

    Returns
    -------
    ndarray of shape (n_samples,)

    Raises
    ------
    ValueError
        If a weight is negative, not finite or no number, or too few classes are left.
    """
    weight = check_sample_weight(
        sample_weight, y, dtype=np.float64, ensure_non_negative=True, copy=True
    )
    if not np.isfinite(weight).all():
        raise ValueError("sample_weight holds a weight that is not finite.")
    if class_weight is not None:
        weight *= _class_weights(class_weight, y, weight, head)
    exponent = np.frexp(weight.max())[1]
    if abs(exponent) > _LARGEST_EXPONENT:  # the loss is a weighted mean: scale plays no role
        weight = np.ldexp(weight, -exponent)
    weight = weight.astype(dtype)
    few = partial or isinstance(head, MultilabelHead)  # then one class, or label, is enough
    if len(np.unique(y[weight > 0], axis=0)) < (1 if few else 2):
        raise ValueError(
            "sample_weight and class_weight leave fewer than two classes with a positive weight, "
            "expected at least 2 classes."
        )
    return weight


def _class_weights(class_weight, y, sample_weight, head):
    """Return the weight of each sample's class, or the product of those of its labels."""
    tables = class_weight if isinstance(class_weight, list) else [class_weight]
    for value in (v for table in tables if isinstance(table, dict) for v in table.values()):
        if not (isinstance(value, Real) and np.isfinite(value) and value >= 0):
            raise ValueError(
                f"class_weight={class_weight!r} holds the weight {value!r}, expected finite "
                "numbers, 0 or more."
            )
    if isinstance(class_weight, list) or isinstance(head, MultilabelHead):
        return compute_sample_weight(class_weight, y)
    classes = head.classes
    with np.errstate(divide="ignore"):  # a class whose samples have weight 0
        weights = compute_class_weight(
            class_weight, classes=classes, y=y, sample_weight=sample_weight
        )
    return np.where(np.isfinite(weights), weights, 0)[np.searchsorted(classes, y)]
