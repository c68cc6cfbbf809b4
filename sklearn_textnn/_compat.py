"""Every name of scikit-learn that is private or depends on its version, in one place."""

from inspect import signature
from numbers import Integral

import numpy as np
from sklearn import __version__, utils
from sklearn.base import _fit_context
from sklearn.model_selection._validation import (
    _fit_and_score,
    _insert_error_scores,
    _warn_or_raise_about_fit_failures,
)
from sklearn.utils._param_validation import (
    HasMethods,
    Interval,
    InvalidParameterError,
    RealNotInt,
    StrOptions,
    validate_parameter_constraints,
    validate_params,
)
from sklearn.utils._set_output import _get_output_config
from sklearn.utils.fixes import parse_version
from sklearn.utils.metaestimators import _BaseComposition
from sklearn.utils.validation import _check_sample_weight, _num_samples

try:  # 1.9 and later
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:

    class CallbackSupportMixin:
        """What has no callbacks yet."""

    def with_callbacks(method):
        """Return a method as it is."""
        return method


__all__ = [
    "CALLBACKS",
    "FRAMES_KEEP_INDEX",
    "OUTPUT",
    "POSITIVE_INT",
    "REQUESTS",
    "BaseComposition",
    "CallbackSupportMixin",
    "HasMethods",
    "IntNotBool",
    "Interval",
    "InvalidParameterError",
    "RealNotInt",
    "StrOptions",
    "check_parameters",
    "check_sample_weight",
    "check_steps",
    "check_transformers",
    "compute_class_weight",
    "fit_and_score",
    "fit_context",
    "fit_failures_handled",
    "num_samples",
    "output_config",
    "safe_indexing",
    "validate_parameter_constraints",
    "validate_params",
    "with_callbacks",
]

# What set_output, set_{method}_request and set_callbacks (from 1.9 on) leave on an estimator.
OUTPUT = "_sklearn_output_config"
REQUESTS = "_metadata_request"
CALLBACKS = "_skl_callbacks"
# Whether the frames of set_output have the index of a Series that went in, not of a frame only.
FRAMES_KEEP_INDEX = parse_version(__version__) >= parse_version("1.7")
POSITIVE_INT = Interval(Integral, 1, None, closed="left")


class IntNotBool(Interval):
    """Whole numbers from `left` to `right`; True, an Integral to Python, is none."""

    def __init__(self, left, right=None):
        super().__init__(Integral, left, right, closed="left" if right is None else "both")

    def is_satisfied_by(self, val):
        return not isinstance(val, bool) and super().is_satisfied_by(val)


BaseComposition = _BaseComposition
fit_and_score = _fit_and_score
check_sample_weight = _check_sample_weight
fit_context = _fit_context
num_samples = _num_samples
output_config = _get_output_config
safe_indexing = utils._safe_indexing


def compute_class_weight(class_weight, classes, y, sample_weight):
    """Return a weight for each class; where they are balanced, samples count by their weight."""
    if "sample_weight" in signature(utils.compute_class_weight).parameters:  # 1.7 and later
        return utils.compute_class_weight(
            class_weight, classes=classes, y=y, sample_weight=sample_weight
        )
    if sample_weight is None or not isinstance(class_weight, str):
        return utils.compute_class_weight(class_weight, classes=classes, y=y)
    totals = np.bincount(np.searchsorted(classes, y), sample_weight, minlength=len(classes))
    return totals.sum() / (len(classes) * totals)


def fit_failures_handled(results, error_score):
    """Warn or raise where fits of `fit_and_score` failed; return the results, all with scores."""
    _warn_or_raise_about_fit_failures(results, error_score)
    _insert_error_scores(results, error_score)
    return results


def check_parameters(estimator):
    """Check the parameters of an estimator against its ``_parameter_constraints``."""
    estimator._validate_params()


def check_steps(pipeline):
    """Check that the steps of a Pipeline are named transformers and a last estimator."""
    pipeline._validate_steps()


def check_transformers(estimator):
    """Check that what a FeatureUnion or ColumnTransformer consists of are named transformers."""
    estimator._validate_transformers()
    if hasattr(estimator, "_validate_transformer_weights"):
        estimator._validate_transformer_weights()
