"""Prediction from the fitted state, without Keras."""

from operator import attrgetter

import numpy as np
from sklearn.utils.validation import check_is_fitted

from .._saved_state import COLUMNS, instance_of, integer
from .._validation import expect
from ._fitted import Fitted
from ._inputs import columns_of, read_inputs
from ._keras_arguments import refuse_keras_arguments
from ._token_rows import map_ids


def fitted_attribute(path, doc):
    """Return a read-only property of the fitted state."""
    value = attrgetter(path)
    return property(lambda self: value(self._checked_fitted()), doc=doc)


class PredictionMixin:
    """Mixin of prediction methods from a `Fitted` value.

    A subclass has a parameter `handle_unknown` and a method ``_outputs(fitted, ids_or_features,
    beside)``, which returns the network's outputs; `beside` holds the vectors of words without a
    row.
    """

    _saved_state = {
        **COLUMNS,
        "n_features_in_": integer(1),
        "_fitted": instance_of(Fitted),
    }

    @refuse_keras_arguments
    def predict_proba(self, X):
        """Return the probability of each class or label.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; rows sum to 1 except for multilabel targets.
        """
        return self._predict_with(self._checked_fitted(), X)

    def _predict_with(self, fitted, X):
        """Return the probabilities of one fitted state, also while another thread fits."""
        inputs = read_inputs(self, X, reads=fitted.network.reads, columns=columns_of(self))
        parts = [self._predict_member(member, inputs) for member in fitted.members]
        return parts[0] if len(parts) == 1 else np.mean(parts, axis=0)

    def _predict_member(self, fitted, inputs):
        matrix, beside = inputs.matrix, None
        if inputs.is_ids:
            matrix, beside = map_ids(fitted, inputs, self.handle_unknown)
        return fitted.head.probabilities(self._outputs(fitted, matrix, beside))

    def predict_log_proba(self, X):
        """Return the logarithm of :meth:`predict_proba`.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; minus infinity for a probability of 0.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    @refuse_keras_arguments
    def decision_function(self, X):
        """Return the log-odds of each class or label, clipped to finite values.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes those of ``classes_[1]``, else one column per class or label.
        """
        fitted = self._checked_fitted()
        return fitted.head.decisions(self._predict_with(fitted, X))

    @refuse_keras_arguments
    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The most probable class; for multilabel targets all labels with a probability of at
            least 0.5.
        """
        fitted = self._checked_fitted()
        return fitted.head.labels(self._predict_with(fitted, X))

    classes_ = fitted_attribute(
        "head.classes", "Sorted labels; for multilabel targets column numbers."
    )
    weights_ = fitted_attribute("weights", "The trained weights, as those of a Keras model.")
    network_ = fitted_attribute("network", "The architecture that was trained.")
    spec_ = fitted_attribute("spec", "The sizes that it was trained for.")
    vocabulary_ = fitted_attribute("vocabulary", "The words of the ids, if X carried them.")

    def _checked_fitted(self):
        if "_fitted" not in vars(self):
            check_is_fitted(self)
        return self._fitted

    def __sklearn_is_fitted__(self):
        return "_fitted" in vars(self)

    def _check_saved(self):
        """Raise a ValueError if columns and network do not match."""
        if "_fitted" in vars(self):
            for member in self._fitted.members:
                spec, reads, n = member.spec, member.network.reads, self.n_features_in_
                width = spec.maxlen if reads == "ids" else spec.n_features
                fault = f"its spec has the width {width}, its n_features_in_ is {n}"
                expect(width == n, fault)


def describe_inputs(tags, network, handle_unknown):
    """Set scikit-learn's tags for the input and targets of a network."""
    reads = getattr(network, "reads", "features")
    tags.input_tags.categorical = reads == "ids"
    tags.input_tags.positive_only = reads == "ids" and handle_unknown == "error"
    tags.input_tags.sparse = reads == "features"
    # scikit-learn's test data cannot be learned if the order of columns does not matter
    tags.classifier_tags.poor_score = not getattr(network, "sees_order", True)
    tags.classifier_tags.multi_label = True
    return tags
