"""Every name of scikit-learn that is private or depends on its version, in one place."""

import sys
from contextlib import nullcontext
from functools import wraps
from inspect import signature, unwrap
from numbers import Integral

import numpy as np
from sklearn import __version__, utils
from sklearn.base import BaseEstimator
from sklearn.base import _fit_context as fit_context
from sklearn.model_selection._validation import (
    _fit_and_predict,
    _fit_and_score,
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils import _safe_indexing as safe_indexing
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
)
from sklearn.utils._param_validation import validate_params as _validate_params
from sklearn.utils._set_output import _get_output_config as output_config
from sklearn.utils.fixes import parse_version
from sklearn.utils.metaestimators import _BaseComposition as BaseComposition
from sklearn.utils.validation import _check_sample_weight as check_sample_weight
from sklearn.utils.validation import _num_samples as num_samples

try:  # 1.9 and later
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class _NoTask:
        """A task of a fit that no callback is notified of."""

        def subcontext(self, **_):
            return self

        def propagate_callback_context(self, _):
            return nullcontext()

        def call_on_fit_task_begin(self, **_):
            return self

        def call_on_fit_task_end(self, **_):
            return False

    class CallbackSupportMixin:
        """Stand-in where scikit-learn has no callbacks."""

        def _init_callback_context(self, **_):
            return _NoTask()

    def with_callbacks(method):
        """Return a method unchanged."""
        return method


# What set_output, set_{method}_request and set_callbacks (from 1.9 on) store on an estimator.
OUTPUT = "_sklearn_output_config"
REQUESTS = "_metadata_request"
CALLBACKS = "_skl_callbacks"
# Whether set_output keeps the index of a Series, not only that of a frame.
FRAMES_KEEP_INDEX = parse_version(__version__) >= parse_version("1.7")
POSITIVE_INT = Interval(Integral, 1, None, closed="left")


class IntNotBool(Interval):
    """Integers from `left` to `right`, without bools, which Python counts as Integral."""

    def __init__(self, left, right=None):
        super().__init__(Integral, left, right, closed="left" if right is None else "both")

    def is_satisfied_by(self, val):
        return not isinstance(val, bool) and super().is_satisfied_by(val)


def validate_params(constraints, *, prefer_skip_nested_validation):
    """Return scikit-learn's decorator, with Python's errors for arguments that do not exist."""

    def decorate(function):
        how = {"prefer_skip_nested_validation": prefer_skip_nested_validation}
        checked = _validate_params(constraints, **how)(function)

        @wraps(checked)
        def validated(*args, **kwargs):
            try:
                signature(function).bind(*args, **kwargs)
            except TypeError:  # without the name of the function, which a call of it adds
                return function(*args, **kwargs)
            return checked(*args, **kwargs)

        return validated

    return decorate


# Checks the parameters of an estimator against its `_parameter_constraints`.
check_parameters = BaseEstimator._validate_params


def compute_class_weight(class_weight, classes, y, sample_weight):
    """Return a weight per class; "balanced" takes sample weights into account."""
    if "sample_weight" in signature(utils.compute_class_weight).parameters:  # 1.7 and later
        return utils.compute_class_weight(
            class_weight, classes=classes, y=y, sample_weight=sample_weight
        )
    if sample_weight is None or not isinstance(class_weight, str):
        return utils.compute_class_weight(class_weight, classes=classes, y=y)
    totals = np.bincount(np.searchsorted(classes, y), sample_weight, minlength=len(classes))
    return totals.sum() / (len(classes) * totals)


def fit_and_score(*args, caller, callback_ctx, **kwargs):
    """Fit an estimator on a fold and score it, as a task for callbacks where there are such."""
    if "callback_ctx" in signature(_fit_and_score).parameters:  # 1.9 and later
        kwargs |= {"caller": caller, "callback_ctx": callback_ctx}
    return _fit_and_score(*args, **kwargs)


def is_in_fold():
    """Return whether the caller works for a fold of one of scikit-learn's cross-validations."""
    of_folds = {unwrap(function).__code__ for function in (_fit_and_score, _fit_and_predict)}
    frame = sys._getframe(1)
    while frame is not None and frame.f_code not in of_folds:
        frame = frame.f_back
    return frame is not None


def fit_failures_handled(results, error_score):
    """Warn or raise where fits of `fit_and_score` failed; return the results, all with scores."""
    _warn_or_raise_about_fit_failures(results, error_score)
    _insert_error_scores(results, error_score)
    return results


def check_steps(pipeline):
    """Check that the steps of a Pipeline are named transformers and a last estimator."""
    pipeline._validate_steps()


def check_transformers(estimator):
    """Check that the parts of a FeatureUnion or ColumnTransformer are named transformers."""
    estimator._validate_transformers()
    if hasattr(estimator, "_validate_transformer_weights"):
        estimator._validate_transformer_weights()
