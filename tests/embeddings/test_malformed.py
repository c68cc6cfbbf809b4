"""Malformed files of vectors: known faults, and arbitrary bytes."""

import bz2
import contextlib
import gzip
import io
import lzma
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sklearn_textnn.embeddings import WordVectors

LAW = settings(max_examples=100, deadline=None, database=None)
MB = 1 << 20


def binary(head, *records):
    parts = [w + b" " + np.asarray(row, dtype="<f4").tobytes() for w, row in records]
    return head + b"".join(parts)


# Rows of the table: what is wrong, and the message without the path

FAULTS = {
    "empty": (b"", "it is empty: there are no vectors"),
    "blank": (b"\n \r\n\n", "it is empty"),
    "header only": (b"5 2\n", "there are no vectors in it, only a header"),
    "no vectors": (b"hello world\nand more\n", "line 1 is 'hello world', expected a word and its"),
    "no spaces": (b"a/1/2\n", "line 1 is 'a/1/2', .* separated by spaces or tabs"),
    "header too large": (b"4 2\na 1 2\nb 3 4\n", "announces 4 words, but there are 2: line 3 is"),
    "header too small": (b"1 1\na 1\nb 3\nc 5\n", "announces 1 words, but there are 3: line 4 is"),
    "header of others": (
        b"2 3\na 1 2\nb 3 4\n",
        "of 3 numbers, but line 2, 'a 1 2', has 2",
    ),
    "absurd header": (b"1000000000000 300\na 1 2\n", "of 300 numbers, but line 2, 'a 1 2', has 2"),
    "last line cut": (b"a 1 2\nb 3 4\nc 5", "line 3: 'c' has 1 numbers, expected 2"),
    "last line a word": (b"a 1 2\nb 3 4\nc", "line 3: 'c' has 0 numbers, expected 2"),
    "too few": (b"a 1 2\nb 3\nc 5 6\n", "line 2: 'b' has 1 numbers, expected 2"),
    "too many": (b"a 1 2\nb 3 4 5\nc 5 6\n", "line 2: 'b' has 3 numbers, expected 2"),
    "two spaces": (b"a 1 2\nb 3  4\nc 5 6\n", "line 2: 'b' has 1 numbers, expected 2"),
    "no number": (b"a 1 2\nb 3 x\nc 5 6\n", "line 2: 'b' has 'x' as number 2 of 2, .* no number"),
    "Python's number": (b"a 1 2\nb 3 4_0\n", "line 2: 'b' has '4_0' as number 2 of 2"),
    "NaN": (b"a 1 2\nb nan 4\nc 5 6\n", "line 2: 'b' has 'nan' as number 1 of 2, .* not finite"),
    "infinity": (b"a 1 2\nb 3 -inf\n", "line 2: 'b' has '-inf' as number 2 of 2, .* not finite"),
    "too large": (b"a 1 2\nb 3 1e39\n", "line 2: 'b' has '1e39' .* not finite as float32"),
    "below header": (b"3 2\na 1 2\nb 3 x\nc 5 6\n", "line 3: 'b' has 'x' as number 2 of 2"),
    "not UTF-8": (b"a 1 2\n\xe9t\xe9 3 4\n", r"line 2: b'\\xe9t\\xe9' is not UTF-8 .*errors="),
    "UTF-16": ("a 1 2\nb 3 4\n".encode("utf-16"), "line 1"),
    "binary cut": (binary(b"2 2\n", (b"a", [1, 2]), (b"b", [3])), "truncated at about vector 2"),
    "binary of one": (binary(b"2 2\n", (b"a", [1, 2])), "2 words of 2 .* but the file has 14"),
    "binary too long": (binary(b"1 1\n", (b"a", [1]), (b"b", [2])), "1 words .* but more follows"),
    "binary NaN": (binary(b"2 1\n", (b"a", [1]), (b"b", [np.nan])), "vector 2: 'b' has nan among"),
    "binary not UTF-8": (binary(b"1 1\n", (b"\xff", [1])), r"vector 1: b'\\xff' is not UTF-8"),
    "absurd binary": (binary(b"1000000000000 300\n", (b"a", [0])), "at least 1201000000000018"),
    "binary too wide": (binary(b"1 1000000000000\n", (b"a", [0])), "expected at most 262144"),
    "no zip": (b"PK\x03\x04 and no more", "the zip is damaged"),
}


