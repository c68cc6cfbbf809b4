"""Token tables with the words of some texts, for engines that read a single table."""

from dataclasses import replace

import numpy as np


def grow(spec, state, ids, beside):
    """Add rows for words that have none; trained rows stay as they are.

    Parameters
    ----------
    spec : NetworkSpec
        Sizes of the trained network.
    state : ModelState
        Its weights.
    ids : FlatIds of shape (n_samples, maxlen)
        Rows of the tables; from ``spec.n_tokens`` upward, those of `beside`.
    beside : ndarray of shape (n_rows, dim)
        Vectors of words that have no row.

    Returns
    -------
    spec : NetworkSpec
    state : ModelState
        With tables that have only the rows that `ids` needs.
    ids : FlatIds of shape (n_samples, maxlen)
        Rows of those tables.
    """
    used, places = np.unique(ids.ids, return_inverse=True)
    if used[:1] != 0:  # row 0 is the padding
        used, places = np.concatenate([[0], used]), places + 1
    weights = list(state.weights)
    for i in state.tables:
        n_tokens = len(weights[i])
        known = used[used < n_tokens]
        new = beside[used[len(known) :] - n_tokens].astype(weights[i].dtype)
        weights[i] = np.concatenate([weights[i][known], new])
    ids = ids.with_ids(places.astype(np.int32))
    return replace(spec, n_tokens=len(used)), replace(state, weights=weights), ids
