"""Losses and metrics that take class numbers and compare rows of 0 and 1, one per class."""

import keras
from keras import ops


def one_hot(targets, n_classes, dtype):
    """Return a row per class number; rows stay what they are."""
    if len(targets.shape) > 1 and targets.shape[-1] == n_classes:
        return ops.cast(targets, dtype)
    return ops.one_hot(ops.reshape(ops.cast(targets, "int32"), (-1,)), n_classes, dtype=dtype)


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class OneHotLoss(keras.losses.Loss):
    """A loss that compares rows of 0 and 1, for class numbers.

    Parameters
    ----------
    loss : keras.losses.Loss
        What compares.
    n_classes : int
        Length of a row.
    """

    def __init__(self, loss, n_classes):
        super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
        self.inner, self.n_classes = loss, n_classes

    def call(self, y_true, y_pred):
        """Return the loss of each sample."""
        return self.inner.call(one_hot(y_true, self.n_classes, y_pred.dtype), y_pred)

    def get_config(self):
        """Keras' description of the loss."""
        inner = keras.saving.serialize_keras_object(self.inner)
        return {"loss": inner, "n_classes": self.n_classes}

    @classmethod
    def from_config(cls, config):
        """Make the loss of a description."""
        return cls(keras.saving.deserialize_keras_object(config["loss"]), config["n_classes"])


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class OneHotMetric(keras.metrics.Metric):
    """The same for a metric."""

    def __init__(self, metric, n_classes):
        super().__init__(name=metric.name, dtype=metric.dtype)
        self.inner, self.n_classes = metric, n_classes

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take some samples into account."""
        rows = one_hot(y_true, self.n_classes, y_pred.dtype)
        return self.inner.update_state(rows, y_pred, sample_weight=sample_weight)

    def result(self):
        """Return the value so far."""
        return self.inner.result()

    def reset_state(self):
        """Start anew."""
        self.inner.reset_state()

    def get_config(self):
        """Keras' description of the metric."""
        inner = keras.saving.serialize_keras_object(self.inner)
        return {"metric": inner, "n_classes": self.n_classes}

    @classmethod
    def from_config(cls, config):
        """Make the metric of a description."""
        return cls(keras.saving.deserialize_keras_object(config["metric"]), config["n_classes"])
