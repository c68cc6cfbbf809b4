"""Damaged files raise a ModelFormatError."""

import json
import pickle
import struct
import zipfile

import numpy as np
import pytest
import safetensors.numpy

from sklearn_textnn import persistence
from sklearn_textnn.persistence import ModelFormatError


def assert_refused(path, message=None):
    with pytest.raises(ModelFormatError, match=message) as caught:
        persistence.load(path)
    assert str(path) in str(caught.value)


# Bytes


# A light file, the smallest one with a network, and one with a network and vectors; and how many
# bytes each step is, since a network has to be built before a flip in the weights' order shows.
DAMAGED = [("tf-idf", 1), ("dense", 7), ("two copies", 7)]


@pytest.mark.parametrize("source", ["tf-idf", "dense", "two copies"])
def test_a_truncated_file_is_refused(source, saved):
    path = saved(source, embed_vectors=True)
    content = path.read_bytes()
    assert 2000 < len(content) < 10_000
    for n in range(len(content)):
        path.write_bytes(content[:n])
        assert_refused(path)


@pytest.mark.parametrize(("source", "step"), DAMAGED)
def test_a_flipped_byte_is_refused_or_has_no_effect(source, step, fitted, saved, members_of, texts):
    """Redundant or unused bytes may change, such as the time of a member."""
    path = saved(source, embed_vectors=True)
    content, expected = path.read_bytes(), fitted(source).predict_proba(texts)
    members = members_of(path).values()
    inside = np.concatenate([content.index(m) + np.arange(len(m)) for m in members])
    headers = np.setdiff1d(np.arange(len(content)), inside)
    assert len(headers) == 230  # two local and two central headers and the end of the zip
    flips = [(i, mask) for i in headers[::step] for mask in (0xFF, 0x01, 0x20)]
    flips += [(i, 0x01) for i in inside[:: 7 * step]]
    for i, mask in flips:
        path.write_bytes(content[:i] + bytes([content[i] ^ mask]) + content[i + 1 :])
        try:
            loaded = persistence.load(path)
        except ModelFormatError:
            continue
        assert i in headers
        np.testing.assert_array_equal(loaded.predict_proba(texts), expected)


def test_extra_bytes_are_refused_or_have_no_effect(fitted, saved, texts):
    path = saved("tf-idf")
    content = path.read_bytes()
    for changed in (b"#!/bin/sh\n" + content, content + b"\0" * 50, content + content):
        path.write_bytes(changed)
        loaded = persistence.load(path)
        np.testing.assert_array_equal(
            loaded.predict_proba(texts), fitted("tf-idf").predict_proba(texts)
        )


@pytest.mark.parametrize("content", [b"", b"PK", b"\x80\x04]\x94.", b"{}", bytes(1000)])
def test_a_file_that_is_not_a_zip_is_refused(content, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(content)
    assert_refused(path, "damaged, or not a model file")


def test_a_pickle_is_not_opened(tmp_path):
    path = tmp_path / "x.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert_refused(path)


def test_a_missing_file_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        persistence.load(tmp_path / "nothing")
    with pytest.raises(IsADirectoryError):
        persistence.load(tmp_path)


# Members


@pytest.fixture
def forged_zip(saved, members_of, zipped):
    """Return a function that writes a zip of members changed from those of a valid file."""

    def write(change, **kwargs):
        path = saved("tf-idf")
        members = [*members_of(path).items()]
        path.write_bytes(zipped(change(members) or members, **kwargs))
        return path

    return write


@pytest.mark.parametrize(
    "name",
    [
        "../evil.py",
        "/etc/passwd",
        "C:\\evil",
        "a/model.json",
        "model.json/",
        "arrays.pkl",
        "sklearn_textnn/__init__.py",
        "",
    ],
)
def test_another_member_is_refused(name, forged_zip, tmp_path):
    path = forged_zip(lambda members: members.append((name, b"")))
    assert_refused(path, "belong to no model")
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize("which", [0, 1])
def test_a_duplicate_member_is_refused(which, forged_zip):
    assert_refused(forged_zip(lambda members: members.append(members[which])), "twice")


@pytest.mark.parametrize("which", [0, 1])
def test_a_missing_member_is_refused(which, forged_zip):
    names = ["model.json", "arrays.safetensors"]
    path = forged_zip(lambda members: members.pop(which) and None)
    assert_refused(path, f"it contains no {names[which]}")


@pytest.mark.parametrize("packing", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compressed_members_are_refused(packing, forged_zip):
    assert_refused(forged_zip(lambda members: None, compression=packing), "compressed")


def test_a_bomb_is_refused_without_unpacking(forged_zip):
    """50 MB of zeros in 50 kB."""
    path = forged_zip(
        lambda members: [members[0], ("arrays.safetensors", bytes(50_000_000))],
        compression=zipfile.ZIP_DEFLATED,
    )
    assert path.stat().st_size < 100_000
    assert_refused(path, "compressed")


def test_members_that_overlap_or_exceed_the_file_are_refused(saved):
    """The central directory of the zip has wrong sizes."""
    path = saved("tf-idf")
    content = path.read_bytes()
    central = content.index(b"PK\x01\x02")
    for claim in (0, 1, 2**31, 2**32 - 2):
        sizes = struct.pack("<LL", claim, claim)
        path.write_bytes(content[: central + 20] + sizes + content[central + 28 :])
        assert_refused(path)
    second = content.index(b"PK\x01\x02", central + 1)
    path.write_bytes(content[: second + 42] + bytes(4) + content[second + 46 :])  # to the first
    assert_refused(path)


def test_an_encrypted_member_is_refused(saved):
    path = saved("tf-idf")
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert_refused(path, "encrypted")


# The description as text


@pytest.fixture
def described(forged_zip):
    """Return a function that writes a file with other text as its description."""

    def write(change):
        def replace(members):
            return [(n, change(c) if n == "model.json" else c) for n, c in members]

        return forged_zip(replace)

    return write


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: b"", None),
        (lambda text: b"[" * 100_000 + b"]" * 100_000, None),
        (lambda text: b'{"a":' * 100_000, None),
        (lambda text: b"[]", "is not an object"),
        (lambda text: b"null", "is not an object"),
        (lambda text: text.decode().encode("utf-16"), None),
        (lambda text: b"\xef\xbb\xbf" + text, None),
        (lambda text: text + b"1", None),
        (lambda text: text.replace(b":1.0", b":NaN", 1), "NaN, which is not JSON"),
        (lambda text: text.replace(b":1.0", b":" + b"1" * 5000, 1), None),
        (lambda text: text[:-1] + b',"version":1}', "a key twice"),
        (lambda text: pickle.dumps(json.loads(text)), None),
    ],
)
def test_an_invalid_description_is_refused(change, message, described):
    assert_refused(described(change), message)


