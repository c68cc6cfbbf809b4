"""Checks of Keras' metrics: which targets they measure, and in which form."""

from ..._compat import InvalidParameterError
from ...engines import function_of

# Metrics of the most probable class, where there is exactly one; and what to use instead.
_OF_ONE_CLASS = {
    "CategoricalAccuracy": "accuracy, which is always recorded",
    "CategoricalCrossentropy": "BinaryCrossentropy",
    "CategoricalHinge": "Hinge",
    "IoU": "BinaryIoU",
    "MeanIoU": "BinaryIoU",
    "OneHotIoU": "BinaryIoU",
    "OneHotMeanIoU": "BinaryIoU",
    "SparseCategoricalAccuracy": "accuracy, which is always recorded",
    "SparseCategoricalCrossentropy": "BinaryCrossentropy",
    "SparseTopKCategoricalAccuracy": "accuracy, which is always recorded",
    "TopKCategoricalAccuracy": "accuracy, which is always recorded",
}
_OF_CLASS_NUMBERS = ("IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU")  # as their arguments say
_OF_NOTHING = {
    "Accuracy": "It compares numbers for equality, which probabilities never are: 'accuracy', "
    "which is always recorded, is what is meant as a rule",
    "Mean": "It averages values and compares nothing",
    "Sum": "It adds values and compares nothing",
}


def is_keras(thing):
    """Return whether a metric or loss is Keras' own, without a function of the user inside."""
    parts = (type(thing), function_of(thing))
    return all(part is None or part.__module__.split(".")[0] == "keras" for part in parts)


def takes_class_numbers(metric):
    """Return whether a metric of Keras takes class numbers, not one-hot rows."""
    name = _name_of(metric)
    return name.startswith("Sparse") or (name in _OF_CLASS_NUMBERS and metric.sparse_y_true)


def check_metric(metric, *, one_class):
    """Refuse a metric of Keras that measures another kind of target.

    Parameters
    ----------
    metric : keras.metrics.Metric
        The metric of the user.
    one_class : bool
        Whether each sample has exactly one of several classes.
    """
    if not is_keras(metric):
        return
    name = _name_of(metric)
    if name in _OF_NOTHING:
        raise _refusal(name, _OF_NOTHING[name])
    if one_class and name in _OF_CLASS_NUMBERS and metric.sparse_y_pred:
        raise _refusal(name, "It takes probabilities for class numbers; set sparse_y_pred=False")
    if one_class:
        return
    if name in _OF_ONE_CLASS:
        raise _refusal(
            name,
            "It looks for the largest of several outputs, but each output here is a probability of "
            f"its own; use {_OF_ONE_CLASS[name]}",
        )
    if name in ("F1Score", "FBetaScore") and metric.threshold is None:
        raise _refusal(
            name,
            "Without threshold it looks for the largest of several outputs, but each output here "
            f"is a probability of its own; use keras.metrics.{name}(threshold=0.5)",
        )


def _refusal(name, reason):
    return InvalidParameterError(
        f"The 'metrics' parameter of KerasTextClassifier holds {name}, which cannot measure these "
        f"targets. {reason}."
    )


def _name_of(metric):
    """Return the name of the class of a metric, or of the function that it averages."""
    name = type(metric).__name__
    if name == "MeanMetricWrapper":
        words = getattr(function_of(metric), "__name__", "").split("_")
        name = "".join(word.capitalize() for word in words)
    return name
