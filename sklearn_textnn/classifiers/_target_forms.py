"""Losses and metrics that convert targets or weights for the loss or metric that they wrap."""

import keras
from keras import ops

from .._compat import InvalidParameterError
from ..engines import copy_direction

# Losses of Keras that are means over the outputs, so that each output can have a weight.
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
    """Return class numbers as one-hot rows; rows are returned as they are."""
    if len(targets.shape) > 1 and targets.shape[-1] == n_classes:
        return ops.cast(targets, dtype)
    return ops.one_hot(ops.reshape(ops.cast(targets, "int32"), (-1,)), n_classes, dtype=dtype)


class _WrappedLoss(keras.losses.Loss):
    """A wrapped loss, with its name, reduction and dtype."""

    def __init__(self, loss, **arguments):
        super().__init__(name=loss.name, reduction=loss.reduction, dtype=loss.dtype)
        self.inner, self.arguments = loss, arguments

    def get_config(self):
        """Return the config of the loss."""
        return {"loss": keras.saving.serialize_keras_object(self.inner), **self.arguments}

    @classmethod
    def from_config(cls, config):
        """Make the loss of a config."""
        return cls(**config | {"loss": keras.saving.deserialize_keras_object(config["loss"])})


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class OneHotLoss(_WrappedLoss):
    """A loss of one-hot targets, applied to class numbers.

    Parameters
    ----------
    loss : keras.losses.Loss
        The loss of one-hot targets.
    n_classes : int
        The number of classes.
    """

    def __init__(self, loss, n_classes):
        super().__init__(loss, n_classes=n_classes)
        self.n_classes = n_classes

    def call(self, y_true, y_pred):
        """Return the loss of each sample."""
        return self.inner.call(one_hot(y_true, self.n_classes, y_pred.dtype), y_pred)


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class PerLabelLoss(_WrappedLoss):
    """A mean over labels, with weights of shape (n_samples, n_labels).

    Parameters
    ----------
    loss : keras.losses.Loss
        A loss that is a mean over labels.
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
    """A wrapped metric, with its name, dtype and state."""

    def __init__(self, metric, **arguments):
        super().__init__(name=metric.name, dtype=metric.dtype)
        self.inner, self.arguments = metric, arguments
        copy_direction(metric, self)  # for callbacks with mode="auto"

    def result(self):
        """Return the current value."""
        return self.inner.result()

    def reset_state(self):
        """Reset the state."""
        self.inner.reset_state()

    def get_config(self):
        """Return the config of the metric."""
        inner = keras.saving.serialize_keras_object(self.inner)
        return {"metric": inner, "name": self.name, **self.arguments}

    @classmethod
    def from_config(cls, config):
        """Make the metric of a config."""
        config = dict(config)
        name, metric = config.pop("name"), config.pop("metric")
        made = cls(keras.saving.deserialize_keras_object(metric), **config)
        made.name = name
        return made


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class OneHotMetric(_WrappedMetric):
    """A metric of one-hot targets, applied to class numbers.

    Parameters
    ----------
    metric : keras.metrics.Metric
        The metric of one-hot targets.
    n_classes : int
        The number of classes.
    """

    def __init__(self, metric, n_classes):
        super().__init__(metric, n_classes=n_classes)
        self.n_classes = n_classes

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add samples."""
        rows = one_hot(y_true, self.n_classes, y_pred.dtype)
        return self.inner.update_state(rows, y_pred, sample_weight=sample_weight)


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class PerSampleMetric(_WrappedMetric):
    """A metric of weighted samples, with weights of shape (n_samples, n_labels).

    Parameters
    ----------
    metric : keras.metrics.Metric
        A metric that takes one weight per sample; it gets the mean over the labels.
    """

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add samples."""
        if sample_weight is not None and len(sample_weight.shape) > 1:
            sample_weight = ops.mean(sample_weight, axis=-1)
        return self.inner.update_state(y_true, y_pred, sample_weight=sample_weight)
