"""Routing of parameters such as ``model__*`` and ``optimizer__*`` to objects."""

import copy
import difflib
import inspect
from collections.abc import Iterable

from .._compat import POSITIVE_INT, check_parameters, validate_parameter_constraints
from ..networks import Network, PoolingNetwork

PREFIXES = ("callbacks", "fit", "loss", "metrics", "model", "optimizer")

# Arguments of keras.Model.fit without a parameter of the classifier, and their constraints.
_FIT_ARGUMENTS = {
    "steps_per_epoch": [POSITIVE_INT, None],
    "validation_freq": [POSITIVE_INT, list, tuple],
    "validation_steps": [POSITIVE_INT, None],
}

# Names from SciKeras and Keras, and their equivalents here.
_SPELLINGS = {
    "build_fn": "model",
    "learning_rate": "optimizer__learning_rate",
    "lr": "optimizer__learning_rate",
    "optimizer__lr": "optimizer__learning_rate",
    "patience": "n_iter_no_change",
    "validation_split": "early_stopping=True with validation_fraction",
    "validation_data": "fit(X, y, X_val=, y_val=)",
    "fit__epochs": "epochs",
    "fit__batch_size": "batch_size",
    "fit__shuffle": "shuffle",
    "fit__verbose": "verbose",
    "fit__callbacks": "callbacks",
    "fit__class_weight": "class_weight",
    "fit__validation_data": "fit(X, y, X_val=, y_val=)",
    "fit__validation_split": "early_stopping=True with validation_fraction",
}


class RoutedParameters:
    """Mixin of parameters that are routed to objects by their prefix.

    ``model__*`` reaches a nested network as in any meta-estimator. With a function as `model`, and
    for the other prefixes, values are stored by name, as in SciKeras, as the object does not exist
    yet.
    """

    def _store_routed(self, routed):
        if routed:
            self._routed = dict(routed)

    def _routes(self):
        """Return the parameters stored by name."""
        return dict(vars(self).get("_routed", {}))

    def _routes_by_prefix(self):
        """Return the arguments of each prefix, by name without prefix."""
        arguments = {prefix: {} for prefix in PREFIXES}
        for name, value in self._routes().items():
            prefix, _, argument = name.partition("__")
            arguments[prefix][argument] = value
        return arguments

    def get_params(self, deep=True):
        """Return the parameters, including routed ones.

        Parameters
        ----------
        deep : bool, default=True
            Whether to include the parameters of the network in `model`, as ``model__*``.

        Returns
        -------
        dict
            Parameter names and their values.
        """
        return super().get_params(deep=deep) | self._routes()

    def set_params(self, **params):
        """Set parameters, including nested and routed ones.

        `model` is set before any ``model__*``, whatever their order, and drops what was routed to
        the previous model.

        Parameters
        ----------
        **params : dict
            Parameter names and their values.

        Returns
        -------
        self : object
            This estimator.

        Raises
        ------
        ValueError
            If a name is invalid for any value of other parameters; nothing is set then. Whether an
            optimizer, loss, metric, callback or function takes an argument is checked by fit.
        """
        names = self._get_param_names()
        own = {name: value for name, value in params.items() if name in names}
        routed = {name: value for name, value in params.items() if name not in names}
        model = own.get("model", self.model)
        for name in routed:
            if name != "routed":  # scikit-learn's checks mistake ``**routed`` for a parameter
                self._check_name(name, model)
        if _is_network(model):
            nested = [name for name in routed if name.startswith("model__")]
            model.set_params(**{name.removeprefix("model__"): routed.pop(name) for name in nested})
        stored = self._routes()
        if "model" in own:
            stored = {k: v for k, v in stored.items() if not k.startswith("model__")}
        self._routed = stored | routed
        for name, value in own.items():
            setattr(self, name, value)
        return self

    def __sklearn_clone__(self):
        """Copy the classifier without fitted attributes; callbacks are copied too."""
        try:
            return super().__sklearn_clone__()
        except TypeError as error:
            self._name_what_has_no_copy(error)
            raise

    def _name_what_has_no_copy(self, error):
        callbacks = self.callbacks
        if isinstance(callbacks, dict):
            callbacks = callbacks.values()
        for callback in callbacks if isinstance(callbacks, Iterable) else [callbacks]:
            try:
                copy.deepcopy(callback)
            except TypeError:
                name = type(callback).__name__
                raise TypeError(
                    f"The callback {name} cannot be copied ({error}), as a clone, and so a search, "
                    f"needs. Pass the class, callbacks={name} with callbacks__*=..., or a function "
                    "that returns one."
                ) from error

    def _checked_routes(self):
        """Check all parameters; return the arguments stored for each prefix.

        Raises
        ------
        ValueError
            If a parameter is out of range or misspelled, or a ``fit__*`` unknown to Keras.
        """
        check_parameters(self)
        if isinstance(self.model, Network):
            check_parameters(self.model)
        for name in self._routes():
            self._check_name(name, self.model)
            if name.startswith("model__") and _is_network(self.model):
                argument = name.removeprefix("model__")
                raise parameter_error(
                    name,
                    f"{name!r} stands beside model={self.model!r}, which already holds its "
                    f"parameters. Write {type(self.model).__name__}({argument}=...), or use "
                    f"set_params({name}=...).",
                )
        validate_parameter_constraints(
            {f"fit__{name}": constraints for name, constraints in _FIT_ARGUMENTS.items()},
            {k: v for k, v in self._routes().items() if k.startswith("fit__")},
            caller_name=type(self).__name__,
        )
        return self._routes_by_prefix()

    def _check_name(self, name, model):
        """Raise an error if a name is invalid for any value of parameters other than `model`."""
        prefix, _, argument = name.partition("__")
        if name in _SPELLINGS or prefix not in PREFIXES or not argument:
            raise parameter_error(name, self._unknown_parameter(name, model))
        if prefix == "fit":
            check_arguments([argument], _FIT_ARGUMENTS, "fit", f"{type(self).__name__}.fit")
        elif prefix == "model" and model is None:
            check_arguments([argument], PoolingNetwork().get_params(), "model", "PoolingNetwork")
        elif prefix == "model" and _is_network(model):
            check_arguments([argument.partition("__")[0]], model.get_params(), "model", model)

    def _unknown_parameter(self, name, model):
        """Return a message that suggests the right spelling."""
        names = [*self._get_param_names(), *_model_parameters(model)]
        if name in _SPELLINGS:
            hint = f"Use {_SPELLINGS[name]}."
        elif f"model__{name}" in names:
            hint = f"Use model__{name}."
        else:
            close = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
            hint = f"Did you mean {close[0]}? " if close else ""
            hint += f"Routed parameters start with {', '.join(f'{p}__' for p in PREFIXES)}."
        return f"Invalid parameter {name!r} for estimator {type(self).__name__}. {hint}"

    def _drop_refused(self, error):
        """Drop the parameter that an error of fit refuses, so that the next fit can succeed."""
        refused = getattr(error, "parameter", None)
        self._routed = {k: v for k, v in self._routes().items() if _ends(k) != refused}


