"""A container of token ids and their vocabulary."""

from dataclasses import dataclass

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from .._saved_state import Constraint, are_texts, integer, or_none
from ._flat_ids import FlatIds


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """The words of token ids.

    Parameters
    ----------
    words : tuple of str
        The word of each id; ``words[0]`` is ``""``, since id 0 is padding. An id below `n_known`
        that texts cannot get has ``""`` too.
    n_known : int
        The number of ids known in fit. Words from `n_known` on were only seen in later texts, by a
        tokenizer with ``unknown="keep"``, so nothing was learned about them.
    oov_id : int or None, default=None
        The id of all unknown words, if there is one.

    Raises
    ------
    TypeError
        If `words` is not a tuple.
    ValueError
        If ``words[0]`` is not ``""``, or `n_known` or `oov_id` is out of range.

    Examples
    --------
    >>> from sklearn_textnn.preprocessing import Vocabulary
    >>> vocabulary = Vocabulary(("", "good", "food"), n_known=3)
    >>> len(vocabulary)
    3
    """

    words: tuple
    n_known: int
    oov_id: int | None = None

    _saved_state = {
        "words": Constraint("a tuple of str", lambda v, _: isinstance(v, tuple) and are_texts(v)),
        "n_known": integer(1),
        "oov_id": or_none(integer(1)),
    }

    def __post_init__(self):
        if not isinstance(self.words, tuple):
            raise TypeError(f"words is a {type(self.words).__name__}, expected a tuple.")
        if self.words[:1] != ("",):
            raise ValueError(f'words starts with {self.words[:1]}, expected ("",), the padding.')
        if not 1 <= self.n_known <= len(self):
            raise ValueError(f"n_known={self.n_known}, expected 1 to {len(self)}, that of words.")
        if self.oov_id is not None and not 1 <= self.oov_id < self.n_known:
            raise ValueError(f"oov_id={self.oov_id}, expected None or 1 to {self.n_known - 1}.")

    def __len__(self):
        return len(self.words)

    def __repr__(self):
        shown = ", ".join(map(repr, self.words[:4])) + (", ..." if len(self) > 4 else "")
        return (
            f"<Vocabulary: {len(self)} tokens ({shown}), n_known={self.n_known}, "
            f"oov_id={self.oov_id}>"
        )

    def extends(self, other):
        """Return whether this vocabulary has the same ids for all known words of `other`.

        Parameters
        ----------
        other : Vocabulary
            A vocabulary from fit.

        Returns
        -------
        bool
            True if the two agree on `n_known`, `oov_id` and all known words.
        """
        return self is other or (
            self.n_known == other.n_known
            and self.oov_id == other.oov_id
            and self.words[: self.n_known] == other.words[: other.n_known]
        )


class AnnotatedRows(NDArrayOperatorsMixin):
    """An array with one row per document, and annotations such as a vocabulary.

    Selecting rows preserves the annotations; anything else returns plain arrays. Operations that
    would silently drop or mix annotations are errors. A subclass defines `shape`, ``__array__``,
    ``_row`` and ``_rows`` to select rows, and texts for the errors.
    """

    _noun = "annotated rows"
    _join_hint = _plain_hint = ""

    @property
    def ndim(self):
        return len(self.shape)

    def __len__(self):
        return self.shape[0]

    def __iter__(self):
        return map(self._row, range(len(self)))

    def __getitem__(self, key):
        rows, *columns = key if isinstance(key, tuple) and key else (key,)
        if not self._keeps_columns(columns):
            return np.asarray(self)[key]
        if isinstance(rows, (int, np.integer)) and not isinstance(rows, bool):
            return self._row(int(rows))
        return self._rows(rows)

    def _keeps_columns(self, columns):
        """Return whether the column part of a key selects all columns in order."""
        whole = [c for c in columns if isinstance(c, slice) and c == slice(None)]
        dots = [c for c in columns if c is Ellipsis]
        return len(whole) + len(dots) == len(columns) and len(whole) < self.ndim and len(dots) < 2

    def __array_ufunc__(self, ufunc, method, *inputs, out=(), **kwargs):
        for target in out:
            if isinstance(target, AnnotatedRows):
                raise TypeError(
                    f"{target._noun} cannot be changed in place, as that would leave their words "
                    f"behind; {target._plain_hint} first."
                )
        if out:
            kwargs["out"] = out
        return getattr(ufunc, method)(*map(_plain, inputs), **kwargs)

    def __array_function__(self, func, types, args, kwargs):
        result = None
        if func in _JOINS:
            given = [*args, *kwargs.values()]
            parts = _blocks(given[: 2 if func is np.append else 1])
            if len(parts) > 1:
                raise TypeError(
                    f"numpy.{func.__name__} got {len(parts)} blocks, {self._noun} among them; "
                    f"{self._join_hint}"
                )
            result = parts[0]
        plain = func(*map(_plain, args), **{k: _plain(v) for k, v in kwargs.items()})
        return plain if result is None or plain.shape != result.shape else result


