"""A file of vectors that is searched for words, until it pays to read it completely."""

from collections import Counter

from ._cache import fingerprint
from ._read_file import read_into_memory

# How often a process searches a file before it is read completely. That takes as long as 5 searches
# of a compressed file or 20 of a plain one, and makes all later ones instant.
_MOST_SEARCHES = 4
_n_searches = Counter()  # by file and fingerprint


class UnreadFile:
    """File of vectors that has not been read completely.

    Parameters
    ----------
    file : VectorFile
        The file.
    cache : VectorCache
        Where to store its vectors.

    Raises
    ------
    OSError
        If there is no such file.
    """

    def __init__(self, file, cache):
        self.file, self.cache = file, cache
        self._fingerprint = fingerprint(file.path)

    def search(self, words):
        """Read some words from the file.

        Parameters
        ----------
        words : set of str
            The words to find.

        Returns
        -------
        tuple of (PackedWords, ndarray) or None
            The words found and their vectors; None if it pays to read the file completely.

        Raises
        ------
        ValueError
            If the file has changed.
        """
        key = self.file, self._fingerprint
        if _n_searches[key] >= _MOST_SEARCHES:
            return None
        _n_searches[key] += 1
        found = read_into_memory(self.file, words)
        self.check_unchanged()
        return found

    def check_unchanged(self):
        """Raise a ValueError if the file has changed since the object was created."""
        if fingerprint(self.file.path) != self._fingerprint:
            raise ValueError(f"{self.file.path!r} has changed since it was first read; fit again.")
