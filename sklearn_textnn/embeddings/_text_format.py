"""Vectors as text: GloVe's lines, and word2vec's and fastText's, which have a header above them."""

import io
from functools import partial

import numpy as np
import pandas as pd

from ._layout import LIMIT, count_numbers, is_number, shorten

_BLOCK = 1 << 20  # bytes of text that are parsed at once


def text_blocks(stream, layout, choice):
    """Read the chosen words and their vectors, some at a time.

    Lines of other words are passed over: whether their numbers are sound is not known.

    Parameters
    ----------
    stream : BufferedReader
        At its first byte.
    layout : Layout
        How the file begins.
    choice : Choice
        Which words are kept.

    Yields
    ------
    words : list of bytes
        Encoded words.
    vectors : ndarray of float32 of shape (n_words, dim)
        Their vectors.

    Raises
    ------
    ValueError
        If a line is none of `layout`, or there are more or less lines than announced.
    """
    stream.read(layout.start)
    lines = _Lines(stream, n_before=0 if layout.n_words is None else 1)
    for numbers, block in _in_blocks(_candidates(lines, choice, layout.dim)):
        yield _parse_block(numbers, block, layout.dim, choice)
    if layout.n_words not in (None, lines.n_words):
        raise ValueError(
            f"line 1 announces {layout.n_words} words, but there are {lines.n_words}: line "
            f"{lines.n_lines} is the last."
        )


class _Lines:
    """The lines of a text that are not empty, with their numbers; only a line feed ends a line.

    Parameters
    ----------
    stream : BufferedReader
        At the beginning of a line.
    n_before : int
        How many lines have been read.
    """

    def __init__(self, stream, n_before):
        self._stream = stream
        self._n_before = n_before
        self.n_lines = n_before
        self._n_empty = 0

    @property
    def n_words(self):
        """Number of lines that hold something, once all have been read."""
        return self.n_lines - self._n_before - self._n_empty

    def __iter__(self):
        read_line = partial(self._stream.readline, LIMIT)
        number = self._n_before
        for number, line in enumerate(iter(read_line, b""), start=self._n_before + 1):
            if not 3 <= len(line) < LIMIT:
                if line.isspace() and line.strip(b"\r\n ") == b"":
                    self._n_empty += 1
                    continue
                if len(line) == LIMIT:
                    raise ValueError(f"line {number} is longer than {LIMIT} bytes.")
            yield number, line
        self.n_lines = number


def _candidates(lines, choice, dim):
    """Pass the lines that may hold a chosen word, which the bytes before the first space tell."""
    if choice.beginnings is None:
        yield from lines
        return
    number, line, beginnings = 0, b"", choice.beginnings
    for number, line in lines:  # the loop that a selective read spends its time in
        if line[: line.find(b" ")] in beginnings:
            yield number, line
    if line:
        _split(number, line, dim)  # a file that was cut shows it in its last line


def _in_blocks(numbered):
    numbers, block, size = [], [], 0
    for number, line in numbered:
        numbers.append(number)
        block.append(line)
        size += len(line)
        if size >= _BLOCK:
            yield numbers, block
            numbers, block, size = [], [], 0
    if block:
        yield numbers, block


def _parse_block(numbers, block, dim, choice):
    words, texts = zip(*map(_split, numbers, block, [dim] * len(block)), strict=True)
    kept, encoded = choice.keep(words, "line", numbers)
    texts = [texts[i] for i in kept]
    vectors = _parse_fast(texts, dim)
    if vectors is None:
        vectors = _parse_one_by_one([numbers[i] for i in kept], encoded, texts, dim)
    return encoded, vectors


def _split(number, line, dim):
    """Split a line into the bytes of the word and those of its numbers."""
    line = line.rstrip(b"\r\n ")
    if line.count(b" ") == dim:
        word, _, numbers = line.partition(b" ")
        return word, numbers
    parts = line.rsplit(b" ", dim)
    word = parts[0]
    # A word may hold spaces (". . ." does), but with a number at its end it is a vector too long.
    if len(parts) <= dim or (b" " in word and is_number(word.rpartition(b" ")[2])):
        raise ValueError(
            f"line {number}: {shorten(line.partition(b' ')[0])} has {count_numbers(line)} numbers, "
            f"expected {dim}."
        )
    return word, line[len(word) + 1 :]


def _parse_fast(texts, dim):
    """Parse equally many numbers from each text; None if there is any fault."""
    whole = b"\n".join(texts)
    if not whole.isascii() or b"_" in whole:
        return None
    if not texts:
        return np.empty((0, dim), dtype=np.float32)
    try:
        # Rounds as float() does: the tests hold the two together.
        frame = pd.read_csv(
            io.BytesIO(whole),
            sep=" ",
            header=None,
            index_col=False,
            dtype=np.float64,
            quoting=3,
            na_filter=False,
            skip_blank_lines=False,
            engine="c",
        )
    except ValueError:
        return None
    vectors = _as_float32(frame.to_numpy())
    return vectors if vectors.shape == (len(texts), dim) and np.isfinite(vectors).all() else None


def _parse_one_by_one(numbers, words, texts, dim):
    """Parse slowly, to say which number of which line is at fault."""
    vectors = np.empty((len(texts), dim), dtype=np.float32)
    for i, (number, word, text) in enumerate(zip(numbers, words, texts, strict=True)):
        for k, part in enumerate(text.split(b" ")):
            value = _as_float32(np.float64(part if is_number(part) else "nan"))
            if not np.isfinite(value):
                kind = "not finite as float32" if is_number(part) else "no number"
                raise ValueError(
                    f"line {number}: {shorten(word)} has {shorten(part)} as number {k + 1} of "
                    f"{dim}, which is {kind}."
                )
            vectors[i, k] = value
    return vectors


def _as_float32(numbers):
    with np.errstate(over="ignore"):  # an overflow is found as an infinity
        return numbers.astype(np.float32)
