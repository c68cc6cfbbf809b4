"""Labeled texts of published comparisons, with the splits for all classifiers.

The package includes none of them. MR, CR, TREC and Banking77 are read from a folder of the files as
they are usually distributed; yelp, amazon and imdb from a copy of the UCI Sentiment Labelled
Sentences, see `sklearn_textnn.datasets.fetch_sentiment_sentences`.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

from sklearn_textnn.datasets import fetch_sentiment_sentences

# Files of lines "label text", for training and, if the split is official, for testing.
_LINES = {
    "MR": ("latin-1", "rt-polarity.all"),  # Pang and Lee 2005
    "CR": ("utf-8", "custrev.all"),  # Hu and Liu 2004
    "TREC": ("latin-1", "TREC.train.all", "TREC.test.all"),  # Li and Roth 2002
}
_TABLES = {"Banking77": ("banking_train.csv", "banking_test.csv")}  # Casanueva et al. 2020
_SENTENCES = ("yelp", "amazon", "imdb")  # Kotzias et al. 2015; imdb with the usual 748 rows
OFFICIAL = ("TREC", "Banking77")  # with an official test set
NAMES = (*_LINES, *_TABLES, *_SENTENCES)


class TextSet(NamedTuple):
    """Labeled texts; the last `n_test` are the official test set (0 for none)."""

    name: str
    texts: list
    y: np.ndarray
    n_test: int = 0


def load(name, folder, sentences=None):
    """Load a set.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    folder : path-like
        Folder of the files of MR, CR, TREC and Banking77.
    sentences : path-like, default=None
        Path of the UCI sentences; None for the default of the fetcher.

    Returns
    -------
    TextSet
    """
    if name in _SENTENCES:
        texts, y = fetch_sentiment_sentences(
            subset=name,
            data_home=sentences,
            download_if_missing=False,
            legacy_quoting=True,
            return_X_y=True,
        )
        return TextSet(name, list(texts), np.asarray(y))
    folder = Path(folder)
    if name in _TABLES:
        frames = [pd.read_csv(folder / file) for file in _TABLES[name]]
        parts = [(list(frame["text"]), list(frame["category"])) for frame in frames]
    else:
        encoding, *files = _LINES[name]
        parts = [_read_lines(folder / file, encoding) for file in files]
    texts, labels = ([x for part in parts for x in part[i]] for i in (0, 1))
    return TextSet(name, texts, np.array(labels), len(parts[1][0]) if len(parts) > 1 else 0)


def splits(text_set, n_folds=5, n_seeds=3):
    """Return (training rows, test rows, seed) of each run, the same for all classifiers.

    Stratified folds if there is no official split, otherwise that one with `n_seeds` seeds.
    """
    n = len(text_set.y)
    if text_set.n_test:
        first = n - text_set.n_test
        return [(np.arange(first), np.arange(first, n), seed) for seed in range(n_seeds)]
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=0)
    return [(*fold, seed) for seed, fold in enumerate(folds.split(text_set.texts, text_set.y))]


def development_splits(text_set, n_splits=2, n_most=None):
    """Return splits that leave out official test sets, for the choice of defaults.

    Parameters
    ----------
    text_set : TextSet
        The set to split.
    n_splits : int, default=2
        The number of stratified random splits, with a fifth of the rows for testing.
    n_most : int, default=None
        The maximum number of training rows; None for all.
    """
    n = len(text_set.y) - text_set.n_test
    draws = StratifiedShuffleSplit(n_splits, test_size=0.2, random_state=1)
    return [
        (training[:n_most], test, seed)
        for seed, (training, test) in enumerate(draws.split(np.zeros(n), text_set.y[:n]))
    ]


def _read_lines(path, encoding):
    lines = path.read_bytes().decode(encoding).split("\n")
    pairs = [line.rstrip("\r").partition(" ") for line in lines if line]
    return [text for _, _, text in pairs], [label for label, _, _ in pairs]
