"""Fitted pipelines in files that hold no code: saving and loading without pickle."""

from ._faults import ModelFormatError
from ._saving import load, save
from ._skops import SKOPS_TRUSTED

__all__ = ["ModelFormatError", "SKOPS_TRUSTED", "load", "save"]  # noqa: RUF022
