"""Stores of parsed files: written once, validated, and mapped by all processes."""

import errno
import os
import pickle
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import safetensors

from sklearn_textnn.embeddings import WordVectors, _cache, _store
from sklearn_textnn.embeddings._read_file import VectorFile


@pytest.fixture
def path(tiny, as_file):
    """Five words as GloVe's text, not recently changed."""
    lines = [f"{w} {x} {y}\n" for w, (x, y) in zip(tiny.words, tiny.vectors.tolist(), strict=True)]
    return as_file("".join(lines).encode(), "tiny.txt")


@pytest.fixture
def stores(own_home):
    """List all files in the folder of stores."""
    return lambda: sorted(p for p in (own_home / "vectors").glob("*") if p.is_file())


@pytest.fixture
def n_parsed(monkeypatch):
    """Count how often a file is parsed."""
    counted = []
    blocks = VectorFile.blocks
    monkeypatch.setattr(VectorFile, "blocks", lambda *args: counted.append(args) or blocks(*args))
    return lambda: len(counted)


def age(path, seconds=3600):
    """Set the time of a file back."""
    before = path.stat().st_mtime - seconds
    os.utime(path, (before, before))


# Parsed once


def test_the_first_read_writes_a_store_that_is_mapped(tiny, path, stores):
    vectors = WordVectors.read(path)
    (store,) = stores()
    assert store.name == f"{_cache._hash(VectorFile(str(path)))}.v1.vectors"
    assert vectors == tiny
    assert isinstance(vectors.vectors, np.memmap)
    assert vectors.vectors.ctypes.data % 64 == 0
    assert not vectors.vectors.flags.writeable
    assert type(vectors["soup"]) is np.ndarray
    assert vectors.most_similar("good") == tiny.most_similar("good")
    assert vectors.rows_of(["soup", "tea", "good"]).tolist() == [4, -1, 0]
    assert list(vectors.select(["soup"])) == ["soup"]
    assert repr(vectors) == "<WordVectors: 5 words, 2 dimensions, tiny.txt>"


def test_a_hundred_reads_open_the_text_once(tiny, path, n_parsed, monkeypatch):
    WordVectors.read(path)
    monkeypatch.setattr(_cache, "_hash", None)  # would be a TypeError
    for i in range(100):
        part = WordVectors.read(path, words=["good", "soup"])
        assert part == tiny.select(["good", "soup"])
        assert WordVectors.read(path) == tiny, i
    assert n_parsed() == 1


def test_a_store_is_found_by_content(tiny, path, tmp_path, n_parsed):
    WordVectors.read(path)
    copy = tmp_path / "another name.vec"
    copy.write_bytes(path.read_bytes())
    assert WordVectors.read(copy) == tiny
    assert WordVectors.read(copy, words=["bad"])["bad"].tolist() == [-1, 0]
    assert n_parsed() == 1


@pytest.mark.parametrize("at_rest", [True, False])
def test_changed_content_is_detected(tiny, path, at_rest):
    if not at_rest:
        os.utime(path)
    assert WordVectors.read(path) == tiny
    seen = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes().replace(b"soup", b"stew"))  # of equal length
    os.utime(path, ns=(seen, seen))
    assert list(WordVectors.read(path))[-1] == "stew"
    assert list(WordVectors.read(path, words=["stew"])) == ["stew"]


def test_a_recently_written_file_gets_no_stamp(path, own_home):
    os.utime(path)
    WordVectors.read(path)
    assert not list(own_home.rglob("stamps/*"))
    age(path)
    WordVectors.read(path)
    assert len(list(own_home.rglob("stamps/*"))) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"3", b"0" * 63, b"Z" * 64, b"\xff"])
def test_a_damaged_stamp_is_ignored(tiny, path, own_home, content):
    WordVectors.read(path)
    (stamp,) = own_home.rglob("stamps/*")
    sound = stamp.read_bytes()
    stamp.write_bytes(content)
    assert WordVectors.read(path) == tiny
    assert stamp.read_bytes() == sound


def test_a_file_that_changes_during_reading_writes_no_store(path, stores, monkeypatch):
    blocks = VectorFile.blocks

    def change_afterwards(file, choice):
        yield from blocks(file, choice)
        path.write_bytes(b"other 1 2\n")

    monkeypatch.setattr(VectorFile, "blocks", change_afterwards)
    with pytest.raises(ValueError, match="changed while it was read"):
        WordVectors.read(path)
    assert stores() == []


def test_without_a_cache_no_store_is_written_or_used(tiny, path, own_home, n_parsed):
    WordVectors.read(path, cache=False)
    assert not own_home.exists()
    WordVectors.read(path)
    assert WordVectors.read(path, cache=False) == tiny
    assert n_parsed() == 3


