"""Detection of the format of a file of vectors from its beginning."""

import codecs
import re
from collections import Counter
from dataclasses import dataclass, replace
from unicodedata import name

from ._other_kinds import refuse_other_kinds

LIMIT = 1 << 20  # bytes of a line, a word or a vector: 80,000 numbers of text
SAMPLE = 2 * LIMIT + 64  # holds a header and a complete line

_BOM = codecs.BOM_UTF8
_HEADER = re.compile(rb"([0-9]{1,18})[ \t]+([0-9]{1,18})[ \t\r]*")
_SPACES = re.compile(rb"[ \t]+")
_N_LINES = 50  # lines that determine dimension and separators
_NOT_TEXT = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEPARATORS = ",;|:\u00a0\u2003\u2009\u202f\u3000"
_MARKS = set(b",;:|=\"'")  # at the end of every word, they are not part of it


@dataclass(frozen=True)
class Layout:
    """Layout of a file of vectors.

    Parameters
    ----------
    dim : int
        The number of components of a vector.
    n_words : int or None
        The number of words according to the header; None without header.
    start : int
        Bytes before the first word: a byte order mark, a header.
    is_binary : bool
        Whether it is word2vec's binary format.
    is_spaced : bool
        Whether there are tabs or several spaces between a word and its numbers, or between these.
    """

    dim: int
    n_words: int | None
    start: int
    is_binary: bool = False
    is_spaced: bool = False


def detect_layout(sample, *, is_whole):
    """Detect the layout of a file from its beginning.

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
        If it does not hold vectors.
    """
    refuse_other_kinds(sample)
    start = len(_BOM) if sample.startswith(_BOM) else 0
    lines = sample[start:].split(b"\n", _N_LINES)
    if len(lines) > _N_LINES or not is_whole:
        lines.pop()  # all that follows, or a line that may continue
    rows = [(number, line.rstrip(b"\r\t ")) for number, line in enumerate(lines, start=1)]
    rows = [(number, row) for number, row in rows if row]
    if not rows:
        raise ValueError(
            "it is empty: there are no vectors."
            if is_whole
            else f"line 1 is longer than {LIMIT} bytes: there are no vectors."
        )
    header = _HEADER.fullmatch(lines[0])
    body = [row for _, row in rows[bool(header) :]]
    is_spaced = 2 * sum(map(_is_spaced, body)) > len(body)  # a few words may hold spaces or tabs
    if is_spaced:
        rows = [(number, single_spaced(row)) for number, row in rows]
    if header:
        n_words, dim = map(int, header.groups())
        below = start + len(lines[0]) + 1
        layout = Layout(dim, n_words, below, is_spaced=is_spaced)
        if _is_below_header(rows, sample[below:], layout):
            _check_separators(rows[1:], dim)
            return layout
        if n_words and dim and _is_binary(sample[below:], is_whole):
            return replace(layout, is_binary=True)
        _refuse_other_header(rows, sample[below:], layout)
    dim = _common_dim(rows)
    _check_separators(rows, dim)
    if not dim:
        number, row = rows[0]
        raise ValueError(
            f"there are no vectors in it: line {number} is {shorten(row)}, expected a word and "
            "its numbers, separated by spaces or tabs."
        )
    return Layout(dim, None, start, is_spaced=is_spaced)


def _is_spaced(row):
    """Return whether a line has separators other than single spaces, or leading white space."""
    parts = single_spaced(row).split(b" ")
    n_numbers = _trailing_numbers(parts[1:])
    word = row.removesuffix(b" ".join([b"", *parts[len(parts) - n_numbers :]]))
    has_space_in_front = word[:1] in (b" ", b"\t") and not is_number(parts[0])
    return n_numbers > 0 and (word == row or word[-1:] in (b" ", b"\t") or has_space_in_front)


def single_spaced(line):
    """Return a line with single spaces in place of tabs and of several spaces."""
    return _SPACES.sub(b" ", line.strip(b" \t\r\n"))


def _is_below_header(rows, rest, layout):
    """Return whether vectors as text follow a header."""
    if not rest.strip():
        raise ValueError("there are no vectors in it, only a header.")
    return (
        layout.n_words and layout.dim and len(rows) > 1 and count_numbers(rows[1][1]) >= layout.dim
    )


def _refuse_other_header(rows, rest, layout):
    """Raise an error unless a line of two integers is a word and one number, like all others."""
    if all(row.count(b" ") == count_numbers(row) == 1 for _, row in rows):
        return
    _check_separators(rows[1:], 0)
    number, row = rows[1] if len(rows) > 1 else (2, rest[:LIMIT])
    raise ValueError(
        f"line 1 announces {layout.n_words} words of {layout.dim} numbers, but line {number}, "
        f"{shorten(row)}, has {count_numbers(row)}. If that is right, correct or delete line 1."
    )


def _is_binary(rest, is_whole):
    """Return whether bytes are not text: most float32 numbers are not valid UTF-8."""
    if _NOT_TEXT.search(rest):
        return True
    try:
        codecs.getincrementaldecoder("utf-8")().decode(rest, final=is_whole)
    except UnicodeDecodeError:
        return True
    return False


def _common_dim(rows):
    """Return the most common dimension of the first lines.

    One line is not enough: a word may hold spaces and end in a number, or a line may be truncated.
    """
    votes = Counter(count_numbers(row) for _, row in rows)
    return max(votes, key=lambda count: (votes[count], count))


def _check_separators(rows, dim):
    """Raise an error if most lines seem to use other separators."""
    for character in _SEPARATORS:
        separator = character.encode()
        held = [row.translate(None, b"\"'") for _, row in rows if separator in row]
        split = [row.replace(separator, b" ").split() for row in held]
        n_more = sum(_trailing_numbers(parts[1:]) > dim for parts in split)
        if 2 * n_more > len(rows) and (n_more > 1 or not dim):
            raise ValueError(
                f"line {rows[0][0]}, {shorten(rows[0][1])}, has {name(character).lower()}s in or "
                "between its numbers, expected decimal points, and spaces or tabs between numbers; "
                "replace them."
            )
    if 2 * sum(b"\r" in row for _, row in rows) > len(rows):
        raise ValueError("its lines end in carriage returns alone, expected line feeds.")
    words = [row.rsplit(b" ", dim)[0] for _, row in rows]
    if dim and len(words) > 1 and all(b"." in word and is_number(word) for word in words):
        raise ValueError(
            f"each line begins with a number, as {shorten(words[0])}, expected a word; if the "
            "words are in another file, pass WordVectors(words, matrix)."
        )
    ends = {word[-1] if len(word) > 1 else None for word in words}
    if dim and len(words) > 1 and len(ends) == 1 and ends <= _MARKS:
        raise ValueError(
            f"each word ends in {chr(ends.pop())!r}, as {shorten(words[0])}, expected a word and "
            "a space or tab; remove the mark from the file."
        )


def count_numbers(row):
    """Count the numbers at the end of a line; its first part always counts as the word."""
    return _trailing_numbers(row.split(b" ")[1:])


def _trailing_numbers(parts):
    return next((i for i, part in enumerate(reversed(parts)) if not is_number(part)), len(parts))


def is_number(part):
    """Return whether a part of a line is a number, including NaN and infinities."""
    try:
        float(part)
    except ValueError:
        return False
    return b"_" not in part  # Python reads 1_000, too


def shorten(row):
    """Return the beginning of some bytes for a message, as text if they are UTF-8."""
    try:
        text = row.decode("utf-8")
    except UnicodeDecodeError:
        text = row
    return repr(text) if len(text) <= 40 else f"{text[:40]!r}..."
