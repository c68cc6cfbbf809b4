"""The optimizer, loss, metrics and callbacks of a fit.

Each fit makes new objects from names and classes, and copies instances, so that what the user
passed is never bound to a model. Only an instance of a callback is used as it is, since the user
reads what it recorded.
"""

import copy
import inspect
import math
import re
from numbers import Real

import keras

from .._compat import InvalidParameterError
from ..engines import fixed_arguments
from ._heads import is_keras
from ._parameter_routing import check_arguments, check_call, parameter_error, takes_any_keyword


def _classes_of(module):
    """Return the classes of a Keras module without required arguments, by lower-case name."""
    classes = {name.lower(): cls for name, cls in vars(module).items() if inspect.isclass(cls)}
    return {
        name: cls
        for name, cls in classes.items()
        if cls is not keras.losses.Loss
        and all(
            p.default is not p.empty or p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
            for p in inspect.signature(cls).parameters.values()
        )
    }


# keras.losses.get returns functions for names, which have no reduction, and keras.optimizers.get
# does not find every optimizer.
_LOSSES, _OPTIMIZERS = map(_classes_of, (keras.losses, keras.optimizers))

# Arguments that get_config of Keras' classes returns in another form, or a copy can do without.
_IN_NO_CONFIG = ("fn", "dtype", "name", "reduction", "thresholds", "kwargs")

_MEAN = "sum_over_batch_size"  # Keras' name of the mean over the samples of a batch


def make_keras_objects(classifier, routes, initial, head, weight):
    """Make the Keras objects of a fit.

    Parameters
    ----------
    classifier : KerasTextClassifier
        The classifier with its parameters.
    routes : dict of str to dict
        Routed arguments of ``optimizer``, ``loss``, ``metrics`` and ``callbacks``.
    initial : InitialModel
        The model as built, with the optimizer and loss that it was compiled with, if any.
    head : Head
        The kind of target.
    weight : ndarray of shape (n_samples,) or (n_samples, n_labels), or None
        Weights that are passed to the loss.

    Returns
    -------
    dict
        ``optimizer``, ``loss``, ``metrics`` and ``callbacks``.
    """
    loss = initial.loss if classifier.loss is None else classifier.loss
    loss = _make_loss(loss, routes["loss"], head, classifier.dtype, weight)
    optimizer = initial.optimizer if classifier.optimizer is None else classifier.optimizer
    return {
        "optimizer": make_optimizer(optimizer, routes["optimizer"]),
        "loss": loss,
        "metrics": _make_metrics(classifier.metrics, routes["metrics"], head, loss),
        "callbacks": _make_callbacks(classifier.callbacks, routes["callbacks"]),
    }


def make_optimizer(optimizer, routes):
    """Make an optimizer that is not built.

    Parameters
    ----------
    optimizer : str, type, keras.optimizers.Optimizer or None
        A name or class, or an instance to copy; None for Adam.
    routes : dict
        ``optimizer__*`` arguments; they override those of an instance.

    Returns
    -------
    keras.optimizers.Optimizer

    Raises
    ------
    ValueError
        If the name is unknown or the optimizer does not take an argument.
    InvalidParameterError
        If the learning rate is not a positive number.
    """
    given = optimizer = "adam" if optimizer is None else optimizer
    if isinstance(optimizer, str):
        optimizer = _OPTIMIZERS.get(optimizer.lower(), optimizer)
    if inspect.isclass(optimizer):
        optimizer = optimizer()
    if not isinstance(optimizer, keras.optimizers.Optimizer):
        raise InvalidParameterError(
            f"The 'optimizer' parameter of KerasTextClassifier must be the name of a Keras "
            f"optimizer, a class or an instance of one. Got {given!r} instead."
        )
    config = optimizer.get_config()
    if routes:
        check_arguments(routes, config, "optimizer", type(optimizer).__name__)
    if "learning_rate" in routes:
        routes = routes | {"learning_rate": _checked_rate(routes["learning_rate"])}
    elif isinstance(config.get("learning_rate"), Real):  # not a schedule, which is a dict here
        _checked_rate(config["learning_rate"])
    routes = {k: keras.saving.serialize_keras_object(v) for k, v in routes.items()}
    made = _copy(optimizer, "optimizer", routes)
    for name, value in vars(optimizer).items():
        if name.startswith("_exclude_from_weight_decay"):  # set by a method, so not in the config
            setattr(made, name, copy.copy(value))
    return made


