"""The threshold on a label's probability that maximizes F1 or minimizes cost."""

import numpy as np

_ROUNDING = 1e-12


def f1(tp, fp, fn):
    """Return F1 from weighted counts; 0 where it is undefined."""
    total = 2 * tp + fp + fn
    return np.divide(2 * tp, total, out=np.zeros_like(total), where=total > 0)


def best_threshold(probabilities, y, gain, weight=None):
    """Find the threshold that maximizes a gain.

    A label is predicted where its probability is at least the threshold, which lies halfway
    between two probabilities. Ties go to the threshold nearest to 0.5.

    Parameters
    ----------
    probabilities : ndarray of shape (n_samples,)
        Probabilities of the label.
    y : ndarray of shape (n_samples,)
        0 or 1.
    gain : callable
        Maps arrays of weighted true positives, false positives and false negatives to an array of
        gains.
    weight : ndarray of shape (n_samples,), default=None
        Sample weights.

    Returns
    -------
    threshold : float
    gain : float
    """
    order = np.argsort(-probabilities, kind="stable")
    p = probabilities[order].astype(float)
    weight = np.ones(len(p)) if weight is None else weight[order].astype(float)
    # the k most probable are predicted, k = 0, ..., n
    tp = np.concatenate([[0.0], np.cumsum(weight * (y[order] == 1))])
    fp = np.concatenate([[0.0], np.cumsum(weight * (y[order] != 1))])
    gains = gain(tp, fp, tp[-1] - tp)
    above = np.concatenate([[max(1.0, np.nextafter(p[0], 2))], p])  # the last one predicted
    below = np.concatenate([p, [0.0]])  # the first one not predicted
    can_be = np.concatenate([[True], p[:-1] > p[1:], [True]])
    middles = np.where((above + below) / 2 > below, (above + below) / 2, above)
    middles[-1] = min(p[-1], 0.5)
    middles[0] = max(np.nextafter(p[0], 2), 0.5)
    good = can_be & (gains >= gains[can_be].max() - _ROUNDING * max(1.0, np.abs(gains).max()))
    best = np.flatnonzero(good)[np.abs(middles[good] - 0.5).argmin()]
    return float(middles[best]), float(gains[best])
