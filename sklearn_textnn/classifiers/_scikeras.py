"""The base class of the classifier: SciKeras' wrapper, or BaseEstimator without SciKeras.

SciKeras is not maintained, and predates scikit-learn's tags and parameter checks. The classifier
inherits its type only, and behaves in the same way without it. Importing SciKeras sets
``__reduce__`` on ``keras.Model``, ``keras.losses.Loss`` and others, so only the classifier imports
it.
"""

from sklearn.base import BaseEstimator, ClassifierMixin

try:
    from scikeras.wrappers import BaseWrapper
except Exception:  # not installed, or broken by a newer Keras or scikit-learn
    BaseWrapper = BaseEstimator

# scikit-learn 1.7 and later use `__sklearn_tags__`; SciKeras 0.13 has only `_more_tags`.
TAGS_ARE_MISSING = "__sklearn_tags__" not in vars(BaseWrapper)
if TAGS_ARE_MISSING:
    BaseWrapper.__sklearn_tags__ = BaseEstimator.__sklearn_tags__


class _Hidden:
    """An attribute of SciKeras that the classifier does not have."""

    def __get__(self, instance, owner):
        raise AttributeError(f"{owner.__name__} has no such attribute")


class SciKerasClassifier(ClassifierMixin, BaseWrapper):
    """A classifier of SciKeras by type, and of scikit-learn by behaviour."""

    # SciKeras treats all attributes of an instance as parameters.
    _get_param_names = classmethod(BaseEstimator._get_param_names.__func__)
    get_params = BaseEstimator.get_params
    __name__ = current_epoch = feature_encoder = scorer = target_encoder = _Hidden()

    def __repr__(self, N_CHAR_MAX=700):
        return BaseEstimator.__repr__(self, N_CHAR_MAX=N_CHAR_MAX)

    def __dir__(self):
        hidden = {n for n, v in vars(SciKerasClassifier).items() if isinstance(v, _Hidden)}
        return set(super().__dir__()) - hidden

    @property
    def initialized_(self):
        """Whether the classifier has weights to predict with."""
        return self.__sklearn_is_fitted__()
