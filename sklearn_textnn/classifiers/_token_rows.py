"""Which word has which row of a network's token tables."""

from dataclasses import dataclass, replace

import numpy as np

from ..preprocessing import Vocabulary

_LARGEST_TABLE = 10_000_000  # rows that plain ids may ask for without n_tokens


@dataclass(frozen=True)
class TokenRows:
    """Which word has which row of a network's token tables.

    Row 0 is the padding, rows 1 to ``n_known - 1`` are the known words'. An id from `n_tokens`
    upward is a word without a row of its own: it is looked up in the vectors that came with the
    data, and never trained.

    Parameters
    ----------
    vocabulary : Vocabulary or None
        The words of the ids, where X carried them.
    n_tokens : int
        Rows of the tables; there may be more than words.
    vector_dim : int or None
        Length of the pretrained vectors, if there are any.
    """

    vocabulary: Vocabulary | None
    n_tokens: int
    vector_dim: int | None

    @classmethod
    def learn(cls, inputs, n_tokens, before=None):
        """Learn from training data.

        Parameters
        ----------
        inputs : Inputs
            Token ids.
        n_tokens : int or None
            The classifier's parameter.
        before : Fitted or None, default=None
            The training that goes on: plain ids keep its table.

        Returns
        -------
        TokenRows
        """
        words, table = inputs.vocabulary, inputs.table
        if words is None and table is None and before is not None:
            rows = cls.of(before)
            if n_tokens is None or n_tokens > rows.n_tokens:  # set too late to be tolerant
                rows._check_ids_of_later_pieces(inputs.matrix)
            return rows
        n_rows = _count_tokens(inputs, n_tokens)
        dim = None if before is None else before.spec.vector_dim
        return cls(words, n_rows, dim if table is None else table.shape[1])

    @classmethod
    def of(cls, fitted):
        """Return those of a fitted classifier."""
        return cls(fitted.vocabulary, fitted.spec.n_tokens, fitted.spec.vector_dim)

    def _check_ids_of_later_pieces(self, ids):
        """Refuse to train on without the words that the first call did not hold."""
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
        """Rows that ids may ask for: no word has those beyond."""
        return self.n_tokens if self.vocabulary is None else self.vocabulary.n_known

    def pretrained(self, table):
        """Return the vectors that the tables start from, with zeros for ids that no word has."""
        return np.pad(table[: self.n_known], ((0, self.n_tokens - self.n_known), (0, 0)))

    def check(self, inputs, name="X"):
        """Raise a ValueError unless ids and vectors mean what they meant in fit."""
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
                'words a tensor does not tell. Pass the output of GloVeEmbedder(output="sequence").'
            )
        if table is not None and self.vector_dim not in (None, table.shape[1]):
            raise ValueError(
                f"{name} comes with vectors of length {table.shape[1]}, but the classifier was "
                f"fitted with length {self.vector_dim}."
            )

    def map(self, inputs, handle_unknown, *, grows, n_before=0, name="X"):
        """Give every token its row.

        Parameters
        ----------
        inputs : Inputs
            Token ids.
        handle_unknown : {"oov", "error"}
            What becomes of ids without a row.
        grows : bool
            Whether words without a row are looked up in the vectors that came with them.
        n_before : int, default=0
            How many vectors were looked up for other samples of the same training.
        name : str, default="X"
            For messages.

        Returns
        -------
        ids : FlatIds of shape (n_samples, maxlen)
            Rows of the tables, int32; from `n_tokens` + `n_before` upward, those of `beside`.
        beside : ndarray of shape (n_rows, dim) or None
            The vectors of words without a row, or None where the samples hold no such word.
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
        """Give every id without a row that of unknown words, or raise a ValueError."""
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
    if inputs.table is not None:  # a tensor, of which only the padding is known
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
    """Give every token its row in the tables of a fitted classifier; see `TokenRows.map`."""
    rows = TokenRows.of(fitted)
    rows.check(inputs)
    return rows.map(inputs, handle_unknown, grows=fitted.state.grows)


def go_on(before, fresh, vocabulary, *, keep_slots):
    """Return the weights to go on from: those trained before, matched by word.

    The network may differ from the one before in all but the shapes of its weights: precision,
    dropout, pooling. Words that are new start as in `fresh`.

    Parameters
    ----------
    before : Fitted
        The training before.
    fresh : ModelState
        What training would start from otherwise.
    vocabulary : Vocabulary or None
        The words of the rows of `fresh`.
    keep_slots : bool
        Whether the optimizer goes on too.

    Returns
    -------
    ModelState

    Raises
    ------
    ValueError
        If the weights have other shapes.
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
            "warm_start and partial_fit go on with the same network, number of classes and "
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
    """Carry a state over to other words: known ones keep their rows, new ones are fresh."""
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
