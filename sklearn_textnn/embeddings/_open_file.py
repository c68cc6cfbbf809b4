"""Reading of compressed files, detected by their first bytes, not by their name."""

import bz2
import gzip
import io
import lzma
import os
import re
import zipfile
from contextlib import ExitStack, contextmanager

from ._other_kinds import refuse_other_archives

_BUFFER = 1 << 20
_PACKINGS = {  # how they begin, and what opens them
    "gzip": (rb"\x1f\x8b", gzip.open),
    # The magic number of a block or of the end follows; "BZh1" alone may begin a text.
    "bzip2": (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", bz2.open),
    "xz": (rb"\xfd7zXZ\x00", lzma.open),
    "zip": (rb"PK(?:\x03\x04|\x05\x06)", zipfile.ZipFile),
}

# Vectors as text shrink to a half or a third. What grows more than this was made to fill a disk.
_MAX_RATIO = 200
_FREE = 64 << 20  # bytes that any file may unpack to: small files can be very repetitive


@contextmanager
def open_bytes(path, member=None):
    """Open a file for reading, decompressed.

    Parameters
    ----------
    path : str
        A file: plain, or compressed by gzip, bzip2, xz or zip.
    member : str, default=None
        The file to read from a zip; not needed if there is only one.

    Yields
    ------
    stream : BufferedReader
        The decompressed bytes, from the first one.
    size : int or None
        Their number, if known.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If `member` does not exist, or while reading, if the file is damaged.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open(path, "rb", buffering=_BUFFER))
        size = os.fstat(file.fileno()).st_size
        head = file.peek(16)
        packing = next((name for name, (m, _) in _PACKINGS.items() if re.match(m, head)), None)
        if member is not None and packing != "zip":
            raise ValueError(f"got member={member!r} for a file that is not a zip, expected None.")
        if packing is None:
            yield file, size
            return
        with _damage(packing):
            unpacked = stack.enter_context(_PACKINGS[packing][1](file))
        if packing == "zip":
            name = _member_name(unpacked, member)
            with _damage(packing):
                unpacked = stack.enter_context(unpacked.open(name))
        yield stack.enter_context(io.BufferedReader(_Unpacked(unpacked, packing, size))), None


@contextmanager
def _damage(packing):
    """Turn the various errors of decompressors into a ValueError."""
    try:
        yield
    except Exception as error:
        reason = str(error) or type(error).__name__
        raise ValueError(f"the {packing} is damaged: {reason}.") from error


def _member_name(zipped, member):
    names = [info.filename for info in zipped.infolist() if not info.is_dir()]
    if member in names:
        return member
    refuse_other_archives(names)
    if member is None:
        names = [name for name in names if not name.startswith("__MACOSX/")]  # metadata of macOS
        if len(names) == 1:
            return names[0]
    found = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
    raise ValueError(
        f"got member={member!r} for a zip that holds {found or 'nothing'}; expected the name of "
        "one of its files."
    )


class _Unpacked(io.RawIOBase):
    """Output of a decompressor, with one kind of error and a limit on its size.

    Parameters
    ----------
    file : binary file
        Opened by the decompressor.
    packing : str
        What it is packed by, for messages.
    size : int
        The number of compressed bytes.
    """

    def __init__(self, file, packing, size):
        self._file = file
        self._packing = packing
        self._left = _FREE + _MAX_RATIO * size

    def readable(self):
        return True

    def readinto(self, buffer):
        with _damage(self._packing):
            n_read = self._file.readinto(buffer)
        self._left -= n_read
        if self._left < 0:
            raise ValueError(
                f"the {self._packing} unpacks to more than {_MAX_RATIO} times its size, which no "
                "vectors do; unpack it by hand if you trust it."
            )
        return n_read
