"""Texts that are the same, or nearly, in both parts of a fold."""

import re
from collections import defaultdict
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

SIMILAR = 0.9  # cosine of the sets of words and pairs of words
_MOST_PRODUCTS = 40_000_000  # pairs of texts that are compared; a second or so
_ROWS = 100  # compared with all others at a time


class SharedTexts(NamedTuple):
    """Held-out texts that have their like in the training part, and how many were looked at."""

    rows: np.ndarray
    twin: int  # of the first one
    n_checked: int


def find_shared_texts(texts, folds, seed=0):
    """Find the held-out texts whose like stands in the training part of the same fold.

    Alike are texts that are equal but for case, punctuation and spaces, and those that share nearly
    all of their words and pairs of words. Of many texts a random part is looked at.

    Parameters
    ----------
    texts : list of str of length n_samples
        All of them.
    folds : list of Fold
        The outer folds.
    seed : int, default=0
        Of the part that is looked at.

    Returns
    -------
    SharedTexts or None
        None if there is none.
    """
    likes, n_checked = _likes(texts, seed)
    found = {}
    for fold in folds:
        in_training = np.zeros(len(texts), dtype=bool)
        in_training[fold.train] = True
        for row in fold.test:
            twins = [twin for twin in likes.get(row, ()) if in_training[twin]]
            if twins:
                found.setdefault(int(row), int(min(twins)))
    if not found:
        return None
    rows = np.array(sorted(found))
    return SharedTexts(rows, found[rows[0]], n_checked)


def _likes(texts, seed):
    """Return for each row the rows of texts that are alike, and how many rows were compared."""
    likes = defaultdict(set)
    by_words = defaultdict(list)
    for row, text in enumerate(texts):
        words = " ".join(re.findall(r"\w+", text.casefold()))
        if words:  # texts without words are another finding
            by_words[words].append(row)
    for rows in by_words.values():
        for row in rows[:1] if len(rows) == 1 else rows:
            likes[row].update(set(rows) - {row})
    n = len(texts)
    rows = np.arange(n)
    if n * n > _MOST_PRODUCTS:
        n_checked = max(_ROWS, _MOST_PRODUCTS // n)
        rows = np.sort(np.random.default_rng(seed).choice(n, n_checked, replace=False))
    vectorizer = HashingVectorizer(
        ngram_range=(1, 2), binary=True, alternate_sign=False, token_pattern=r"\w+"
    )
    X = vectorizer.transform(texts)  # rows of length 1, so that products are cosines
    for start in range(0, len(rows), _ROWS):
        part = rows[start : start + _ROWS]
        cosines = (X[part] @ X.T).tocoo()
        for i, twin in zip(*(c[cosines.data >= SIMILAR] for c in cosines.coords), strict=True):
            if part[i] != twin:
                likes[part[i]].add(twin)
                likes[twin].add(part[i])
    return likes, len(rows)
