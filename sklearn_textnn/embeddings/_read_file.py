"""Reading of vectors from a file of any supported format."""

from dataclasses import dataclass

import numpy as np

from .._warnings import warn
from ._binary_format import binary_blocks
from ._detect_format import SAMPLE, detect_layout
from ._open_file import open_bytes
from ._text_format import text_blocks
from ._word_filter import WordFilter
from ._words import PackedWords


@dataclass(frozen=True)
class VectorFile:
    """A file of vectors, and how to read it.

    Parameters
    ----------
    path : str
        An absolute path, which is valid in other processes too.
    member : str or None, default=None
        The file to read from a zip.
    encoding_errors : str, default="strict"
        How to treat words that are not UTF-8, as in ``bytes.decode``.
    """

    path: str
    member: str | None = None
    encoding_errors: str = "strict"

    def blocks(self, word_filter):
        """Yield the chosen words and their vectors in blocks.

        Parameters
        ----------
        word_filter : WordFilter
            The words to keep.

        Yields
        ------
        words : list of bytes
            Encoded words.
        vectors : ndarray of float32 of shape (n_words, dim)
            Their vectors.

        Raises
        ------
        OSError
            If there is no such file.
        ValueError
            If it holds no vectors or is damaged; the message names the line.
        """
        try:
            with open_bytes(self.path, self.member) as (stream, _):
                sample = stream.read(SAMPLE)
            layout = detect_layout(sample, is_whole=len(sample) < SAMPLE)
            del sample
            with open_bytes(self.path, self.member) as (stream, size):
                if layout.is_binary:
                    yield from binary_blocks(stream, layout, word_filter, size)
                else:
                    yield from text_blocks(stream, layout, word_filter)
        except ValueError as error:
            raise ValueError(f"Cannot read vectors from {self.path!r}: {error}") from error


def read_into_memory(file, wanted=None):
    """Read a file, or some of its words.

    Parameters
    ----------
    file : VectorFile
        The file.
    wanted : set of str, default=None
        The words to keep; None keeps all.

    Returns
    -------
    words : PackedWords
        The words, in the order of the file.
    vectors : ndarray of float32 of shape (n_words, dim)
        Their vectors.
    """
    word_filter = WordFilter(wanted, file.encoding_errors)
    parts, matrix, dim = [], bytearray(), 0  # a bytearray grows in place, without a second copy
    for words, block in file.blocks(word_filter):
        parts.append(PackedWords.pack(words))
        matrix += block.tobytes()
        dim = block.shape[1]
    words = PackedWords.join(parts)
    vectors = np.frombuffer(matrix, dtype=np.float32).reshape(len(words), dim)
    rows = words.first_rows()
    warn_of_faults(word_filter, word_filter.n_repeated + len(words) - len(rows), file.path)
    return (words, vectors) if len(rows) == len(words) else (words.take(rows), vectors[rows])


def warn_of_faults(word_filter, n_repeated, path):
    """Warn about repeated words, or a header that is off by one."""
    remarks = [f"In {path!r} {word_filter.remark}"] if word_filter.remark else []
    if n_repeated:
        remarks.append(f"{n_repeated} lines of {path!r} repeat a word; the first vector is kept.")
    for remark in remarks:
        warn(remark)
