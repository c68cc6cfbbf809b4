"""Hints for arguments of keras.Model's methods that the classifier takes elsewhere."""

import functools
import inspect

_CONSTRUCTOR = "Use {owner}({name}=...)"
_BY_FIT = "Use the arguments X_val and y_val of fit"
_IN_TRAINING = {
    "batch_size": _CONSTRUCTOR,
    "callbacks": _CONSTRUCTOR,
    "class_weight": _CONSTRUCTOR,
    "epochs": _CONSTRUCTOR,
    "initial_epoch": "Use partial_fit, which continues where the last call ended",
    "shuffle": _CONSTRUCTOR,
    "steps": "Leave it out: all samples are seen",
    "steps_per_epoch": "Use {owner}(fit__steps_per_epoch=...)",
    "validation_batch_size": "Leave it out: it does not change the result",
    "validation_data": _BY_FIT,
    "validation_freq": "Use {owner}(fit__validation_freq=...)",
    "validation_split": "Use {owner}(early_stopping=True, validation_fraction=...)",
    "validation_steps": "Use {owner}(fit__validation_steps=...)",
    "verbose": _CONSTRUCTOR,
    "x": "Pass the data as X",
}
_IN_PREDICTION = dict.fromkeys(_IN_TRAINING, "Leave it out: predictions depend on X alone")
_IN_PREDICTION["x"] = _IN_TRAINING["x"]


def refuse_keras_arguments(method):
    """Let a method say where to pass arguments that keras.Model takes and it does not.

    Parameters
    ----------
    method : function
        A method of a classifier.

    Returns
    -------
    function
        With the same signature.
    """
    known = inspect.signature(method).parameters
    places = _IN_TRAINING if method.__name__ in ("fit", "partial_fit") else _IN_PREDICTION

    @functools.wraps(method)
    def checked(self, *args, **kwargs):
        for name in kwargs:
            if name in places and name not in known:
                owner = type(self).__name__
                place = places[name].format(owner=owner, name=name)
                raise TypeError(f"{owner}.{method.__name__} takes no argument {name!r}. {place}.")
        return method(self, *args, **kwargs)

    return checked
