"""Splitting of texts into words as Keras' Tokenizer does, and their positions."""

import re
from array import array
from collections import defaultdict
from itertools import chain, count, pairwise
from operator import itemgetter

import numpy as np

ZERO_WIDTH = "\u200b\u2060\ufeff"  # zero-width spaces, which str.split() ignores
_FEW_FILTERS = 100  # up to this number, str.replace is faster than str.translate beyond ASCII


def splitter(filters, split, lower):
    """Return a function that splits a text into pieces, possibly empty ones."""
    anywhere = split is None
    if anywhere:  # str.split() covers all other white space
        filters, split = filters + ZERO_WIDTH, " "
    table = str.maketrans(dict.fromkeys(filters, split))
    fast_on_ascii = len(split) == 1 and split.isascii()
    # Sequential replacement equals simultaneous only if no filter acts on a new `split`.
    one_by_one = len(filters) <= _FEW_FILTERS and (len(split) == 1 or not set(split) & set(filters))

    def pieces_of(text):
        if lower:
            text = text.lower()
        if not one_by_one or (fast_on_ascii and text.isascii()):
            text = text.translate(table)
        else:  # a sixth of translate's time on texts beyond ASCII
            for character in filters:
                text = text.replace(character, split)
        # The same words if " " is the only white space, and faster without empty pieces.
        same = split == " " and text.isascii() and text.isprintable()
        return text.split() if anywhere or same else text.split(split)

    return pieces_of


def number_pieces(texts, pieces_of):
    """Code pieces by first appearance; 0 is the empty piece.

    Parameters
    ----------
    texts : iterable of str
        The texts to split.
    pieces_of : callable
        Maps a text to its pieces, a list or a str of one character each; see `splitter`.

    Returns
    -------
    pieces : list of str
        In the order of their codes.
    codes : ndarray of int32 of shape (n_pieces,)
        The pieces of all texts, concatenated.
    lengths : ndarray of int64 of shape (n_texts,)
        The number of pieces of each text.
    """
    code_of = defaultdict(count().__next__)  # a new key gets the next number
    code_of[""]  # the piece between two separators
    lengths = array("q")

    def codes_of_texts():
        for text in texts:
            pieces = pieces_of(text)
            lengths.append(len(pieces))
            # itemgetter looks up all in one call, but returns a single one without a tuple
            several = len(pieces) > 1
            yield itemgetter(*pieces)(code_of) if several else map(code_of.__getitem__, pieces)

    codes = np.fromiter(chain.from_iterable(codes_of_texts()), dtype=np.int32)
    return list(code_of), codes, np.frombuffer(lengths, dtype=np.int64)


def spans_of(text, filters, split, lower):
    """Return start and end of the words of a text, split as by `splitter`."""
    if split is None:
        filters, glue, separator = filters + ZERO_WIDTH, " ", re.compile(r"\s")
    else:
        glue, separator = split, re.compile(re.escape(split))
    read, origin = [], []  # lowercasing and a long split turn one character into several
    for i, written in enumerate(text):
        for character in written.lower() if lower else written:
            characters = glue if character in filters else character
            read.append(characters)
            origin += [i] * len(characters)
    n = len(origin)
    gaps = [(0, 0), *(m.span() for m in separator.finditer("".join(read))), (n, n)]
    pieces = [(end, start) for (_, end), (start, _) in pairwise(gaps) if end < start]
    return [(origin[start], origin[end - 1] + 1) for start, end in pieces]


def spans_of_characters(text, lower):
    """Return start and end of each character, repeated if lowercasing turns it into several."""
    read = [character.lower() if lower else character for character in text]
    return [(i, i + 1) for i, characters in enumerate(read) for _ in characters]
