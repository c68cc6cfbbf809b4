"""All that knows SciKeras: the day it breaks, this file changes and no other.

Importing SciKeras sets ``__reduce__`` on ``keras.Model``, ``keras.losses.Loss`` and others. That is
its doing, and the reason why it is imported with the classifier only. Its estimators predate
scikit-learn's tags, labels and parameter checks, so the scikit-learn contract is kept here and in
``_classifier.py``; what remains of it is the type and the grammar of the parameters.
"""

import difflib
import inspect

from scikeras.wrappers import BaseWrapper
from sklearn.base import BaseEstimator, ClassifierMixin

# scikit-learn 1.7 and later read `__sklearn_tags__`; SciKeras 0.13 has only `_more_tags`.
TAGS_ARE_MISSING = "__sklearn_tags__" not in vars(BaseWrapper)
if TAGS_ARE_MISSING:

    def _sklearn_tags(self):
        return super(BaseWrapper, self).__sklearn_tags__()

    BaseWrapper.__sklearn_tags__ = _sklearn_tags

PREFIXES = ("callbacks", "fit", "loss", "metrics", "model", "optimizer")

# What SciKeras and Keras users type, and its spelling here.
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
    "fit__validation_split": "early_stopping=True with validation_fraction",
}


class RoutedClassifier(ClassifierMixin, BaseWrapper):
    """A SciKeras classifier whose parameters follow scikit-learn's ``a__b``.

    ``model__*`` reaches a nested network as in any meta-estimator. With a function as `model`, and
    for the prefixes ``optimizer__``, ``loss__``, ``metrics__``, ``callbacks__`` and ``fit__``, the
    values are kept by name, as SciKeras does.
    """

    @classmethod
    def _get_param_names(cls):
        return super(BaseWrapper, cls)._get_param_names()  # SciKeras lists the instance's __dict__

    def _store_routed(self, routed):
        if routed:
            self._routed = dict(routed)

    def _routes(self, prefix=None):
        """Return the parameters kept by name; those of one prefix without it."""
        routed = vars(self).get("_routed", {})
        if prefix is None:
            return dict(routed)
        start = f"{prefix}__"
        return {k.removeprefix(start): v for k, v in routed.items() if k.startswith(start)}

    def get_params(self, deep=True):
        """Get the parameters, routed ones included.

        Parameters
        ----------
        deep : bool, default=True
            Whether to list the parameters of the network in `model` too, as ``model__*``.

        Returns
        -------
        dict
            Parameter names and their values.
        """
        return BaseEstimator.get_params(self, deep=deep) | self._routes()

    def set_params(self, **params):
        """Set parameters, nested and routed ones included.

        `model` is set before any ``model__*``, whatever their order, and forgets what was routed to
        the model before it. Names that are no parameter are refused by fit.

        Parameters
        ----------
        **params : dict
            Parameter names and their values.

        Returns
        -------
        self : object
            This estimator.
        """
        names = self._get_param_names()
        if "model" in params:
            self.model = params.pop("model")
            self._routed = {k: v for k, v in self._routes().items() if not k.startswith("model__")}
        nested = {}
        for name, value in params.items():
            if name in names:
                setattr(self, name, value)
            elif name.startswith("model__") and _is_nested(self.model):
                nested[name.removeprefix("model__")] = value
            else:
                self._routed = self._routes() | {name: value}
        if nested:
            self.model.set_params(**nested)
        return self

    def _check_routes(self):
        """Refuse misspelt names and ``model__*`` given beside a network."""
        for name in self._routes():
            prefix, delimiter, argument = name.partition("__")
            if not delimiter or prefix not in PREFIXES or not argument or name in _SPELLINGS:
                raise ValueError(self._unknown_parameter(name))
            if prefix == "model" and _is_nested(self.model):
                raise ValueError(
                    f"{name!r} stands beside model={self.model!r}, which already holds its "
                    f"parameters. Write {type(self.model).__name__}({argument}=...), or use "
                    f"set_params({name}=...)."
                )

    def _unknown_parameter(self, name):
        """Return a message that names the right spelling."""
        names = [*self._get_param_names(), *_network_parameters(self.model)]
        if name in _SPELLINGS:
            hint = f"Use {_SPELLINGS[name]}."
        elif f"model__{name}" in names:
            hint = f"Use model__{name}."
        else:
            close = difflib.get_close_matches(name, names, n=1, cutoff=0.75)
            hint = f"Did you mean {close[0]}? " if close else ""
            hint += f"Routed parameters start with {', '.join(f'{p}__' for p in PREFIXES)}."
        return f"Invalid parameter {name!r} for estimator {type(self).__name__}. {hint}"

    def __repr__(self, N_CHAR_MAX=700):
        return BaseEstimator.__repr__(self, N_CHAR_MAX=N_CHAR_MAX)

    @property
    def initialized_(self):
        """Whether there are weights to predict with."""
        return "_fitted" in vars(self)

    @property
    def current_epoch(self):
        """Epochs trained so far."""
        return getattr(self, "n_iter_", 0)


def check_arguments(given, accepted, prefix, owner):
    """Refuse routed arguments that their target does not take.

    Parameters
    ----------
    given : iterable of str
        Names without their prefix.
    accepted : iterable of str
        What the target takes.
    prefix, owner : str
        For the message: ``optimizer`` and ``Adam``, say.

    Raises
    ------
    ValueError
        Naming the argument, the close spelling and all that is accepted.
    """
    accepted = sorted(accepted)
    for name in given:
        if name in accepted:
            continue
        hint = _SPELLINGS.get(f"{prefix}__{name}")
        if hint is None:
            close = difflib.get_close_matches(name, accepted, n=1, cutoff=0.6)
            hint = f"{prefix}__{close[0]}" if close else None
        raise ValueError(
            f"{prefix}__{name} is no argument of {owner}. "
            + (f"Did you mean {hint}? " if hint else "")
            + f"It takes {', '.join(accepted) or 'none'}."
        )


def _is_nested(model):
    return hasattr(model, "set_params") and not inspect.isclass(model)


def _network_parameters(model):
    if _is_nested(model):
        names = model.get_params(deep=False)
    elif callable(model):
        names = inspect.signature(model).parameters
    else:
        names = ()
    return [f"model__{name}" for name in names]
