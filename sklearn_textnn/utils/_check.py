"""A check, and the conditions under which an estimator gets it."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from sklearn.base import BaseEstimator, clone
from sklearn.pipeline import Pipeline
from sklearn.utils import Tags, get_tags
from sklearn.utils.validation import has_fit_parameter

from ._corpus import DEFAULT


@dataclass(frozen=True)
class Check:
    """A convention that estimators follow, and the function that checks it on a clone.

    Parameters
    ----------
    function : callable
        ``check_...(estimator, corpus)``, which raises where an estimator does not follow it. Its
        docstring states the convention.
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


def tags_of(estimator):
    """Return the tags, or scikit-learn's defaults where they are broken, as check_tags will say."""
    try:
        tags = get_tags(estimator)
    except Exception:
        tags = None
    return tags if isinstance(tags, Tags) else get_tags(BaseEstimator())


def _steps(estimator):
    """List the steps of a Pipeline, nested ones included; any other estimator is its own step."""
    if not isinstance(estimator, Pipeline):
        return [estimator]
    steps = [step for _, step in estimator.steps if hasattr(step, "fit")]  # no "passthrough"
    return [inner for step in steps for inner in _steps(step)]


def _learns(estimator):
    return tags_of(estimator).requires_fit


# Conditions


def classifies(estimator):
    return tags_of(estimator).estimator_type == "classifier"


def classifies_many(estimator):
    tags = tags_of(estimator).classifier_tags
    return classifies(estimator) and getattr(tags, "multi_class", True)


def repeats_itself(estimator):
    return not any(tags_of(step).non_deterministic for step in _steps(estimator))


def refuses_missing(estimator):
    return not any(tags_of(step).input_tags.allow_nan for step in _steps(estimator)[:1])


def needs_fit(estimator):
    """Return whether anything is learnt; a Pipeline's own tag is True whatever its steps are."""
    return any(map(_learns, _steps(estimator)))


def needs_no_fit(estimator):
    return not needs_fit(estimator)


def reads_after_fit(estimator):
    """Return whether the first step learns; where it hashes, no texts are a StopIteration."""
    return all(map(_learns, _steps(estimator)[:1]))


def tells_if_fitted(estimator):
    """Return whether the last step learns: a Pipeline asks no other one whether it is fitted."""
    return all(map(_learns, _steps(estimator)[-1:]))


def takes_weights(estimator):
    return has_fit_parameter(estimator, "sample_weight")


def has(method):
    """Make the condition that an estimator has a method."""
    return lambda estimator: hasattr(estimator, method)
