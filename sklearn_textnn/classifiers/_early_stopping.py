"""Early stopping: held-out samples, and their score after each epoch."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring

from .._warnings import warn


def set_aside(data, given, fraction, seed):
    """Split off a stratified part for early stopping, or warn if that is impossible.

    Parameters
    ----------
    data : Samples
        The training data as the network reads them.
    given : TrainingSet
        The same with their labels.
    fraction : float
        The share of samples to hold out.
    seed : int
        Seed of the split.

    Returns
    -------
    training : Samples
        The remaining samples.
    validation : Samples or None
        The held-out samples.
    positions : ndarray or None
        Labels of the held-out samples, as class positions.
    """
    try:
        training, validation = given.head.split(given.y, fraction, seed)
    except ValueError as error:
        warn(
            f"early_stopping=True, but {len(data)} samples cannot be split into a training part "
            f"and a validation part of {fraction} that both hold every class ({error}). Training "
            "for all epochs on all samples; pass X_val and y_val, or raise validation_fraction."
        )
        return data, None, None
    return data.take(training), data.take(validation), given.positions[validation]


class EpochScorer:
    """The score of a network on held-out samples.

    Parameters
    ----------
    scoring : str or callable
        The name of a scikit-learn scorer, or a custom one.
    head : Head
        The kind of target.
    validation : Samples
        The held-out samples, as the network reads them.
    positions : ndarray
        Their labels, as class positions.
    """

    def __init__(self, scoring, head, validation, positions):
        self._head, self._X, self._y = head, validation.X, head.labels_at(positions)
        weight = validation.weight
        takes_weights = weight is not None and weight.ndim == 1  # scorers take no dict by label
        self._weights = {"sample_weight": weight} if takes_weights else {}
        self._scorer = check_scoring(_HeldOutClassifier(head, None), scoring)

    def __call__(self, outputs):
        """Return the score of a network with these outputs; larger is better."""
        classifier = _HeldOutClassifier(self._head, outputs)
        score = self._scorer(classifier, self._X, self._y, **self._weights)
        if np.isnan(score):
            raise ValueError(
                f"The scorer {self._scorer!r} gives nan on {len(self._y)} held-out samples, "
                "expected a number. Raise validation_fraction, pass X_val and y_val, or use "
                'another scoring, such as "neg_log_loss".'
            )
        return float(score)


class _HeldOutClassifier(ClassifierMixin, BaseEstimator):
    """A classifier that predicts the held-out samples only."""

    def __init__(self, head, outputs):
        self.head = head
        self.outputs = outputs

    @property
    def classes_(self):
        return self.head.classes

    def fit(self, X, y):
        """Do nothing, since the outputs are known."""
        return self

    def predict_proba(self, X):
        if X.shape[0] != len(self.outputs):
            raise ValueError(
                f"scoring got {X.shape[0]} samples to predict, expected all of the "
                f"{len(self.outputs)} that are held out."
            )
        return self.head.probabilities(self.outputs)

    def predict(self, X):
        return self.head.labels(self.predict_proba(X))

    def decision_function(self, X):
        return self.head.decisions(self.predict_proba(X))
