"""A trained network as a scikit-learn classifier that predicts with NumPy only."""

from dataclasses import replace

from sklearn.base import BaseEstimator, ClassifierMixin

from .._compat import StrOptions
from ..classifiers import PredictionMixin, describe_inputs
from ..engines import forward_pass
from ..networks import has_forward


class FrozenTextClassifier(PredictionMixin, ClassifierMixin, BaseEstimator):
    """A trained network that predicts with NumPy only and cannot be trained further.

    Created by :func:`freeze` or ``persistence.load(path, frozen=True)`` from a
    :class:`~sklearn_textnn.classifiers.KerasTextClassifier`. It takes the same X and predicts the
    same labels; probabilities agree within 1e-5 with those that Keras computes in float32.
    Predictions for a text do not depend on the other texts of the batch, bit for bit. Neither
    TensorFlow nor Keras is imported.

    Parameters
    ----------
    handle_unknown : {"oov", "error"}, default="oov"
        How to treat token ids without a row in the table: replace them by the vocabulary's
        out-of-vocabulary id (padding if there is none), or raise a ValueError.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; for multilabel targets the column numbers.
    weights_ : tuple of ndarray
        The trained weights, in the order of ``keras.Model.weights``; read-only.
    network_ : Network
        The architecture that was trained.
    spec_ : NetworkSpec
        The sizes that it was trained for.
    vocabulary_ : Vocabulary or None
        The words of the ids, if X carried them.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if X had any.

    See Also
    --------
    freeze : Freeze a fitted pipeline.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn import KerasTextClassifier, KerasTokenizerTransformer, PadTransformer
    >>> from sklearn_textnn import load_reviews
    >>> from sklearn_textnn.serving import freeze
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> pipeline = make_pipeline(
    ...     KerasTokenizerTransformer(), PadTransformer(), KerasTextClassifier(random_state=0)
    ... ).fit(texts, y)
    >>> frozen = freeze(pipeline)
    >>> frozen[-1]
    FrozenTextClassifier()
    >>> bool((frozen.predict(texts) == pipeline.predict(texts)).all())
    True
    """

    _parameter_constraints = {"handle_unknown": [StrOptions({"oov", "error"})]}

    def __init__(self, handle_unknown="oov"):
        self.handle_unknown = handle_unknown

    @staticmethod
    def reduced(params, attributes):
        """Reduce a KerasTextClassifier to what prediction needs.

        Parameters
        ----------
        params : dict
            Parameters of a KerasTextClassifier.
        attributes : dict
            Its fitted attributes; empty before fit.

        Returns
        -------
        params, attributes : dict
            Those of a FrozenTextClassifier.
        """
        params = {k: v for k, v in params.items() if k == "handle_unknown"}
        fitted = attributes.get("_fitted")
        if fitted is not None:
            first, *others = map(_for_prediction, fitted.members)
            attributes = attributes | {"_fitted": replace(first, others=tuple(others))}
        return params, attributes

    def fit(self, X, y=None):
        """Raise an error, since a frozen classifier only predicts.

        Parameters
        ----------
        X, y
            Ignored.

        Raises
        ------
        NotImplementedError
            Always.
        """
        raise NotImplementedError(
            "A FrozenTextClassifier only predicts. Fit the pipeline that it was made from, or a "
            "new one with KerasTextClassifier, and freeze that."
        )

    def _outputs(self, fitted, matrix, beside):
        return forward_pass(fitted.network, fitted.spec, fitted.state)(matrix, beside)

    @property
    def dtype(self):
        """Precision of weights and arithmetic."""
        return self._checked_fitted().spec.dtype

    def _check_saved(self):
        super()._check_saved()
        if "_fitted" in vars(self):
            check_has_forward(self._fitted.network)

    def __sklearn_clone__(self):
        return self  # as FrozenEstimator: nothing to fit again

    def __sklearn_tags__(self):
        network = self._fitted.network if "_fitted" in vars(self) else None
        return describe_inputs(super().__sklearn_tags__(), network, self.handle_unknown)


def _for_prediction(member):
    """Return the fitted attributes without those that only training needs."""
    state = replace(member.state, slots=(), slot_tables=())
    return replace(member, state=state, history={}, others=())


def check_has_forward(network):
    """Raise a ValueError if a network has no NumPy form."""
    if not has_forward(network):
        refuse(network)


def refuse(network, layers=()):
    """Raise a ValueError that says what is missing and how to add it.

    Parameters
    ----------
    network : object with ``build(spec)``
        A network without a NumPy form.
    layers : list of str, default=()
        Its layers that NumpyLayers lacks.
    """
    name, define = f"The network {type(network).__name__}", "Define"
    if hasattr(network, "function"):  # as of SciKeras
        name = f"The model of {network.function.__name__}"
        define = "Write it as a Network of your own, and define"
    because = f": nothing computes its layer {', '.join(layers)} without Keras" if layers else ""
    raise ValueError(
        f"{name} has no NumPy form{because}. {define} forward(layers, x) on its class beside "
        "build: any NumPy code, with the layers of sklearn_textnn.networks.NumpyLayers."
    )
