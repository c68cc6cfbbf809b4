"""Saving and loading of fitted pipelines without pickle, in files without code."""

from .._lazy import attach
from ._classes import register
from ._errors import ModelFormatError
from ._saving import load, save

__all__ = ["ModelFormatError", "SKOPS_TRUSTED", "load", "register", "save"]  # noqa: RUF022

__getattr__, __dir__ = attach(__name__, {"SKOPS_TRUSTED": "_skops"})  # it imports every class
