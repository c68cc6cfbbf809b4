"""Vectors as text: GloVe's format, and that of word2vec and fastText, with a header."""

import csv
import io

import numpy as np

from ._candidate_lines import candidate_lines, make_table
from ._detect_format import LIMIT, count_numbers, is_number, shorten, single_spaced

_BLOCK = 1 << 18  # bytes of text to read at a time; short lines take 30 times that as objects


def text_blocks(stream, layout, word_filter):
    """Yield the chosen words and their vectors in blocks.

    Lines of other words are skipped without checking their numbers.

    Parameters
    ----------
    stream : BufferedReader
        The file, at its first byte.
    layout : Layout
        The detected layout.
    word_filter : WordFilter
        The words to keep.

    Yields
    ------
    words, vectors
        As in `VectorFile.blocks`.

    Raises
    ------
    ValueError
        If a line does not match `layout`, or the number of lines is not as announced.
    """
    stream.read(layout.start)
    number, n_words, last = int(layout.n_words is not None), 0, b""  # number of the last line
    find_lines = _line_finder(layout, word_filter.beginnings)
    block, size = [], 0
    for text, end in _whole_lines(stream):
        n_lines, found = find_lines(text, end) if end else (0, [])
        lines = [(number + 1 + i, line.rstrip(b"\r ")) for i, line in found]
        n_words += n_lines - sum(not line for _, line in lines)
        block += [pair for pair in lines if pair[1]]
        size += sum(len(line) for _, line in lines)
        if size > _BLOCK // 2:  # few lines at a time would cost more to parse than to find
            yield _parse_block(block, layout.dim, word_filter)
            block, size = [], 0
        number += n_lines
        last = text[text.rfind(b"\n", 0, end - 1) + 1 : end - 1] if end else last
        if len(text) - end >= LIMIT:
            raise ValueError(f"line {number + 1} is longer than {LIMIT} bytes.")
    yield _parse_block(block, layout.dim, word_filter)
    if single_spaced(last):
        _split([(number, single_spaced(last))], layout.dim)  # where truncation shows
    if layout.n_words not in (None, n_words):
        fault = (
            f"line 1 announces {layout.n_words} words, but there are {n_words}: line {number} is "
            "the last."
        )
        if abs(layout.n_words - n_words) > 1:
            raise ValueError(f"{fault} If the file is whole, correct or delete line 1.")
        word_filter.remark = f"{fault} Their vectors are used."


def _line_finder(layout, beginnings):
    """Return a function from text and its end to a number of lines, and pairs of place and line.

    Among the lines are all those that are blank.
    """
    if layout.is_spaced or beginnings is None:
        clean = single_spaced if layout.is_spaced else bytes

        def find_lines(text, end):
            lines = text[: end - 1].split(b"\n")
            return len(lines), enumerate(map(clean, lines))

    else:
        table, wanted = make_table(beginnings), {b"", b"\r", *beginnings}

        def find_lines(text, end):
            n_lines, lines = candidate_lines(text, end, table)
            return n_lines, [pair for pair in lines if pair[1].partition(b" ")[0] in wanted]

    return find_lines


def _whole_lines(stream):
    """Yield bytes, and where the last line feed among them ends; the rest comes again."""
    rest = b""
    while chunk := stream.read(_BLOCK):
        text = rest + chunk
        end = text.rfind(b"\n") + 1
        yield text, end
        rest = text[end:]
    if rest:
        yield rest + b"\n", len(rest) + 1


def _parse_block(numbered, dim, word_filter):
    numbers = [number for number, _ in numbered]
    words, texts = _split(numbered, dim)
    kept, encoded = word_filter.keep(words, "line", numbers)
    texts = [texts[i] for i in kept]
    vectors = _parse_fast(texts, dim)
    if vectors is None:
        vectors = _parse_one_by_one([numbers[i] for i in kept], encoded, texts, dim)
    return encoded, vectors


def _split(numbered, dim):
    """Split lines into the bytes of their words and those of their numbers."""
    words, texts = [], []
    for number, line in numbered:
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
    """Parse `dim` numbers from each text; return None if there is any error."""
    import pandas as pd  # not needed by processes that only predict

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
            # before pandas 3 the default counts leading zeros among 17 digits
            float_precision="round_trip" if int(pd.__version__.split(".")[0]) < 3 else None,
        ).to_numpy()
    except ValueError:
        return None
    vectors = _as_float32(numbers)
    sound = vectors.size == len(texts) * dim and np.isfinite(vectors).all()
    return vectors.reshape(len(texts), dim) if sound else None


def _parse_one_by_one(numbers, words, texts, dim):
    """Parse slowly, to find the invalid number and its line."""
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
    with np.errstate(over="ignore"):  # an overflow becomes an infinity
        return numbers.astype(np.float32)
