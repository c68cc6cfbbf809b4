"""Losses and metrics that take targets or weights in another form than those that they wrap."""

import keras
from keras import ops

from .._compat import InvalidParameterError
from ..engines import copy_direction

# Keras' losses that are means over the outputs, so that each output can have its weight.
_MEANS = (
    keras.losses.BinaryCrossentropy,
    keras.losses.BinaryFocalCrossentropy,
    keras.losses.Hinge,
    keras.losses.Huber,
    keras.losses.LogCosh,
    keras.losses.MeanAbsoluteError,
    keras.losses.MeanSquaredError,
    keras.losses.MeanSquaredLogarithmicError,
    keras.losses.Poisson,
    keras.losses.SquaredHinge,
)


def one_hot(targets, n_classes, dtype):
    """Return a row per class number; rows stay what they are."""
    if len(targets.shape) > 1 and targets.shape[-1] == n_classes:
        return ops.cast(targets, dtype)
    return ops.one_hot(ops.reshape(ops.cast(targets, "int32"), (-1,)), n_classes, dtype=dtype)


class _WrappedLoss(keras.losses.Loss):
    """A loss around another one, with its name, reduction and dtype."""

    def __init__(self, loss, **arguments):
        super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
        self.inner, self.arguments = loss, arguments

    def get_config(self):
        """Keras' description of the loss."""
        return {"loss": keras.saving.serialize_keras_object(self.inner), **self.arguments}

    @classmethod
    def from_config(cls, config):
        """Make the loss of a description."""
        return cls(**config | {"loss": keras.saving.deserialize_keras_object(config["loss"])})


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class OneHotLoss(_WrappedLoss):
    """A loss that compares rows of 0 and 1, one per class, for class numbers.

    Parameters
    ----------
    loss : keras.losses.Loss
        What compares.
    n_classes : int
        Length of a row.
    """

    def __init__(self, loss, n_classes):
        super().__init__(loss, n_classes=n_classes)
        self.n_classes = n_classes

    def call(self, y_true, y_pred):
        """Return the loss of each sample."""
        return self.inner.call(one_hot(y_true, self.n_classes, y_pred.dtype), y_pred)


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class PerLabelLoss(_WrappedLoss):
    """A loss that is a mean over labels, for weights of shape (n_samples, n_labels).

    Parameters
    ----------
    loss : keras.losses.Loss
        The mean.
    """

    def __init__(self, loss):
        super().__init__(loss)
        if not isinstance(loss, _MEANS):
            raise InvalidParameterError(
                "class_weight for several labels needs a loss that is a mean over the labels, such "
                f"as 'binary_crossentropy'; {type(loss).__name__} may be another one. Put the "
                "weights into the loss, and leave class_weight=None."
            )

    def call(self, y_true, y_pred):
        """Return the loss of each sample and label."""
        return self.inner.call(y_true[..., None], y_pred[..., None])


class _WrappedMetric(keras.metrics.Metric):
    """A metric around another one, with its name, dtype and state."""

    def __init__(self, metric, **arguments):
        super().__init__(name=metric.name, dtype=metric.dtype)
        self.inner, self.arguments = metric, arguments
        copy_direction(metric, self)  # for callbacks with mode="auto"

    def result(self):
        """Return the value so far."""
        return self.inner.result()

    def reset_state(self):
        """Start anew."""
        self.inner.reset_state()

    def get_config(self):
        """Keras' description of the metric."""
        inner = keras.saving.serialize_keras_object(self.inner)
        return {"metric": inner, "name": self.name, **self.arguments}

    @classmethod
    def from_config(cls, config):
        """Make the metric of a description."""
        config = dict(config)
        name, metric = config.pop("name"), config.pop("metric")
        made = cls(keras.saving.deserialize_keras_object(metric), **config)
        made.name = name
        return made


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class OneHotMetric(_WrappedMetric):
    """A metric that compares rows of 0 and 1, one per class, for class numbers.

    Parameters
    ----------
    metric : keras.metrics.Metric
        What compares.
    n_classes : int
        Length of a row.
    """

    def __init__(self, metric, n_classes):
        super().__init__(metric, n_classes=n_classes)
        self.n_classes = n_classes

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take some samples into account."""
        rows = one_hot(y_true, self.n_classes, y_pred.dtype)
        return self.inner.update_state(rows, y_pred, sample_weight=sample_weight)


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class PerSampleMetric(_WrappedMetric):
    """A metric with one weight per sample, for weights of shape (n_samples, n_labels).

    Parameters
    ----------
    metric : keras.metrics.Metric
        What takes the mean of a sample's weights.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Take some samples into account."""
        if sample_weight is not None and len(sample_weight.shape) > 1:
            sample_weight = ops.mean(sample_weight, axis=-1)
        return self.inner.update_state(y_true, y_pred, sample_weight=sample_weight)
