"""Fitted pipelines for prediction only, without TensorFlow and Keras."""

from ._freeze import freeze
from ._frozen_classifier import FrozenTextClassifier

__all__ = ["FrozenTextClassifier", "freeze"]