def _checked_rate(rate):
    """Return a learning rate as Keras takes it: a float, a schedule or a function."""
    if isinstance(rate, Real) and not isinstance(rate, bool) and rate > 0 and math.isfinite(rate):
        return float(rate)
    if callable(rate):
        return rate
    raise InvalidParameterError(
        "The 'optimizer__learning_rate' parameter of KerasTextClassifier must be a positive "
        f"number, or a Keras schedule. Got {rate!r} instead."
    )


def _copy(thing, parameter, changes):
    """Copy a Keras object by its config, with some changes."""
    config = thing.get_config()
    arguments = inspect.signature(type(thing).__init__).parameters.values()
    named = [p.name for p in arguments if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)][1:]
    lost = [name for name in named if name not in config and name not in _IN_NO_CONFIG]
    fixed = fixed_arguments(thing) if lost else {}
    config |= {name: fixed[name] for name in lost if name in fixed}
    lost = [name for name in lost if name not in fixed]
    if lost:
        raise InvalidParameterError(
            f"The {parameter!r} parameter of KerasTextClassifier is copied at each fit, and "
            f"{type(thing).__name__}.get_config() does not hold {lost[0]!r}: the copy would lose "
            f"it. Add it to get_config, or pass the class with {parameter}__{lost[0]}=..."
        )
    return type(thing).from_config(config | changes)


def _find(get, name):
    """Return the Keras object of a name, or None."""
    try:
        return get(name)
    except (ValueError, TypeError, KeyError):
        return None


def _make_loss(loss, routes, head, dtype, weight):
    """Make a loss for the targets that `head` encodes; None for its default loss."""
    given = loss = head.default_loss if loss is None else loss
    if isinstance(loss, str):
        loss = _LOSSES.get(loss.replace("_", "").lower()) or _find(keras.losses.get, loss)
    if inspect.isfunction(loss) and loss is getattr(keras.losses, loss.__name__, None):
        loss = _LOSSES.get(loss.__name__.replace("_", ""), loss)
    if "label_smoothing" in routes and loss is keras.losses.SparseCategoricalCrossentropy:
        loss = keras.losses.CategoricalCrossentropy  # the same, for targets that can be smoothed
    if not callable(loss):
        raise InvalidParameterError(
            "The 'loss' parameter of KerasTextClassifier must be the name of a Keras loss, a "
            f"class, an instance or a function. Got {given!r} instead."
        )
    return head.loss(_make_mean_loss(loss, routes, dtype), weight)


def _make_mean_loss(loss, routes, dtype):
    """Make a loss of a class, an instance or a function that averages over a batch."""
    common = {"reduction": _MEAN, "dtype": dtype}
    if inspect.isclass(loss):
        if routes:
            check_call(routes, loss, "loss", loss.__name__, reserved=common)
        parameters = inspect.signature(loss).parameters
        taken = [k for k in common if k in parameters or takes_any_keyword(loss)]
        made = loss(**{k: common[k] for k in taken}, **routes)
    elif isinstance(loss, keras.losses.Loss):
        _check_reduction(loss)  # before the copy, which has another one
        accepted = loss.get_config().keys() - common.keys()
        check_arguments(routes, accepted, "loss", type(loss).__name__)
        made = _copy(loss, "loss", {**common, **routes} if is_keras(loss) else routes)
    else:
        name = re.sub(r"\W+", "_", getattr(loss, "__name__", "")).strip("_") or "loss"
        check_arguments(routes, (), "loss", f"the function {name}")
        return _FunctionLoss(loss, name=name, **common)
    _check_reduction(made)
    made.reduction = _MEAN
    return made


