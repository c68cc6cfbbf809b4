"""Several labels, any number per sample."""

from ..._labels import check_indicator
from ..._warnings import warn
from ._head import Head
from ._one_hot import OneHotHead


class MultilabelHead(Head):
    """Several labels: a sigmoid unit per label."""

    noun = "labels"

    def with_outputs(self, units, activation=None, y=None):
        """Return this head, or a one-hot head for a model that ends in a softmax."""
        super().with_outputs(units)
        if activation == "softmax":
            return OneHotHead(self.classes)
        if y is not None and len(y) > units > 1 and (y.sum(axis=1) == 1).all():
            warn(
                "y is an indicator matrix in which every row holds exactly one 1. It is trained as "
                f"{units} independent labels, as scikit-learn reads such a matrix; if each sample "
                "has one class, pass class numbers: y.argmax(axis=1)."
            )
        return self

    def positions(self, y, name="y"):
        """Return the indicator matrix, (n_samples, n_labels)."""
        return check_indicator(y, name, n_labels=len(self.classes))

    def encode(self, positions, dtype):
        """Return the indicator as floats, (n_samples, n_labels)."""
        return positions.astype(dtype)

    def loss(self, loss, weight=None):
        """Return a loss that takes weights per label, if there are any."""
        from .._target_forms import PerLabelLoss

        loss = super().loss(loss)
        return loss if weight is None or weight.ndim == 1 else PerLabelLoss(loss)

    def _wrapped(self, metric, loss):
        from .._target_forms import PerLabelLoss, PerSampleMetric

        return PerSampleMetric(metric) if isinstance(loss, PerLabelLoss) else metric

    def labels(self, probabilities):
        """Return an indicator of the labels with a probability of at least 0.5."""
        return (probabilities >= 0.5).astype(int)

    def labels_at(self, positions):
        """Return the indicator matrix."""
        return positions

    def _probabilities(self, outputs):
        return outputs

    def _decisions(self, odds):
        return odds

    def _strata(self, y):
        return None
