"""The rows of words in the token tables of a network."""

from dataclasses import dataclass, replace

import numpy as np

from ..preprocessing import Vocabulary

_LARGEST_TABLE = 10_000_000  # rows for plain ids without n_tokens


@dataclass(frozen=True)
class TokenRows:
    """The rows of words in the token tables of a network.

    Row 0 is the padding; rows 1 to ``n_known - 1`` belong to known words. Words without a row have
    ids from `n_tokens` upward: their vectors come with the data and are not trained.

    Parameters
    ----------
    vocabulary : Vocabulary or None
        The words of the ids, if X carried them.
    n_tokens : int
        The number of rows; there may be more rows than words.
    vector_dim : int or None
        The length of pretrained vectors, if there are any.
    """

    vocabulary: Vocabulary | None
    n_tokens: int
    vector_dim: int | None

    @classmethod
    def learn(cls, inputs, n_tokens, before):
        """Assign rows to the words of training data.

        Parameters
        ----------
        inputs : Inputs
            Token ids.
        n_tokens : int or None
            The parameter of the classifier.
        before : Fitted or None
            The earlier training to continue: plain ids keep its table.

        Returns
        -------
        TokenRows
        """
        words, table = inputs.vocabulary, inputs.table
        if words is None and table is None and before is not None:
            rows = cls.of(before)
            if n_tokens is None or n_tokens > rows.n_tokens:  # n_tokens was set too late
                rows._check_ids_of_later_pieces(inputs.matrix)
            return rows
        n_rows = _count_tokens(inputs, n_tokens)
        dim = None if before is None else before.spec.vector_dim
        return cls(words, n_rows, dim if table is None else table.shape[1])

    @classmethod
    def of(cls, fitted):
        """Return the rows of a fitted classifier."""
        return cls(fitted.vocabulary, fitted.spec.n_tokens, fitted.spec.vector_dim)

    def _check_ids_of_later_pieces(self, ids):
        """Refuse to continue training with ids beyond the table of the first call."""
        beyond = ids.ids >= self.n_known
        if beyond.any():
            place = int(beyond.argmax())
            row, _ = ids.row_of(place)
            raise ValueError(
                f"X holds token id {ids.ids[place]} in row {row}, but the table was made for "
                f"{self.n_known} tokens, those of the first call. Set n_tokens to the number of "
                "tokens of all data before the first call; larger ids are then treated as unknown."
            )

    @property
    def n_known(self):
        """The number of known ids; rows beyond belong to no word."""
        return self.n_tokens if self.vocabulary is None else self.vocabulary.n_known

    def pretrained(self, table):
        """Return the initial vectors of the tables, with zeros for rows that belong to no word."""
        return np.pad(table[: self.n_known], ((0, self.n_tokens - self.n_known), (0, 0)))

    def check(self, inputs, name="X"):
        """Raise a ValueError if ids or vectors do not match those of fit."""
        words, table = inputs.vocabulary, inputs.table
        if None not in (words, self.vocabulary) and not words.extends(self.vocabulary):
            raise ValueError(
                f"{name} comes with another vocabulary ({words.n_known} known tokens) than the "
                f"classifier was fitted with ({self.n_known}), so its ids mean other words. "
                "Transform with the tokenizer that fit saw; a Pipeline does."
            )
        read_tensors = self.vector_dim is not None and self.n_tokens == 1
        if read_tensors and table is None:
            raise ValueError(
                f"{name} holds token ids, but the classifier was fitted with a plain tensor, whose "
                "vectors belong to no ids. Pass the output of the step that fit saw."
            )
        if table is not None and words is None and not read_tensors:
            raise ValueError(
                f"{name} is a plain tensor, but the classifier was fitted with token ids, whose "
                'words a tensor does not hold. Pass the output of GloVeEmbedder(output="sequence").'
            )
        if table is not None and self.vector_dim not in (None, table.shape[1]):
            raise ValueError(
                f"{name} comes with vectors of length {table.shape[1]}, but the classifier was "
                f"fitted with length {self.vector_dim}."
            )

    def map(self, inputs, handle_unknown, *, grows, n_before=0, name="X"):
        """Map ids to rows.

        Parameters
        ----------
        inputs : Inputs
            Token ids.
        handle_unknown : {"oov", "error"}
            How to treat ids without a row.
        grows : bool
            Whether to look up words without a row in the vectors that X carries.
        n_before : int, default=0
            The number of vectors that other samples of the same training looked up.
        name : str, default="X"
            Name of X in messages.

        Returns
        -------
        ids : FlatIds of shape (n_samples, maxlen)
            Rows of the tables, int32; from `n_tokens` + `n_before` upward, rows of `beside`.
        beside : ndarray of shape (n_rows, dim) or None
            The vectors of words without a row, or None if X holds no such word.
        """
        n_known = self.n_known
        n_found = len(inputs.table) if grows and inputs.table is not None else n_known
        ids = inputs.matrix
        beside = (ids.ids >= n_known) & (ids.ids < n_found)
        if not beside.any():
            return self._known(ids, handle_unknown, name), None
        known = self._known(ids.with_ids(np.where(beside, 0, ids.ids)), handle_unknown, name)
        first = self.n_tokens + n_before - n_known
        mapped = np.where(beside, ids.ids + first, known.ids).astype(np.int32)
        return ids.with_ids(mapped), inputs.table[n_known:]

    def _known(self, ids, handle_unknown, name):
        """Replace ids without a row by the id of unknown words, or raise a ValueError."""
        unknown = (ids.ids < 0) | (ids.ids >= self.n_known)
        if not unknown.any():
            return ids.with_ids(ids.ids.astype(np.int32, copy=False))
        if handle_unknown == "error":
            place = int(unknown.argmax())
            row, _ = ids.row_of(place)
            raise ValueError(_unknown_id(ids.ids[place], row, self.n_known, name))
        oov_id = None if self.vocabulary is None else self.vocabulary.oov_id
        return ids.with_ids(np.where(unknown, oov_id or 0, ids.ids).astype(np.int32))


