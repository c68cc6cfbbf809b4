"""Expected calibration error: confidence against accuracy."""

from typing import NamedTuple

import numpy as np

_N_BINS = 10
_N_DRAWS = 500


class CalibrationError(NamedTuple):
    """Mean confidence, accuracy, calibration error, and the error that chance alone allows."""

    confidence: float
    accuracy: float
    error: float
    by_chance: float


def confidence_and_hits(probabilities, y, classes):
    """Return the probability of each predicted label, and whether it is right.

    Parameters
    ----------
    probabilities : array-like of shape (n_samples, n_classes)
        Class probabilities; for multilabel targets also a list with one array of shape
        (n_samples, 2) per label.
    y : array-like of shape (n_samples,) or (n_samples, n_labels)
        True labels.
    classes : array-like of shape (n_classes,)
        The class of each column.

    Returns
    -------
    confidence : ndarray of float
        One entry per sample, or per sample and label.
    hits : ndarray of bool
        Whether each prediction is right.
    """
    y = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
    if isinstance(probabilities, list):
        probabilities = np.column_stack([columns[:, 1] for columns in probabilities])
    probabilities = np.asarray(probabilities, dtype=float)
    if y.ndim == 2 and y.shape[1] > 1:
        return np.maximum(probabilities, 1 - probabilities).ravel(), (
            (probabilities >= 0.5) == (y == 1)
        ).ravel()
    best = probabilities.argmax(axis=1)
    return probabilities.max(axis=1), np.asarray(classes)[best] == y.ravel()


def calibration_error(confidence, hits, seed=0):
    """Compare confidence with accuracy in bins of equal numbers.

    Even perfect probabilities have an expected calibration error above 0, which grows as samples
    get fewer. So the error is compared with the 99 % quantile for perfect probabilities: hits are
    drawn with the probabilities that the classifier states.

    Parameters
    ----------
    confidence : ndarray of shape (n,)
        Probabilities of the predicted labels.
    hits : ndarray of bool of shape (n,)
        Whether they are right.
    seed : int, default=0
        Seed of the draws.

    Returns
    -------
    CalibrationError

    References
    ----------
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017 (the measure); Vaicenavicius
    et al., "Evaluating model calibration in classification", AISTATS 2019 (the draws).
    """
    order = np.argsort(confidence, kind="stable")
    confidence, hits = confidence[order], hits[order]
    n = len(confidence)
    starts = np.unique(np.linspace(0, n, min(_N_BINS, n), endpoint=False).astype(int))

    def error(outcomes):  # (n_draws, n)
        gaps = np.add.reduceat(outcomes - confidence, starts, axis=1)
        return np.abs(gaps).sum(axis=1) / n

    rng = np.random.default_rng(seed)
    drawn = [error((rng.random((1, n)) < confidence).astype(float))[0] for _ in range(_N_DRAWS)]
    return CalibrationError(
        float(confidence.mean()),
        float(hits.mean()),
        float(error(hits.astype(float)[None])[0]),
        float(np.quantile(drawn, 0.99)),
    )
