"""Lookup of word vectors, with other forms of a word and fallbacks."""

import hashlib
import unicodedata

import numpy as np

from .._arrays import row_blocks
from .._saved_state import Constraint, one_of
from ._vectors import WordVectors

ENDS = ("zero", "mean", "random", "unk")
_UNKNOWN = ("<unk>", "<UNK>", "[UNK]", "UNK", "unk")  # names of the vector for unknown words
_STATISTICS = {}  # mean and standard deviation by digest of the vectors
_MOST_STATISTICS = 100


class Lookup:
    """Word vectors with other forms and a fallback for words without a vector.

    Parameters
    ----------
    vectors : WordVectors
        The vectors.
    forms : tuple of {"casefold", "strip"}, default=()
        Other forms of a word to try, see :func:`other_forms`.
    end : {"zero", "mean", "random", "unk"}, default="zero"
        The fallback for words none of whose forms has a vector.

    Raises
    ------
    ValueError
        If `end` is "unk", and there is no vector for unknown words.
    """

    _saved_state = {
        "vectors": Constraint(
            "WordVectors of at least one word",
            lambda value, _: isinstance(value, WordVectors) and len(value) > 0,
        ),
        "forms": Constraint("some of FORMS", lambda value, _: {*value} <= {*FORMS}),
        "end": one_of(*ENDS),
    }

    def __init__(self, vectors, forms=(), end="zero"):
        self.vectors = vectors
        self.forms = forms
        self.end = end
        if end == "unk":
            self._stand_in = _vector_for_unknown(vectors)
        elif end != "zero":
            self._stand_in, self._spread = _statistics(vectors)

    def table_of(self, words):
        """Look up words.

        Parameters
        ----------
        words : sequence of str
            The words; "" is not a word and gets zeros.

        Returns
        -------
        table : ndarray of float32 of shape (n_words, dim)
            A vector for each word.
        covered : ndarray of bool of shape (n_words,)
            Whether the word or another form of it has a vector.
        """
        asked = np.flatnonzero([word != "" for word in words])
        covered = np.zeros(len(words), dtype=bool)
        covered[asked], vectors = self.vectors._find([words[i] for i in asked])
        table = np.zeros((len(words), vectors.shape[1]), dtype=np.float32)
        table[covered] = vectors
        if self.forms:
            self._look_up_forms(words, asked[~covered[asked]], table, covered)
        missing = asked[~covered[asked]]
        if self.end == "random":
            table[missing] = self._spread * noise([words[i] for i in missing], table.shape[1])
        elif self.end != "zero":
            table[missing] = self._stand_in
        return table, covered

    def _look_up_forms(self, words, missing, table, covered):
        forms = [other_forms(words[i], self.forms) for i in missing]
        tried = [form for forms_of_word in forms for form in forms_of_word]
        if not tried:
            return
        found, vectors = self.vectors._find(tried)
        rows, first = np.unique(np.repeat(missing, list(map(len, forms)))[found], return_index=True)
        table[rows] = vectors[first]
        covered[rows] = True


def other_forms(word, steps):
    """Return the other forms of a word in the order in which they are tried.

    Each step applies to all previous forms, the word itself first.

    Parameters
    ----------
    word : str
        The word.
    steps : sequence of {"casefold", "strip"}
        "casefold" takes the lowercase and the case-folded form, "strip" leaves out punctuation,
        symbols, spaces and control characters at both ends.

    Returns
    -------
    list of str
        The forms, without the word itself and without repetitions.

    Examples
    --------
    >>> from sklearn_textnn.embeddings._lookup import other_forms
    >>> other_forms("(Straße", ("casefold", "strip"))
    ['(straße', '(strasse', 'Straße', 'straße', 'strasse']
    """
    forms = [word]
    for step in steps:
        forms += [changed for form in forms for changed in _CHANGES[step](form)]
    return [form for form in dict.fromkeys(forms) if form and form != word]


def noise(words, dim):
    """Draw a random vector for each word, seeded by the word.

    Parameters
    ----------
    words : sequence of str
        The words.
    dim : int
        Numbers per vector.

    Returns
    -------
    ndarray of float64 of shape (n_words, dim)
        Numbers between -sqrt(3) and sqrt(3), uniformly distributed with standard deviation 1.
    """
    bits = b"".join(
        hashlib.shake_256(word.encode("utf-8", "surrogatepass")).digest(4 * dim) for word in words
    )
    drawn = np.frombuffer(bits, dtype="<u4").reshape(len(words), dim)
    return (drawn / 2**31 - 1) * np.sqrt(3)


def mean_and_spread(vectors):
    """Compute mean and standard deviation in blocks of rows.

    Parameters
    ----------
    vectors : ndarray of shape (n_words, dim)
        The vectors, possibly memory-mapped.

    Returns
    -------
    mean : ndarray of float64 of shape (dim,)
        The mean vector.
    spread : float
        The standard deviation of all numbers.
    """
    sums, squares = np.zeros(vectors.shape[1]), 0.0
    for block in row_blocks(vectors):
        sums += block.sum(axis=0)
        squares += np.square(block).sum()  # not BLAS, whose last bits depend on its threads
    variance = squares / vectors.size - (sums.sum() / vectors.size) ** 2
    return sums / len(vectors), float(np.sqrt(max(variance, 0.0)))


def _vector_for_unknown(vectors):
    found, stand_ins = vectors._find(list(_UNKNOWN))
    if not found.any():
        raise ValueError(
            f'oov="unk" uses the vector for unknown words, but the vectors have none of '
            f'{", ".join(_UNKNOWN)}; use oov="mean", "random" or "zero".'
        )
    return stand_ins[0]


def _statistics(vectors):
    """Return mean and standard deviation, computed once per content and process."""
    found = _STATISTICS.get(vectors.digest)
    if found is None:
        found = mean_and_spread(vectors.vectors)
        if len(_STATISTICS) >= _MOST_STATISTICS:
            _STATISTICS.clear()
        _STATISTICS[vectors.digest] = found
    return found


def _strip(word):
    return word.strip("".join(c for c in word if unicodedata.category(c)[0] in "PSZC"))


_CHANGES = {
    "casefold": lambda word: (word.lower(), word.casefold()),
    "strip": lambda word: (_strip(word),),
}
FORMS = tuple(_CHANGES)
