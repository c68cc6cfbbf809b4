"""Several classes, exactly one per sample."""

import numpy as np

from ._head import OF_NUMBERS, Head, is_one_of
from ._metrics import check_metric, is_keras, takes_class_numbers


class MulticlassHead(Head):
    """Several classes: a softmax unit per class."""

    activation = "softmax"
    default_loss = "sparse_categorical_crossentropy"

    def encode(self, positions, dtype):
        """Return the class numbers, (n_samples,)."""
        return positions.astype(np.int32)

    def loss(self, loss, weight=None):
        """Return a loss that takes class numbers; most of Keras' take one-hot rows."""
        from .._target_forms import OneHotLoss

        self._refuse_other_losses(loss)
        if is_one_of(loss, OF_NUMBERS):
            return loss
        return OneHotLoss(loss, self.n_outputs)

    def accuracy(self, loss):
        """Return the metric of samples whose most probable class is right."""
        import keras

        return keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    def metric(self, metric, loss):
        """Return a metric that takes class numbers; a user's own gets the targets of the loss."""
        from .._target_forms import OneHotLoss, OneHotMetric

        check_metric(metric, one_class=True)
        if is_keras(metric):
            wants_rows = not takes_class_numbers(metric)
        else:
            wants_rows = isinstance(loss, OneHotLoss)
        return OneHotMetric(metric, self.n_outputs) if wants_rows else metric

    @property
    def _chance(self):
        return 1 / len(self.classes)

    def _shares(self, positions, weight):
        return super()._shares(np.eye(len(self.classes))[positions], weight)

    def _log_odds(self, shares):
        return np.log(shares) - np.log(shares).mean()

    def _probabilities(self, outputs):
        return outputs / outputs.sum(axis=1, keepdims=True)
