"""Validation of words and vectors."""

import codecs
from collections.abc import KeysView, Mapping, Set
from numbers import Real

import numpy as np

from ._words import PackedWords, encode


def checked_iterable(words):
    """Return words unchanged; raise an error if they are one str or not iterable."""
    if isinstance(words, (str, bytes)):
        raise ValueError(
            f"words is {words!r}, a single {type(words).__name__}, expected an iterable of words: "
            f"pass [{words!r}]."
        )
    if not hasattr(words, "__iter__"):
        raise TypeError(
            f"words is {words!r} of type {type(words).__name__}, expected an iterable of words: "
            'pass a list, such as ["good", "bad"].'
        )
    return words


def _list_of_str(words):
    words = list(checked_iterable(words))
    for i, word in enumerate(words):
        if not isinstance(word, str):
            raise TypeError(f"word {i} is {word!r}, a {type(word).__name__}; expected a str.")
    return words


def wanted(words):
    """Return the words to read, as a set."""
    words = _list_of_str(words)
    if not words:
        raise ValueError("words is empty, expected at least one; pass None to read all.")
    return set(words)


def checked_words(words):
    """Pack words in the order of the rows; raise an error if one is repeated."""
    if isinstance(words, (Mapping, Set)) and not isinstance(words, KeysView):
        raise TypeError(
            f"words is a {type(words).__name__}, expected words in the order of the rows of "
            "vectors; pass a list."
        )
    words = _list_of_str(words)
    packed = PackedWords.pack([encode(word) for word in words])
    n_repeated = len(packed) - len(packed.first_rows())
    if n_repeated:
        first = next(word for i, word in enumerate(words) if packed.rows_of([word])[0] != i)
        raise ValueError(
            f"{n_repeated} words are repeated, first {first!r}; expected each word only once."
        )
    return packed


def checked_vectors(vectors, words):
    """Return a read-only matrix of finite float32 with a row per word."""
    vectors = _matrix(vectors)
    if vectors.ndim != 2 or len(vectors) != len(words) or not vectors.shape[1]:
        raise ValueError(f"vectors has shape {vectors.shape}, expected ({len(words)}, dim).")
    if vectors.dtype.kind not in "biuf":
        _refuse_other_than_numbers(vectors, words)
    with np.errstate(over="ignore"):  # an overflow becomes an infinity
        vectors = np.array(vectors, dtype=np.float32, order="C")
    finite = np.isfinite(vectors).all(axis=1)
    if not finite.all():
        row = int(finite.argmin())
        raise ValueError(
            f"row {row}, of {words[row]!r}, has a value that is not finite as float32."
        )
    vectors.setflags(write=False)
    return vectors


def _matrix(vectors):
    try:
        return np.asarray(vectors)
    except ValueError as error:  # usually rows of unequal lengths
        lengths = [len(row) if hasattr(row, "__len__") else None for row in vectors]
        other = next((i for i, length in enumerate(lengths) if length != lengths[0]), None)
        if other is None:
            raise ValueError(f"vectors is not a matrix of numbers: {error}") from error
        raise ValueError(
            f"row {other} of vectors has length {lengths[other]}, row 0 has {lengths[0]}; expected "
            "rows of one length."
        ) from None


def _refuse_other_than_numbers(vectors, words):
    """Raise an error for the first value that is not a number but that NumPy may convert."""
    for (row, column), value in np.ndenumerate(vectors):
        if not isinstance(value, Real) or isinstance(value, np.timedelta64):
            raise ValueError(
                f"row {row}, of {words[row]!r}, holds {value!r} of type {type(value).__name__} in "
                f"column {column}, expected a real number; pass an array of floats."
            )


def check_encoding_errors(encoding_errors):
    """Raise an error unless the name is an error handler of `bytes.decode`."""
    try:
        codecs.lookup_error(encoding_errors)
    except LookupError as error:
        raise ValueError(
            f"got encoding_errors={encoding_errors!r}, expected 'strict', 'replace', 'ignore', "
            "'surrogateescape' or another name that bytes.decode accepts."
        ) from error
