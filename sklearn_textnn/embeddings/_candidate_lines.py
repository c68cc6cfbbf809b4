"""Fast search for the lines of a text that may begin with certain words.

A file of vectors has hundreds of thousands of lines, of which a vocabulary needs some thousands.
Eight bytes of a line decide whether it may be one of them, for many lines at once.
"""

import numpy as np

_KEY = 8  # bytes
_BITS = 16


def make_table(beginnings):
    """Return a hash table of line beginnings, up to a space; collisions are possible."""
    padded = b"".join(beginning[:_KEY].ljust(_KEY, b"\0") for beginning in {b"", *beginnings})
    table = np.zeros(1 << _BITS, dtype=bool)
    table[_slots(np.frombuffer(padded, dtype="<u8"))] = True
    return table


def candidate_lines(text, end, table):
    """Find lines that may begin with a word of the table, and all blank lines.

    Parameters
    ----------
    text : bytes
        Lines, each with its line feed.
    end : int
        The end of the last line; what follows is ignored.
    table : ndarray of bool
        Returned by :func:`make_table`.

    Returns
    -------
    n_lines : int
        The number of all lines.
    lines : list of (int, bytes)
        Line numbers, from 0, and the bytes of the lines without line feeds.
    """
    ends = np.flatnonzero(np.frombuffer(text, dtype=np.uint8, count=end) == ord("\n"))
    starts = np.concatenate([[0], ends[:-1] + 1])
    if starts[-1] + _KEY > len(text):
        text += bytes(_KEY)
    keys = np.ndarray(len(text) - _KEY + 1, dtype="<u8", buffer=text, strides=(1,))  # overlapping
    may_be = table[_slots(keys[starts])] | (ends - starts <= _KEY)
    found = np.flatnonzero(may_be).tolist()
    return len(ends), [(i, text[starts[i] : ends[i]]) for i in found]


def _slots(keys):
    """Hash the bytes before the first space among eight bytes."""
    # Bytes that are spaces become 0; of the bits that mark a 0, the lowest is always right.
    spaces = keys ^ 0x2020202020202020
    marks = (spaces - 0x0101010101010101) & ~spaces & 0x8080808080808080
    before = ((marks & (~marks + 1)) >> 7) - 1  # all bits if there is no mark
    return ((keys & before) * 0x9E3779B97F4A7C15 >> (64 - _BITS)).astype(np.intp)
