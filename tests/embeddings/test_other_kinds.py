"""Files of other kinds: the error has their kind and a hint."""

import gzip
import io
import json
import pickle
import struct
import tarfile
import zipfile
import zlib

import numpy as np
import pandas as pd
import pytest
import safetensors.numpy

from sklearn_textnn.embeddings import WordVectors


def with_file(write):
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def tarred(mode):
    def write(buffer):
        with tarfile.open(fileobj=buffer, mode=mode) as archive:
            info = tarfile.TarInfo("vectors.txt")
            info.size = 8
            archive.addfile(info, io.BytesIO(b"a 1 2\nb "))

    return with_file(write)


def zipped(*names):
    def write(buffer):
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in names:
                archive.writestr(name, b"a 1 2\n")

    return with_file(write)


MATRIX = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
HEAD_OF_FASTTEXT = struct.pack("<8i", 793712314, 12, 100, 5, 5, 5, 5, 1)
TEXT = "good 1 2\nbad 3 4\n"
KINDS = {
    "fastText": (HEAD_OF_FASTTEXT + MATRIX.tobytes(), r"a model of fastText.*\.vec"),
    "pickle": (pickle.dumps({"vectors": MATRIX}), "a pickle.*from_gensim"),
    "old pickle": (pickle.dumps({"a": 1}, protocol=0), "a pickle"),
    "oldest class": (pickle.dumps(MATRIX, protocol=0), "a pickle"),
    "pickle, packed": (gzip.compress(pickle.dumps([1])), "a pickle"),
    "zlib": (zlib.compress(TEXT.encode() * 50), "packed by zlib"),
    "npy": (with_file(lambda file: np.save(file, MATRIX)), r"NumPy \(\.npy\).*numpy\.load"),
    "npz": (with_file(lambda file: np.savez(file, MATRIX)), r"NumPy \(\.npz\)"),
    "npz of two": (with_file(lambda file: np.savez(file, a=MATRIX, b=MATRIX)), r"\(\.npz\)"),
    "PyTorch": (zipped("model/data.pkl", "model/version"), "a model of PyTorch"),
    "Keras": (zipped("config.json", "model.weights.h5"), "PyTorch or Keras"),
    "Office": (zipped("[Content_Types].xml", "xl/workbook.xml"), "a document"),
    "safetensors": (safetensors.numpy.save({"a": MATRIX}), "a file of safetensors"),
    "tar": (tarred("w"), "packed by tar.*Unpack"),
    "tar.gz": (tarred("w:gz"), "packed by tar"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(90), "a file of HDF5"),
    "Parquet": (b"PAR1\x15\x04\x15" + bytes(90) + b"PAR1", "Parquet"),
    "Feather": (b"ARROW1\0\0" + bytes(90), "Arrow"),
    "SQLite": (b"SQLite format 3\0" + bytes(90), "SQLite"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, Platform", "MATLAB"),
    "R": (gzip.compress(b"RDX3\nX\n\0\0\0\3"), "or R"),
    "GGUF": (b"GGUF\3\0\0\0" + bytes(90), "GGUF"),
    "JSON": (json.dumps({"good": [1, 2]}).encode(), "JSON"),
    "indented JSON": (json.dumps({"good": [1, 2]}, indent=2).encode(), "JSON"),
    "JSON of a frame": (pd.DataFrame({"a": [1]}).to_json(orient="records").encode(), "JSON"),
    "words as JSON": (b'["good", "bad"]', "JSON"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"),
    "git-annex": (b"/annex/objects/SHA256E-s1--4d7a.txt\n", "git annex get"),
    "web page": (b"<!DOCTYPE html>\n<html><body>Quota 24</body></html>\n", "a web page.*download"),
    "old web page": (b"\n<HTML><HEAD>\n", "a web page"),
    "XML": (b'<?xml version="1.0"?><Error>AccessDenied</Error>', "a web page or XML"),
    "PDF": (b"%PDF-1.7\n", "a document"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(90), "a picture"),
    "program": (b"\x7fELF\2\1\1" + bytes(90), "a program"),
    "zstd": (b"\x28\xb5\x2f\xfd\x04" + bytes(90), "zstd"),
    "7-Zip": (b"7z\xbc\xaf\x27\x1c\0\4" + bytes(90), "7-Zip"),
    "UTF-16": (TEXT.encode("utf-16"), "text in UTF-16.*Convert it to UTF-8"),
    "UTF-16, big end first": (b"\xfe\xff" + TEXT.encode("utf-16-be"), "text in UTF-16"),
    "UTF-16 without mark": (TEXT.encode("utf-16-le"), "text in UTF-16"),
    "UTF-32": (TEXT.encode("utf-32"), "text in UTF-16 or UTF-32"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_another_kind_is_an_error_with_a_hint(as_file, kind):
    content, message = KINDS[kind]
    path = as_file(content)
    for how in ({}, {"cache": False}, {"words": ["good"]}):
        with pytest.raises(ValueError, match=f"Cannot read vectors from .*: it is .*{message}"):
            WordVectors.read(path, **how)


@pytest.mark.parametrize(
    "word",
    ["<html>", "<", "{", "[", '["', "[[1,2]]", "PK", "PAR1", "GIF", "MZ", "x^", "c", "(d", "%PDF",
     "version", "RDX3", "GGUF", "SQLite", "MATLAB", "annex/objects"],
)  # fmt: skip
def test_a_first_word_that_resembles_a_file_signature_is_a_word(as_file, word):
    path = as_file(f"{word} 1 2\nb 3 4\n".encode())
    assert list(WordVectors.read(path)) == [word, "b"]
