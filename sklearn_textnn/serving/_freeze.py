"""Conversion of fitted estimators for prediction only."""

import copy

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ..classifiers import PredictionMixin, columns_of
from ..networks import has_forward
from ._frozen_classifier import FrozenTextClassifier, refuse

# The layers that NumpyLayers computes, and those that are inactive in prediction.
_WITH_NUMPY_FORM = {
    "Concatenate",
    "Dense",
    "Dropout",
    "Flatten",
    "InputLayer",
    "MaskedConv1D",
    "MaskedPooling1D",
    "TokenEmbedding",
}


def freeze(estimator):
    """Return a fitted pipeline for prediction only, without TensorFlow and Keras.

    Parameters
    ----------
    estimator : Pipeline or other estimator
        A fitted estimator with a :class:`~sklearn_textnn.classifiers.KerasTextClassifier` as its
        last step or anywhere inside, such as in ensembles and calibrated classifiers. Of a search,
        ``best_estimator_`` is used.

    Returns
    -------
    Pipeline or other estimator
        A copy with a :class:`FrozenTextClassifier` in each such place, which shares the other
        steps with `estimator`; `estimator` itself if there is nothing to freeze. Its pickle, and
        the file that :func:`~sklearn_textnn.persistence.save` writes, load without TensorFlow.

    Raises
    ------
    NotFittedError
        If `estimator` is not fitted.
    ValueError
        If a network has no NumPy form; the message names the layer.

    See Also
    --------
    sklearn_textnn.persistence.load : Load a frozen pipeline with ``frozen=True``.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn import DenseNetwork, KerasTextClassifier, load_reviews
    >>> from sklearn_textnn.serving import freeze
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> classifier = KerasTextClassifier(DenseNetwork(), epochs=2, random_state=0)
    >>> frozen = freeze(make_pipeline(CountVectorizer(), classifier).fit(texts, y))
    >>> frozen.predict_proba(["a fine film"]).shape
    (1, 2)
    """
    check_is_fitted(estimator)
    return _frozen(getattr(estimator, "best_estimator_", estimator))


def _frozen(thing):
    """Return an object with all classifiers inside frozen; itself if there are none."""
    if isinstance(thing, PredictionMixin):
        return thing if isinstance(thing, FrozenTextClassifier) else _frozen_classifier(thing)
    if isinstance(thing, dict):
        values = {key: _frozen(value) for key, value in thing.items()}
        if all(values[key] is thing[key] for key in values):
            return thing
        other = copy.copy(thing)  # a Bunch, for one
        other.update(values)
        return other
    if type(thing) in (list, tuple):
        values = [_frozen(value) for value in thing]
        is_same = all(a is b for a, b in zip(values, thing, strict=True))
        return thing if is_same else type(thing)(values)
    if isinstance(thing, np.ndarray) and thing.dtype == object and thing.ndim == 1:
        values = _frozen(thing.tolist())
        other = thing.copy()
        other[:] = values
        return thing if all(a is b for a, b in zip(values, thing, strict=True)) else other
    if isinstance(thing, BaseEstimator) or type(thing).__module__.startswith("sklearn."):
        attributes = getattr(thing, "__dict__", {})
        changed = {k: new for k, v in attributes.items() if (new := _frozen(v)) is not v}
        if changed:
            thing = copy.copy(thing)
            vars(thing).update(changed)
    return thing


def _frozen_classifier(classifier):
    """Freeze a classifier; of an unfitted one, such as the template in an ensemble, drop all."""
    if not classifier.__sklearn_is_fitted__():
        return FrozenTextClassifier(classifier.handle_unknown)
    fitted = classifier._fitted
    if not has_forward(fitted.network):
        from ..engines import build_model  # which imports Keras

        layers = build_model(fitted.network, fitted.spec).layers
        strange = [x for x in layers if type(x).__name__ not in _WITH_NUMPY_FORM]
        refuse(fitted.network, [f"{x.name!r} ({type(x).__name__})" for x in strange])
    attributes = columns_of(classifier) | {"_fitted": fitted}
    params, attributes = FrozenTextClassifier.reduced(classifier.get_params(False), attributes)
    frozen = FrozenTextClassifier(**params)
    vars(frozen).update(attributes)
    return frozen
