"""Two classes, with one output."""

import numpy as np

from ..._saved_state import array
from ._head import Head
from ._multiclass import MulticlassHead


class BinaryHead(Head):
    """Two classes: a sigmoid unit for the probability of the second one."""

    n_outputs = 1

    _saved_state = {"classes": array("label", 2)}

    def with_outputs(self, units, activation=None, y=None):
        """Return this head, or a multiclass head for a model with two outputs."""
        if units == len(self.classes):
            return MulticlassHead(self.classes)
        return self if units == self.n_outputs else super().with_outputs(units)

    def _expected_outputs(self):
        return "1 or 2"

    def encode(self, positions, dtype):
        """Return 1 for the second class, (n_samples, 1)."""
        return positions.astype(dtype)[:, None]

    def _probabilities(self, outputs):
        return np.hstack([1 - outputs, outputs])
