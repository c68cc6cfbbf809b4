"""Coverage of the training texts by vectors, and words without vectors."""

from dataclasses import dataclass, field
from itertools import islice
from threading import Lock

import numpy as np

from .._saved_state import instance_of

_LOCK = Lock()  # two copies of an embedder may continue from one state


@dataclass(frozen=True)
class Coverage:
    """Shares of the training texts that have vectors, from 0 to 1.

    Parameters
    ----------
    types : float
        Share of the distinct words.
    tokens : float
        Share of the running words.
    documents : float
        Share of the documents with at least one word that has a vector.
    """

    types: float
    tokens: float
    documents: float

    _saved_state = dict.fromkeys(("types", "tokens", "documents"), instance_of(float))


@dataclass(frozen=True, eq=False)
class SeenWords:
    """Counts of the words in the texts that were seen so far.

    Words have places in the order in which they appeared. A state and the next one share the dict
    of places, which only grows, so that counting a chunk takes no time for words of earlier ones.
    Arrays that are shorter than the dict belong to a state from which another one continued.

    Parameters
    ----------
    places : dict of str to int
        The place of each word.
    known : ndarray of int of shape (n_known,)
        The places of the known words, in the order of their ids.
    tokens : ndarray of int of shape (n_words,)
        Occurrences of the word at each place.
    documents : ndarray of int of shape (n_words,)
        Documents that contain it.
    missing : ndarray of bool of shape (n_words,)
        Whether it occurs and has no vector.
    n_documents, n_covered : int
        All documents, and those with at least one word that has a vector.
    """

    places: dict = field(default_factory=dict)
    known: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    tokens: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    documents: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=int))
    missing: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    n_documents: int = 0
    n_covered: int = 0

    def and_more(self, counts, covered, words, known=None):
        """Return the counts after some more documents.

        Parameters
        ----------
        counts : csr_array of shape (n_samples, n_tokens)
            How often each word occurs in each document.
        covered : ndarray of bool of shape (n_tokens,)
            Which words have a vector.
        words : sequence of str
            The words.
        known : sequence of str, default=None
            The known words, in the order of their ids; None for those before.

        Returns
        -------
        SeenWords
        """
        n_documents = np.bincount(counts.indices, minlength=counts.shape[1])
        occurring = np.flatnonzero(n_documents)
        n_tokens = np.bincount(counts.indices, weights=counts.data)[occurring]  # exact in float64
        with _LOCK:
            all_places = self.places
            if len(all_places) > len(self.tokens):  # another copy of an embedder continued first
                all_places = dict(islice(all_places.items(), len(self.tokens)))
            known = self.known if known is None else _places_of(known, all_places)
            places = _places_of([words[i] for i in occurring.tolist()], all_places)
            size = len(all_places)
        missing = _grown(self.missing, size)
        missing[places[~covered[occurring]]] = True
        n_covered = int((counts @ covered.astype(counts.dtype) > 0).sum())
        return SeenWords(
            all_places,
            known,
            _added(self.tokens, places, n_tokens, size),
            _added(self.documents, places, n_documents[occurring], size),
            missing,
            self.n_documents + counts.shape[0],
            self.n_covered + n_covered,
        )

    def summarize(self):
        """Return what follows from the counts.

        Returns
        -------
        coverage : Coverage
            Shares of words and documents that have vectors.
        oov_words : dict of str to int
            Words without a vector and their occurrences, the most frequent first; equally frequent
            ones by id, unknown ones last.
        idf : ndarray of float64 of shape (n_known,)
            Smoothed inverse document frequencies of the known words, as in TfidfTransformer: 1 for
            a word that is in every document, the most for one that is in none.
        """
        idf = np.log((1 + self.n_documents) / (1 + self.documents[self.known])) + 1
        return self._measure_coverage(), self._count_missing(), idf

    def _measure_coverage(self):
        n_types, n_tokens = int(np.count_nonzero(self.tokens)), int(self.tokens.sum())
        n_missing = int(self.tokens[self.missing].sum())
        return Coverage(
            types=(n_types - int(np.count_nonzero(self.missing))) / n_types,
            tokens=(n_tokens - n_missing) / n_tokens,
            documents=self.n_covered / self.n_documents,
        )

    def _count_missing(self):
        by_id = np.arange(len(self.tokens)) + len(self.known)
        by_id[self.known[::-1]] = np.arange(len(self.known))[::-1]  # the first id of a word counts
        places = np.flatnonzero(self.missing)
        places = places[np.lexsort((by_id[places], -self.tokens[places]))]
        words = np.array(list(self.places), dtype=object)[places]
        return dict(zip(words.tolist(), self.tokens[places].tolist(), strict=True))


def _places_of(words, places):
    """Return the places of words, and give new words the next ones."""
    return np.array([places.setdefault(word, len(places)) for word in words], dtype=int)


def _grown(array, size):
    """Return a longer copy of an array, filled up with zeros."""
    return np.concatenate([array, np.zeros(size - len(array), dtype=array.dtype)])


def _added(counts, places, more, size):
    """Return counts of a size with `more` added at some places."""
    return _grown(counts, size) + np.bincount(places, weights=more, minlength=size).astype(int)
