"""Pooling of the word vectors of a document."""

import numpy as np
from scipy import sparse

from ..preprocessing import check_range, offsets_of

_BLOCK = 1 << 22  # numbers to gather at a time: 16 MB


def count_tokens(tokens):
    """Count the words of each document.

    Parameters
    ----------
    tokens : TokenIds of shape (n_samples,) or (n_samples, maxlen)
        Token ids.

    Returns
    -------
    csr_array of float32 of shape (n_samples, n_tokens)
        How often each word occurs in each document; padding is not counted.

    Raises
    ------
    ValueError
        If an id is not in the vocabulary.
    """
    check_range(tokens)
    is_word = np.arange(len(tokens.vocabulary)) > 0
    return count_words(running_words(tokens.flat, is_word))


def running_words(flat, counted):
    """Return the words of each document in the order of the text.

    That order, unlike the order of ids, depends on the document only: sums of its vectors are
    bitwise the same whatever ids new words got in the call.

    Parameters
    ----------
    flat : FlatIds
        Ids of `n_samples` documents, all from 0 to `n_tokens` - 1.
    counted : ndarray of bool of shape (n_tokens,)
        Whether to count each id.

    Returns
    -------
    csr_array of float32 of shape (n_samples, n_tokens)
        An entry of 1 for each running word; several for a repeated word.
    """
    kept = counted[flat.ids]
    ids, offsets = flat.ids[kept], offsets_of(kept)[flat.offsets]
    ones = np.ones(len(ids), dtype=np.float32)
    return sparse.csr_array((ones, ids, offsets), shape=(len(flat), len(counted)))


def count_words(words):
    """Count the words of each document.

    Parameters
    ----------
    words : csr_array of shape (n_samples, n_tokens)
        The result of :func:`running_words`.

    Returns
    -------
    csr_array of shape (n_samples, n_tokens)
        The same with one entry for each distinct word.
    """
    counts = words.copy()
    counts.sum_duplicates()
    return counts


def mean_vectors(words, table, weights=None):
    """Compute the mean word vector of each document.

    Parameters
    ----------
    words : csr_array of float32 of shape (n_samples, n_tokens)
        The result of :func:`running_words`.
    table : ndarray of float32 of shape (n_tokens, dim)
        The vector of each word.
    weights : ndarray of shape (n_tokens,), default=None
        The weight of one occurrence of each word, above 0; None for equal weights.

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
    """Compute the maximum or minimum of each component over the words of each document.

    Parameters
    ----------
    words : csr_array of shape (n_samples, n_tokens)
        The result of :func:`running_words`.
    table : ndarray of float32 of shape (n_tokens, dim)
        The vector of each word.
    ufunc : numpy.ufunc
        `numpy.maximum` or `numpy.minimum`.

    Returns
    -------
    ndarray of float32 of shape (n_samples, dim)
        The extremes; zeros for a document without words.
    """
    counts = count_words(words)  # a document holds at most all distinct words
    starts, ids = counts.indptr, counts.indices
    pooled = np.zeros((counts.shape[0], table.shape[1]), dtype=np.float32)
    filled = np.flatnonzero(np.diff(starts))  # reduceat cannot handle empty documents
    block_of = starts[filled] * table.shape[1] // _BLOCK
    for rows in np.split(filled, np.flatnonzero(np.diff(block_of)) + 1):
        if len(rows):
            start, end = starts[rows[0]], starts[rows[-1] + 1]
            pooled[rows] = ufunc.reduceat(table[ids[start:end]], starts[rows] - start, axis=0)
    return pooled
