"""What a check is, and whom it is for."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from sklearn.base import clone, is_classifier
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from ._corpus import DEFAULT


@dataclass(frozen=True)
class Check:
    """A promise that estimators keep, and the function that tries it on a clone.

    Parameters
    ----------
    function : callable
        ``check_...(estimator, corpus)``, which raises where the promise is broken. Its docstring
        is the promise.
    conditions : tuple of callable
        Functions from an estimator to bool; the check is for estimators that fulfil all.
    """

    function: Callable
    conditions: tuple

    @property
    def name(self):
        return self.function.__name__

    @property
    def promise(self):
        return self.function.__doc__

    def applies_to(self, estimator):
        return all(condition(estimator) for condition in self.conditions)

    def __call__(self, name, estimator, corpus=DEFAULT):
        # A warning is no failure. Those that are have a check which makes them errors.
        with warnings.catch_warnings(action="ignore"):
            try:
                self.function(seeded_clone(estimator), corpus)
            except Exception as error:
                error.add_note(f'{self.name}, on {name}: "{self.promise}"')
                raise


def check(*conditions):
    """Make a function a :class:`Check`."""
    return lambda function: Check(function, conditions)


def seeded_clone(estimator):
    """Clone and give each `random_state`, nested ones included, an integer."""
    copy = clone(estimator)
    seeds = {key: 0 for key in copy.get_params() if key.split("__")[-1] == "random_state"}
    if seeds:
        copy.set_params(**seeds)
    return copy


# Conditions


def classifies(estimator):
    return is_classifier(estimator)


def classifies_many(estimator):
    return is_classifier(estimator) and get_tags(estimator).classifier_tags.multi_class


def repeats_itself(estimator):
    return not get_tags(estimator).non_deterministic


def needs_fit(estimator):
    return get_tags(estimator).requires_fit


def needs_no_fit(estimator):
    return not needs_fit(estimator)


def takes_weights(estimator):
    return has_fit_parameter(estimator, "sample_weight")


def has(method):
    """Make the condition that an estimator has a method."""
    return lambda estimator: hasattr(estimator, method)
