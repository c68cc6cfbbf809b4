"""The texts that estimators are checked on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.utils.multiclass import type_of_target

_PRAISE = (
    "A bright little cafe with warm bread and kind waiters.",
    "The soup was fresh, the staff kind, the bill small.",
    "Kind staff and fresh bread, we will come again!",
    "Warm room, bright music, wonderful cake.",
    "We liked the cake, and the tea was wonderful too.",
    "Fresh fish, quick staff: wonderful.",
    "The waiters were quick and the fish was warm.",
    "Wonderful tea in a bright room.",
)
_BLAME = (
    "The soup was cold and the waiters were rude.",
    "Rude staff, stale bread, a noisy room.",
    "We waited an hour for stale cake and cold tea.",
    "Cold fish, noisy music: dreadful.",
    "The bill was wrong and nobody said sorry.",
    "Dreadful soup in a dark and noisy cafe.",
    "Stale bread again, and the tea was dreadful.",
    "A dark room, rude waiters and a wrong bill.",
)
_FEWEST_TEXTS = 8


@dataclass(frozen=True)
class Corpus:
    """Texts and their labels; each check gets its own lists, which it may change."""

    _texts: tuple
    _y: np.ndarray | None

    @property
    def texts(self):
        return list(self._texts)

    @property
    def y(self):
        return None if self._y is None else self._y.copy()

    def labels(self, codes):
        """Return a label of the type in y for each integer."""
        if self._y is None:
            return None
        return codes if self._y.dtype.kind in "biuf" else named(codes)

    def y_for(self, n_samples):
        """Return as many labels as asked for, all classes among the first ones."""
        if self._y is None:
            return None
        first = np.sort(np.unique(self._y, return_index=True)[1])
        rest = np.setdiff1d(np.arange(len(self._y)), first)
        return np.resize(self._y[np.concatenate([first, rest])], n_samples)


def named(codes):
    """Return a str for each integer, in the same order."""
    return np.array([f"class {code:04d}" for code in codes])


DEFAULT = Corpus(_PRAISE + _BLAME, np.repeat([1, 0], [len(_PRAISE), len(_BLAME)]))


def make_corpus(texts, y, *, needs_y):
    """Validate the user's texts and labels and make a corpus of them.

    Parameters
    ----------
    texts : sequence of str, or None
        None for the built-in texts.
    y : array-like or None
        Labels of `texts`.
    needs_y : bool
        Whether there is a classifier to train on them.

    Returns
    -------
    Corpus
        The texts and `y`.
    """
    if texts is None:
        if y is not None:
            raise ValueError("y was passed without texts; pass both.")
        return DEFAULT
    if isinstance(texts, (str, bytes)):
        raise ValueError(f"texts is one {type(texts).__name__}, expected a list of them.")
    texts = list(texts)
    if len(texts) < _FEWEST_TEXTS or not all(isinstance(text, str) for text in texts):
        raise ValueError(
            f"texts holds {len(texts)} items, expected at least {_FEWEST_TEXTS}, all of them str."
        )
    if y is None:
        if needs_y:
            raise ValueError("texts were passed without y, which classifiers need; pass both.")
        return Corpus(tuple(texts), None)
    y = np.asarray(y)
    if y.shape != (len(texts),):
        raise ValueError(
            f"y has shape {y.shape}, expected ({len(texts)},): one value for each of the texts."
        )
    if needs_y:
        _check_labels(y)
        classes, counts = np.unique(y, return_counts=True)
        if len(classes) < 2 or counts.min() < 2:
            raise ValueError(
                f"y holds the classes {classes.tolist()} {counts.tolist()} times, expected at "
                "least two classes with two texts each, since some checks cross-validate."
            )
    return Corpus(tuple(texts), y)


def _check_labels(y):
    missing = pd.isna(y).any()
    if missing or type_of_target(y) not in ("binary", "multiclass"):
        raise ValueError(
            f"y holds {'missing values' if missing else 'no classes'}, but classifiers need a "
            "label for each text: a str, a bool or a whole number."
        )
