"""A file that holds parsed vectors, to be mapped into memory instead of read.

Layout: a header; the float32 matrix, at a multiple of 64 bytes; then what finds words, see
:class:`PackedWords`: offsets, sorted hashes, their order, and the words. The header holds a
checksum of itself and of all that comes behind the matrix. All numbers are little-endian.
"""

import hashlib
import os
import struct
import time
import zlib
from contextlib import contextmanager, suppress
from typing import NamedTuple
from uuid import uuid4

import numpy as np

from ._words import PackedWords

VERSION = 1

_MAGIC = b"textnnWV"
_HEADER = struct.Struct("<8sIIQQ32sI")  # magic, version, dim, n_words, size of words, digest, crc
_CHECKSUM = struct.Struct("<I")
_ALIGNMENT = 64
_START = 128  # of the matrix
_CHUNK = 1 << 22
_ABANDONED = 24 * 3600  # seconds since somebody wrote to an unfinished file


class BrokenStoreError(ValueError):
    """A file is no store, or not the one that was written."""


class StoreRefusedError(Exception):
    """A store cannot be written: no space, no permission."""


class Stored(NamedTuple):
    """Vectors of a store, mapped.

    Parameters
    ----------
    words : PackedWords
        The words.
    vectors : memmap of float32 of shape (n_words, dim)
        The matrix.
    digest : str
        What :func:`content_digest` gives.
    """

    words: PackedWords
    vectors: np.memmap
    digest: str


def content_digest(words, dim, chunks):
    """Compute the SHA-256 of words and matrix.

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
    bytes
        The digest.
    """
    matrix = hashlib.sha256()
    for chunk in chunks:
        matrix.update(chunk)
    whole = hashlib.sha256(b"%d %d " % (len(words), dim) + matrix.digest())
    whole.update(words.offsets.astype("<i8", copy=False))
    whole.update(words.blob)
    return whole.digest()


def open_store(path):
    """Map a store.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Stored
        What is in it.

    Raises
    ------
    OSError
        If it cannot be opened.
    BrokenStoreError
        If it is cut or damaged. The matrix is not looked at, as that would mean to read it.
    """
    with open(path, "rb") as file:
        head = file.read(_START)
        size = os.fstat(file.fileno()).st_size
        fields = _checked_header(head)
        sections = _sections(*fields[:3])
        if size != sections[-1].stop:
            raise BrokenStoreError(f"has {size} bytes, expected {sections[-1].stop}")
        whole = np.memmap(file, dtype=np.uint8, mode="r")
    dim, n_words, _, digest, checksum = fields
    matrix, *index = sections
    if zlib.crc32(whole[index[0].start :]) != checksum:
        raise BrokenStoreError("is damaged: the checksum of its words is wrong")
    offsets, hashes, order, blob = (np.asarray(whole[part]) for part in index)
    words = PackedWords(blob, offsets.view("<i8"), hashes.view("<u8"), order.view("<i8"))
    return Stored(words, whole[matrix].view("<f4").reshape(n_words, dim), digest.hex())


def _checked_header(head):
    if len(head) < _START or not head.startswith(_MAGIC):
        raise BrokenStoreError("is no store of vectors")
    end = _HEADER.size
    if zlib.crc32(head[:end]) != _CHECKSUM.unpack_from(head, end)[0]:
        raise BrokenStoreError("is damaged: the checksum of its header is wrong")
    _, version, *fields = _HEADER.unpack_from(head)
    if version != VERSION:
        raise BrokenStoreError(f"has version {version}, expected {VERSION}")
    return fields


def _sections(dim, n_words, n_bytes):
    """Where matrix, offsets, hashes, order and words are, as slices."""
    place, sections = _START, []
    for size in (4 * dim * n_words, 8 * (n_words + 1), 8 * n_words, 8 * n_words, n_bytes):
        place += -place % _ALIGNMENT
        sections.append(slice(place, place + size))
        place += size
    return sections


def write_store(path, blocks):
    """Write a store: whole or not at all, whoever else writes the same.

    Parameters
    ----------
    path : Path
        The file, in a folder that is made if need be.
    blocks : iterable of (list of bytes, ndarray of float32)
        Encoded words and their vectors; of a word that comes again the first vector is kept.

    Returns
    -------
    int
        How many words came again.

    Raises
    ------
    StoreRefusedError
        If the folder cannot be written to, or the disk is full.
    """
    part = path.with_name(f".{path.name}.{uuid4().hex}.part")
    with _refusals():
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(path.parent)
        file = open(part, "xb+")  # noqa: SIM115 (closing it may fail on a full disk)
    try:
        n_repeated = _write(file, blocks)
        with _refusals():
            file.close()
            os.replace(part, path)
    finally:
        with suppress(OSError):
            file.close()
        with suppress(OSError):
            part.unlink()
    return n_repeated


@contextmanager
def _refusals():
    """Tell errors of writing from errors of reading what is to be written."""
    try:
        yield
    except OSError as error:
        raise StoreRefusedError(str(error)) from error


def _remove_abandoned(folder):
    """Remove what writers left that were killed."""
    for part in folder.glob(".*.part"):
        with suppress(OSError):
            if time.time() - part.stat().st_mtime > _ABANDONED:
                part.unlink()


def _write(file, blocks):
    with _refusals():
        file.write(bytes(_START))
    parts, dim = [], 0
    for words, block in blocks:
        parts.append(PackedWords.pack(words))
        dim = block.shape[1]
        with _refusals():
            file.write(block.astype("<f4", copy=False).tobytes())
    words = PackedWords.join(parts)
    rows = words.first_rows()
    n_repeated = len(words) - len(rows)
    with _refusals():
        if n_repeated:
            _keep_rows(file, rows, (len(words), dim))
            words = words.take(rows)
        _finish(file, words, dim)
    return n_repeated


def _keep_rows(file, rows, shape):
    """Move rows up within the file, over those that are not kept."""
    file.flush()
    matrix = np.memmap(file, dtype="<f4", mode="r+", offset=_START, shape=shape)
    step = max(1, _CHUNK // (4 * shape[1]))
    for start in range(0, len(rows), step):
        kept = rows[start : start + step]
        matrix[start : start + len(kept)] = matrix[kept]
    matrix.flush()


def _finish(file, words, dim):
    """Write what comes behind the matrix, and the header, which makes the file a store."""
    matrix, *index = _sections(dim, len(words), len(words.blob))
    digest = content_digest(words, dim, _chunks(file, matrix))
    file.truncate(matrix.stop)
    file.seek(matrix.stop)
    contents = words.offsets.astype("<i8"), words.hashes, words.order.astype("<i8"), words.blob
    for section, content in zip(index, contents, strict=True):
        file.write(bytes(section.start - file.tell()))
        file.write(content)
    checksum = 0
    for chunk in _chunks(file, slice(index[0].start, index[-1].stop)):
        checksum = zlib.crc32(chunk, checksum)
    header = _HEADER.pack(_MAGIC, VERSION, dim, len(words), len(words.blob), digest, checksum)
    file.seek(0)
    file.write(header + _CHECKSUM.pack(zlib.crc32(header)))
    file.flush()
    os.fsync(file.fileno())


def _chunks(file, section):
    """Read a part of the file: mapping it would count as memory of this process."""
    file.seek(section.start)
    for start in range(section.start, section.stop, _CHUNK):
        yield file.read(min(_CHUNK, section.stop - start))
