"""Finds the lines of a text that begin with certain words, without a look at the others.

A file of vectors has hundreds of thousands of lines, of which a vocabulary needs some thousands.
Only eight bytes of a line decide whether it may be one of them, for many lines at once.
"""

import numpy as np

from ._detect_format import LIMIT

_CHUNK = 1 << 19  # bytes that are looked at at once; they stay in the processor's cache
_KEY = 8  # bytes
_BITS = 16


def scan_lines(stream, number, beginnings):
    """Find lines by what they begin with, up to a space.

    Parameters
    ----------
    stream : BufferedReader
        At the beginning of a line.
    number : int
        The number of that line.
    beginnings : set of bytes
        What to look for.

    Yields
    ------
    number : int
        The number of a line.
    line : bytes
        The line, without its end and spaces before that.

    Returns
    -------
    n_lines, n_empty : int
        How many lines there are, and how many of them are empty.
    last : bytes
        The last line.

    Raises
    ------
    ValueError
        If a line is too long.
    """
    first, n_empty, line = number, 0, b""
    table = _table_of(beginnings)
    buffer = bytearray(LIMIT + _CHUNK + _KEY)
    view, octets = memoryview(buffer), np.frombuffer(buffer, dtype=np.uint8)
    keys = np.ndarray(len(buffer) - _KEY, dtype="<u8", buffer=buffer, strides=(1,))  # overlapping
    n_begun = 0  # bytes of a line whose end is not there yet
    while n_read := stream.readinto(view[n_begun : n_begun + _CHUNK]) or _end(buffer, n_begun):
        size = n_begun + n_read
        ends = np.flatnonzero(octets[:size] == ord("\n"))
        starts = np.concatenate([[0], ends + 1])
        starts, begun = starts[:-1], int(starts[-1])
        may_be = table[_slots(keys[starts])] | (ends - starts <= _KEY)
        for i in np.flatnonzero(may_be).tolist():
            line = bytes(view[starts[i] : ends[i]]).rstrip(b"\r ")
            n_empty += not line
            if line and line.partition(b" ")[0] in beginnings:
                yield number + i, line
        if len(ends):
            line = bytes(view[starts[-1] : ends[-1]])
        number += len(ends)
        n_begun = size - begun
        if n_begun >= LIMIT:
            raise ValueError(f"line {number} is longer than {LIMIT} bytes.")
        buffer[:n_begun] = buffer[begun:size]
    return number - first, n_empty, line


def _end(buffer, n_begun):
    """End a last line that has no line feed; tell how many bytes that took."""
    buffer[n_begun] = ord("\n")
    return min(n_begun, 1)


def _table_of(beginnings):
    """Mark the slots of what is looked for; a few others share them by chance."""
    padded = b"".join(beginning[:_KEY].ljust(_KEY, b"\0") for beginning in beginnings)
    table = np.zeros(1 << _BITS, dtype=bool)
    table[_slots(np.frombuffer(padded, dtype="<u8"))] = True
    return table


def _slots(keys):
    """Map what comes before the first space of eight bytes, and no other bytes, to a slot."""
    # Bytes that are spaces become 0; of the bits that mark a 0, the lowest is always right.
    spaces = keys ^ 0x2020202020202020
    marks = (spaces - 0x0101010101010101) & ~spaces & 0x8080808080808080
    before = ((marks & (~marks + 1)) >> 7) - 1  # all bits if there is no mark
    return ((keys & before) * 0x9E3779B97F4A7C15 >> (64 - _BITS)).astype(np.intp)