def parameter_error(name, message):
    """Return a ValueError that says which routed parameter it refuses."""
    error = ValueError(f"{message} {name} is not set.")
    error.parameter = _ends(name)
    return error


def _ends(name):
    """Return prefix and argument of a routed name such as ``callbacks__0__patience``."""
    parts = name.split("__")
    return parts[0], parts[-1]


def check_arguments(given, accepted, prefix, owner):
    """Raise an error if a target does not take its routed arguments.

    Parameters
    ----------
    given : iterable of str
        Names without their prefix.
    accepted : iterable of str
        Arguments of the target.
    prefix : str
        For the message: ``optimizer``, say.
    owner : str or Network
        For the message: ``Adam``, say.

    Raises
    ------
    ValueError
        The message names the argument, a close spelling and all accepted arguments.
    """
    accepted = sorted(accepted)
    for name in given:
        if name in accepted:
            continue
        hint = _SPELLINGS.get(f"{prefix}__{name}")
        if hint is None:
            close = difflib.get_close_matches(name, accepted, n=1, cutoff=0.6)
            hint = f"{prefix}__{close[0]}" if close else None
        raise parameter_error(
            f"{prefix}__{name}",
            (
                f"Invalid parameter {name!r} for estimator {type(owner).__name__}. "
                if _is_network(owner)
                else f"{prefix}__{name} is not an argument of {owner}. "
            )
            + (f"Did you mean {hint}? " if hint else "")
            + f"It takes {', '.join(accepted) or 'none'}.",
        )


def check_call(given, target, prefix, owner, reserved=()):
    """Raise an error if a class or function does not take its routed arguments.

    Parameters
    ----------
    given, prefix, owner
        As in `check_arguments`.
    target : type or function
        What is called with the arguments.
    reserved : iterable of str, default=()
        Arguments that are not for users.
    """
    accepted = {*inspect.signature(target).parameters}
    if takes_any_keyword(target):
        accepted |= {*given}
    check_arguments(given, accepted - {*reserved}, prefix, owner)


def takes_any_keyword(target):
    """Return whether a class or function has a parameter such as ``**kwargs``."""
    return any(p.kind is p.VAR_KEYWORD for p in inspect.signature(target).parameters.values())


def _is_network(model):
    return hasattr(model, "set_params") and not inspect.isclass(model)


def _model_parameters(model):
    """Return the names of parameters routed to `model`, for hints."""
    if model is None:
        model = PoolingNetwork()
    if _is_network(model):
        names = model.get_params(deep=False)
    elif callable(model):
        names = inspect.signature(model).parameters
    else:
        names = ()
    return [f"model__{name}" for name in names]