class TokenIds(AnnotatedRows):
    """Token ids of `n_samples` documents together with their vocabulary.

    A :class:`~sklearn.pipeline.Pipeline` passes nothing but data from one step to the next, so
    words accompany their ids. Selecting rows preserves the vocabulary; ``numpy.asarray`` and
    arithmetic return plain arrays without it.

    Parameters
    ----------
    ids : ndarray of int32
        Padded ids, (n_samples, maxlen), with zeros as padding; or, with `offsets`, the
        concatenated ids of all documents, (n_ids,).
    vocabulary : Vocabulary
        The words of the ids.
    offsets : ndarray of int64 of shape (n_samples + 1,), default=None
        Document ``i`` is ``ids[offsets[i]:offsets[i + 1]]``.
    width : int, default=None
        With `offsets`: the number of columns after padding. None for ragged rows.
    padding : {"post", "pre"}, default="post"
        With `width`: the side of the zeros.
    index : pandas.Index of length n_samples, default=None
        The index of the Series or frame of texts, which later steps use for output frames.

    Attributes
    ----------
    flat : FlatIds
        The stored data: the ids of all documents without padding, and where each document starts.
        A padded matrix is computed at each access.
    ids : ndarray of int32
        The padded matrix, (n_samples, maxlen); when ragged, all ids, (n_ids,).
    offsets : ndarray of int64 of shape (n_samples + 1,) or None
        The start of each document if ragged, else None.
    shape : tuple
        (n_samples, maxlen), or (n_samples,) when ragged.
    ndim : int
        2, or 1 when ragged.
    dtype : numpy dtype
        int32, or object if ragged: the dtype of ``numpy.asarray``.

    Raises
    ------
    TypeError
        If `vocabulary` is not a Vocabulary or `ids` are not integers; if token ids are joined with
        other blocks; if ids are changed in place.
    ValueError
        If the shapes do not match, `index` has another length, or an id exceeds 32 bits.
    MemoryError
        If the padded matrix does not fit into memory.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_textnn.preprocessing import TokenIds, Vocabulary
    >>> X = TokenIds(np.array([[1, 2], [2, 0]]), Vocabulary(("", "good", "food"), n_known=3))
    >>> X[[1]].vocabulary.words
    ('', 'good', 'food')
    >>> np.asarray(X[[1]])
    array([[2, 0]], dtype=int32)
    """

    _noun = "token ids"
    _plain_hint = "drop the words with X = numpy.asarray(X)"
    _join_hint = (
        "ids of two tokenizers mean different words, and ids cannot stand beside other columns. "
        "Give each classifier one tokenizer, join several inputs by pooled vectors or counts, or "
        "drop the words with numpy.asarray first."
    )

    def __init__(self, ids, vocabulary, *, offsets=None, width=None, padding="post", index=None):
        ids = np.asarray(ids)
        if not isinstance(vocabulary, Vocabulary):
            raise TypeError(
                f"vocabulary is {vocabulary!r}, expected a Vocabulary; ids without words need no "
                "TokenIds: pass a plain integer array instead."
            )
        if ids.ndim != (2 if offsets is None else 1):
            raise ValueError(f"ids has {ids.ndim} dimensions, expected 2, or 1 with offsets.")
        ids = _checked_ids(ids)
        if offsets is None:
            self.flat = FlatIds.of_matrix(ids)
        else:
            if padding not in ("post", "pre"):
                raise ValueError(f"padding={padding!r}, expected 'post' or 'pre'.")
            self.flat = FlatIds(ids, _checked_offsets(offsets, len(ids), width), width, padding)
        self.vocabulary = vocabulary
        if index is not None and len(index) != len(self):
            raise ValueError(f"index names {len(index)} rows, expected {len(self)}.")
        self.index = index

    @classmethod
    def _of_flat(cls, flat, vocabulary, index=None):
        """Return TokenIds of flat ids."""
        new = cls.__new__(cls)  # the caller has checked the ids
        new.flat, new.vocabulary, new.index = flat, vocabulary, index
        return new

    @property
    def ids(self):
        return self.flat.ids if self.is_ragged else self.flat.lay_out()

    @property
    def offsets(self):
        return self.flat.offsets if self.is_ragged else None

    @property
    def is_ragged(self):
        """Whether the documents have different lengths."""
        return self.flat.is_ragged

    @property
    def shape(self):
        return self.flat.shape

    @property
    def dtype(self):
        return np.dtype(object) if self.is_ragged else self.flat.dtype

    @property
    def lengths(self):
        """The number of tokens of each document, without trailing padding."""
        return self.flat.lengths

    def _row(self, i):
        if not -len(self) <= i < len(self):
            raise IndexError(f"row {i} is out of range: there are {len(self)} documents")
        i %= len(self)
        row = self.flat[i : i + 1]
        return row.ids if self.is_ragged else row.lay_out()[0]

    def _rows(self, rows):
        places = None if np.ndim(rows) > 1 else np.arange(len(self))[rows]
        if places is None or places.ndim != 1:  # such as a mask, or a new axis
            return np.asarray(self)[rows]
        index = None if self.index is None else self.index[places]
        flat = self.flat[rows if isinstance(rows, slice) else places]
        return TokenIds._of_flat(flat, self.vocabulary, index)

    def __array__(self, dtype=None, copy=None):
        if not self.is_ragged:
            return self.flat.__array__(dtype, copy)
        if dtype is not None and np.dtype(dtype) != self.dtype:
            raise ValueError(
                f"the documents have lengths of their own, which {np.dtype(dtype)} cannot hold; "
                "put PadTransformer before."
            )
        if copy is False:
            raise ValueError("ragged token ids cannot become an array without a copy.")
        rows = np.empty(len(self), dtype=object)
        for i, row in enumerate(self):  # not rows[:] = ..., which numpy reads as a matrix
            rows[i] = row
        return rows

    def __repr__(self):
        kind = "ragged" if self.is_ragged else "padded"
        return f"<TokenIds: {kind}, shape {self.shape}, {len(self.vocabulary)} tokens>"


