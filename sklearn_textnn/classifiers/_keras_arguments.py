"""Arguments of keras.Model's methods that belong elsewhere here."""

import functools
import inspect

_CONSTRUCTOR = "{owner}({name}=...)"
_VALIDATION = "{owner}(early_stopping=True, validation_fraction=...)"
_BY_FIT = "the arguments X_val and y_val of fit"
_PLACES = {
    "batch_size": _CONSTRUCTOR,
    "callbacks": _CONSTRUCTOR,
    "class_weight": _CONSTRUCTOR,
    "epochs": _CONSTRUCTOR,
    "initial_epoch": "partial_fit, which goes on where the last call ended",
    "shuffle": _CONSTRUCTOR,
    "steps": "nothing: all samples are predicted",
    "steps_per_epoch": "{owner}(fit__steps_per_epoch=...)",
    "validation_batch_size": "nothing: it does not change the result",
    "validation_data": _BY_FIT,
    "validation_freq": "{owner}(fit__validation_freq=...)",
    "validation_split": _VALIDATION,
    "validation_steps": "{owner}(fit__validation_steps=...)",
    "verbose": _CONSTRUCTOR,
}
_NOTHING_IN_PREDICTION = "nothing: no argument changes a prediction"


def refuse_keras_arguments(method):
    """Let a method name the place of an argument that keras.Model takes and it does not.

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
    trains = "y" in known

    @functools.wraps(method)
    def checked(self, *args, **kwargs):
        for name in kwargs:
            if name in _PLACES and name not in known:
                owner = type(self).__name__
                place = _PLACES[name].format(owner=owner, name=name)
                raise TypeError(
                    f"{owner}.{method.__name__} takes no argument {name!r}. Use "
                    f"{place if trains else _NOTHING_IN_PREDICTION}."
                )
        return method(self, *args, **kwargs)

    return checked
