"""The result of training, as arrays."""

from dataclasses import dataclass, field

from .._arrays import all_read_only
from .._saved_state import array, instance_of, integer, sequence_of
from .._validation import expect


@dataclass(frozen=True, eq=False)
class ModelState:
    """Result of training: read-only arrays.

    Parameters
    ----------
    weights : tuple of ndarray
        In the order of ``keras.Model.weights``.
    tables : tuple of int, default=()
        Indices of the weights with one row per token.
    seeds : tuple of ndarray, default=()
        States of random layers, such as dropout.
    slots : tuple of ndarray, default=()
        The optimizer's variables, if training is to be continued exactly.
    slot_tables : tuple of int, default=()
        Indices of the slots with one row per token.
    grows : bool, default=False
        Whether all tables started from pretrained vectors, so that other words can be added.
    """

    weights: tuple = field(repr=False)
    tables: tuple = ()
    seeds: tuple = field(default=(), repr=False)
    slots: tuple = field(default=(), repr=False)
    slot_tables: tuple = ()
    grows: bool = False

    _saved_state = {
        "weights": sequence_of(array("number")),
        "tables": sequence_of(integer()),
        "seeds": sequence_of(array("int", 2)),
        "slots": sequence_of(array("number")),
        "slot_tables": sequence_of(integer()),
        "grows": instance_of(bool),
    }

    def _check_saved(self):
        for places, arrays in (("tables", "weights"), ("slot_tables", "slots")):
            found, n = getattr(self, places), len(getattr(self, arrays))
            fault = f"its {places} are {found}, expected indices of its {n} {arrays}"
            expect(max(found, default=-1) < n, fault)

    def __post_init__(self):
        arrays = all_read_only(self.weights, self.seeds, self.slots)
        vars(self).update(zip(("weights", "seeds", "slots"), arrays, strict=True))
        for name in ("tables", "slot_tables"):
            vars(self)[name] = tuple(map(int, getattr(self, name)))

    def __setstate__(self, attributes):
        vars(self).update(attributes)
        self.__post_init__()  # arrays are writeable after unpickling or copying