def check_range(tokens):
    """Raise a ValueError if TokenIds hold an id that is not in their vocabulary."""
    ids, n_words = tokens.flat.ids, len(tokens.vocabulary)
    if ids.size and not 0 <= ids.min() <= ids.max() < n_words:
        place = int(np.flatnonzero((ids < 0) | (ids >= n_words))[0])
        row, column = tokens.flat.row_of(place)
        raise ValueError(
            f"X holds token id {ids[place]} at row {row}, column {column}, expected 0 to "
            f"{n_words - 1}, the ids of its vocabulary; both must come from the same tokenizer."
        )


_JOINS = {
    np.concatenate,
    np.stack,
    np.hstack,
    np.vstack,
    np.dstack,
    np.column_stack,
    np.block,
    np.append,
}


def _blocks(parts):
    """Flatten the nested lists that numpy.block takes, up to what is not a list or tuple."""
    if isinstance(parts, (list, tuple)):
        return [block for part in parts for block in _blocks(part)]
    return [parts]


def _plain(value):
    if isinstance(value, AnnotatedRows):
        return np.asarray(value)
    if type(value) in (list, tuple):
        return type(value)(map(_plain, value))
    return value


def _checked_ids(ids):
    if ids.dtype.kind not in "iu" and ids.size:
        raise TypeError(f"ids are of dtype {ids.dtype}, expected integers.")
    as_int32 = ids.astype(np.int32, copy=False)
    if as_int32 is not ids and not np.array_equal(as_int32, ids):
        raise ValueError(f"ids go from {ids.min()} to {ids.max()}, expected those of 32 bits.")
    return as_int32


def _checked_offsets(offsets, n_ids, width):
    offsets = np.asarray(offsets, dtype=np.int64)
    fits = offsets.ndim == 1 and len(offsets) and offsets[0] == 0 and offsets[-1] == n_ids
    lengths = np.diff(offsets) if fits else None
    if not fits or lengths.min(initial=0) < 0:
        raise ValueError(f"offsets are {offsets}, expected to rise from 0 to {n_ids}.")
    if width is not None and (longest := lengths.max(initial=0)) > width:
        raise ValueError(f"width={width}, but a document has {longest} ids; put PadTransformer.")
    return offsets