def test_numbers_beyond_floats_are_read_as_json_does(described):
    """1e999 is infinity; the parameter refuses it."""
    path = described(lambda text: text.replace(b'"C":1.0', b'"C":-1e999'))
    assert_refused(path, "The 'C' parameter of LogisticRegression")


# Arrays


def test_a_pickle_in_the_place_of_arrays_is_not_opened(forged_zip, tmp_path):
    class Evil:
        def __reduce__(self):
            return open, (str(tmp_path / "opened"), "w")

    for content in (pickle.dumps(Evil()), pickle.dumps({"0": Evil()})):
        path = forged_zip(lambda m, content=content: [m[0], ("arrays.safetensors", content)])
        assert_refused(path)
    np.save(tmp_path / "x.npy", np.array([Evil()], dtype=object), allow_pickle=True)
    content = (tmp_path / "x.npy").read_bytes()
    assert_refused(forged_zip(lambda m: [m[0], ("arrays.safetensors", content)]))
    assert not (tmp_path / "opened").exists()


def header(**entries):
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff" * 8,
        struct.pack("<Q", 2**63) + b"{}",
        struct.pack("<Q", 100) + b"{}",
        header(a={"dtype": "F64", "shape": [2**40], "data_offsets": [0, 2**43]}),
        header(a={"dtype": "F64", "shape": [2**62, 4], "data_offsets": [0, 8]}) + bytes(8),
        header(a={"dtype": "F64", "shape": [1], "data_offsets": [8, 0]}) + bytes(8),
        header(a={"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}) + bytes(9),
        header(a={"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}) + bytes(2),
        header(a={"dtype": "C64", "shape": [1], "data_offsets": [0, 8]}) + bytes(8),
        header(a={"dtype": "O", "shape": [1], "data_offsets": [0, 8]}) + bytes(8),
        header(a={"dtype": "F64", "shape": [-1], "data_offsets": [0, 8]}) + bytes(8),
        header(a=None),
    ],
)
def test_impossible_arrays_are_refused(content, forged_zip):
    assert_refused(forged_zip(lambda m: [m[0], ("arrays.safetensors", content)]))


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays.popitem(),
        lambda arrays: arrays.update(another=np.zeros(1)),
        lambda arrays: arrays.update({k: a.astype(np.int64) for k, a in arrays.items()}),
        lambda arrays: arrays.update({k: a.astype(np.uint8) for k, a in arrays.items()}),
        lambda arrays: arrays.update({k: a[..., None] for k, a in arrays.items()}),
        lambda arrays: arrays.update({k: a[..., :-1].copy() for k, a in arrays.items()}),
        lambda arrays: arrays.update({k: a[:0].copy() for k, a in arrays.items()}),
        lambda arrays: arrays.update({k: np.array(1.0) for k in arrays}),
    ],
)
@pytest.mark.parametrize("which", ["tf-idf", "few words, three classes", "pooling"])
def test_arrays_of_another_type_or_shape_are_refused(which, change, saved, members_of, zipped):
    path = saved(which)
    members = members_of(path)
    arrays = safetensors.numpy.load(members["arrays.safetensors"])
    change(arrays)
    members["arrays.safetensors"] = safetensors.numpy.save(arrays)
    path.write_bytes(zipped(members.items()))
    assert_refused(path)
