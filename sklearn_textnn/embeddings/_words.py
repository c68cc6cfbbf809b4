"""A compact sequence of words with a hash index."""

import hashlib
from collections.abc import Sequence
from functools import cached_property
from itertools import islice, pairwise

import numpy as np

_CHUNK = 10_000  # words to hold as Python objects at a time


def encode(word):
    """Encode a word; lone surrogates are allowed."""
    return word.encode("utf-8", "surrogatepass")


def decode(encoded):
    """Decode the result of :func:`encode`."""
    return str(encoded, "utf-8", "surrogatepass")


def hash_words(encoded):
    """Hash words to 64 bits, the same in every process and on every machine.

    Parameters
    ----------
    encoded : iterable of bytes
        The words.

    Returns
    -------
    ndarray of uint64 of shape (n_words,)
        The hashes.
    """
    digests = map(_digest, encoded)
    parts = iter(lambda: b"".join(islice(digests, _CHUNK)), b"")
    return np.frombuffer(b"".join(parts), dtype="<u8")


def _digest(word):
    return hashlib.blake2b(word, digest_size=8).digest()


class PackedWords(Sequence):
    """A sequence of words with an index from words to positions.

    The words are concatenated in one bytes object. They are found by binary search among their
    sorted hashes, and compared byte by byte. All parts can be views of a memory-mapped file.

    Parameters
    ----------
    blob : bytes-like
        The encoded words, without separators.
    offsets : ndarray of int64 of shape (n_words + 1,)
        Word ``i`` is ``blob[offsets[i]:offsets[i + 1]]``.
    hashes : ndarray of uint64 of shape (n_words,), default=None
        The hashes of all words, ascending; None computes them when needed.
    order : ndarray of int64 of shape (n_words,), default=None
        The row of each of `hashes`, ascending among equal ones.
    """

    def __init__(self, blob, offsets, hashes=None, order=None):
        self.blob = memoryview(blob)
        self.offsets = offsets
        if hashes is not None:
            vars(self)["_index"] = hashes, order

    @classmethod
    def pack(cls, encoded):
        """Pack a list of encoded words."""
        lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
        return cls(b"".join(encoded), np.concatenate([[0], np.cumsum(lengths)]))

    @classmethod
    def join(cls, parts):
        """Concatenate several sequences of words."""
        lengths = [np.diff(part.offsets) for part in parts]
        offsets = np.cumsum(np.concatenate([np.zeros(1, dtype=np.int64), *lengths]))
        return cls(b"".join(part.blob for part in parts), offsets)

    def take(self, rows):
        """Return the words of some rows, in memory."""
        starts, ends = self.offsets[rows].tolist(), self.offsets[rows + 1].tolist()
        return self.pack([bytes(self.blob[a:b]) for a, b in zip(starts, ends, strict=True)])

    @cached_property
    def _index(self):
        hashes = hash_words(self.encoded())
        order = np.argsort(hashes, kind="stable")
        return hashes[order], order

    hashes = property(lambda self: self._index[0], doc="The hashes of all words, ascending.")
    order = property(lambda self: self._index[1], doc="The row of each hash.")

    def encoded(self):
        """Yield the bytes of each word."""
        for start in range(0, len(self), _CHUNK):
            offsets = self.offsets[start : start + _CHUNK + 1]
            blob = bytes(self.blob[offsets[0] : offsets[-1]])
            for a, b in pairwise((offsets - offsets[0]).tolist()):
                yield blob[a:b]

    def __len__(self):
        return len(self.offsets) - 1

    def __getitem__(self, i):
        if isinstance(i, slice):
            return [self[k] for k in range(*i.indices(len(self)))]
        if not -len(self) <= i < len(self):
            raise IndexError(f"word {i} is out of range: there are {len(self)} words")
        i %= len(self)
        return decode(self.blob[self.offsets[i] : self.offsets[i + 1]])

    def __iter__(self):
        return map(decode, self.encoded())

    def __contains__(self, word):
        return self.rows_of([word])[0] >= 0

    def __eq__(self, other):
        if not isinstance(other, Sequence) or isinstance(other, (str, bytes)):
            return NotImplemented
        return len(self) == len(other) and all(a == b for a, b in zip(self, other, strict=True))

    __hash__ = None

    def __repr__(self):
        shown = ", ".join(map(repr, self[:4])) + (", ..." if len(self) > 4 else "")
        return f"<{len(self)} words: {shown}>"

    def rows_of(self, words):
        """Return the position of each word, or -1.

        Parameters
        ----------
        words : iterable of str
            The words; anything but a str is not found.

        Returns
        -------
        ndarray of int64 of shape (n_words,)
            The positions.
        """
        words = [encode(word) if isinstance(word, str) else None for word in words]
        hashes = hash_words(word or b"" for word in words)
        rows = np.full(len(words), -1, dtype=np.int64)
        if not len(self):
            return rows
        places = np.searchsorted(self.hashes, hashes)
        places[places == len(self)] = 0
        for i in np.flatnonzero(self.hashes[places] == hashes).tolist():
            rows[i] = self._row_from(int(places[i]), words[i])
        return rows

    def _row_from(self, place, word):
        """Return the first row of a word among those of equal hash, from a start position."""
        wanted = self.hashes[place]
        while place < len(self) and self.hashes[place] == wanted:
            row = int(self.order[place])
            if self.blob[self.offsets[row] : self.offsets[row + 1]] == word:
                return row
            place += 1
        return -1

    def first_rows(self):
        """Return the rows that hold a word for the first time.

        Returns
        -------
        ndarray of int64
            The rows, ascending: all of them if no word is repeated.
        """
        first = np.ones(len(self), dtype=bool)
        same = self.hashes[1:] == self.hashes[:-1]
        for place in np.flatnonzero(same) + 1:
            row = self.order[place]
            word = self.blob[self.offsets[row] : self.offsets[row + 1]]
            start = int(np.searchsorted(self.hashes, self.hashes[place]))
            first[row] = self._row_from(start, word) == row
        return np.flatnonzero(first)
