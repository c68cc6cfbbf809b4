"""Files of parsed vectors, to be memory-mapped.

A store is a safetensors file: the length of the header, the header as JSON, and arrays. The matrix
comes first, written row by row, followed by the words, see :class:`PackedWords`. The last array is
a checksum of all but the matrix. All numbers are little-endian.
"""

import hashlib
import json
import math
import zlib
from typing import NamedTuple

import numpy as np

from .._atomic import atomic_write
from ._words import PackedWords

VERSION = "1"

_START = 1024  # of the matrix: the header ends in spaces, so that its length is known beforehand
_ALIGNMENT = 64
_CHUNK = 1 << 22
_ARRAYS = {  # in this order: their types as safetensors and NumPy name them
    "vectors": ("F32", "<f4"),
    "padding": ("U8", "|u1"),
    "offsets": ("I64", "<i8"),
    "hashes": ("U64", "<u8"),
    "order": ("I64", "<i8"),
    "words": ("U8", "|u1"),
    "checksum": ("U8", "|u1"),
}


class BrokenStoreError(ValueError):
    """A file is not a store, or damaged."""


class Stored(NamedTuple):
    """Memory-mapped vectors of a store.

    Parameters
    ----------
    words : PackedWords
        The words.
    vectors : memmap of float32 of shape (n_words, dim)
        The matrix.
    digest : str
        Returned by :func:`content_digest`.
    """

    words: PackedWords
    vectors: np.memmap
    digest: str


def content_digest(words, dim, chunks):
    """Compute the SHA-256 of words and matrix, in hexadecimal.

    Parameters
    ----------
    words : PackedWords
        The words.
    dim : int
        Numbers per word.
    chunks : iterable of bytes-like
        The rows of the matrix.

    Returns
    -------
    str
        The digest.
    """
    matrix = hashlib.sha256()
    for chunk in chunks:
        matrix.update(chunk)
    whole = hashlib.sha256(b"%d %d " % (len(words), dim) + matrix.digest())
    whole.update(words.offsets.astype("<i8", copy=False))
    whole.update(words.blob)
    return whole.hexdigest()


def open_store(path):
    """Map a store.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Stored
        Its content.

    Raises
    ------
    OSError
        If it cannot be opened.
    BrokenStoreError
        If it is truncated or damaged. The matrix is not checked, which would require reading it.
    """
    try:
        whole = np.memmap(path, dtype=np.uint8, mode="r")
        header = json.loads(bytes(whole[8:_START]))
        version, digest = (header["__metadata__"][key] for key in ("version", "digest"))
        end = _START + header["checksum"]["data_offsets"][1]
        if version == VERSION and len(whole) == end:
            vectors, index = _views(whole, header)
            checksum = _checksum(whole[:_START], whole[_START + vectors.nbytes : -4])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BrokenStoreError("is no store of vectors") from error
    if version != VERSION:
        raise BrokenStoreError(f"has version {version}, expected {VERSION}")
    if len(whole) != end:
        raise BrokenStoreError(f"has {len(whole)} bytes, expected {end}")
    if bytes(whole[-4:]) != checksum:
        raise BrokenStoreError("is damaged: the checksum of its header and words is wrong")
    return Stored(PackedWords(*index), vectors, digest)


def _views(whole, header):
    views = []
    for name in ("vectors", "words", "offsets", "hashes", "order"):
        start, stop = header[name]["data_offsets"]
        views.append(whole[_START + start : _START + stop].view(_ARRAYS[name][1]))
    n_words, dim = header["vectors"]["shape"]
    return views[0].reshape(n_words, dim), map(np.asarray, views[1:])


def _checksum(*parts):
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    return checksum.to_bytes(4, "little")


def write_store(path, blocks):
    """Write a store atomically.

    Parameters
    ----------
    path : Path
        The file; its folder is created if necessary.
    blocks : iterable of (list of bytes, ndarray of float32)
        Encoded words and their vectors; the first vector of a repeated word counts.

    Returns
    -------
    int
        The number of repeated words.

    Raises
    ------
    WriteFailedError
        If the folder cannot be written to, or the disk is full.
    """
    with atomic_write(path, make_folder=True) as file:
        file.seek(_START)
        parts, dim = [], 0
        for encoded, block in blocks:
            parts.append(PackedWords.pack(encoded))
            dim = block.shape[1]
            file.write(block.astype("<f4", copy=False).tobytes())
        words = PackedWords.join(parts)
        rows = words.first_rows()
        n_repeated = len(words) - len(rows)
        if n_repeated:
            _keep_rows(file, rows, (len(words), dim))
            words = words.take(rows)
        _finish(file, words, dim)
    return n_repeated


def _keep_rows(file, rows, shape):
    """Move rows up within the file, over dropped ones."""
    matrix = np.memmap(file, dtype="<f4", mode="r", offset=_START, shape=shape)
    step = max(1, _CHUNK // (4 * shape[1]))
    file.seek(_START)
    for start in range(0, len(rows), step):
        file.write(matrix[rows[start : start + step]])


def _finish(file, words, dim):
    """Write what follows the matrix, and the header, which completes the store."""
    size = 4 * dim * len(words)
    arrays = [
        np.zeros(-size % _ALIGNMENT, dtype=np.uint8),
        words.offsets.astype("<i8", copy=False),
        words.hashes,
        words.order.astype("<i8", copy=False),
        np.asarray(words.blob),
    ]
    digest = content_digest(words, dim, _chunks(file, size))
    header = _header([(len(words), dim), *(array.shape for array in arrays), (4,)], digest)
    file.truncate(_START + size)
    file.seek(_START + size)
    for content in (*arrays, _checksum(header, *arrays)):
        file.write(content)
    file.seek(0)
    file.write(header)


def _header(shapes, digest):
    entries, stop = {"__metadata__": {"version": VERSION, "digest": digest}}, 0
    for (name, (kind, dtype)), shape in zip(_ARRAYS.items(), shapes, strict=True):
        start, stop = stop, stop + np.dtype(dtype).itemsize * math.prod(shape)
        entries[name] = {"dtype": kind, "shape": shape, "data_offsets": (start, stop)}
    encoded = json.dumps(entries).encode().ljust(_START - 8)
    return len(encoded).to_bytes(8, "little") + encoded


def _chunks(file, size):
    """Read the matrix in chunks; mapping it would count as memory of this process."""
    file.seek(_START)
    for start in range(0, size, _CHUNK):
        yield file.read(min(_CHUNK, size - start))
