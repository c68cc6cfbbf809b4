"""A container of token ids, their words and word vectors."""

import numpy as np

from .._arrays import read_only
from ..preprocessing import AnnotatedRows, TokenIds, check_range


class EmbeddedTokens(AnnotatedRows):
    """Documents as sequences of word vectors, stored as token ids and one table.

    The tensor (n_samples, maxlen, dim) in factored form: token ids, and a table with one row per
    id. A network reads the two factors and can train the table further; anything else gets the
    tensor from ``numpy.asarray``. Selecting rows preserves the factors; arithmetic and NumPy
    functions return plain arrays.

    Parameters
    ----------
    tokens : TokenIds of shape (n_samples, maxlen)
        Padded token ids and their vocabulary.
    table : array-like of float32 of shape (n_tokens, dim)
        The vector of each id of the vocabulary; row 0, the padding, is zero.

    Attributes
    ----------
    ids : ndarray of int32 of shape (n_samples, maxlen)
        The token ids, computed at each access.
    vocabulary : Vocabulary
        The words of the ids.
    shape : tuple
        (n_samples, maxlen, dim).
    ndim : int
        3.
    dtype : numpy dtype
        float32.

    Raises
    ------
    TypeError
        If `tokens` are not TokenIds; if embedded tokens are joined with other blocks; if vectors
        are changed in place.
    ValueError
        If `tokens` are ragged or hold an id that is not in their vocabulary, or if `table` is not
        a matrix with one row per id and zeros in the first.

    See Also
    --------
    GloVeEmbedder : Transform token ids or texts to embedded tokens.
    sklearn_textnn.preprocessing.TokenIds : Ids and words without vectors.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_textnn.embeddings import EmbeddedTokens
    >>> from sklearn_textnn.preprocessing import TokenIds, Vocabulary
    >>> tokens = TokenIds(np.array([[1, 2], [2, 0]]), Vocabulary(("", "good", "food"), n_known=3))
    >>> X = EmbeddedTokens(tokens, [[0, 0], [1, 2], [3, 4]])
    >>> X.shape
    (2, 2, 2)
    >>> X[[1]].vocabulary.words
    ('', 'good', 'food')
    >>> np.asarray(X[[1]])
    array([[[3., 4.],
            [0., 0.]]], dtype=float32)
    """

    _noun = "embedded tokens"
    _plain_hint = "take the plain tensor with X = numpy.asarray(X)"
    _join_hint = (
        "ids of two tables mean different vectors, and sequences cannot stand beside other "
        'columns. Join pooled vectors, as from GloVeEmbedder(output="mean"), or take the plain '
        "tensors with numpy.asarray first."
    )

    def __init__(self, tokens, table):
        if not isinstance(tokens, TokenIds):
            raise TypeError(
                f"tokens is of type {type(tokens).__name__}, expected TokenIds; vectors without "
                "words need no EmbeddedTokens: pass a plain tensor instead."
            )
        if tokens.is_ragged:
            raise ValueError(
                "tokens are ragged, expected a common length; put PadTransformer before."
            )
        check_range(tokens)
        self.tokens = tokens
        self.table = _checked_table(table, tokens.vocabulary)

    @property
    def ids(self):
        return self.tokens.ids

    @property
    def vocabulary(self):
        return self.tokens.vocabulary

    @property
    def shape(self):
        return (*self.tokens.shape, self.table.shape[1])

    @property
    def dtype(self):
        return self.table.dtype

    def _row(self, i):
        return self.table[self.tokens[i]]

    def _rows(self, rows):
        if np.ndim(rows) > 1:  # such as a mask of the tensor
            return np.asarray(self)[rows]
        part = self.tokens[rows]
        # A new axis, as of X[None], makes them plain ids.
        return EmbeddedTokens(part, self.table) if isinstance(part, TokenIds) else self.table[part]

    def __array__(self, dtype=None, copy=None):
        if copy is False:
            raise ValueError("embedded tokens cannot become an array without a copy.")
        try:
            tensor = self.table[self.ids]
        except MemoryError as error:
            raise MemoryError(
                f"A tensor of shape {self.shape} does not fit into memory: {error}. Cut long texts "
                'with PadTransformer(maxlen=...), or keep ids and one table: output="sequence".'
            ) from None
        return tensor if dtype is None else tensor.astype(dtype, copy=False)

    def __setstate__(self, state):
        vars(self).update(state)
        self.table = read_only(self.table)  # copies and unpickled arrays are writeable

    def __repr__(self):
        return f"<EmbeddedTokens: shape {self.shape}, {len(self.vocabulary)} tokens>"


def _checked_table(table, vocabulary):
    table = np.asarray(table, dtype=np.float32)
    if table.ndim != 2 or len(table) != len(vocabulary):
        raise ValueError(
            f"table has shape {table.shape}, expected ({len(vocabulary)}, dim): one row for every "
            "word of the vocabulary, the padding included."
        )
    if table[0].any():
        raise ValueError("row 0 of table is not zero, as id 0 is padding; start it with zeros.")
    return read_only(table)
