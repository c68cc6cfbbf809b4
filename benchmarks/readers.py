"""Readers of the vectors of some words, which return a matrix with a row per word.

A reader imports what it needs when it is created, and reads when it is called, which is measured.
"""

import multiprocessing
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np


class Reading(NamedTuple):
    """The result of a reader, with its time and memory."""

    matrix: np.ndarray
    seconds: float
    megabytes: float


def cold(path, words, home):
    """Read the words from the file itself."""
    import pandas  # noqa: F401  parses numbers; imported by the first read

    from sklearn_textnn.embeddings import WordVectors

    return lambda: _rows_of(WordVectors.read(path, words=words, cache=False), words)


def whole(path, words, home):
    """Parse the whole file and cache it."""
    import pandas  # noqa: F401  as above

    from sklearn_textnn.embeddings import WordVectors

    return lambda: _rows_of(WordVectors.read(path, data_home=home), words)


from_cache = whole  # the second time


def _rows_of(vectors, words):
    rows = vectors.rows_of(words)
    matrix = np.zeros((len(words), vectors.dim), dtype=np.float32)
    matrix[rows >= 0] = vectors.vectors[rows[rows >= 0]]
    return matrix


def loop(path, words, home):
    """Loop over the lines, as is commonly done."""

    def read():
        row_of = {word: row for row, word in enumerate(words)}
        matrix = None
        with open(path, encoding="utf-8") as file:
            for line in file:
                word, *numbers = line.split()
                if matrix is None:
                    matrix = np.zeros((len(words), len(numbers)), dtype=np.float32)
                if word in row_of:
                    matrix[row_of[word]] = np.array(numbers, dtype=np.float32)
        return matrix

    return read


def gensim(path, words, home):
    """Read the whole file, as gensim requires, and select the rows of the words."""
    from gensim.models import KeyedVectors

    def read():
        vectors = KeyedVectors.load_word2vec_format(path, binary=False, no_header=True)
        matrix = np.zeros((len(words), vectors.vector_size), dtype=np.float32)
        for row, word in enumerate(words):
            if word in vectors:
                matrix[row] = vectors[word]
        return matrix

    return read


def in_new_process(make_reader, path, words, home):
    """Read in a new process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measure, (make_reader, path, words, home))


def _measure(make_reader, path, words, home):
    read = make_reader(path, words, home)
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # forget the peak of the imports
    before = _memory("VmRSS")
    start = time.perf_counter()
    matrix = read()
    seconds = time.perf_counter() - start
    return Reading(matrix, seconds, _memory("VmHWM") - before)


def _memory(name):
    """Return resident memory, or its peak, in MB; NaN if the system does not report it."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024 / 1e6
    return float("nan")
