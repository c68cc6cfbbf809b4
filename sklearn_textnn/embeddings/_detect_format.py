"""How vectors are laid out in a file, told by how it begins."""

import codecs
import re
from collections import Counter
from dataclasses import dataclass, replace

LIMIT = 1 << 20  # bytes of a line, a word or a vector: 80,000 numbers of text
SAMPLE = 2 * LIMIT + 64  # holds a header and a whole line

_BOM = codecs.BOM_UTF8
_HEADER = re.compile(rb"([0-9]{1,18}) ([0-9]{1,18})[ \r]*")
_N_LINES = 50  # which vote on the dimension
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True)
class Layout:
    """Where the vectors are in a file.

    Parameters
    ----------
    dim : int
        Numbers per word.
    n_words : int or None
        How many words the header announces; None without header.
    start : int
        Bytes before the first word: a byte order mark, a header.
    is_binary : bool
        Whether it is word2vec's binary format.
    """

    dim: int
    n_words: int | None
    start: int
    is_binary: bool = False


def detect_layout(sample, *, is_whole):
    """Tell the layout of a file from its beginning.

    Parameters
    ----------
    sample : bytes
        At least the first `SAMPLE` bytes, or the whole file.
    is_whole : bool
        Whether the file ends where the sample does.

    Returns
    -------
    Layout
        The layout.

    Raises
    ------
    ValueError
        If it is none of vectors.
    """
    start = len(_BOM) if sample.startswith(_BOM) else 0
    lines = sample[start:].split(b"\n", _N_LINES)
    if len(lines) > _N_LINES or not is_whole:
        lines.pop()  # all that comes behind, or a line that may go on
    rows = [(number, line.rstrip(b"\r ")) for number, line in enumerate(lines, start=1)]
    rows = [(number, row) for number, row in rows if row]
    if not rows:
        raise ValueError(
            "it is empty: there are no vectors."
            if is_whole
            else f"line 1 is longer than {LIMIT} bytes: there are no vectors."
        )
    header = _HEADER.fullmatch(lines[0])
    if header:
        n_words, dim = map(int, header.groups())
        below = start + len(lines[0]) + 1
        layout = _below_header(rows, sample[below:], Layout(dim, n_words, below), is_whole)
        if layout:
            return layout
    return Layout(_common_dim(rows), None, start)


def _below_header(rows, rest, layout, is_whole):
    """Tell what follows a line of two integers; None if that is a word and its one number."""
    if not rest.strip():
        raise ValueError("there are no vectors in it, only a header.")
    if layout.n_words and layout.dim:
        if len(rows) > 1 and count_numbers(rows[1][1]) >= layout.dim:
            return layout
        if _is_binary(rest, is_whole):
            return replace(layout, is_binary=True)
    if all(row.count(b" ") == count_numbers(row) == 1 for _, row in rows):
        return None
    number, row = rows[1] if len(rows) > 1 else (2, rest[:LIMIT])
    raise ValueError(
        f"line 1 announces {layout.n_words} words of {layout.dim} numbers, but line {number}, "
        f"{shorten(row)}, has {count_numbers(row)}."
    )


def _is_binary(rest, is_whole):
    """Whether bytes are no text: float32 numbers hold control characters or broken UTF-8.

    Not each of them, but nearly: 1, 0.5 and 0 do. Among letters only, a guess would be worse.
    """
    if _NOT_TEXT.search(rest):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(rest, final=is_whole)
    except UnicodeDecodeError:
        return True
    return False


def _common_dim(rows):
    """Let the first lines vote on the dimension.

    One line is not enough: a word may hold spaces and end in a number, or a line may be cut.
    """
    votes = Counter(count_numbers(row) for _, row in rows)
    dim = max(votes, key=lambda count: (votes[count], count))
    if not dim:
        number, row = rows[0]
        raise ValueError(
            f"there are no vectors in it: line {number} is {shorten(row)}, expected a word and "
            "its numbers, separated by single spaces."
        )
    return dim


def count_numbers(row):
    """Count the numbers at the end of a line; its first part is a word, whatever it looks like."""
    parts = row.split(b" ")[1:]
    return next((i for i, part in enumerate(reversed(parts)) if not is_number(part)), len(parts))


def is_number(part):
    """Whether a part of a line is a number, NaN and infinities included."""
    try:
        float(part)
    except ValueError:
        return False
    return b"_" not in part  # 1_000 is Python's own spelling


def shorten(row):
    """Return the beginning of some bytes as a message shows it: as text if they are UTF-8."""
    try:
        text = row.decode("utf-8")
    except UnicodeDecodeError:
        text = row
    return repr(text) if len(text) <= 40 else f"{text[:40]!r}..."
