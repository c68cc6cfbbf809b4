"""The index of a Series or frame, carried past steps that know no pandas."""

import numpy as np

from .._compat import output_config
from ._containers import TokenIds


def index_of(X):
    """Return the index of a Series or frame, or of ids that were made from one; else None."""
    return X.index if isinstance(X, TokenIds) or hasattr(X, "iloc") else None


def with_index(rows, X, estimator):
    """Return the output of a transformer, in a form of which scikit-learn can make a frame.

    It takes an index from X only if that is pandas' own: the rows of a shuffled frame would be
    joined with those of others.

    Parameters
    ----------
    rows : ndarray or TokenIds of shape (n_samples, n_columns)
        The output.
    X : TokenIds or object
        What it was made of; see `index_of`.
    estimator : estimator
        Whose `set_output`, or the global configuration, decides.

    Returns
    -------
    DataFrame, ndarray or TokenIds
    """
    container = output_config("transform", estimator)["dense"]
    if container == "default":
        return rows
    index, plain = (
        index_of(X),
        np.asarray(rows),
    )  # which makers of other frames take, unlike TokenIds
    if index is None or container != "pandas":
        return plain
    import pandas as pd  # here: it is no need of those that only predict

    return pd.DataFrame(plain, index=index)
