"""Cache of parsed vectors in the data home, keyed by the content of their file.

The key is a SHA-256. It is recorded with path, size, times and inode of the file, as version
control systems do, so that an unchanged file is not read again.
"""

import hashlib
import os
import re
import time
from contextlib import suppress

from .._atomic import WriteFailedError, atomic_write
from .._warnings import warn
from ..datasets import get_data_home
from ._read_file import warn_of_faults
from ._store import VERSION, BrokenStoreError, open_store, write_store
from ._word_filter import WordFilter

_AT_REST = 2_000_000_000  # nanoseconds; the resolution of some file systems
# The version is part of the name, so that the stores of two releases can coexist.
_SUFFIX = f".v{VERSION}.vectors"


def fingerprint(path):
    """Return size, times and inode of a file, to detect changes.

    Raises
    ------
    OSError
        If there is no such file.
    """
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class VectorCache:
    """The stores of one data home.

    Parameters
    ----------
    data_home : str, path-like or None
        See :func:`get_data_home`.

    Attributes
    ----------
    data_home : str or None
        The same as an absolute path; None stays None, the default.
    """

    def __init__(self, data_home=None):
        home = get_data_home(data_home).absolute()
        self.data_home = None if data_home is None else str(home)
        self._folder = home / "vectors"

    def name_of(self, file):
        """Return the SHA-256 of a file's content and reading options, and its fingerprint.

        Raises
        ------
        OSError
            If there is no such file.
        """
        now, seen = time.time_ns(), fingerprint(file.path)
        key = repr((os.path.realpath(file.path), file.member, file.encoding_errors, seen))
        note = self._folder / "stamps" / hashlib.sha256(key.encode()).hexdigest()
        with suppress(OSError):
            name = note.read_bytes()
            if re.fullmatch(rb"[0-9a-f]{64}", name):
                return name.decode(), seen
        name = _hash(file)
        # A file that was just written to may change again without a change of its times.
        if fingerprint(file.path) == seen and now - seen[1] > _AT_REST:
            with suppress(OSError), atomic_write(note, make_folder=True) as opened:
                opened.write(name.encode())
        return name, seen

    def names(self):
        """Return the names of all stores."""
        return [path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}")]

    def find(self, file):
        """Open the store of a file.

        Parameters
        ----------
        file : VectorFile
            The file.

        Returns
        -------
        name : str or None
            The store's name. None without any store, since it may require reading the file.
        stored : Stored or None
            None if there is no such store.
        """
        if not self.names():
            return None, None
        name = self.name_of(file)[0]
        return name, self.open(name)

    def path_of(self, name):
        """Return the path of a store, if it exists."""
        return self._folder / f"{name}{_SUFFIX}"

    def open(self, name):
        """Open a store by its name; return None if it is missing or damaged."""
        path = self.path_of(name)
        if not os.path.isfile(path):  # opening a pipe would block
            return None
        try:
            return open_store(path)
        except BrokenStoreError as error:
            warn(
                f"The store {str(path)!r} {error}. It is ignored, and written again when the whole "
                "file is read."
            )
        except OSError:
            return None

    def open_or_build(self, file):
        """Open the store of a file; parse the file if there is none.

        Parameters
        ----------
        file : VectorFile
            The file.

        Returns
        -------
        name : str
            The store's name.
        stored : Stored or None
            None if it cannot be written.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read.
        """
        name, seen = self.name_of(file)
        return name, self.open(name) or self._build(file, name, seen)

    def _build(self, file, name, seen):
        word_filter = WordFilter(encoding_errors=file.encoding_errors)
        try:
            blocks = _unchanging_blocks(file, word_filter, seen)
            n_repeated = write_store(self.path_of(name), blocks)
        except WriteFailedError as error:
            warn(
                f"The vectors of {file.path!r} are used, but could not be cached: "
                f"{error}. Pass a data_home that can be written to, or set SKLEARN_TEXTNN_DATA."
            )
            return None
        warn_of_faults(word_filter, n_repeated, file.path)
        return self.open(name)


def _unchanging_blocks(file, word_filter, seen):
    """Read a file; raise an error if it changes meanwhile."""
    yield from file.blocks(word_filter)
    if fingerprint(file.path) != seen:
        raise ValueError(f"{file.path!r} changed while it was read; read it again.")


def _hash(file):
    with open(file.path, "rb") as opened:
        sha256 = hashlib.file_digest(opened, "sha256")
    if file.member is not None or file.encoding_errors != "strict":
        sha256.update(repr((file.member, file.encoding_errors)).encode())
    return sha256.hexdigest()
