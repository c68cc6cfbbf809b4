"""Vectors as text: GloVe's lines, and word2vec's and fastText's, which have a header above them."""

import csv
import io
from functools import partial

import numpy as np
import pandas as pd

from ._detect_format import LIMIT, count_numbers, is_number, shorten, single_spaced
from ._scan_lines import scan_lines

_BLOCK = 1 << 20  # bytes of text that are parsed at once
_OVERHEAD = 200  # bytes that a line takes as a Python object, and its word, more or less


def text_blocks(stream, layout, word_filter):
    """Read the chosen words and their vectors, some at a time.

    Lines of other words are passed over: whether their numbers are sound is not known.

    Parameters
    ----------
    stream : BufferedReader
        At its first byte.
    layout : Layout
        How the file begins.
    word_filter : WordFilter
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
    n_before = 0 if layout.n_words is None else 1
    if layout.is_spaced or word_filter.beginnings is None:
        lines = _Returning(_all_lines(stream, n_before + 1, layout))
    else:
        lines = _Returning(scan_lines(stream, n_before + 1, word_filter.beginnings))
    for numbers, block in _in_blocks(lines):
        yield _parse_block(numbers, block, layout.dim, word_filter)
    n_lines, n_empty, last = lines.returned
    if last.strip(b"\r\n "):
        _split([n_before + n_lines], [last], layout.dim)  # where a file that was cut shows it
    n_words = n_lines - n_empty
    if layout.n_words not in (None, n_words):
        fault = (
            f"line 1 announces {layout.n_words} words, but there are {n_words}: line "
            f"{n_before + n_lines} is the last."
        )
        if abs(layout.n_words - n_words) > 1:
            raise ValueError(f"{fault} If the file is whole, correct or delete line 1.")
        word_filter.remark = f"{fault} Their vectors are used."  # whoever counted took another line


class _Returning:
    """The values of a generator, and then what it `returned`."""

    def __init__(self, generator):
        self._generator = generator

    def __iter__(self):
        self.returned = yield from self._generator


def _all_lines(stream, first, layout):
    """Yield all lines as :func:`scan_lines` does some; only a line feed ends a line."""
    number, line, n_empty = first - 1, b"", 0
    for number, line in enumerate(iter(partial(stream.readline, LIMIT), b""), start=first):
        if len(line) == LIMIT:
            raise ValueError(f"line {number} is longer than {LIMIT} bytes.")
        if layout.is_spaced:
            line = single_spaced(line)
        if (line.isspace() and not line.strip(b"\r\n ")) or not line:
            n_empty += 1
        else:
            yield number, line
    return number - first + 1, n_empty, line


def _in_blocks(numbered):
    numbers, block, size = [], [], 0
    for number, line in numbered:
        numbers.append(number)
        block.append(line)
        size += len(line) + _OVERHEAD
        if size >= _BLOCK:
            yield numbers, block
            numbers, block, size = [], [], 0
    yield numbers, block  # none, perhaps: it still has a dimension


def _parse_block(numbers, block, dim, word_filter):
    words, texts = _split(numbers, block, dim)
    kept, encoded = word_filter.keep(words, "line", numbers)
    texts = [texts[i] for i in kept]
    vectors = _parse_fast(texts, dim)
    if vectors is None:
        vectors = _parse_one_by_one([numbers[i] for i in kept], encoded, texts, dim)
    return encoded, vectors


def _split(numbers, block, dim):
    """Split lines into the bytes of their words and those of their numbers."""
    words, texts = [], []
    for number, line in zip(numbers, block, strict=True):
        line = line.rstrip(b"\r\n ")
        if line.count(b" ") == dim:
            word, _, text = line.partition(b" ")
        else:
            word = _word_with_spaces(number, line, dim)
            text = line[len(word) + 1 :]
        words.append(word)
        texts.append(text)
    return words, texts


def _word_with_spaces(number, line, dim):
    parts = line.rsplit(b" ", dim)
    word = parts[0]
    # ". . ." is a word. But one with a number at its end belongs to a vector that is too long.
    if len(parts) <= dim or is_number(word.rpartition(b" ")[2]):
        raise ValueError(
            f"line {number}: {shorten(line.partition(b' ')[0])} has {count_numbers(line)} numbers, "
            f"expected {dim}."
        )
    return word


def _parse_fast(texts, dim):
    """Parse `dim` numbers from each text; None if there is any fault."""
    whole = b" ".join(texts)
    if not whole.isascii():
        return None
    if not texts:
        return np.empty((0, dim), dtype=np.float32)
    try:
        # One long column, as many columns cost more than their numbers. It rounds as float() does.
        numbers = pd.read_csv(
            io.BytesIO(whole),
            sep="_",  # that no number holds: a second column is a fault
            lineterminator=" ",
            header=None,
            dtype=np.float64,
            quoting=csv.QUOTE_NONE,
            na_filter=False,
            skip_blank_lines=False,
        ).to_numpy()
    except ValueError:
        return None
    vectors = _as_float32(numbers)
    sound = vectors.size == len(texts) * dim and np.isfinite(vectors).all()
    return vectors.reshape(len(texts), dim) if sound else None


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
