"""How a network is trained, as the user spelled it: optimizer, loss, metrics, callbacks.

Names, classes and instances become fresh Keras objects at every fit. What the user passed is copied
and never bound to a model, but for callbacks: what they record is there to be looked at.
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
from ._parameter_routing import check_arguments, parameter_error


def _classes_of(module):
    """Return the classes of a module of Keras that need no argument, by names in lower case."""
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


# Keras' own look-up gives functions for names of losses, which cannot take a reduction, and does
# not know every optimizer.
_LOSSES, _OPTIMIZERS = map(_classes_of, (keras.losses, keras.optimizers))

# Arguments of Keras' own classes that come back in another form, or that a copy does not need.
_IN_NO_CONFIG = ("fn", "dtype", "name", "reduction", "thresholds", "kwargs")


def make_keras_objects(classifier, routes, initial, head, weight):
    """Make all objects of Keras that training takes.

    Parameters
    ----------
    classifier : KerasTextClassifier
        What the user asked for.
    routes : dict of str to dict
        Arguments by prefix: ``optimizer``, ``loss``, ``metrics`` and ``callbacks``.
    initial : InitialModel
        What a model that came compiled was compiled with.
    head : Head
        The kind of target.
    weight : ndarray of shape (n_samples,) or (n_samples, n_labels), or None
        Weights that the loss will get.

    Returns
    -------
    dict
        ``optimizer``, ``loss``, ``metrics`` and ``callbacks``.
    """
    loss = initial.loss if classifier.loss is None else classifier.loss
    loss = make_loss(loss, routes["loss"], head, classifier.dtype, weight)
    optimizer = initial.optimizer if classifier.optimizer is None else classifier.optimizer
    return {
        "optimizer": make_optimizer(optimizer, routes["optimizer"]),
        "loss": loss,
        "metrics": make_metrics(classifier.metrics, routes["metrics"], head, loss),
        "callbacks": make_callbacks(classifier.callbacks, routes["callbacks"]),
    }


def make_optimizer(optimizer, routes):
    """Make a fresh optimizer.

    Parameters
    ----------
    optimizer : str, type, keras.optimizers.Optimizer or None
        What to make, or what to copy; None for Adam.
    routes : dict
        ``optimizer__*`` arguments; they win over those of an instance.

    Returns
    -------
    keras.optimizers.Optimizer
        Not built.

    Raises
    ------
    ValueError
        If the name is unknown or an argument is not the optimizer's.
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
    elif isinstance(config.get("learning_rate"), Real):  # else the description of a schedule
        _checked_rate(config["learning_rate"])
    routes = {k: keras.saving.serialize_keras_object(v) for k, v in routes.items()}
    made = _copy(optimizer, "optimizer", routes)
    for name, value in vars(optimizer).items():
        if name.startswith("_exclude_from_weight_decay"):  # told by a method, not in the config
            setattr(made, name, copy.copy(value))
    return made


def _named(get, name):
    """Return what Keras has under a name, or None."""
    try:
        return get(name)
    except (ValueError, TypeError, KeyError):
        return None


def _checked_rate(rate):
    """Return a learning rate as Keras wants it: a float, a schedule or a function."""
    if isinstance(rate, Real) and not isinstance(rate, bool) and rate > 0 and math.isfinite(rate):
        return float(rate)
    if callable(rate):
        return rate
    raise InvalidParameterError(
        "The 'optimizer__learning_rate' parameter of KerasTextClassifier must be a positive "
        f"number, or a Keras schedule. Got {rate!r} instead."
    )


def _copy(thing, parameter, changes):
    """Copy a Keras object by its configuration, with some changes."""
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


def make_loss(loss, routes, head, dtype, weight=None):
    """Make the loss, in the network's own precision.

    Parameters
    ----------
    loss : None, str, type, callable or keras.losses.Loss
        None for the cross-entropy that fits the output layer.
    routes : dict
        ``loss__*`` arguments.
    head : Head
        The kind of target.
    dtype : str
        Float type of the network.
    weight : ndarray of shape (n_samples,) or (n_samples, n_labels), default=None
        Weights that it will get.

    Returns
    -------
    keras.losses.Loss
        For the targets that `head` encodes.
    """
    given = loss = head.default_loss if loss is None else loss
    if isinstance(loss, str):
        loss = _LOSSES.get(loss.replace("_", "").lower()) or _named(keras.losses.get, loss)
    if inspect.isfunction(loss) and loss is getattr(keras.losses, loss.__name__, None):
        loss = _LOSSES.get(loss.__name__.replace("_", ""), loss)
    if "label_smoothing" in routes and loss is keras.losses.SparseCategoricalCrossentropy:
        loss = keras.losses.CategoricalCrossentropy  # the same, but for rows, which can be smooth
    if not callable(loss):
        raise InvalidParameterError(
            "The 'loss' parameter of KerasTextClassifier must be the name of a Keras loss, a "
            f"class, an instance or a function. Got {given!r} instead."
        )
    return head.loss(_make_loss(loss, routes, dtype), weight)


