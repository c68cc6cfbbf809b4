"""Duplicates and near-duplicates between the two parts of a fold."""

import re
from collections import defaultdict
from typing import NamedTuple

import numpy as np
from sklearn.feature_extraction.text import HashingVectorizer

SIMILAR = 0.9  # cosine of the sets of words and pairs of words
_MOST_PRODUCTS = 40_000_000  # pairs of texts that are compared; a second or so
_ROWS = 100  # compared with all others at a time


class SharedTexts(NamedTuple):
    """Held-out texts with a duplicate in the training part, and how many were checked."""

    rows: np.ndarray
    duplicate: int  # of the first one
    n_checked: int


def find_shared_texts(texts, folds, seed=0):
    """Find held-out texts that have a (near) duplicate in the training part of the same fold.

    Duplicates are texts that are equal up to case, punctuation and spaces; near-duplicates share
    nearly all of their words and pairs of words. Of many texts a random sample is checked.

    Parameters
    ----------
    texts : list of str of length n_samples
        The texts.
    folds : list of Fold
        The outer folds.
    seed : int, default=0
        Seed of the random sample.

    Returns
    -------
    SharedTexts or None
        None if there are no duplicates.
    """
    likes, n_checked = _likes(texts, seed)
    found = {}
    for fold in folds:
        in_training = np.zeros(len(texts), dtype=bool)
        in_training[fold.train] = True
        for row in fold.test:
            duplicates = [other for other in likes.get(row, ()) if in_training[other]]
            if duplicates:
                found.setdefault(int(row), int(min(duplicates)))
    if not found:
        return None
    rows = np.array(sorted(found))
    return SharedTexts(rows, found[rows[0]], n_checked)


def _likes(texts, seed):
    """Return the (near) duplicates of each row, and how many rows were compared."""
    likes = defaultdict(set)
    by_words = defaultdict(list)
    for row, text in enumerate(texts):
        words = " ".join(re.findall(r"\w+", text.casefold()))
        if words:  # texts without words are a finding of their own
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
        for i, other in zip(*(c[cosines.data >= SIMILAR] for c in cosines.coords), strict=True):
            if part[i] != other:
                likes[part[i]].add(other)
                likes[other].add(part[i])
    return likes, len(rows)
