"""Untrusted pickled states of vectors."""

import os
import warnings

import numpy as np
import pytest
import skops.io

from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors, _cache, _pickling
from sklearn_textnn.embeddings._read_file import VectorFile
from sklearn_textnn.persistence import SKOPS_TRUSTED


@pytest.fixture
def path(tiny, as_file):
    """Five words as GloVe's text, not recently changed."""
    lines = [f"{w} {x} {y}\n" for w, (x, y) in zip(tiny.words, tiny.vectors.tolist(), strict=True)]
    return as_file("".join(lines).encode(), "tiny.txt")


@pytest.fixture
def other(as_file):
    """Return other vectors, of the same shape."""
    return as_file(b"good 9 9\ngreat 7 7\nbad 5 5\nfood 3 3\nsoup 1 1\n", "other.txt")


@pytest.fixture
def forged(path):
    """Return a maker of vectors unpickled from a reference with changed entries."""
    reference = WordVectors.read(path).__getstate__()

    def forge(**changes):
        vectors = WordVectors.__new__(WordVectors)
        vectors.__setstate__(reference | changes)
        return vectors

    return forge


def naming(path):
    """Return the entries of a reference that lead to a file."""
    name = _cache._hash(VectorFile(str(path)))
    return {"path": str(path), "size": path.stat().st_size, "store": name}


def below(folder):
    """List everything in a folder and its subfolders."""
    return sorted(folder.rglob("*"))


def assert_refused(vectors, match="has changed"):
    for use in (lambda: vectors["good"], lambda: vectors.vectors, lambda: vectors.rows_of(["bad"])):
        with pytest.raises(FileNotFoundError, match=match):
            use()


def test_an_unchanged_reference_is_resolved(tiny, forged):
    assert np.array_equal(forged().vectors, tiny.vectors)


@pytest.mark.parametrize("changes", [{"digest": "0" * 64}, {"n_words": 4}, {"dim": 3}], ids=str)
def test_vectors_of_another_digest_or_shape_are_refused(forged, changes):
    assert_refused(forged(**changes))


def test_a_store_of_other_content_is_not_used(forged, other):
    assert_refused(forged(**naming(other)))


@pytest.mark.parametrize("claims", [False, True], ids=["honest", "forged"])
def test_a_store_in_a_referenced_data_home_is_verified(tiny, forged, path, other, tmp_path, claims):
    """The digest in its header is trusted only for stores in the own data home."""
    home = tmp_path / "named"
    state = WordVectors.read(path, data_home=home).__getstate__()
    (store,) = (home / "vectors").glob("*.vectors")
    content = bytearray(store.read_bytes())
    matrix = 8 + int.from_bytes(content[:8], "little")
    content[matrix : matrix + 4] = np.float32(7).tobytes()
    if claims:
        store.write_bytes(content)
        path.unlink()
        for kept in (tmp_path / "data_home" / "vectors").glob("*.vectors"):
            kept.unlink()
        assert_refused(forged(**state), "does not exist")
    else:
        assert np.array_equal(forged(**state).vectors, tiny.vectors)


def test_a_referenced_store_is_verified_once_per_process(tiny, path, tmp_path, forged, monkeypatch):
    state = WordVectors.read(path, data_home=tmp_path / "named").__getstate__()
    forged(**state)["good"]
    monkeypatch.setattr(_pickling, "content_digest", None)  # would be a TypeError
    assert forged(**state)["good"].tolist() == tiny["good"].tolist()


@pytest.mark.parametrize("store", ["../../x", "/x", "..", "", "a/b", "a\\b", "c:x", "a\0"])
def test_the_name_of_a_store_cannot_be_a_path(forged, store):
    with pytest.raises(ValueError, match=r"its store is .*, expected a digest"):
        forged(store=store)


