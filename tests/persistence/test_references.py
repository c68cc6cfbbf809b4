"""Pretrained vectors are saved as a reference to their content."""

import pickle
import subprocess
import sys

import cloudpickle
import joblib
import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from sklearn_textnn import persistence
from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.persistence import ModelFormatError


@pytest.fixture
def home(monkeypatch, tmp_path):
    """Keep stores of vectors in a folder of the test's own."""
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def glove(vectors, tmp_path):
    """Return a file with the vectors, as GloVe's text."""
    rows = zip(vectors.words, vectors.vectors.tolist(), strict=True)
    path = tmp_path / "glove.txt"
    path.write_text("".join(f"{word} {' '.join(map(str, row))}\n" for word, row in rows))
    return path


@pytest.fixture
def file_pipeline(home, glove, texts, two):
    """Return a pipeline whose vectors were read from a file and stored in the data home."""
    embedder = GloVeEmbedder(WordVectors.read(glove), output="mean")
    return make_pipeline(embedder, LogisticRegression()).fit(texts, two)


def assert_equal_predictions(loaded, pipeline, texts):
    new = [*texts, "great"]
    np.testing.assert_array_equal(
        loaded.predict_proba(new), pipeline.predict_proba(new), strict=True
    )


def test_a_reference_is_small_and_contains_no_path(file_pipeline, glove, members_of, tmp_path):
    path = tmp_path / "x"
    persistence.save(file_pipeline, path)
    text = members_of(path)["model.json"].decode()
    assert file_pipeline[0].vectors.digest in text
    assert "glove.txt" not in text
    assert str(tmp_path) not in text
    assert "great" not in text  # a word of the vectors that no text holds


def test_vectors_are_found_in_the_data_home(file_pipeline, glove, texts, tmp_path):
    persistence.save(file_pipeline, tmp_path / "x")
    glove.unlink()
    loaded = persistence.load(tmp_path / "x")
    assert_equal_predictions(loaded, file_pipeline, texts)
    assert isinstance(loaded[0].vectors.vectors, np.memmap)
    again = pickle.loads(pickle.dumps(loaded))  # still by reference
    assert_equal_predictions(again, file_pipeline, texts)
    assert len(pickle.dumps(loaded[0].vectors)) < 1000


LOAD = """
import pickle, sys
from pathlib import Path
import joblib, skops.io
from sklearn_textnn import persistence

def unpickle(path):
    return pickle.loads(path.read_bytes())

def from_skops(path):
    return skops.io.load(path, trusted=persistence.SKOPS_TRUSTED)

folder = Path(sys.argv[1])
for way, load in {
    "textnn": persistence.load,
    "given": lambda path: persistence.load(path, vectors=sys.argv[2]),
    "pickle": unpickle,
    "cloudpickle": unpickle,
    "joblib": joblib.load,
    "skops": from_skops,
}.items():
    print(way, load(folder / way).predict_proba(["great food"]).tobytes().hex())
"""


def test_another_process_finds_the_vectors(file_pipeline, glove, tmp_path):
    """The original file is needed only if it is passed to load."""
    folder = tmp_path / "by reference"
    folder.mkdir()
    persistence.save(file_pipeline, folder / "textnn")
    persistence.save(file_pipeline, folder / "given")
    (folder / "pickle").write_bytes(pickle.dumps(file_pipeline))
    (folder / "cloudpickle").write_bytes(cloudpickle.dumps(file_pipeline))
    joblib.dump(file_pipeline, folder / "joblib")
    skops.io.dump(file_pipeline, folder / "skops")
    assert not any(b"great" in path.read_bytes() for path in folder.iterdir())
    moved = glove.rename(tmp_path / "moved.txt")
    done = subprocess.run(
        [sys.executable, "-c", LOAD, folder, moved], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected = file_pipeline.predict_proba(["great food"]).tobytes().hex()
    found = dict(line.split() for line in done.stdout.splitlines())
    ways = ("textnn", "given", "pickle", "cloudpickle", "joblib", "skops")
    assert found == dict.fromkeys(ways, expected)


def test_vectors_can_be_passed_to_load(fitted, saved, home, glove, vectors, texts):
    path = saved("pooled vectors")
    with pytest.raises(ValueError, match=vectors.digest[:6]) as caught:
        persistence.load(path)
    assert not isinstance(caught.value, ModelFormatError)
    other = WordVectors(["a"], [[1.0]])
    equal = WordVectors(vectors.words, vectors.vectors)
    for given in (vectors, equal, [other, equal], glove, str(glove), [other, glove]):
        loaded = persistence.load(path, vectors=given)
        assert_equal_predictions(loaded, fitted("pooled vectors"), texts)


def test_other_vectors_are_refused_by_load(saved, home, vectors):
    other = WordVectors(vectors.words, vectors.vectors + 1)
    with pytest.raises(ValueError, match=f"nor among those passed, {other.digest}"):
        persistence.load(saved("pooled vectors"), vectors=other)


def test_passed_vectors_are_not_read_if_not_needed(saved, home):
    assert persistence.load(saved("tf-idf"), vectors="no such file")
    with pytest.raises(FileNotFoundError):
        persistence.load(saved("pooled vectors"), vectors="no such file")
    with pytest.raises(TypeError, match="vectors is 3, expected a WordVectors"):
        persistence.load(saved("pooled vectors"), vectors=3)


def test_embedded_vectors_need_no_other_file(fitted, saved, home, texts):
    path = saved("two copies", embed_vectors=True)
    loaded = persistence.load(path)
    assert_equal_predictions(loaded, fitted("two copies"), texts)
    assert loaded[2].vectors == fitted("two copies")[2].vectors


def test_embedded_vectors_must_match_their_digest(saved, forge, vectors):
    for change in ({"digest": "0" * 64}, {"words": [*vectors.words][::-1]}, {"words": ["a"]}):
        path = saved("pooled vectors", embed_vectors=True)
        forge(path, lambda d, change=change: d["vectors"][0].update(change))
        with pytest.raises(ModelFormatError):
            persistence.load(path)


@pytest.mark.parametrize("digest", ["", "x", "0" * 63, "G" * 64, None, 3, []])
def test_an_invalid_digest_is_refused(digest, saved, forge, vectors):
    path = forge(saved("pooled vectors"), lambda d: d["vectors"][0].update(digest=digest))
    with pytest.raises(ModelFormatError, match="digest"):
        persistence.load(path, vectors=vectors)


def test_a_damaged_store_is_skipped(file_pipeline, home, vectors, texts, tmp_path):
    persistence.save(file_pipeline, tmp_path / "x")
    (home / "vectors" / "aaa.v1.vectors").write_bytes(b"broken")
    (home / "vectors" / "bbb.v9.vectors").mkdir()
    assert_equal_predictions(persistence.load(tmp_path / "x"), file_pipeline, texts)
    for store in (home / "vectors").glob("*.v1.vectors"):
        content = store.read_bytes()
        store.unlink()  # file_pipeline still has it mapped
        store.write_bytes(content[:-1])
    with pytest.raises(ValueError, match="are not in the data home"):
        persistence.load(tmp_path / "x")
    assert_equal_predictions(
        persistence.load(tmp_path / "x", vectors=vectors), file_pipeline, texts
    )
