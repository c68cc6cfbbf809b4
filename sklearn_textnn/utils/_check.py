"""A check, and the conditions under which it applies to an estimator."""

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
    """A check of a convention on a clone of an estimator.

    Parameters
    ----------
    function : callable
        ``check_...(estimator, corpus)``, which raises an error if the estimator violates the
        convention. Its docstring states the convention.
    conditions : tuple of callable
        Predicates of an estimator; the check applies if all of them hold.
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
        # A warning is not a failure, except in checks that turn warnings into errors.
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
    """Clone, and set each (nested) `random_state` to an integer."""
    copy = clone(estimator)
    seeds = {key: 0 for key in copy.get_params() if key.split("__")[-1] == "random_state"}
    if seeds:
        copy.set_params(**seeds)
    return copy


def tags_of(estimator):
    """Return the tags, or the defaults if they are broken, which check_tags reports."""
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
    """Return whether fit learns anything; a Pipeline's own tag is True whatever its steps."""
    return any(map(_learns, _steps(estimator)))


def needs_no_fit(estimator):
    return not needs_fit(estimator)


def reads_after_fit(estimator):
    """Return whether the first step learns; hashing raises StopIteration without texts."""
    return all(map(_learns, _steps(estimator)[:1]))


def tells_if_fitted(estimator):
    """Return whether the last step learns, the only one that check_is_fitted asks."""
    return all(map(_learns, _steps(estimator)[-1:]))


def takes_weights(estimator):
    return has_fit_parameter(estimator, "sample_weight")


def has(method):
    """Return the condition that an estimator has a method."""
    return lambda estimator: hasattr(estimator, method)
