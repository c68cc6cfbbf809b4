"""What training leaves behind, as arrays, and how it carries over to another vocabulary."""

from dataclasses import dataclass, replace

import numpy as np

PREDICTION_ROWS = 512  # rows in memory at a time; sparse features are made dense by as many
NOT_FOUND_YET = ""  # in the place of a digest, where a state comes from elsewhere


@dataclass(eq=False)
class State:
    """What training leaves behind, as arrays.

    Parameters
    ----------
    weights : list of ndarray
        In the order of ``keras.Model.weights``.
    tables : list of int
        Which of the weights have a row per token.
    seeds : list of ndarray
        States of random layers, such as dropout.
    architecture : str or None
        Digest under which compiled programs are shared; None where there can be none. It is not
        pickled: a file that could say what it is might have others predict through its program.
    slots : list of ndarray, default=()
        The optimizer's variables, where training is to be continued exactly.
    slot_tables : list of int, default=()
        Which of the slots have a row per token.
    grows : bool, default=False
        Whether all tables started from pretrained vectors, so that those of other words fit in.
    """

    weights: list
    tables: list
    seeds: list
    architecture: str | None
    slots: list = ()
    slot_tables: list = ()
    grows: bool = False

    def __getstate__(self):
        return {k: v for k, v in vars(self).items() if k != "architecture"}

    def __setstate__(self, attributes):
        vars(self).update(attributes, architecture=NOT_FOUND_YET)


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
    return replace(start, weights=weights, seeds=seeds, architecture=fresh.architecture)


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


def rate_place(optimizer):
    """Return the place of the learning rate among the optimizer's variables, or None."""
    paths = [v.path for v in optimizer.variables]
    return next((i for i, path in enumerate(paths) if path.endswith("/learning_rate")), None)


def continued_slots(kept, fresh, rate):
    """Return the optimizer's variables to begin with.

    Parameters
    ----------
    kept : list of ndarray
        Those of the training before; none to start afresh.
    fresh : list of ndarray
        Those of the recipe's optimizer before its first step.
    rate : int or None
        Place of the learning rate, which is always the recipe's.

    Returns
    -------
    list of ndarray
    """
    if not len(kept):
        return fresh
    if [np.shape(a) for a in kept] != [np.shape(a) for a in fresh]:
        raise ValueError(
            "partial_fit goes on with the optimizer of the call before, but its state has other "
            "shapes than that of the optimizer now. Keep optimizer and network, or start anew "
            "with fit."
        )
    pairs = enumerate(zip(kept, fresh, strict=True))
    return [new if i == rate else np.asarray(old, np.asarray(new).dtype) for i, (old, new) in pairs]


def slot_tables(slots, tables):
    """Return the places of the optimizer's variables that have a row per row of a table."""
    starts = [f"/{table.path.replace('/', '_')}_" for table in tables]
    shapes = {tuple(table.shape) for table in tables}
    return [
        i
        for i, slot in enumerate(slots)
        if tuple(slot.shape) in shapes and any(start in slot.path for start in starts)
    ]


def all_layers(model):
    """Return the layers, those inside of models, wrappers and recurrent layers too."""
    return list(model._flatten_layers(include_self=False))


def fixed_places(model):
    """Return which weights hold rows of words that are looked up and never trained."""
    fixed = {id(layer.fixed) for layer in all_layers(model) if getattr(layer, "n_fixed", 0)}
    return [i for i, weight in enumerate(model.weights) if id(weight) in fixed]


def random_states(model):
    """Return the states of random layers: the variables that are no weights."""
    weights = {id(v) for v in model.weights}
    return [v for v in model.variables if id(v) not in weights]


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
