"""Slots and learning rates of Keras optimizers."""

import numpy as np


def learning_rate(optimizer):
    """Return the learning rate of a used optimizer, as a float."""
    return float(np.asarray(optimizer.learning_rate))


def build_optimizer(optimizer, variables):
    """Create an optimizer's slots, and return which variable each belongs to.

    Parameters
    ----------
    optimizer : keras.optimizers.Optimizer
        Not built yet.
    variables : list of keras.Variable
        The variables to train.

    Returns
    -------
    list of int or None
        An index for each of ``optimizer.variables``; None for the step count and the like.
    """
    owners = {}
    add = optimizer.add_variable_from_reference

    def add_and_note(reference_variable, *args, **kwargs):
        slot = add(reference_variable, *args, **kwargs)
        owners[id(slot)] = id(reference_variable)
        return slot

    optimizer.add_variable_from_reference = add_and_note
    try:
        optimizer.build(variables)
    finally:
        del optimizer.add_variable_from_reference
    places = {id(v): i for i, v in enumerate(variables)}
    return [places.get(owners.get(id(slot))) for slot in optimizer.variables]


def rate_place(optimizer):
    """Return the index of the learning rate among the optimizer's variables; None for schedules."""
    names = [v.name for v in optimizer.variables]
    return names.index("learning_rate") if "learning_rate" in names else None


def slot_tables(slots, owners, variables, tables):
    """Return the indices of the slots with one row per row of a table."""
    ids = {id(table) for table in tables}
    return [
        i
        for i, (slot, owner) in enumerate(zip(slots, owners, strict=True))
        if owner is not None
        and id(variables[owner]) in ids
        and tuple(slot.shape) == tuple(variables[owner].shape)
    ]


def continued_slots(previous, fresh, rate):
    """Return the initial values of an optimizer's variables for continued training.

    Parameters
    ----------
    previous : sequence of ndarray
        The values after the previous training.
    fresh : list of ndarray
        The values of the plan's optimizer before its first step.
    rate : int or None
        Index of the learning rate, which is always the plan's.

    Returns
    -------
    list of ndarray
    """
    if [np.shape(a) for a in previous] != [np.shape(a) for a in fresh]:
        raise ValueError(
            "partial_fit continues with the optimizer state of the previous call, but its shapes "
            "are not those of the present optimizer. Keep optimizer and network, or start again "
            "with fit."
        )
    pairs = enumerate(zip(previous, fresh, strict=True))
    return [new if i == rate else np.asarray(old, np.asarray(new).dtype) for i, (old, new) in pairs]
