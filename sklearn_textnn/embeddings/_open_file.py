"""The bytes of a file, whatever it is packed in: told by its first bytes, not by its name."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
from contextlib import ExitStack, contextmanager

_BUFFER = 1 << 20
_MAGIC = {
    "gzip": re.compile(rb"\x1f\x8b"),
    # The magic number of a block or of the end follows; "BZh1" alone may begin a text.
    "bzip2": re.compile(rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)"),
    "xz": re.compile(rb"\xfd7zXZ\x00"),
    "zip": re.compile(rb"PK(?:\x03\x04|\x05\x06)"),
}
_OPENERS = {"gzip": gzip.open, "bzip2": bz2.open, "xz": lzma.open}

# Vectors as text shrink to a half or a third. What grows more than this was made to fill a disk.
_MAX_RATIO = 200
_FREE = 64 << 20  # bytes that every file may unpack to: a small one may well repeat itself


@contextmanager
def open_bytes(path, member=None):
    """Open a file for reading, unpacked.

    Parameters
    ----------
    path : str
        A file: plain, or packed by gzip, bzip2, xz or zip.
    member : str, default=None
        Which file of a zip; not needed if there is only one.

    Yields
    ------
    BufferedReader
        The unpacked bytes, from the first one.

    Raises
    ------
    OSError
        If there is no such file.
    ValueError
        If `member` does not fit, or when what was packed turns out damaged.
    """
    with ExitStack() as stack:
        file = stack.enter_context(open(path, "rb", buffering=_BUFFER))
        packing = _packing_of(file.peek(16))
        if member is not None and packing != "zip":
            raise ValueError(f"got member={member!r} for a file that is no zip, expected None.")
        if packing is None:
            yield file
            return
        try:
            opener = _OPENERS.get(packing) or (lambda zipped: _open_member(stack, zipped, member))
            unpacked = stack.enter_context(opener(file))
        except _MemberError as error:
            raise ValueError(str(error)) from None
        except Exception as error:  # zipfile lets many kinds through when bytes are damaged
            raise ValueError(f"the {packing} is damaged: {error}.") from error
        raw = _Unpacked(unpacked, packing, _size_of(file))
        yield stack.enter_context(io.BufferedReader(raw, _BUFFER))


def plain_size(path):
    """Return the number of bytes of a file that is not packed, else None."""
    with open(path, "rb") as file:
        return _size_of(file) if _packing_of(file.peek(16)) is None else None


def _packing_of(head):
    return next((name for name, magic in _MAGIC.items() if magic.match(head)), None)


def _size_of(file):
    place = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(place)
    return size


class _MemberError(Exception):
    """The zip is sound, but which of its members to read is not clear."""


def _open_member(stack, file, member):
    zipped = stack.enter_context(zipfile.ZipFile(file))
    names = [info.filename for info in zipped.infolist() if not info.is_dir()]
    if member is None:
        names = [name for name in names if not name.startswith("__MACOSX/")]  # a Mac's own notes
        if len(names) == 1:
            return zipped.open(names[0])
    elif member in names:
        return zipped.open(member)
    found = ", ".join(map(repr, names[:10])) + (", ..." if len(names) > 10 else "")
    raise _MemberError(
        f"got member={member!r} for a zip that holds {found or 'nothing'}; expected the name of "
        "one of its files."
    )


class _Unpacked(io.RawIOBase):
    """What a decompressor gives, with one kind of error, and not without end.

    Parameters
    ----------
    file : binary file
        Opened by the decompressor.
    packing : str
        What it is packed by, for messages.
    size : int
        Number of bytes before unpacking.
    """

    def __init__(self, file, packing, size):
        self._file = file
        self._packing = packing
        self._left = _FREE + _MAX_RATIO * size

    def readable(self):
        return True

    def readinto(self, buffer):
        try:
            n_read = self._file.readinto(buffer)
        except Exception as error:  # each library has kinds of its own
            raise ValueError(
                f"the {self._packing} is damaged or cut: {error or type(error).__name__}."
            ) from error
        self._left -= n_read
        if self._left < 0:
            raise ValueError(
                f"the {self._packing} unpacks to more than {_MAX_RATIO} times its size, which no "
                "vectors do; unpack it by hand if you trust it."
            )
        return n_read