def _check_reduction(loss):
    """Raise a ValueError unless a loss averages over the samples of a batch."""
    if loss.reduction not in (_MEAN, "mean"):
        raise ValueError(
            f"The loss {type(loss).__name__} has reduction={loss.reduction!r}, expected "
            f"{_MEAN!r}: the loss of a batch is its weighted sum over its number of "
            "samples. Leave it out, and raise optimizer__learning_rate for larger steps."
        )


class _FunctionLoss(keras.losses.Loss):
    """A plain ``loss(y_true, y_pred)`` with weights."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, y_true, y_pred):
        """Return the loss of each sample."""
        return self.function(y_true, y_pred)


def _make_metrics(metrics, routes, head, loss):
    """Make accuracy and the metrics of the user, for the targets that `loss` takes."""
    others = [m for m in _as_list(metrics) if m not in ("accuracy", "acc")]
    made = _instantiate(others, routes, "metrics")
    for i, given in enumerate(others):
        if not inspect.isclass(given):
            made[i] = _make_metric(given)
        elif "metrics__name" not in routes:
            made[i].name = re.sub(r"_\d+$", "", made[i].name)  # Keras numbers automatic names
    made = [head.accuracy(loss), *(head.metric(metric, loss) for metric in made)]
    names = {"loss"}
    for metric in made:  # names are the keys of history_
        name, number = metric.name, 1
        while metric.name in names:
            metric.name, number = f"{name}_{number}", number + 1
        names.add(metric.name)
    return made


def _make_metric(metric):
    """Make a metric of a name or function, or copy an instance."""
    made = _find(keras.metrics.get, metric) if isinstance(metric, str) else metric
    if isinstance(made, keras.metrics.Metric):
        made = _copy(made, "metrics", {})
    elif callable(made):
        made = keras.metrics.MeanMetricWrapper(made, name=getattr(made, "__name__", "metric"))
    else:
        raise InvalidParameterError(
            "The 'metrics' parameter of KerasTextClassifier must hold names, classes, instances or "
            f"functions of Keras metrics. Got {metric!r} instead."
        )
    if isinstance(metric, str):
        made.name = metric  # the key in history_, as in Keras
    return made


def _make_callbacks(callbacks, routes):
    """Return instances of callbacks; functions return one, as in SciKeras."""
    made = _instantiate(callbacks, routes, "callbacks")
    made = [callback() if inspect.isfunction(callback) else callback for callback in made]
    for callback in made:
        if not isinstance(callback, keras.callbacks.Callback):
            raise InvalidParameterError(
                "The 'callbacks' parameter of KerasTextClassifier must hold Keras callbacks. Got "
                f"{callback!r} instead."
            )
    return made


def _instantiate(given, routes, prefix):
    """Return the entries of a value, list or dict, with classes called with their arguments.

    ``callbacks__patience`` is passed to every class, ``callbacks__0__patience`` to that of the
    first entry; the entries of a dict have its keys instead of numbers.
    """
    entries = given if isinstance(given, dict) else dict(enumerate(_as_list(given)))
    shared = {k: v for k, v in routes.items() if "__" not in k}
    made, used = [], set()
    for key, value in entries.items():
        if inspect.isclass(value):
            start = f"{key}__"
            own = {k.removeprefix(start): v for k, v in routes.items() if k.startswith(start)}
            check_call(shared | own, value, prefix, value.__name__)
            used |= {*shared, *(start + name for name in own)}
            value = value(**shared | own)
        made.append(value)
    unused = sorted(routes.keys() - used)
    if unused:
        name = f"{prefix}__{unused[0]}"
        raise parameter_error(
            name,
            f"{name} reaches nothing: no class stands in {prefix}={given!r}. Set the argument in "
            "the instance, or pass the class.",
        )
    return made


def _as_list(value):
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
