"""Parsed vectors in the data home, named by the content of the file that they are from."""

import os
import warnings

from ..datasets import get_data_home
from ._file_digest import fingerprint, name_of
from ._read_file import warn_of_repeated
from ._store import VERSION, BrokenStoreError, StoreRefusedError, open_store, write_store
from ._word_filter import WordFilter


class VectorCache:
    """The stores of one data home.

    Parameters
    ----------
    data_home : str, path-like or None
        See :func:`get_data_home`.

    Attributes
    ----------
    data_home : str or None
        The same as an absolute path; None stays the default of whoever asks.
    """

    def __init__(self, data_home=None):
        home = get_data_home(data_home).absolute()
        self.data_home = None if data_home is None else str(home)
        self._folder = home / "vectors"

    def name_of(self, file):
        """Return the name that the store of a file has or would have, and its fingerprint."""
        return name_of(file, self._folder / "stamps")

    def find(self, file):
        """Open the store of a file.

        Parameters
        ----------
        file : VectorFile
            The file.

        Returns
        -------
        Stored or None
            None if there is none.
        """
        if not any(self._folder.glob(self._file_name("*"))):
            return None  # and no need to know the file's name, which may take reading it
        return self.open(self.name_of(file)[0])

    def path_of(self, name):
        """Return where a store is, if it is there."""
        return self._folder / self._file_name(name)

    def open(self, name):
        """Open a store by its name; None if there is none, or none that is sound."""
        path = self.path_of(name)
        if not os.path.isfile(path):  # opening a pipe would wait for somebody to write to it
            return None
        try:
            return open_store(path)
        except BrokenStoreError as error:
            warnings.warn(
                f"The store {str(path)!r} {error}. It is ignored, and written anew when the whole "
                "file is read.",
                stacklevel=5,
            )
        except OSError:
            return None

    def open_or_build(self, file):
        """Open the store of a file, which is parsed if there is none.

        Parameters
        ----------
        file : VectorFile
            The file.

        Returns
        -------
        name : str
            The store's name.
        stored : Stored or None
            None if it cannot be kept.

        Raises
        ------
        OSError, ValueError
            If the file cannot be read.
        """
        name, seen = self.name_of(file)
        return name, self.open(name) or self._build(file, name, seen)

    def _build(self, file, name, seen):
        path = self.path_of(name)
        try:
            n_repeated = write_store(path, _unchanging_blocks(file, seen))
        except StoreRefusedError as error:
            warnings.warn(
                f"The vectors of {file.path!r} are used, but could not be kept for the next time: "
                f"{error}. Pass a data_home that can be written to, or set SKLEARN_TEXTNN_DATA.",
                stacklevel=5,
            )
            return None
        warn_of_repeated(n_repeated, file.path, stacklevel=6)
        return self.open(name)

    @staticmethod
    def _file_name(name):
        # The version is part of the name, so that two releases keep their stores side by side.
        return f"{name}.v{VERSION}.vectors"


def _unchanging_blocks(file, seen):
    """Read a file, provided that when it has been read it still is the one that got a name."""
    yield from file.blocks(WordFilter(encoding_errors=file.encoding_errors))
    if fingerprint(file.path) != seen:
        raise ValueError(f"{file.path!r} changed while it was read; read it again.")