def test_stores_are_in_the_data_home(tiny, path, tmp_path, own_home, monkeypatch):
    monkeypatch.chdir(tmp_path)
    vectors = WordVectors.read(path, data_home="here")
    assert len(list((tmp_path / "here" / "vectors").glob("*.vectors"))) == 1
    assert not own_home.exists()
    monkeypatch.chdir("/")
    path.unlink()
    assert pickle.loads(pickle.dumps(vectors)) == vectors
    assert pickle.loads(pickle.dumps(vectors))["bad"].tolist() == tiny["bad"].tolist()


def test_words_are_found_in_a_large_store_as_in_memory(as_file):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(3_000, 3)).astype(np.float32)
    text = "".join(f"w{i} {a} {b} {c}\n" for i, (a, b, c) in enumerate(rows.astype(str)))
    vectors = WordVectors.read(as_file(text.encode()))
    asked = rng.integers(0, 6_000, size=500).tolist()
    expected = [i if i < 3_000 else -1 for i in asked]
    assert vectors.rows_of([f"w{i}" for i in asked]).tolist() == expected
    assert np.array_equal(vectors.vectors, rows)


def test_rows_of_repeated_words_are_left_out_of_the_store(as_file, stores, monkeypatch):
    monkeypatch.setattr(_store, "_CHUNK", 16)  # four rows at a time
    lines = [f"w{i} {i}\n" * (1 + (i % 3 == 0)) for i in range(30)]
    path = as_file("".join(lines).encode())
    with pytest.warns(UserWarning, match="10 lines .* repeat a word"):
        vectors = WordVectors.read(path)
    assert vectors.vectors[:, 0].tolist() == list(range(30))
    assert list(vectors) == [f"w{i}" for i in range(30)]
    with pytest.warns(UserWarning, match="10 lines .* repeat a word"):
        assert WordVectors.read(path, cache=False) == vectors
    assert stores()[0].stat().st_size < 2_000


# Damaged stores


def flipped(place):
    def change(content):
        changed = bytearray(content)
        changed[place] ^= 1
        return bytes(changed)

    return change


def of_version_2(content):
    return content.replace(b'"version": "1"', b'"version": "2"')


def dimension_changed(content):
    return content.replace(b'"shape": [5, 2]', b'"shape": [2, 5]')


BROKEN = {
    "empty": lambda content: b"",
    "of zeros": lambda content: bytes(len(content)),
    "another kind of file": lambda content: b"good 1 2\n" * 50,
    "header cut": lambda content: content[:50],
    "cut": lambda content: content[:-1],
    "half": lambda content: content[:140],
    "too long": lambda content: content + b"\0",
    "version": of_version_2,
    "length of the header": flipped(0),
    "dimension": dimension_changed,
    "nested header": lambda content: content[:8] + b"[" * 1016 + content[1024:],
    "checksum": flipped(-1),
    "last word": flipped(-5),
    "an offset": flipped(1024 + 64),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_damaged_store_is_rewritten_with_a_warning(tiny, path, stores, fault):
    WordVectors.read(path)
    (store,) = stores()
    sound = store.read_bytes()
    store.write_bytes(BROKEN[fault](sound))
    with pytest.warns(UserWarning, match=r"The store .* is ignored") as caught:
        assert WordVectors.read(path, words=["bad"]) == tiny.select(["bad"])
    assert [w.filename for w in caught] == [__file__]
    with pytest.warns(UserWarning, match=r"The store .* is ignored") as caught:
        assert WordVectors.read(path) == tiny
    assert [w.filename for w in caught] == [__file__]
    assert stores() == [store]
    assert store.read_bytes() == sound
    assert WordVectors.read(path) == tiny  # without a warning


def test_the_warning_states_what_is_wrong_with_the_store(path, stores):
    WordVectors.read(path)
    (store,) = stores()
    sound = store.read_bytes()
    for fault, message in {
        "header cut": "is no store of vectors",
        "cut": f"has {len(sound) - 1} bytes, expected {len(sound)}",
        "version": "has version 2, expected 1",
        "dimension": "is damaged: the checksum of its header and words is wrong",
        "last word": "is damaged: the checksum of its header and words is wrong",
    }.items():
        store.write_bytes(BROKEN[fault](sound))
        with pytest.warns(UserWarning, match=message):
            WordVectors.read(path)


def test_changed_bytes_of_the_word_index_are_detected(tiny, path, stores):
    WordVectors.read(path)
    (store,) = stores()
    sound = store.read_bytes()
    end_of_header = 8 + int.from_bytes(sound[:8], "little")
    end_of_matrix = end_of_header + tiny.vectors.nbytes
    for place in [*range(end_of_header), *range(end_of_matrix, len(sound))]:
        store.write_bytes(flipped(place)(sound))
        with pytest.raises(_store.BrokenStoreError):
            _store.open_store(store)


def test_a_store_is_a_file_of_safetensors(tiny, path, stores):
    WordVectors.read(path)
    (store,) = stores()
    with safetensors.safe_open(store, "numpy") as file:
        assert file.metadata() == {"version": "1", "digest": tiny.digest}
        assert np.array_equal(file.get_tensor("vectors"), tiny.vectors)
        assert file.get_tensor("words").tobytes() == "".join(tiny.words).encode()
        assert file.get_tensor("offsets").tolist() == [0, 4, 9, 12, 16, 20]


def test_a_store_of_another_version_is_not_changed(tiny, path, stores, monkeypatch):
    monkeypatch.setattr("sklearn_textnn.embeddings._cache._SUFFIX", ".v2.vectors")
    monkeypatch.setattr(_store, "VERSION", "2")
    WordVectors.read(path)
    (newer,) = stores()
    content = newer.read_bytes()
    monkeypatch.undo()
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(newer.parents[1]))
    assert WordVectors.read(path) == tiny
    assert [p.name.split(".", 1)[1] for p in stores()] == ["v1.vectors", "v2.vectors"]
    assert newer.read_bytes() == content


