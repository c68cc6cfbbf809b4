"""From the words of a document and their vectors to one vector."""

import numpy as np
from scipy import sparse

from ..preprocessing import offsets_of

_BLOCK = 1 << 22  # numbers that are gathered at once: 16 MB


def running_words(flat, counted):
    """Lay out the words of every document, in the order of the text.

    That order, unlike the order of ids, belongs to the document alone: the sums of its vectors
    are the same to the last bit whatever ids new words got in the call.

    Parameters
    ----------
    flat : FlatIds
        Ids of `n_samples` documents, all from 0 to `n_tokens` - 1.
    counted : ndarray of bool of shape (n_tokens,)
        Which ids count.

    Returns
    -------
    csr_array of float32 of shape (n_samples, n_tokens)
        An entry of 1 for every running word; several for a word that is repeated.
    """
    kept = counted[flat.ids]
    ids, offsets = flat.ids[kept], offsets_of(kept)[flat.offsets]
    ones = np.ones(len(ids), dtype=np.float32)
    return sparse.csr_array((ones, ids, offsets), shape=(len(flat), len(counted)))


def count_words(words):
    """Count the words of every document.

    Parameters
    ----------
    words : csr_array of shape (n_samples, n_tokens)
        What :func:`running_words` gives.

    Returns
    -------
    csr_array of shape (n_samples, n_tokens)
        The same with one entry for each distinct word.
    """
    counts = words.copy()
    counts.sum_duplicates()
    return counts


def mean_vectors(words, table, weights=None):
    """Take the mean of the vectors of every document's words.

    Parameters
    ----------
    words : csr_array of float32 of shape (n_samples, n_tokens)
        What :func:`running_words` gives.
    table : ndarray of float32 of shape (n_tokens, dim)
        The vector of each word.
    weights : ndarray of shape (n_tokens,), default=None
        What one occurrence of each word weighs, more than 0; None weighs them equally.

    Returns
    -------
    ndarray of float32 of shape (n_samples, dim)
        The means; zeros for a document without words.
    """
    if weights is not None:
        weighted = weights.astype(np.float32)[words.indices]
        words = sparse.csr_array((weighted, words.indices, words.indptr), shape=words.shape)
    totals = words.sum(axis=1)
    return (words @ table) / np.where(totals > 0, totals, 1)[:, None].astype(np.float32)


def extreme_vectors(words, table, ufunc):
    """Take the maximum or minimum of every component over a document's words.

    Parameters
    ----------
    words : csr_array of shape (n_samples, n_tokens)
        What :func:`running_words` gives.
    table : ndarray of float32 of shape (n_tokens, dim)
        The vector of each word.
    ufunc : numpy.ufunc
        `numpy.maximum` or `numpy.minimum`.

    Returns
    -------
    ndarray of float32 of shape (n_samples, dim)
        The extremes; zeros for a document without words.
    """
    counts = count_words(words)  # no document has more than the distinct words
    starts, ids = counts.indptr, counts.indices
    pooled = np.zeros((counts.shape[0], table.shape[1]), dtype=np.float32)
    filled = np.flatnonzero(np.diff(starts))  # reduceat knows no empty document
    block_of = starts[filled] * table.shape[1] // _BLOCK
    for rows in np.split(filled, np.flatnonzero(np.diff(block_of)) + 1):
        if len(rows):
            start, end = starts[rows[0]], starts[rows[-1] + 1]
            pooled[rows] = ufunc.reduceat(table[ids[start:end]], starts[rows] - start, axis=0)
    return pooled
