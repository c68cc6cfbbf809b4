"""The fitted state of a classifier as one value."""

from dataclasses import dataclass, replace
from numbers import Real

import numpy as np

from .._saved_state import Constraint, dict_of, instance_of, integer, or_none
from .._validation import expect
from ..engines import ModelState
from ..networks import ACTIVATIONS, Network, NetworkSpec, is_ours
from ..preprocessing import Vocabulary
from ._heads import Head


@dataclass(frozen=True, eq=False)
class Fitted:
    """The fitted state of :class:`KerasTextClassifier`.

    Parameters
    ----------
    network : Network or FunctionNetwork
        The architecture that was trained.
    spec : NetworkSpec
        The sizes that it was trained for.
    head : Head
        The kind of target, and its classes.
    vocabulary : Vocabulary or None
        The words of the ids, if X carried them.
    state : ModelState
        The trained weights.
    history : dict of str to list of float
        Loss and metrics of each epoch.
    n_iter : int
        The number of epochs trained.
    engine : str
        What trained the network, and why.
    others : tuple of Fitted, default=()
        Further members: their probabilities are averaged with those of this one.
    """

    network: object
    spec: NetworkSpec
    head: Head
    vocabulary: Vocabulary | None
    state: ModelState
    history: dict
    n_iter: int
    engine: str
    others: tuple = ()

    _saved_state = {
        "network": instance_of(Network),
        "spec": instance_of(NetworkSpec),
        "head": instance_of(Head),
        "vocabulary": or_none(instance_of(Vocabulary)),
        "state": instance_of(ModelState),
        "history": dict_of(
            Constraint(
                "a list of numbers", lambda v, _: isinstance(v, list) and all(map(_is_measured, v))
            )
        ),
        "n_iter": integer(),
        "engine": instance_of(str),
        "others": Constraint("further members", lambda v, _: _are_members(v)),
    }

    @property
    def members(self):
        """All members, including this one."""
        return (self, *self.others)

    @property
    def weights(self):
        """The weights of all members."""
        if not self.others:
            return self.state.weights
        return tuple(weight for member in self.members for weight in member.state.weights)

    @property
    def most_epochs(self):
        """The largest number of epochs of a member."""
        return max(member.n_iter for member in self.members)

    def _check_saved(self):
        """Raise a ValueError if fields are inconsistent, without building the network."""
        for other in self.others:
            is_alike = other.head.equals(self.head) and type(other.network) is type(self.network)
            expect(is_alike, "its members have different targets")
        network, spec, state, words = self.network, self.spec, self.state, self.vocabulary
        is_own = is_ours(network)
        if is_own:
            self._check_own_network()
        is_small = words is None or words.n_known <= (spec.n_tokens or 0)
        expect(is_small, f"its vocabulary is larger than its {spec.n_tokens} n_tokens")
        shapes, found = _weight_shapes(network, spec), [w.shape for w in state.weights]
        fault = f"its weights have the shapes {found}, expected {shapes}"
        expect(found == shapes, f"{fault} for its {type(network).__name__}")
        tables = _token_tables(network, spec, shapes)
        if not is_own:  # a weight in user code may grow with the tokens without being a table
            tables &= {*state.tables}
        expect(tables == {*state.tables}, f"its tables are {state.tables}, expected {tables}")

    def _check_own_network(self):
        network, spec, n_outputs = self.network, self.spec, self.head.n_outputs
        fault = f"its spec has {spec.n_outputs} n_outputs, expected {n_outputs} for its head"
        expect(spec.n_outputs == n_outputs, fault)
        dtypes = {weight.dtype.name for weight in self.state.weights}
        expect(dtypes <= {spec.dtype}, f"its weights are not all of {spec.dtype}")
        rates = ("dropout", "word_dropout", "vector_dropout")  # a network may lack some
        drops = any(getattr(network, name, 0) for name in rates)
        expect(self.state.seeds or not drops, "its random layers have no seeds")
        name = getattr(network, "activation", None)
        known = name is None or name in ACTIVATIONS
        expect(known, f"its activation is {name!r}, expected one of Keras by name")


def _are_members(value):
    return isinstance(value, (list, tuple)) and all(
        isinstance(member, Fitted) and not member.others for member in value
    )


def _weight_shapes(network, spec):
    return [tuple(shape) for _, shape in network.weight_shapes(spec)]


def _token_tables(network, spec, shapes):
    """Return the indices of the weights that grow with the number of tokens."""
    if spec.n_tokens is None:
        return set()
    grown = _weight_shapes(network, replace(spec, n_tokens=spec.n_tokens + 1))
    return {i for i, (one, other) in enumerate(zip(shapes, grown, strict=True)) if one != other}


def _is_measured(value):
    """Return whether a value is a number, or a list of numbers, as for metrics per class."""
    return all(isinstance(v, Real) for v in (value if isinstance(value, list) else [value]))


def joined(before, history):
    """Join two histories, with NaN for missing metrics such as ``val_loss``."""
    lengths = len(before.get("loss", [])), len(history.get("loss", []))
    return {
        name: [
            *before.get(name, [np.nan] * lengths[0]),
            *history.get(name, [np.nan] * lengths[1]),
        ]
        for name in (*before, *(k for k in history if k not in before))
    }
