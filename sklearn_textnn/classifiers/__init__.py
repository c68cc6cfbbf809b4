"""How a network is trained: as a scikit-learn classifier. Importing this imports TensorFlow."""

from ._classifier import KerasTextClassifier

__all__ = ["KerasTextClassifier"]