def _count_tokens(inputs, n_tokens):
    if inputs.vocabulary is not None:
        return max(inputs.vocabulary.n_known, int(n_tokens or 0))
    if inputs.table is not None:  # a tensor: only the padding has a row
        return 1
    if n_tokens is not None:
        return int(n_tokens)
    ids = inputs.matrix
    largest = int(ids.ids.max(initial=0))
    if largest >= _LARGEST_TABLE:
        row, _ = ids.row_of(int(ids.ids.argmax()))
        raise ValueError(
            f"X holds token id {largest} in row {row}, which would take a table of "
            f"{largest + 1} rows. Set n_tokens to the number of tokens; larger ids are then "
            "treated as unknown."
        )
    return max(largest + 1, 1)


def _unknown_id(value, row, n_known, name):
    negative = value < 0
    return (
        f"{name} holds token id {value} in row {row}, but the table has {n_known} rows (ids 0 to "
        f"{n_known - 1}). "
        + ("Negative values in data are never token ids. " if negative else "")
        + "Transform with the tokenizer that fit saw, "
        + ("" if negative else "set n_tokens, ")
        + 'or set handle_unknown="oov".'
    )


def map_ids(fitted, inputs, handle_unknown):
    """Map ids to rows of a fitted classifier; see `TokenRows.map`."""
    rows = TokenRows.of(fitted)
    rows.check(inputs)
    return rows.map(inputs, handle_unknown, grows=fitted.state.grows)


def continue_from(before, fresh, vocabulary, *, keep_slots):
    """Return the weights of an earlier training, with the rows of tables matched by word.

    The network may differ from the earlier one in precision, dropout or pooling, but not in the
    shapes of its weights. New words have their weights from `fresh`.

    Parameters
    ----------
    before : Fitted
        The earlier training.
    fresh : ModelState
        The weights of an untrained network.
    vocabulary : Vocabulary or None
        The words of the rows of `fresh`.
    keep_slots : bool
        Whether to keep the state of the optimizer.

    Returns
    -------
    ModelState

    Raises
    ------
    ValueError
        If the shapes of the weights differ.
    """
    start, old, new = before.state, before.vocabulary, vocabulary
    if not keep_slots:
        start = replace(start, slots=(), slot_tables=())
    other_words = new is not None and old is not None and not new.extends(old)
    shapes = [
        [w.shape[1:] if other_words and i in state.tables else w.shape]
        for state in (fresh, start)
        for i, w in enumerate(state.weights)
    ]
    half = len(fresh.weights)
    if shapes[:half] != shapes[half:]:
        raise ValueError(
            "warm_start and partial_fit continue with the same network, number of classes and "
            f"width of X: got weights of shapes {[w.shape for w in fresh.weights]}, trained "
            f"before: {[w.shape for w in start.weights]}."
        )
    if other_words:
        start = _match_by_word(start, fresh, old.words[: old.n_known], new.words[: new.n_known])
    pairs = zip(start.weights, fresh.weights, strict=True)
    same_layers = len(start.seeds) == len(fresh.seeds)
    return replace(
        start,
        weights=[old.astype(new.dtype, copy=False) for old, new in pairs],
        seeds=start.seeds if same_layers else fresh.seeds,
    )


def _match_by_word(start, fresh, old_words, new_words):
    """Reorder the rows of a state for other words; new words have those of `fresh`."""
    rows = {word: i for i, word in reversed([*enumerate(old_words)])}  # "" is row 0 above all
    pairs = np.array([(rows[w], i) for i, w in enumerate(new_words) if w in rows], dtype=int)

    def matched(old, new):
        new = new.copy()
        new[pairs[:, 1]] = old[pairs[:, 0]]
        return new

    weights = [
        matched(old, new) if i in start.tables else old
        for i, (old, new) in enumerate(zip(start.weights, fresh.weights, strict=True))
    ]
    n_rows = max((len(fresh.weights[i]) for i in start.tables), default=0)
    slots = [
        matched(old, np.zeros((n_rows, *old.shape[1:]), old.dtype))
        if i in start.slot_tables
        else old
        for i, old in enumerate(start.slots)
    ]
    return replace(start, weights=weights, slots=slots)
