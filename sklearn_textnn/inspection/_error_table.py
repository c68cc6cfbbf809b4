"""Texts sorted by their held-out prediction error."""

from collections.abc import Mapping
from numbers import Integral

import numpy as np
import pandas as pd
from sklearn.model_selection import check_cv, cross_val_predict

from .._compat import HasMethods, validate_params
from .._labels import check_lengths, check_targets
from ..preprocessing import check_texts
from ._explain_texts import WORD


@validate_params(
    {
        "classifier": [HasMethods(["fit", "predict_proba"])],
        "cv": ["cv_object"],
        "n_jobs": [Integral, None],
        "columns": [Mapping, pd.DataFrame, None],
    },
    prefer_skip_nested_validation=False,
)
def error_table(classifier, texts, y, *, cv=5, groups=None, n_jobs=None, columns=None):
    """List the texts with their held-out predictions, the worst first.

    Parameters
    ----------
    classifier : classifier
        A classifier of texts with `predict_proba`. It is cloned for each fold, never changed.
    texts : iterable of str or bytes of length n_texts
        The texts.
    y : array-like of shape (n_texts,)
        Their classes.
    cv : int, splitter or iterable of (train, test), default=5
        The folds, each text in exactly one held-out part.
    groups : array-like of shape (n_texts,), default=None
        For splitters that keep groups together.
    n_jobs : int, default=None
        The number of folds to run at the same time, by joblib.
    columns : dict of str to array-like of shape (n_texts,), default=None
        Additional columns to group by, such as the source of a text.

    Returns
    -------
    DataFrame of shape (n_texts, 7 + n_columns)
        Indexed by the position in `texts`. `text`; `label`, the class in `y`; `predicted`;
        `probability` of the label, smallest first; `correct`; `n_words`, runs of letters, digits
        and underscores; `unknown`, the share of words that are absent from the training part
        (ignoring case; NaN without words); and `columns`.

    Raises
    ------
    ValueError
        If lengths differ, a text or label is missing, there are fewer than two classes, a name of
        `columns` is taken, or the held-out parts are not a partition.
    TypeError
        If a text is neither str nor bytes.

    Notes
    -----
    Slice the table with pandas: ``table.groupby(pd.qcut(table["n_words"], 4))["correct"].mean()``.
    Many of the first texts may be mislabeled rather than mispredicted.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.naive_bayes import MultinomialNB
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn.datasets import load_reviews
    >>> from sklearn_textnn.inspection import error_table
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> table = error_table(make_pipeline(CountVectorizer(), MultinomialNB()), texts, y, cv=3)
    >>> bool(table["correct"].head(10).any())
    False
    """
    texts = check_texts(texts, name="texts")
    y, _, _ = check_targets(texts, y, "error_table", name="texts")
    columns = {} if columns is None else dict(columns)
    check_lengths(texts, columns, "texts")
    if y.ndim != 1:
        raise ValueError(f"y has shape {y.shape}; expected one class for each text: (n_texts,).")
    folds = list(check_cv(cv, y, classifier=True).split(texts, y, groups))
    _check_partition(folds, len(texts))
    probabilities = cross_val_predict(
        classifier, texts, y, cv=folds, n_jobs=n_jobs, method="predict_proba"
    )
    classes, codes = np.unique(y, return_inverse=True)  # cross_val_predict's order of columns
    predicted = classes[probabilities.argmax(axis=1)]
    words = [WORD.findall(text.lower()) for text in texts]
    table = pd.DataFrame(
        {
            "text": texts,
            "label": y,
            "predicted": predicted,
            "probability": probabilities[np.arange(len(texts)), codes],
            "correct": predicted == y,
            "n_words": [len(found) for found in words],
            "unknown": _unknown_shares(words, folds),
        }
    )
    if taken := set(columns) & set(table):
        raise ValueError(f"columns holds {sorted(taken)}, which the table has; rename them.")
    for name, values in columns.items():
        table[name] = np.asarray(values)
    return table.sort_values("probability", kind="stable")


def _check_partition(folds, n_texts):
    """Raise an error unless each text is held out exactly once."""
    held_out = np.concatenate([np.arange(n_texts)[test] for _, test in folds])
    times = np.bincount(held_out, minlength=n_texts)
    if (wrong := np.flatnonzero(times != 1)).size:
        raise ValueError(
            f"cv holds out text {wrong[0]} in {times[wrong[0]]} folds, expected each text in one; "
            "use KFold or StratifiedKFold."
        )


def _unknown_shares(words, folds):
    """Return for each text the share of words that are absent from its training part."""
    shares = np.full(len(words), np.nan)
    for train, test in folds:
        known = set().union(*(words[i] for i in train))
        for i in test:
            if words[i]:
                shares[i] = np.mean([word not in known for word in words[i]])
    return shares
