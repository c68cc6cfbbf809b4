"""Propagation of the pandas index through steps without pandas."""

import numpy as np

from .._compat import output_config
from ._containers import TokenIds


def index_of(X):
    """Return the index of a Series or frame, or of ids from one, else None."""
    return X.index if isinstance(X, TokenIds) or hasattr(X, "iloc") else None


def with_index(rows, X, estimator):
    """Return the output of a transformer in a form that scikit-learn can convert to a frame.

    scikit-learn uses the index of X only if X is a pandas object; otherwise it would join wrong
    rows of shuffled frames.

    Parameters
    ----------
    rows : ndarray or TokenIds of shape (n_samples, n_columns)
        The output.
    X : TokenIds or object
        What it was made of; see `index_of`.
    estimator : estimator
        Its `set_output`, or the global configuration, decides.

    Returns
    -------
    DataFrame, ndarray or TokenIds
    """
    container = output_config("transform", estimator)["dense"]
    if container == "default":
        return rows
    # an array, which other frame libraries accept, unlike TokenIds
    index, plain = index_of(X), np.asarray(rows)
    if index is None or container != "pandas":
        return plain
    import pandas as pd  # not needed by processes that only predict

    return pd.DataFrame(plain, index=index)