# Where a store cannot be written


def test_a_data_home_that_cannot_be_written_is_a_warning(tiny, path, tmp_path):
    occupied = tmp_path / "file"
    occupied.write_bytes(b"")
    for home in (occupied, occupied / "below"):
        with pytest.warns(UserWarning, match="could not be cached: .* Pass a data_home") as caught:
            vectors = WordVectors.read(path, data_home=home)
        assert [w.filename for w in caught] == [__file__]
        assert vectors == tiny
        assert pickle.loads(pickle.dumps(vectors))["bad"].tolist() == [-1, 0]
        assert WordVectors.read(path, words=["bad"], data_home=home) == tiny.select(["bad"])


def test_a_read_only_data_home_is_a_warning_unless_the_store_exists(tiny, path, read_only):
    home, locked = read_only
    for name in ("one.txt", "two.txt"):
        (home / name).write_bytes(path.read_bytes() + name.encode() + b" 1 2\n")
        (home / name).chmod(0o444)
        age(home / name)
    WordVectors.read(home / "one.txt", data_home=home)
    with locked():
        assert isinstance(WordVectors.read(home / "one.txt", data_home=home).vectors, np.memmap)
        with pytest.warns(UserWarning, match="could not be cached: .*Permission denied"):
            vectors = WordVectors.read(home / "two.txt", data_home=home)
    assert vectors["two.txt"].tolist() == [1, 2]
    assert vectors.select(tiny.words) == tiny


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_is_a_warning_and_leaves_nothing(tiny, path, stores, monkeypatch, call):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, full)
    with pytest.warns(UserWarning, match="No space left on device"):
        assert WordVectors.read(path) == tiny
    assert stores() == []


