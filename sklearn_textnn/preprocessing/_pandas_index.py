"""The index of a Series or frame, carried past steps that know no pandas."""

import numpy as np
import pandas as pd

from .._compat import output_container
from ._containers import TokenIds


def index_of(X):
    """Return the index of a Series or frame, or of ids that were made from one; else None."""
    return X.index if isinstance(X, TokenIds) or hasattr(X, "iloc") else None


def with_index(rows, index, estimator):
    """Return the output of a transformer, as a frame with an index where frames are asked for.

    scikit-learn makes the frame itself, but takes an index from X only if that is pandas' own: the
    rows of a shuffled frame would be joined with those of others.

    Parameters
    ----------
    rows : ndarray or TokenIds of shape (n_samples, n_columns)
        The output.
    index : pandas.Index or None
        See `index_of`.
    estimator : estimator
        Whose `set_output`, or the global configuration, decides.

    Returns
    -------
    DataFrame, ndarray or TokenIds
    """
    if index is None or output_container(estimator) != "pandas":
        return rows
    return pd.DataFrame(np.asarray(rows), index=index)
