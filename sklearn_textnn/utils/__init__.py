"""Checks of estimators that take texts, and a quiet import of TensorFlow."""

from ._quiet_tensorflow import quiet_tensorflow
from .estimator_checks import check_text_estimator, parametrize_with_text_checks, text_checks

__all__ = [
    "check_text_estimator",
    "parametrize_with_text_checks",
    "quiet_tensorflow",
    "text_checks",
]