def _make_loss(loss, routes, dtype):
    common = {"reduction": "sum_over_batch_size", "dtype": dtype}
    if inspect.isclass(loss):
        arguments = inspect.signature(loss).parameters
        if routes:
            check_arguments(routes, {*arguments} - common.keys(), "loss", loss.__name__)
        takes_any = any(p.kind is p.VAR_KEYWORD for p in arguments.values())
        made = loss(**{k: v for k, v in common.items() if takes_any or k in arguments}, **routes)
        return _averaged(made, common["reduction"])
    if isinstance(loss, keras.losses.Loss):
        _averaged(loss, loss.reduction)
        accepted = loss.get_config().keys() - common.keys()
        check_arguments(routes, accepted, "loss", type(loss).__name__)
        made = _copy(loss, "loss", {**common, **routes} if is_keras(loss) else routes)
        return _averaged(made, common["reduction"])
    name = re.sub(r"\W+", "_", getattr(loss, "__name__", "")).strip("_") or "loss"
    check_arguments(routes, (), "loss", f"the function {name}")
    return _FunctionLoss(loss, name=name, **common)


def _averaged(loss, reduction):
    """Return a loss that averages over the samples of a batch, or refuse one that does not."""
    if loss.reduction not in ("sum_over_batch_size", "mean"):
        raise ValueError(
            f"The loss {type(loss).__name__} has reduction={loss.reduction!r}, expected "
            "'sum_over_batch_size': the loss of a batch is its weighted sum over its number of "
            "samples. Leave it out, and raise optimizer__learning_rate for larger steps."
        )
    loss.reduction = reduction
    return loss


class _FunctionLoss(keras.losses.Loss):
    """A plain ``loss(y_true, y_pred)`` with weights."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, y_true, y_pred):
        """Return the loss of each sample."""
        return self.function(y_true, y_pred)


def make_metrics(metrics, routes, head, loss):
    """Make the metrics: accuracy, then what the user asked for.

    Parameters
    ----------
    metrics : None or list of str, type, callable or keras.metrics.Metric
        Beyond accuracy.
    routes : dict
        ``metrics__*`` arguments: for every class, or ``metrics__0__*`` for the first entry.
    head : Head
        The kind of target.
    loss : keras.losses.Loss
        From `make_loss`; metrics see the targets that it sees.

    Returns
    -------
    list
    """
    others = [m for m in _as_list(metrics) if m not in ("accuracy", "acc")]
    made = _instantiate(others, routes, "metrics")
    for i, given in enumerate(others):
        if not inspect.isclass(given):
            made[i] = _fresh_metric(given)
        elif "metrics__name" not in routes:
            made[i].name = re.sub(r"_\d+$", "", made[i].name)  # Keras counts automatic names up
    made = [head.accuracy(loss), *(head.metric(metric, loss) for metric in made)]
    names = {"loss"}
    for metric in made:  # no metric takes over the key of another in history_
        name, number = metric.name, 1
        while metric.name in names:
            metric.name, number = f"{name}_{number}", number + 1
        names.add(metric.name)
    return made


def _fresh_metric(metric):
    made = _named(keras.metrics.get, metric) if isinstance(metric, str) else metric
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
        made.name = metric  # the key in history_, as with Keras
    return made


def make_callbacks(callbacks, routes):
    """Make the callbacks: instances as they are, fresh objects of classes.

    Parameters
    ----------
    callbacks : None, keras.callbacks.Callback, type, function, or list or dict of these
        As SciKeras takes them; a function returns one.
    routes : dict
        ``callbacks__*`` arguments: for every class, or with an entry's number or key between.

    Returns
    -------
    list of keras.callbacks.Callback
    """
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
    """Make objects of the classes in `given`, a value, list or dict, with their arguments."""
    named = given if isinstance(given, dict) else dict(enumerate(_as_list(given)))
    made, used = [], set()
    for key, value in named.items():
        if inspect.isclass(value):
            own = {
                k.removeprefix(f"{key}__"): v for k, v in routes.items() if k.startswith(f"{key}__")
            }
            shared = {k: v for k, v in routes.items() if "__" not in k}
            arguments = shared | own
            parameters = inspect.signature(value).parameters
            takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
            check_arguments(
                arguments, arguments if takes_any else parameters, prefix, value.__name__
            )
            used |= {k for k in routes if k in shared or k.startswith(f"{key}__")}
            value = value(**arguments)
        made.append(value)
    unused = sorted(set(routes) - used)
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
