"""What early stopping looks at after each epoch, if not at the loss."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.metrics import check_scoring


class EpochScorer:
    """The score of a network on held-out samples.

    Parameters
    ----------
    scoring : str or callable
        A scorer of scikit-learn's, by its name, or one of the user's.
    head : Head
        The kind of target.
    X : ndarray or CSR of shape (n_samples, maxlen) or (n_samples, n_features)
        What the scorer gets as X: held-out samples as the network takes them.
    y : ndarray of shape (n_samples,) or (n_samples, n_labels)
        Their labels.
    weight : ndarray of shape (n_samples,), default=None
        Their weights.
    """

    def __init__(self, scoring, head, X, y, weight=None):
        self._head, self._X, self._y = head, X, y
        self._weights = {} if weight is None else {"sample_weight": weight}
        self._scorer = check_scoring(_HeldOutClassifier(head, None), scoring)

    def __call__(self, outputs):
        """Return the score of a network that gives these outputs; larger is better."""
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
    """A classifier that predicts the held-out samples, and nothing else."""

    def __init__(self, head, outputs):
        self.head = head
        self.outputs = outputs

    @property
    def classes_(self):
        return self.head.classes

    def fit(self, X, y):
        """Do nothing: the outputs are there."""
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
