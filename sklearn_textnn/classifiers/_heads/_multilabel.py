"""Several labels, any number of which are right."""

from ._head import Head
from ._labels import check_indicator


class MultilabelHead(Head):
    """Several labels: a sigmoid unit for each, its own probability."""

    noun = "labels"

    def positions(self, y, name="y"):
        """Return the indicator matrix, (n_samples, n_labels)."""
        y = check_indicator(y, name)
        if y.ndim != 2 or y.shape[1] != len(self.classes):
            raise ValueError(
                f"{name} has shape {y.shape}, expected an indicator matrix with "
                f"{len(self.classes)} columns, as in fit."
            )
        return y

    def encode(self, positions, dtype):
        """Return the indicator as floats, (n_samples, n_labels)."""
        return positions.astype(dtype)

    def labels(self, probabilities):
        """Return an indicator: every label of at least 0.5."""
        return (probabilities >= 0.5).astype(int)

    def _probabilities(self, outputs):
        return outputs

    def _decisions(self, odds):
        return odds

    def _strata(self, y):
        return None
