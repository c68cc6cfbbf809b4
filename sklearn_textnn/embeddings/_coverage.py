"""How much of the training texts has vectors, and what has none."""

from dataclasses import dataclass

import numpy as np

from .._saved_state import instance_of


@dataclass(frozen=True)
class Coverage:
    """How much of the training texts has vectors, as shares from 0 to 1.

    Parameters
    ----------
    types : float
        Of the distinct words.
    tokens : float
        Of the running words.
    documents : float
        Of the documents: those with at least one word that has a vector.
    """

    types: float
    tokens: float
    documents: float

    _saved_state = dict.fromkeys(("types", "tokens", "documents"), instance_of(float))


def measure_coverage(counts, covered):
    """Measure coverage.

    Parameters
    ----------
    counts : csr_array of shape (n_samples, n_tokens)
        How often each word occurs in each document; at least one does.
    covered : ndarray of bool of shape (n_tokens,)
        Which words have a vector.

    Returns
    -------
    Coverage
        The shares.
    """
    totals = _totals(counts)
    return Coverage(
        types=float(covered[totals > 0].mean()),
        tokens=float(totals[covered].sum() / totals.sum()),
        documents=float((counts @ covered.astype(counts.dtype) > 0).mean()),
    )


def words_without_vectors(counts, covered, words):
    """Count the words that occur and have no vector.

    Parameters
    ----------
    counts : csr_array of shape (n_samples, n_tokens)
        How often each word occurs in each document.
    covered : ndarray of bool of shape (n_tokens,)
        Which words have a vector.
    words : sequence of str
        The words.

    Returns
    -------
    dict of str to int
        Words and counts, the most frequent first, in order of ids where equally frequent.
    """
    totals = _totals(counts)
    missing = np.flatnonzero((totals > 0) & ~covered)
    missing = missing[np.argsort(-totals[missing], kind="stable")]
    return {words[i]: int(totals[i]) for i in missing}


def _totals(counts):
    """How often each word occurs, exact in float64: ndarray of shape (n_tokens,)."""
    return np.bincount(counts.indices, weights=counts.data, minlength=counts.shape[1])