FULL = """
import resource, sys, warnings
from sklearn_textnn.embeddings import WordVectors

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    vectors = WordVectors.read(sys.argv[1])
print(len(vectors), [str(w.message) for w in caught])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limits of file sizes")
def test_a_store_larger_than_the_disk_is_a_warning_and_leaves_no_file(as_file, own_home):
    text = "".join(f"word{i}" + " 0.5" * 50 + "\n" for i in range(3_000))
    path = as_file(text.encode())
    done = subprocess.run(
        [sys.executable, "-c", FULL, path, "300000"], capture_output=True, text=True
    )
    assert done.stdout.startswith('3000 ["The vectors of'), done.stderr
    assert "File too large" in done.stdout
    assert not [p for p in own_home.rglob("*") if p.suffix in (".vectors", ".part")]


def test_an_interrupt_leaves_no_file(path, stores, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        WordVectors.read(path)
    assert stores() == []


def test_leftovers_of_killed_writers_are_removed_after_a_day(path, stores, monkeypatch):
    parts = []
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", lambda part, _: parts.append(part))
        WordVectors.read(path)
    old, new = (parts[-1].with_name(f"{parts[-1].name[:10]}{end}.part") for end in "12")
    for part in (old, new):
        part.write_bytes(b"begun")
    age(old, 25 * 3600)
    WordVectors.read(path)
    assert not old.exists()
    assert new.exists()


# Concurrent access


def test_two_writers_leave_one_valid_store(tiny, path, stores, monkeypatch):
    replace = os.replace
    monkeypatch.setattr(os, "replace", lambda *args: time.sleep(0.05) or replace(*args))
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: WordVectors.read(path), range(4)):
            assert vectors == tiny
    assert len(stores()) == 1
    assert WordVectors.read(path) == tiny


def rows_and_digest(vectors):
    return vectors.rows_of(["soup", "tea"]).tolist(), vectors["soup"].tolist(), vectors.digest


def test_threads_share_a_mapping(tiny, path):
    vectors = WordVectors.read(path)
    unopened = pickle.loads(pickle.dumps(vectors))
    with ThreadPoolExecutor(4) as pool:
        for shared in (vectors, unopened):
            assert list(pool.map(rows_and_digest, [shared] * 20)) == [rows_and_digest(tiny)] * 20


# Pickles by reference


def test_a_pickle_is_a_reference(tiny, path, n_parsed):
    vectors = WordVectors.read(path)
    pickled = pickle.dumps(vectors)
    assert b"soup" not in pickled
    assert vectors.__getstate__() == {
        "digest": tiny.digest,
        "store": _cache._hash(VectorFile(str(path))),
        "path": str(path),
        "size": path.stat().st_size,
        "member": None,
        "encoding_errors": "strict",
        "data_home": None,
        "n_words": 5,
        "dim": 2,
    }
    again = pickle.loads(pickled)
    assert again == vectors
    assert isinstance(again.vectors, np.memmap)
    assert np.array_equal(again.vectors, tiny.vectors)
    assert pickle.dumps(again) == pickled
    assert n_parsed() == 1


def test_size_and_digest_of_a_reference_need_no_file(path, stores):
    pickled = pickle.dumps(WordVectors.read(path))
    expected = WordVectors.read(path, cache=False)
    path.unlink()
    stores()[0].unlink()
    again = pickle.loads(pickled)
    assert (len(again), again.dim, again.digest) == (5, 2, expected.digest)
    assert again == expected
    assert repr(again) == "<WordVectors: 5 words, 2 dimensions, tiny.txt>"
    assert pickle.dumps(again) == pickled
    message = rf"reference to '{path}', which does not exist, .*{expected.digest}.*in_memory\(\)"
    for use in (lambda: again["good"], lambda: again.words, lambda: again.rows_of(["good"])):
        with pytest.raises(FileNotFoundError, match=message):
            use()


def test_a_reference_is_resolved_by_the_store_alone(tiny, path):
    pickled = pickle.dumps(WordVectors.read(path))
    path.unlink()
    assert np.array_equal(pickle.loads(pickled).vectors, tiny.vectors)


def test_a_reference_is_resolved_by_the_file_alone(tiny, path, stores):
    pickled = pickle.dumps(WordVectors.read(path))
    stores()[0].unlink()
    assert np.array_equal(pickle.loads(pickled).vectors, tiny.vectors)
    assert len(stores()) == 1


def test_a_reference_to_a_file_of_other_content_is_an_error(path, stores):
    pickled = pickle.dumps(WordVectors.read(path))
    stores()[0].unlink()
    path.write_bytes(b"other 1 2\n")
    with pytest.raises(FileNotFoundError, match="has changed"):
        pickle.loads(pickled)["good"]


def test_a_reference_is_resolved_without_a_store(tiny, path, tmp_path, monkeypatch):
    pickled = pickle.dumps(WordVectors.read(path))
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(path / "below a file"))
    again = pickle.loads(pickled)
    with pytest.warns(UserWarning, match="could not be cached"):
        assert np.array_equal(again.vectors, tiny.vectors)


def test_a_copy_in_memory_is_pickled_completely(tiny, path, stores):
    copy = WordVectors.read(path).in_memory()
    assert copy == tiny
    assert type(copy.vectors) is np.ndarray
    pickled = pickle.dumps(copy)
    path.unlink()
    stores()[0].unlink()
    again = pickle.loads(pickled)
    assert again == tiny
    assert again["soup"].tolist() == [0.25, 1.5]
    assert copy["soup"].tolist() == [0.25, 1.5]
    assert joblib.hash(copy) == joblib.hash(tiny)


USE = """
import os, pickle, sys, joblib
vectors = pickle.loads(bytes.fromhex(sys.stdin.read()))
vectors["good"]  # opens it
child = os.fork() if hasattr(os, "fork") else 0
if child:
    os.waitpid(child, 0)
print(vectors["soup"].tolist(), type(vectors.vectors).__name__, joblib.hash(vectors), flush=True)
os._exit(0)
"""


def test_other_processes_map_the_same_store(path):
    """A process that received the vectors, and one that it forked."""
    vectors = WordVectors.read(path)
    sent = pickle.dumps(vectors).hex()
    code = [sys.executable, "-c", USE]
    done = subprocess.run(code, input=sent, capture_output=True, text=True)
    expected = f"[0.25, 1.5] memmap {joblib.hash(vectors)}"
    assert set(done.stdout.splitlines()) == {expected}, done.stderr
    assert done.stdout.count("\n") == 1 + hasattr(os, "fork")
    assert joblib.hash(WordVectors.read(str(path))) == joblib.hash(vectors)