@pytest.mark.parametrize(
    "changes",
    [
        {"path": 0},
        {"digest": None},
        {"store": b"a"},
        {"size": "7"},
        {"member": 3},
        {"data_home": 1},
        {"n_words": 5.0},
        {"dim": "2"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_reference_of_other_types_is_refused(forged, changes):
    with pytest.raises(
        ValueError, match=r"not a state of WordVectors: its (entries are not|\w+ is)"
    ):
        forged(**changes)
    with pytest.raises(ValueError, match="got encoding_errors='loud'"):
        forged(encoding_errors="loud")


def test_nothing_is_written_to_a_referenced_folder(forged, path, other, own_home, tmp_path):
    """No folder is created and no leftover removed; the own data home is used."""
    own = own_home / "vectors"
    for store in own.glob("*.vectors"):
        store.unlink()
    home = tmp_path / "named"
    for file, works in ((path, True), (other, False)):
        vectors = forged(**naming(file), data_home=str(home))
        assert vectors["good"].tolist() == [1, 0] if works else assert_refused(vectors) is None
        assert not home.exists()
    assert len(list(own.glob("*.vectors"))) == 2
    part = home / "vectors" / ".precious.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(b"")
    os.utime(part, (0, 0))
    for store in own.glob("*.vectors"):
        store.unlink()
    assert forged(data_home=str(home))["good"].tolist() == [1, 0]
    assert below(home) == [part.parent, part]


def test_a_file_of_another_size_is_not_opened(forged, tmp_path, monkeypatch):
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(1 << 40)  # sparse; it would take an hour to read
    monkeypatch.setattr(_cache, "_hash", None)  # would be a TypeError
    assert_refused(forged(path=str(large), store="0" * 64))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_and_devices_are_not_opened(forged, tmp_path):
    pipe, home = tmp_path / "pipe", tmp_path / "named"
    (home / "vectors").mkdir(parents=True)
    os.mkfifo(pipe)
    os.mkfifo(home / "vectors" / f"{'0' * 64}.v1.vectors")
    for path in (pipe, "/dev/zero", tmp_path):
        assert_refused(forged(path=str(path), store="0" * 64), "does not exist")
    assert_refused(forged(data_home=str(home), store="0" * 64))
    for path in ("/proc/kmsg", "/proc/self/environ"):  # files of size 0 that are endless or secret
        vectors = forged(path=path, size=0, store="0" * 64)
        assert_refused(vectors, "has changed|does not exist")


def test_an_impossible_path_counts_as_missing(forged):
    for path in ("a\0b", "\ud800", "", "x" * 5000):
        assert_refused(forged(path=path, store="0" * 64), "does not exist")


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"words": np.array([object()] * 20)}, "its (entries|words|offsets|vectors) (are not|is)"),
        ({"words": "goodgreatbadfoodsoup"}, "its (entries|words|offsets|vectors) (are not|is)"),
        ({"offsets": [0, 4]}, "its (entries|words|offsets|vectors) (are not|is)"),
        ({"vectors": [1.0]}, "its (entries|words|offsets|vectors) (are not|is)"),
        ({"vectors": np.array([["a"]])}, "its (entries|words|offsets|vectors) (are not|is)"),
        ({"digest": "0" * 64}, "its (entries|words|offsets|vectors) (are not|is)"),
        ({"offsets": np.array([0, 4, 9, 12, 16, 2**40])}, "its arrays are inconsistent"),
        ({"offsets": np.array([0, 9, 4, 12, 16, 20])}, "its arrays are inconsistent"),
        ({"offsets": np.array([], dtype=np.int64)}, "its arrays are inconsistent"),
        ({"vectors": np.zeros((4, 2), dtype=np.float32)}, "its arrays are inconsistent"),
    ],
)
def test_invalid_arrays_are_refused(tiny, changes, match):
    vectors = WordVectors.__new__(WordVectors)
    with pytest.raises(ValueError, match=f"This is not a state of WordVectors: {match}"):
        vectors.__setstate__(tiny.__getstate__() | changes)


def test_a_skops_file_cannot_make_a_prediction_read_other_vectors(
    forged, path, other, own_home, tmp_path
):
    """skops calls ``__setstate__`` with what the file holds; the first new word is looked up."""
    embedder = GloVeEmbedder(WordVectors.read(path), output="mean", oov="mean").fit(["good food"])
    new = embedder.transform(["great"])

    def through_skops(vectors):
        copied = GloVeEmbedder(vectors, output="mean", oov="mean")
        copied.__setstate__(vars(embedder) | {"vectors": vectors, "vectors_": vectors})
        copied._lookup = type(embedder._lookup).__new__(type(embedder._lookup))
        vars(copied._lookup).update(vars(embedder._lookup) | {"vectors": vectors})
        return skops.io.loads(skops.io.dumps(copied), trusted=SKOPS_TRUSTED)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(through_skops(forged()).transform(["great"]), new)
        before = below(tmp_path)
        for changes in (naming(other), {"data_home": str(tmp_path / "named"), **naming(other)}):
            copied = through_skops(forged(**changes))
            assert np.array_equal(copied.transform(["good"]), embedder.transform(["good"]))
            assert below(tmp_path) == before
            with pytest.raises(FileNotFoundError, match="has changed"):
                copied.transform(["great"])
            before = below(tmp_path)
