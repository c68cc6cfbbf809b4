"""Reasons to doubt a comparison: seven checks, each with evidence and advice."""

import re
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import type_of_target

from ._calibration_error import calibration_error
from ._near_duplicates import find_shared_texts
from ._report_candidates import grids_of, is_search, last_step

_MANY = 0.05  # share of texts without a known word
_NEAR_ONE, _FAR_BELOW = 0.98, 0.15
_COSTLIER = 2.0  # times the seconds of the cheapest classifier, and
_SECONDS = 0.5  # seconds more: less is not worth a finding
_EDGE = 0.05  # share of a distribution that counts as its edge
_MISCALIBRATED = 0.05  # mean difference between confidence and accuracy


@dataclass(frozen=True)
class Finding:
    """A reason to doubt a comparison.

    Parameters
    ----------
    check : str
        The check that found it.
    subject : str
        The name of the classifier, or "data".
    evidence : str
        What was found, in numbers.
    advice : str
        What to do about it.

    Examples
    --------
    >>> from sklearn_textnn.model_selection import Finding
    >>> print(Finding("texts in both parts of a fold", "data", "2 of 6 texts are", "Drop them"))
    data: 2 of 6 texts are. Drop them.
    """

    check: str
    subject: str
    evidence: str
    advice: str

    def __str__(self):
        return f"{self.subject}: {self.evidence}. {self.advice}."


def find_in_data(X, y, folds):
    """Check texts, classes and folds, before anything is fitted."""
    texts = _as_texts(X)
    found = [_few_samples(y, folds)]
    if texts is not None:
        found += [_shared_texts(texts, folds), _texts_without_words(texts, folds)]
    return [finding for finding in found if finding]


def _as_texts(X):
    """Return X as a list of str if it consists of texts, else None."""
    if isinstance(X, pd.DataFrame):
        if X.shape[1] != 1:
            return None
        X = X.iloc[:, 0]
    if not isinstance(X, (list, tuple, pd.Series, np.ndarray)):
        return None
    texts = np.asarray(X, dtype=object)
    if texts.ndim == 2 and texts.shape[1] == 1:
        texts = texts.ravel()
    return texts.tolist() if texts.ndim == 1 and all(isinstance(t, str) for t in texts) else None


def _few_samples(y, folds):
    if type_of_target(y) not in ("binary", "multiclass"):
        return None
    classes, counts = np.unique(np.asarray(y).ravel(), return_counts=True)
    few = np.flatnonzero(counts < len(folds))
    if not len(few):
        return None
    named = ", ".join(f"{classes[i]!s} ({counts[i]})" for i in few[:5])
    more = f" and {len(few) - 5} more" if len(few) > 5 else ""
    return Finding(
        "classes with fewer samples than folds",
        "data",
        f"{len(few)} of {len(classes)} classes have fewer samples than there are folds "
        f"({len(folds)}): {named}{more}, so that some folds hold none of them",
        "Take fewer folds, merge rare classes, or collect more of them",
    )


def _shared_texts(texts, folds):
    shared = find_shared_texts(texts, folds)
    if shared is None:
        return None
    n, first = len(shared.rows), int(shared.rows[0])
    looked = "" if shared.n_checked == len(texts) else f"; {shared.n_checked} were checked"
    return Finding(
        "texts in both parts of a fold",
        "data",
        f"{n} of {len(texts)} texts ({n / len(texts):.1%}) are held out while the same text, or "
        f"nearly, is trained on, such as number {first} and number {shared.duplicate}{looked}",
        "Drop duplicates, or put near-duplicates into one group with "
        "cv=StratifiedGroupKFold(...) with params={'groups': ...}",
    )


def _texts_without_words(texts, folds):
    words = [set(re.findall(r"\w+", text.casefold())) for text in texts]
    n_empty = sum(not of_text for of_text in words)
    unknown = set()
    for fold in folds:
        known = set().union(*(words[i] for i in fold.train))
        unknown.update(int(i) for i in fold.test if words[i] and not words[i] & known)
    n = n_empty + len(unknown)
    if n <= _MANY * len(texts):
        return None
    first = next(i for i in range(len(texts)) if not words[i] or i in unknown)
    return Finding(
        "texts without a known word",
        "data",
        f"{n_empty} of {len(texts)} texts hold no word, and {len(unknown)} none that their "
        f"training part knows; the first is number {first}. All of them get the same answer",
        "Look at how the texts were read; use subwords, runs of characters or pretrained vectors",
    )


