"""Checks for estimators that take texts."""

from .estimator_checks import check_text_estimator, parametrize_with_text_checks, text_checks

__all__ = ["check_text_estimator", "parametrize_with_text_checks", "text_checks"]
