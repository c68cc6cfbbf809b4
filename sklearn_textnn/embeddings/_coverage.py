"""How much of the training texts has vectors, and what has none."""

from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class SeenWords:
    """How often words occur in the texts that were seen so far.

    Parameters
    ----------
    tokens : dict of str to int
        Occurrences of each word, in order of appearance.
    documents : dict of str to int
        Documents that hold it.
    n_documents, n_covered : int
        All documents, and those with at least one word that has a vector.
    """

    tokens: dict = field(default_factory=dict)
    documents: dict = field(default_factory=dict)
    n_documents: int = 0
    n_covered: int = 0

    def and_more(self, counts, covered, words):
        """Return what was seen after some more documents.

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
        SeenWords
        """
        n_documents = np.bincount(counts.indices, minlength=counts.shape[1])
        there = np.flatnonzero(n_documents)
        n_tokens = np.bincount(counts.indices, weights=counts.data)[there]  # exact in float64
        tokens, documents = dict(self.tokens), dict(self.documents)
        for i, n, in_documents in zip(
            there.tolist(), n_tokens.tolist(), n_documents[there].tolist(), strict=True
        ):
            tokens[words[i]] = tokens.get(words[i], 0) + int(n)
            documents[words[i]] = documents.get(words[i], 0) + in_documents
        n_covered = int((counts @ covered.astype(counts.dtype) > 0).sum())
        n_all = self.n_documents + counts.shape[0]
        return SeenWords(tokens, documents, n_all, self.n_covered + n_covered)

    def measure_coverage(self, missing):
        """Measure coverage.

        Parameters
        ----------
        missing : dict of str to int
            What `count` gives for the words without a vector.

        Returns
        -------
        Coverage
        """
        n_types, n_tokens = len(self.tokens), sum(self.tokens.values())
        return Coverage(
            types=(n_types - len(missing)) / n_types,
            tokens=(n_tokens - sum(missing.values())) / n_tokens,
            documents=self.n_covered / self.n_documents,
        )

    def count(self, chosen, known):
        """Return the occurrences of some words.

        Parameters
        ----------
        chosen : set of str
            The words; those that do not occur are left out.
        known : sequence of str
            The known words, in the order of their ids.

        Returns
        -------
        dict of str to int
            Words and counts, the most frequent first; equally frequent ones by id, unknown ones
            last.
        """
        order = dict.fromkeys([*known, *self.tokens])
        found = {w: self.tokens[w] for w in order if w in chosen and w in self.tokens}
        return dict(sorted(found.items(), key=lambda item: -item[1]))

    def inverse_document_frequencies(self, words):
        """Compute smoothed inverse document frequencies, as TfidfTransformer does.

        Parameters
        ----------
        words : sequence of str
            The words.

        Returns
        -------
        ndarray of float64 of shape (n_words,)
            1 for a word that is in every document, the most for one that is in none.
        """
        n_documents = np.array([self.documents.get(word, 0) for word in words])
        return np.log((1 + self.n_documents) / (1 + n_documents)) + 1
