"""Statistics of paired differences between classifiers over folds."""

import math
from typing import NamedTuple

import numpy as np
from scipy import stats

_ROUNDING = 1e-12  # relative; far above the error of a difference of scores


class PairedDifference(NamedTuple):
    """Mean and standard deviation of paired differences, t interval and p value."""

    mean: float
    sd: float
    low: float
    high: float
    p_value: float


def holm(p_values):
    """Adjust p values for the number of comparisons, by Holm's method.

    The smallest of m is multiplied by m, the next one by m - 1 and so on, and none is below the one
    before. Calling those below 0.05 significant, one errs anywhere with probability at most 0.05.

    Parameters
    ----------
    p_values : array-like of shape (m,)
        Missing values, NaN, are not counted.

    Returns
    -------
    ndarray of shape (m,)

    References
    ----------
    S. Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of
    Statistics 6, 1979.
    """
    adjusted = np.asarray(p_values, dtype=float).copy()  # numpy.array shares with pandas 2.2
    order = np.argsort(adjusted)[: np.isfinite(adjusted).sum()]  # NaN comes last
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(adjusted[order] * factors), 1)
    return adjusted


def corrected_resampled_t(differences, n_train, n_test, confidence=0.95):
    """Test whether two classifiers differ, by their paired differences over folds.

    The training sets of cross-validation overlap, so the differences are not independent, and an
    ordinary t interval is too narrow. Nadeau and Bengio widen it: the variance of the mean
    is ``(1 / k + n_test / n_train) * sd**2`` where the ordinary one has ``1 / k * sd**2``.

    Parameters
    ----------
    differences : ndarray of shape (k,)
        Score of one classifier minus that of another, fold by fold.
    n_train, n_test : ndarray of shape (k,)
        Samples in the two parts of each fold; the mean of the ratios is used.
    confidence : float, default=0.95
        Confidence level of the interval, in (0, 1).

    Returns
    -------
    PairedDifference
        Fields ``mean``, ``sd`` (``ddof=1``), ``low`` and ``high`` of the interval, and the
        two-sided ``p_value``. With a single fold all but the mean is NaN.

    References
    ----------
    C. Nadeau and Y. Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003.
    """
    k, mean = len(differences), float(np.mean(differences))
    if k < 2 or math.isnan(mean):
        return PairedDifference(mean, math.nan, math.nan, math.nan, math.nan)
    # equal differences vary by rounding errors, which is no spread
    equal = np.ptp(differences) <= _ROUNDING * np.max(np.abs(differences))
    sd = 0.0 if equal else float(np.std(differences, ddof=1))
    error = sd * math.sqrt(1 / k + np.mean(n_test / n_train))
    margin = float(stats.t.ppf((1 + confidence) / 2, df=k - 1)) * error
    if error > 0:
        p_value = float(2 * stats.t.sf(abs(mean) / error, df=k - 1))
    elif mean == 0:  # two classifiers that agree in every fold do not differ
        p_value = 1.0
    else:  # equal differences in every fold: the variance is 0
        return PairedDifference(mean, sd, math.nan, math.nan, math.nan)
    return PairedDifference(mean, sd, mean - margin, mean + margin, p_value)