def find_in_searches(classifiers, scores):
    """Check whether searches chose the smallest or largest value of their range."""
    found = []
    for name, classifier in classifiers.items():
        search = last_step(classifier)
        if not is_search(search):
            continue
        chosen = scores.loc[scores["classifier"] == name, "params"]
        for parameter in sorted({key for params in chosen for key in params}):
            values = [params[parameter] for params in chosen if parameter in params]
            found.append(_edge_of_range(name, parameter, values, grids_of(search)))
    return [finding for finding in found if finding]


def _edge_of_range(name, parameter, values, grids):
    offered = [grid[parameter] for grid in grids if parameter in grid]
    if len(offered) != 1 or not all(map(_is_number, values)):
        return None
    low, high = _at_edges(values, offered[0])
    side = "smallest" if low > high else "largest"
    n = max(low, high)
    if n <= len(values) / 2:
        return None
    edge = (min if low > high else max)(values)
    beyond = "below" if low > high else "above"
    return Finding(
        "best value at the edge of the searched range",
        name,
        f"{parameter} was chosen at the {side} that was offered, {edge:.3g}, in {n} of "
        f"{len(values)} searches",
        f"Offer values {beyond} it",
    )


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)


def _at_edges(values, offered):
    """Count the values at the lower and at the upper edge of a list or distribution."""
    if hasattr(offered, "cdf"):
        places = offered.cdf(np.asarray(values, dtype=float))
        return int((places < _EDGE).sum()), int((places > 1 - _EDGE).sum())
    try:
        numbers = sorted(set(offered))
    except TypeError:
        return 0, 0
    if len(numbers) < 3 or not all(map(_is_number, numbers)):
        return 0, 0  # of two values each is at an edge
    low = 0 if numbers[0] == 0 else sum(value <= numbers[0] for value in values)  # 0 is an end
    return low, sum(value >= numbers[-1] for value in values)


def find_in_probabilities(outcomes):
    """Check the calibration of held-out probabilities."""
    by_name = {}
    for outcome in outcomes:
        if outcome.confidence_and_hits is not None:
            by_name.setdefault(outcome.row["classifier"], []).append(outcome.confidence_and_hits)
    found = []
    for name, parts in by_name.items():
        if len(parts) < sum(outcome.row["classifier"] == name for outcome in outcomes):
            continue  # some of its tasks failed, or were done before
        confidence, hits = map(np.concatenate, zip(*parts, strict=True))
        result = calibration_error(confidence, hits)
        if result.error > max(result.by_chance, _MISCALIBRATED):
            found.append(
                Finding(
                    "probabilities badly calibrated",
                    name,
                    f"it is {result.confidence:.0%} sure on average and right in "
                    f"{result.accuracy:.0%}; confidence and accuracy differ by {result.error:.3f} "
                    f"in the mean over ten bins, by chance at most by {result.by_chance:.3f}",
                    "Calibrate before you act on probabilities: CalibratedClassifierCV(...), with "
                    "method='temperature' where scikit-learn has it",
                )
            )
    return found


def find_in_scores(comparison):
    """Check for overfitting, and whether costlier classifiers are better."""
    return [*_over_fitted(comparison), *_not_better(comparison)]


def _over_fitted(comparison):
    metric = comparison.metrics[0]
    if f"train_{metric}" not in comparison.scores:
        return
    means = comparison.scores.groupby("classifier", sort=False)[
        [f"train_{metric}", f"test_{metric}"]
    ].mean()
    for name, (train, test) in means.iterrows():
        if _NEAR_ONE <= train <= 1 and test < train - _FAR_BELOW:
            yield Finding(
                "training score near 1, held-out score far below",
                name,
                f"{metric} is {train:.3f} on what it was trained on and {test:.3f} on what was "
                "held out",
                "Regularize more (a smaller C; dropout, early_stopping, fewer epochs), or collect "
                "more texts",
            )


def _not_better(comparison):
    times = comparison.to_frame()["mean_fit_time"]
    if len(times) < 2 or times.isna().all():
        return
    cheapest = times.idxmin()
    differences = comparison.differences(cheapest)
    for name, row in differences.iterrows():
        costs = times[cheapest] + _SECONDS, _COSTLIER * times[cheapest]
        if times[name] >= max(costs) and row["low"] <= 0:  # NaN is not: there is no interval
            yield Finding(
                "no better than the cheapest",
                name,
                f"{comparison.metrics[0]} differs from that of {cheapest!r} by {row['mean']:+.3f}, "
                f"95 % interval [{row['low']:+.3f}, {row['high']:+.3f}], while it takes "
                f"{times[name]:.1f} s instead of {times[cheapest]:.1f} s to fit",
                f"Take {cheapest!r}, or more texts, folds or tuning to show a difference",
            )