@pytest.mark.parametrize("cache", [True, False])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_malformed_file_is_an_error_with_the_line(as_file, own_home, fault, cache):
    content, message = FAULTS[fault]
    path = as_file(content)
    with pytest.raises(ValueError, match=rf"Cannot read vectors from '.*\.txt': .*{message}"):
        WordVectors.read(path, cache=cache)
    assert not [p for p in own_home.rglob("*") if p.suffix in (".vectors", ".part")]


@pytest.mark.parametrize(
    "fault", ["last line cut", "header too large", "header too small", "header only", "binary cut"]
)
def test_a_truncated_file_is_an_error_when_other_words_are_read(as_file, fault):
    content, message = FAULTS[fault]
    with pytest.raises(ValueError, match=message):
        WordVectors.read(as_file(content), words=["a"])


@pytest.mark.parametrize("how", [{"cache": True}, {"cache": False}, {"words": ["b", "a", "d"]}])
@pytest.mark.parametrize(
    "content",
    [
        b"a 1 2\nb 3 4\na 5 6\nb 7 8\na 9 9\n",
        binary(b"4 1\n", (b"a", [1]), (b"a", [0]), (b"b", [3]), (b"b", [7])),
    ],
    ids=["text", "binary"],
)
def test_the_first_vector_of_a_repeated_word_counts(as_file, content, how):
    n_repeated = content.count(b"a ") + content.count(b"b ") - 2
    with pytest.warns(UserWarning, match=f"^{n_repeated} lines of .* repeat a word") as caught:
        vectors = WordVectors.read(as_file(content), **how)
    assert [w.filename for w in caught] == [__file__]
    assert list(vectors.words) == ["a", "b"]
    assert vectors.vectors[:, 0].tolist() == [1, 3]


def test_a_missing_file_or_folder_gives_the_usual_error(tmp_path):
    for how in ({}, {"cache": False}, {"words": ["a"]}):
        with pytest.raises(FileNotFoundError):
            WordVectors.read(tmp_path / "none.txt", **how)
        with pytest.raises(IsADirectoryError):
            WordVectors.read(tmp_path, **how)
    with pytest.raises(TypeError):
        WordVectors.read(3)


# Packed files

LINES = b"".join(b"w%d 0.5 %d\n" % (i, i) for i in range(5_000))


def zipped(content):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vectors.txt", content)
    return buffer.getvalue()


PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zip": zipped}


@pytest.mark.parametrize("packing", PACKERS)
def test_a_packed_file_that_is_damaged_is_an_error(as_file, packing):
    sound = PACKERS[packing](LINES)
    middle = len(sound) // 2
    changed = sound[:middle] + bytes(b ^ 0x55 for b in sound[middle : middle + 20])
    for content in (sound[:middle], sound[:-30], changed + sound[middle + 20 :]):
        for how in ({"cache": False}, {"words": ["w4999"], "cache": False}):
            with pytest.raises(ValueError, match=rf"vectors\.txt': .*the {packing} is damaged"):
                WordVectors.read(as_file(content), **how)


def test_an_encrypted_zip_is_an_error(as_file):
    content = bytearray(zipped(LINES))
    for place in (content.find(b"PK\x03\x04") + 6, content.find(b"PK\x01\x02") + 8):
        content[place] |= 1
    with pytest.raises(ValueError, match=r"the zip is damaged: .*encrypted"):
        WordVectors.read(as_file(bytes(content)))


