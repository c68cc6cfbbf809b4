"""Vectors of five words in two dimensions, for most tests of embeddings."""

import os

import numpy as np
import pytest

from sklearn_textnn.embeddings import WordVectors

WORDS = ("good", "great", "bad", "food", "soup")
ROWS = ((1.0, 0.0), (0.75, 0.25), (-1.0, 0.0), (0.0, 1.0), (0.25, 1.5))
TINY = WordVectors(WORDS, ROWS)


@pytest.fixture(scope="session")
def tiny():
    """Five words: good and great are similar, bad is their opposite, food and soup are neither."""
    return TINY


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    """Use a temporary data home, not that of the user."""
    home = tmp_path / "data_home"
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(home))
    return home


def _as_text(words, rows, header):
    lines = [f"{len(words)} {len(rows[0])}"] if header else []
    for word, row in zip(words, rows, strict=True):
        lines.append(" ".join([word, *map(repr, map(float, row))]))
    return "".join(f"{line}\n" for line in lines).encode()


def _as_binary(words, rows):
    parts = [f"{len(words)} {len(rows[0])}\n".encode()]
    for word, row in zip(words, np.asarray(rows, dtype="<f4"), strict=True):
        parts += [word.encode(), b" ", row.tobytes(), b"\n"]
    return b"".join(parts)


FORMATS = {
    "glove": lambda words, rows: _as_text(words, rows, header=False),
    "word2vec": lambda words, rows: _as_text(words, rows, header=True),
    "binary": _as_binary,
}


@pytest.fixture(scope="session", params=FORMATS)
def written(request):
    """Return words and rows in one of the formats, as bytes."""
    return FORMATS[request.param]


@pytest.fixture
def as_file(tmp_path):
    """Write bytes to a file that was last changed an hour ago."""

    def write(content, name="vectors.txt"):
        path = tmp_path / name
        path.write_bytes(content)
        before = path.stat().st_mtime - 3600
        os.utime(path, (before, before))
        return path

    return write
