"""Five words in two dimensions, on which the whole room lives."""

import os
from pathlib import Path

import pytest

from sklearn_textnn.embeddings import WordVectors

WORDS = ("good", "great", "bad", "food", "soup")
ROWS = ((1.0, 0.0), (0.75, 0.25), (-1.0, 0.0), (0.0, 1.0), (0.25, 1.5))
TINY = WordVectors(WORDS, ROWS)


@pytest.fixture(scope="session")
def tiny():
    """Five words: good and great agree, bad is their opposite, food and soup are elsewhere."""
    return TINY


@pytest.fixture(scope="session")
def shared_data():
    """Give the folder with the real files; skip where it is absent."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SKLEARN_TEXTNN_SHARED_DATA") or beside)
    if not folder.is_dir():
        pytest.skip("no real data: set SKLEARN_TEXTNN_SHARED_DATA to the folder that holds them")
    return folder


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    """Keep stores in a folder of the test's own; nothing reaches the user's."""
    home = tmp_path / "data_home"
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(home))
    return home
