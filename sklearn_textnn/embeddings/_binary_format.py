"""Vectors in word2vec's binary format: a word, a space, and its float32 numbers as bytes."""

import numpy as np

from ._detect_format import LIMIT, shorten

_BLOCK = 1 << 18  # bytes to read at a time


def binary_blocks(stream, layout, word_filter, size):
    """Yield the chosen words and their vectors in blocks.

    Parameters
    ----------
    stream : BufferedReader
        The file, at its first byte.
    layout : Layout
        The layout according to the header.
    word_filter : WordFilter
        The words to keep.
    size : int or None
        The number of bytes of the file, if known in advance.

    Yields
    ------
    words, vectors
        As in `VectorFile.blocks`.

    Raises
    ------
    ValueError
        If the file is shorter or longer than announced, or a number is NaN or infinite.
    """
    _check_sizes(layout, size)
    stream.read(layout.start)
    n_read, rest = 0, b""
    while n_read < layout.n_words:
        chunk = stream.read(_BLOCK)
        words, vectors, rest = _split(rest + chunk, layout.n_words - n_read, 4 * layout.dim)
        if not words and not chunk:
            raise ValueError(
                f"the header announces {layout.n_words} words of {layout.dim} numbers, but the "
                f"file ends within vector {n_read + 1}."
            )
        if not words and len(rest) > 2 * LIMIT:
            raise ValueError(f"vector {n_read + 1}: no word ends within {LIMIT} bytes.")
        numbers = range(n_read + 1, n_read + 1 + len(words))
        n_read += len(words)
        kept, encoded = word_filter.keep(words, "vector", numbers)
        block = np.frombuffer(b"".join(vectors[i] for i in kept), dtype="<f4")
        block = block.reshape(len(kept), layout.dim).astype(np.float32, copy=False)
        _check_finite(block, [numbers[i] for i in kept], encoded)
        yield encoded, block
    if (rest + stream.read(1)).strip(b"\r\n"):
        raise ValueError(
            f"the header announces {layout.n_words} words of {layout.dim} numbers, but more "
            "follows."
        )


def _check_sizes(layout, size):
    """Raise an error for impossible sizes before memory is allocated."""
    if 4 * layout.dim > LIMIT:
        raise ValueError(
            f"the header announces {layout.dim} numbers per word, expected at most {LIMIT // 4}."
        )
    smallest = layout.start + layout.n_words * (4 * layout.dim + 1)
    if size is not None and size < smallest:
        raise ValueError(
            f"the header announces {layout.n_words} words of {layout.dim} numbers, which take at "
            f"least {smallest} bytes, but the file has {size}: it was truncated at about vector "
            f"{(size - layout.start) // (4 * layout.dim + 1) + 1}, or is not a file of vectors."
        )


def _split(buffer, n_words, n_bytes):
    """Split off complete words and vectors, at most `n_words`."""
    words, vectors, place = [], [], 0
    while len(words) < n_words:
        space = buffer.find(b" ", place)
        end = space + 1 + n_bytes
        if space < 0 or end > len(buffer):
            break
        # The original word2vec program ends every vector with a line feed.
        words.append(buffer[place:space].removeprefix(b"\n"))
        vectors.append(buffer[space + 1 : end])
        place = end
    return words, vectors, buffer[place:]


def _check_finite(block, numbers, words):
    finite = np.isfinite(block).all(axis=1)
    if not finite.all():
        i = int(finite.argmin())
        raise ValueError(
            f"vector {numbers[i]}: {shorten(words[i])} has {block[i][~np.isfinite(block[i])][0]} "
            "among its numbers, expected finite ones."
        )
