"""Validation of the parameter `vocabulary` of tokenizers."""

from collections.abc import Mapping, Set
from numbers import Integral

from .._validation import as_list


def index_of_vocabulary(vocabulary):
    """Validate the parameter `vocabulary` and return a dict from word to id."""
    index, word_of = {}, {}
    for word, i in _pairs_of_vocabulary(vocabulary):
        _check_pair(word, i)
        if index.setdefault(word, int(i)) != i:
            raise ValueError(
                f"vocabulary holds {word!r} twice, at positions {index[word] - 1} and {i - 1}; "
                "expected each word once."
            )
        if word_of.setdefault(i, word) != word:
            raise ValueError(
                f"vocabulary gives the id {i} to {word_of[i]!r} and {word!r}, expected one word "
                "for each id."
            )
    if not index:
        raise ValueError("vocabulary is empty, expected at least one word; None learns the words.")
    gap = next((i for i in range(1, len(index) + 1) if i not in word_of), None)
    if gap is not None:
        raise ValueError(
            f"vocabulary has no word for id {gap}, expected ids 1 to {len(index)} without gaps; "
            "renumber the words or pass them as a list."
        )
    return index


def _pairs_of_vocabulary(vocabulary):
    if isinstance(vocabulary, Mapping):
        return vocabulary.items()
    is_iterable = hasattr(vocabulary, "__iter__") and not isinstance(vocabulary, Set)
    if not is_iterable or getattr(vocabulary, "ndim", 1) != 1:  # a frame yields its column names
        raise ValueError(
            f"vocabulary is a {type(vocabulary).__name__}, expected words in the order of their "
            "ids or a dict from word to id; pass a list, such as sorted(words)."
        )
    return ((word, i) for i, word in enumerate(as_list(vocabulary), start=1))


def _check_pair(word, i):
    if not isinstance(i, Integral) or isinstance(i, bool) or i < 1:
        raise ValueError(f"vocabulary gives {word!r} the id {i!r}, expected an int >= 1.")
    if not isinstance(word, str) or not word:
        raise ValueError(
            f"vocabulary holds {word!r} of type {type(word).__name__} with id {i}, expected a str "
            "that is not empty; id 0, the padding, is not part of the vocabulary."
        )