@pytest.mark.parametrize("packing", ["gzip", "bzip2", "xz"])
def test_a_compression_bomb_is_refused(as_file, packing, monkeypatch):
    monkeypatch.setattr("sklearn_textnn.embeddings._open_file._FREE", MB)
    path = as_file(PACKERS[packing](b"a 1 2\n" * (MB // 2)))
    with pytest.raises(ValueError, match="unpacks to more than 200 times its size"):
        WordVectors.read(path, words=["b"], cache=False)


# Memory: sizes in a file are not trusted


def peak_of_refusing(path, message, **how):
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=message):
            WordVectors.read(path, cache=False, **how)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (binary(b"1000000000000 300\n", (b"a", np.zeros(300))), "announces 1000000000000 words"),
        (binary(b"1 1000000000000\n", (b"a", [0])), "announces 1000000000000 numbers"),
        (b"1000000000000 2\na 1 2\n", "announces 1000000000000 words, but there are 1"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gz"])
def test_sizes_in_a_header_allocate_no_memory(as_file, content, message, pack):
    # The length of a gzip is unknown before it is read, so that the message differs.
    message = message if pack is bytes else f"{message}|ends within vector 2"
    assert peak_of_refusing(as_file(pack(content)), message) < 8 * MB


@pytest.mark.parametrize("words", [None, ["a", "x"]])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1 is longer than 1048576 bytes"),
        (b"a 1 2\n" * 10_000, "line 10001 is longer than 1048576 bytes"),
        (b"9 2\nx \0aaaaaaa", "no word ends within 1048576 bytes"),
    ],
    ids=["from the start", "further down", "binary"],
)
def test_an_endless_line_is_not_read_completely(as_file, content, message, words):
    path = as_file(gzip.compress(content + b"x" * (30 * MB), 1))
    assert peak_of_refusing(path, message, words=words) < 12 * MB


# Any bytes give vectors or a ValueError

SOUND = {
    "glove": b"good 1.5 -2\nnot bad 0.25 3e-5\nfood 1 2\n",
    "word2vec": b"3 2\ngood 1.5 -2\nbad 0.25 3e-5\nfood 1 2\n",
    "binary": binary(b"2 2\n", (b"good", [1.5, -2]), (b"bad", [0.25, 3e-5])),
}
SOUND |= {packing: pack(SOUND["glove"]) for packing, pack in PACKERS.items()}


def assert_vectors_or_a_value_error(folder, content):
    path = folder / "any.bin"
    path.write_bytes(content)
    for words in (None, ["good", "food"]):
        with contextlib.suppress(ValueError):
            vectors = WordVectors.read(path, words=words, cache=False)
            assert vectors.vectors.shape == (len(set(vectors.words)), vectors.dim)
            assert vectors.vectors.nbytes <= 2 * len(content) or content[:2] in (b"\x1f\x8b", b"PK")
            assert np.isfinite(vectors.vectors).all()


TOKENS = st.sampled_from([b"1", b"2", b"-0.5", b"1e9", b"nan", b"a", b"\xff", b"", b".", b"1_0"])
SEPARATORS = st.sampled_from([b" ", b" ", b" ", b"\n", b"\n", b"\r\n", b"\t", b"\0", b"\xc2\x85"])


@LAW
@given(
    content=st.one_of(
        st.binary(max_size=200),
        st.lists(st.tuples(TOKENS, SEPARATORS).map(b"".join), max_size=30).map(b"".join),
        st.tuples(
            st.sampled_from([b"1 1\n", b"2 2\n", b"\xef\xbb\xbf", b"\x1f\x8b\x08", b"PK\x03\x04"]),
            st.binary(max_size=60),
        ).map(b"".join),
    )
)
@example(content=b"0 0\n1 1\n")
@example(content=b"0 0\n")
@example(content=b"1 0\na\n")
@example(content=b"99999999999999999999 2\na 1 2\n")
@pytest.mark.filterwarnings("ignore:.*repeat a word", "ignore:.*line 1 announces")
def test_any_bytes_give_vectors_or_a_value_error(tmp_path_factory, content):
    assert_vectors_or_a_value_error(tmp_path_factory.getbasetemp(), content)


@pytest.mark.parametrize("kind", SOUND)
@pytest.mark.filterwarnings("ignore:.*repeat a word", "ignore:.*line 1 announces")
def test_any_change_to_a_valid_file_gives_vectors_or_a_value_error(tmp_path, kind):
    sound = SOUND[kind]
    rng = np.random.default_rng(0)
    for _ in range(60):
        content = bytearray(sound)
        for place in rng.integers(len(sound), size=rng.integers(1, 4)):
            content[place] = rng.choice([0, 9, 10, 13, 32, 48, 255, rng.integers(256)])
        first, last = np.sort(rng.integers(len(sound) + 1, size=2))
        assert_vectors_or_a_value_error(tmp_path, bytes(content))
        assert_vectors_or_a_value_error(tmp_path, sound[:first] + sound[last:])
        assert_vectors_or_a_value_error(tmp_path, sound[:last] + sound[first:])
