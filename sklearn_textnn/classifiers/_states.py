"""How what training leaves behind carries over to another vocabulary."""

from dataclasses import dataclass, replace

import numpy as np

from ..engines import ModelState


@dataclass(frozen=True, eq=False)
class State(ModelState):
    """A :class:`ModelState` under the name and with the types that files know."""

    weights: list
    tables: list
    seeds: list
    slots: list = ()
    slot_tables: list = ()

    def __post_init__(self):
        super().__post_init__()
        for name in ("weights", "tables", "seeds", "slots", "slot_tables"):
            object.__setattr__(self, name, list(getattr(self, name)))


def grown(state, ids, rows):
    """Give words that the tables do not hold the rows that came with them.

    Parameters
    ----------
    state : State
        What was trained; it stays as it is.
    ids : ndarray of int32 of shape (n_samples, maxlen)
        Ids from the number of tokens on are rows of `rows`, the first of them row 0.
    rows : ndarray of shape (n_rows, dim)
        Pretrained vectors.

    Returns
    -------
    state : State
        With tables that hold what `ids` asks for and no more.
    ids : ndarray of int32 of shape (n_samples, maxlen)
        Ids of those tables.
    """
    used, places = np.unique(ids, return_inverse=True)
    if used[:1] != 0:  # row 0 is the padding
        used, places = np.concatenate([[0], used]), places + 1
    weights = list(state.weights)
    for i in state.tables:
        n_tokens = len(weights[i])
        known = used[used < n_tokens]
        new = rows[used[len(known) :] - n_tokens].astype(weights[i].dtype)
        weights[i] = np.concatenate([weights[i][known], new])
    return replace(state, weights=weights), places.reshape(ids.shape).astype(np.int32)


def going_on(start, fresh):
    """Return a trained state as one that the network of `fresh` can go on from.

    That network may differ in all but the shapes of its weights: precision, dropout, pooling.

    Parameters
    ----------
    start : State
        Trained.
    fresh : State
        Untrained, with weights of the same shapes.

    Returns
    -------
    State
    """
    pairs = zip(start.weights, fresh.weights, strict=True)
    weights = [old.astype(new.dtype, copy=False) for old, new in pairs]
    same_layers = len(start.seeds) == len(fresh.seeds)
    seeds = start.seeds if same_layers else fresh.seeds
    return replace(start, weights=weights, seeds=seeds)


def adopt_rows(start, fresh, old_words, new_words):
    """Carry a state over to another vocabulary: known words keep their rows, new ones are fresh.

    Parameters
    ----------
    start : State
        Trained with `old_words`.
    fresh : State
        Untrained, for `new_words`.
    old_words, new_words : sequence of str
        The word of each row.

    Returns
    -------
    State
    """
    rows = {word: i for i, word in reversed([*enumerate(old_words)])}  # "" is row 0 above all
    pairs = np.array([(rows[w], i) for i, w in enumerate(new_words) if w in rows], dtype=int)
    weights = [
        _adopt(old, new, pairs) if i in start.tables else old
        for i, (old, new) in enumerate(zip(start.weights, fresh.weights, strict=True))
    ]
    n_rows = max((len(fresh.weights[i]) for i in start.tables), default=0)
    slots = [
        _adopt(old, np.zeros((n_rows, *old.shape[1:]), old.dtype), pairs)
        if i in start.slot_tables
        else old
        for i, old in enumerate(start.slots)
    ]
    return replace(start, weights=weights, slots=slots)


def _adopt(old, new, pairs):
    new = new.copy()
    new[pairs[:, 1]] = old[pairs[:, 0]]
    return new


def joined(before, history):
    """Join two histories; NaN stands where a metric was not measured, such as ``val_loss``."""
    lengths = len(before.get("loss", [])), len(history.get("loss", []))
    return {
        name: [
            *before.get(name, [np.nan] * lengths[0]),
            *history.get(name, [np.nan] * lengths[1]),
        ]
        for name in (*before, *(k for k in history if k not in before))
    }
