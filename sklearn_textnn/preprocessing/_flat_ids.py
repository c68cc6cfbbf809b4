"""Concatenated token ids of all documents, without padding."""

from dataclasses import dataclass, field, replace

import numpy as np

from .._memory import available_bytes

_WORTH_A_LOOK = 2**28  # bytes; smaller matrices are not checked
_DOCUMENTS_AT_A_TIME = 2**14


@dataclass(frozen=True, eq=False)
class FlatIds:
    """Concatenated token ids of all documents.

    With a `width` they represent the matrix (n_samples, width) without storing the zeros at one
    side of each row, so that memory is proportional to the tokens. ``numpy.asarray`` returns the
    matrix.

    Parameters
    ----------
    ids : ndarray of int of shape (n_ids,)
        Document ``i`` is ``ids[offsets[i]:offsets[i + 1]]``.
    offsets : ndarray of int64 of shape (n_samples + 1,)
        The start of each document, and the end of the last.
    width : int or None, default=None
        The number of columns of the matrix; None for ragged documents.
    padding : {"post", "pre"}, default="post"
        The side of the zeros.
    """

    ids: np.ndarray
    offsets: np.ndarray
    width: int | None = None
    padding: str = "post"
    is_ragged: bool = field(init=False, repr=False)  # whether documents are ragged
    shape: tuple = field(init=False, repr=False)

    def __post_init__(self):
        n, width = len(self), self.width
        vars(self)["is_ragged"] = width is None
        vars(self)["shape"] = (n,) if width is None else (n, width)

    @classmethod
    def of_matrix(cls, matrix):
        """Convert a padded matrix, ignoring trailing zeros."""
        lengths = content_lengths(matrix)
        offsets = offsets_of(lengths)
        if offsets[-1] == matrix.size:
            ids = matrix.ravel()
        else:
            ids = matrix[np.arange(matrix.shape[1]) < lengths[:, None]]
        return cls(ids, offsets, matrix.shape[1])

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def dtype(self):
        return self.ids.dtype

    def __len__(self):
        return len(self.offsets) - 1

    def with_ids(self, ids):
        """Return other ids at the same positions; the padding stays 0."""
        return replace(self, ids=ids)

    def row_of(self, place):
        """Return the document of an id, and its column."""
        row = int(np.searchsorted(self.offsets, place, side="right")) - 1
        return row, int(place - self.offsets[row] + self.leads()[row])

    def content_lengths(self):
        """Return the `content_lengths` of the matrix."""
        filled = np.flatnonzero(self.ids)
        last = np.searchsorted(filled, self.offsets[1:]) - 1  # the last id that is not 0
        place = filled[last] if len(filled) else np.full(len(self), -1)
        inside = (last >= 0) & (place >= self.offsets[:-1])
        return np.where(inside, place - self.offsets[:-1] + self.leads() + 1, 0)

    @property
    def lengths(self):
        """The number of tokens of each document, without trailing zeros if padded."""
        return np.diff(self.offsets) if self.is_ragged else self.content_lengths()

    def leads(self):
        """Return the number of leading zeros of each document."""
        if self.padding == "post" or self.width is None:
            return np.zeros(len(self), dtype=np.int64)
        return self.width - np.diff(self.offsets)

    def places(self):
        """Return the position of each row of the matrix.

        Returns
        -------
        ndarray of int64 of shape (n_samples, 3)
            Column ``c`` of a row is ``ids[first + c]`` for ``lead <= c < end`` and 0 elsewhere;
            `first`, `lead` and `end` are the three columns.
        """
        lead = self.leads()
        return np.stack([self.offsets[:-1] - lead, lead, lead + np.diff(self.offsets)], axis=1)

    def __getitem__(self, rows):
        """Return some of the documents."""
        if isinstance(rows, slice) and rows.step in (None, 1):  # needs no copy
            first, stop, _ = rows.indices(len(self))
            offsets = self.offsets[first : max(first, stop) + 1]
            return replace(
                self, ids=self.ids[offsets[0] : offsets[-1]], offsets=offsets - offsets[0]
            )
        rows = np.arange(len(self))[rows]
        starts = self.offsets[:-1][rows]
        return self.with_parts(starts, self.offsets[1:][rows] - starts)

    def with_parts(self, starts, lengths, **layout):
        """Return documents that are slices of the ids.

        Parameters
        ----------
        starts, lengths : ndarray of int64 of shape (n_documents,)
            Document ``i`` is ``ids[starts[i] : starts[i] + lengths[i]]``.
        **layout
            Another `width` and `padding`.

        Returns
        -------
        FlatIds
        """
        offsets = offsets_of(lengths)
        ids = np.empty(offsets[-1], dtype=self.ids.dtype)
        for i in range(0, len(lengths), _DOCUMENTS_AT_A_TIME):  # twice the memory of ids
            part = slice(i, i + _DOCUMENTS_AT_A_TIME)
            first, behind = offsets[i], offsets[i : i + _DOCUMENTS_AT_A_TIME + 1][-1]
            moves = np.repeat(starts[part] - offsets[:-1][part], lengths[part])
            ids[first:behind] = self.ids[np.arange(first, behind) + moves]
        return replace(self, ids=ids, offsets=offsets, **layout)

    def lay_out(self, width=None):
        """Return the padded matrix, or its first columns.

        Parameters
        ----------
        width : int, default=None
            Number of columns; None for all.

        Returns
        -------
        ndarray of shape (n_samples, width)

        Raises
        ------
        MemoryError
            If the matrix does not fit into memory; the message has the length of most texts.
        """
        width = self.width if width is None else width
        needed = len(self) * width * (self.ids.itemsize + 1)  # and a bool while it is filled
        try:
            if needed >= _WORTH_A_LOOK and needed > (available_bytes() or needed):
                raise MemoryError
            return self._lay_out(width)
        except MemoryError:
            lengths = np.diff(self.offsets)
            raise MemoryError(
                f"{len(self)} texts of {width} tokens, the padding included, take "
                f"{needed / 2**30:.1f} GB. The longest text has {lengths.max()} tokens, 99 % of "
                f"them have at most {int(np.quantile(lengths, 0.99))}. Set maxlen=0.99 in "
                "PadTransformer, or the number of tokens that you want to keep."
            ) from None

    def _lay_out(self, width):
        first, lead, end = self.places().T[..., None]  # (n_samples, 1) each
        columns = np.arange(width)
        filled = columns < end if self.padding == "post" else (columns >= lead) & (columns < end)
        matrix = np.zeros((len(self), width), dtype=self.ids.dtype)
        if np.count_nonzero(filled) == len(self.ids):
            matrix[filled] = self.ids
        else:  # some are truncated
            matrix[filled] = self.ids[(first + columns)[filled]]
        return matrix

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("token ids become a matrix by a copy only.")
        matrix = self.lay_out()
        return matrix if dtype is None else matrix.astype(dtype, copy=False)


def offsets_of(lengths):
    """Return the start of each document, and the end: int64, (n_samples + 1,)."""
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])


def content_lengths(ids):
    """Return the length of each row of a padded matrix without trailing zeros.

    Parameters
    ----------
    ids : ndarray of shape (n_samples, maxlen)
        Padded ids.

    Returns
    -------
    ndarray of int64 of shape (n_samples,)
        Position of the last id that is not 0, counted from 1; 0 for a row of zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_textnn.preprocessing import content_lengths
    >>> content_lengths(np.array([[0, 5, 0, 7, 0], [0, 0, 0, 0, 0]]))
    array([4, 0])
    """
    n_samples, maxlen = ids.shape
    if maxlen == 0:
        return np.zeros(n_samples, dtype=np.int64)
    content = ids[:, ::-1] != 0
    return np.where(content.any(axis=1), maxlen - content.argmax(axis=1), 0)
