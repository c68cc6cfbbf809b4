"""KerasTextClassifier: a network as a scikit-learn classifier."""

from dataclasses import replace
from numbers import Integral, Real

import numpy as np
from sklearn.base import ClassifierMixin, clone

from .._compat import POSITIVE_INT, CallbackSupportMixin, Interval, StrOptions, with_callbacks
from .._saved_state import are_texts, is_plain
from .._validation import expect, short_repr
from ..engines import average_model, build_model, predict
from ..networks import Network, PoolingNetwork
from ._inputs import columns_of
from ._keras_arguments import refuse_keras_arguments
from ._parameter_routing import RoutedParameters
from ._prediction import PredictionMixin, describe_inputs, fitted_attribute
from ._scikeras import SciKerasClassifier
from ._token_attributions import attribute_tokens
from ._training import Fit


class KerasTextClassifier(
    CallbackSupportMixin, PredictionMixin, RoutedParameters, SciKerasClassifier
):
    """A neural network as a scikit-learn classifier of texts.

    The input is the output of earlier steps of a Pipeline: token ids, (n_samples, maxlen), from
    :class:`~sklearn_textnn.preprocessing.PadTransformer`; the same with pretrained vectors, from
    :class:`~sklearn_textnn.embeddings.GloVeEmbedder`; or float features, (n_samples, n_features),
    sparse or dense, from CountVectorizer and the like. The network determines whether it reads ids
    or features. A plain tensor, (n_samples, maxlen, dim), is treated as token vectors that are not
    trained; trailing zero vectors of a text are padding.

    Binary, multiclass and multilabel targets, string labels and weights are supported as in other
    scikit-learn classifiers.

    Parameters
    ----------
    model : Network or callable, default=None
        The architecture, such as ``ConvolutionalNetwork(num_filters=64)``; None for
        ``PoolingNetwork()``. Or a SciKeras-style function ``create_model(units, ..., meta)`` that
        returns a Keras model: its arguments are passed as ``model__units=...``, and `meta` holds
        SciKeras' keys and the fields of :class:`~sklearn_textnn.networks.NetworkSpec`.
    optimizer : str, type or keras.optimizers.Optimizer, default=None
        The optimizer; an instance is copied at each fit. None for Adam, or for the optimizer of a
        compiled model that a function returned.
    loss : str, type, callable or keras.losses.Loss, default=None
        The loss; None for the cross-entropy that matches the labels, or for the loss of a compiled
        model that a function returned.
    metrics : list, default=None
        Keras metrics to record in addition to accuracy.
    epochs : int or "auto", default=20
        The number of passes over the training data. "auto" means enough for 600 training steps,
        but between 8 and 40.
    batch_size : int or "auto", default=32
        The number of samples per training step; "auto" means ``min(200, n_samples)``.
    shuffle : bool, default=True
        Whether to shuffle the samples in each epoch.
    early_stopping : bool, default=False
        Whether to stop when `scoring` has not improved for `n_iter_no_change` epochs, and restore
        the best epoch. It is measured on `X_val`, `y_val` if passed to fit, else on a stratified
        part of the training data, which is then not used for training.
    scoring : str or callable, default="loss"
        The criterion of `early_stopping`: the validation loss, or a scikit-learn scorer such as
        ``"f1_macro"``, recorded in `history_` as ``val_score``. A callable gets a classifier, the
        held-out samples as the network reads them and their labels.
    train_on_all : bool, default=False
        Whether to train again on all the data after `early_stopping`, for the best number of
        epochs; `X_val`, `y_val` are never used for training.
    validation_fraction : float, default=0.1
        The share of the training data to set aside for `early_stopping`, in (0, 1).
    n_iter_no_change : int, default=5
        The number of epochs to wait for an improvement.
    class_weight : dict, list of dict or "balanced", default=None
        Class weights, keyed by label; for multilabel targets a list of dicts with the weights of 0
        and 1 for each label. They multiply `sample_weight`. `fit` scales the weights once to mean
        1 over the training samples; `partial_fit` uses them as they are.
    handle_unknown : {"oov", "error"}, default="oov"
        How to treat token ids without a row in the table: replace them by the vocabulary's
        out-of-vocabulary id (padding if there is none), or raise a ValueError.
    n_tokens : int, default=None
        The number of rows of the token table for plain arrays of ids, including the padding id 0.
        None for the size of the vocabulary, or the largest id plus 1.
    dtype : {"float32", "float64"}, default="float32"
        The precision of weights and arithmetic.
    callbacks : keras.callbacks.Callback, type, or list or dict of these, default=None
        Keras callbacks. An instance is not copied by fit and keeps its records, so only one fit at
        a time can use it; clones get a copy.
    warm_start : bool or "total", default=False
        Whether fit continues from the weights of the last fit. Rows of the token table are matched
        by word if X carries a vocabulary. With "total", `epochs` includes those of earlier fits,
        and fit also continues with their optimizer and seeds: on the same data, the result is bit
        for bit that of a single fit of as many epochs. Not with `early_stopping`; Keras callbacks
        with state start afresh.
    run_eagerly : bool, default=False
        Whether to run Keras eagerly, for debugging.
    n_members : int, default=1
        The number of networks to train, with different seeds, whose probabilities are averaged.
        Member i equals the i-th of `n_members` successive fits that share one RandomState.
    n_jobs : int, default=None
        The number of members to train at the same time, in threads; None for 1, -1 for all cores.
        With callbacks, members are trained one after the other.
    random_state : int, RandomState instance or None, default=None
        Determines initial weights, order of samples and dropout.
    verbose : int, default=0
        0 for silence, 1 or 2 for a line per epoch; if ``keras.Model.fit`` trains, 1 for its
        progress bar.
    **routed : dict
        ``optimizer__learning_rate``, ``loss__label_smoothing``, ``callbacks__patience``,
        ``metrics__...``, ``fit__validation_freq`` and, where `model` is a function, ``model__*``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; for multilabel targets the column numbers.
    history_ : dict of str to list of float
        Loss, accuracy and other metrics of each epoch, with the prefix ``val_`` for validation
        data and, if there are several members, ``member_0_`` and so on. With `train_on_all`, the
        history of the early-stopping run.
    n_iter_ : int
        The number of epochs trained, the largest of all members.
    weights_ : tuple of ndarray
        The trained weights, in the order of ``model_.weights``, member by member; read-only.
    members_ : list of KerasTextClassifier
        The members, each a fitted classifier.
    network_ : Network
        The architecture that was trained.
    spec_ : NetworkSpec
        The sizes that it was trained for.
    vocabulary_ : Vocabulary or None
        The words of the ids, if X carried them.
    model_ : keras.Model
        An uncompiled Keras model with the trained weights, rebuilt on each access, so that
        changing it does not change predictions. For several members, a model of their average. Its
        saved files can be loaded by Keras after ``import sklearn_textnn.networks``.
    engine_ : str
        What trained the network: compiled TensorFlow programs, or ``keras.Model.fit`` and why.
    n_features_in_ : int
        The number of columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        The names of the columns, if X had any.

    References
    ----------
    Names and routing of parameters are those of SciKeras 0.13,
    https://adriangb.com/scikeras/.

    Examples
    --------
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn_textnn import KerasTextClassifier, KerasTokenizerTransformer, PadTransformer
    >>> from sklearn_textnn.datasets import load_reviews
    >>> texts, y = load_reviews(source="films", return_X_y=True)
    >>> pipeline = make_pipeline(
    ...     KerasTokenizerTransformer(),
    ...     PadTransformer(),
    ...     KerasTextClassifier(optimizer__learning_rate=0.01, epochs=5, random_state=0),
    ... ).fit(texts, y)
    >>> pipeline.predict_proba(texts[:3]).shape
    (3, 2)
    """

    _parameter_constraints = {
        "model": "no_validation",
        "optimizer": "no_validation",
        "loss": "no_validation",
        "metrics": "no_validation",
        "epochs": [POSITIVE_INT, StrOptions({"auto"})],
        "batch_size": [POSITIVE_INT, StrOptions({"auto"})],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "scoring": [str, callable],
        "train_on_all": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [POSITIVE_INT],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "handle_unknown": [StrOptions({"oov", "error"})],
        "n_tokens": [Interval(Integral, 1, np.iinfo(np.int32).max, closed="both"), None],
        "dtype": [StrOptions({"float32", "float64"})],
        "callbacks": "no_validation",
        "warm_start": ["boolean", StrOptions({"total"})],
        "run_eagerly": ["boolean"],
        "n_members": [POSITIVE_INT],
        "n_jobs": [Integral, None],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
    }

    _saved_state = {
        **PredictionMixin._saved_state,
        "_routed": None,  # get_params has them
    }

    def __init__(
        self,
        model=None,
        *,
        optimizer=None,
        loss=None,
        metrics=None,
        epochs=20,
        batch_size=32,
        shuffle=True,
        early_stopping=False,
        scoring="loss",
        train_on_all=False,
        validation_fraction=0.1,
        n_iter_no_change=5,
        class_weight=None,
        handle_unknown="oov",
        n_tokens=None,
        dtype="float32",
        callbacks=None,
        warm_start=False,
        run_eagerly=False,
        n_members=1,
        n_jobs=None,
        random_state=None,
        verbose=0,
        **routed,
    ):
        self.model = model
        self.optimizer = optimizer
        self.loss = loss
        self.metrics = metrics
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.early_stopping = early_stopping
        self.scoring = scoring
        self.train_on_all = train_on_all
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.handle_unknown = handle_unknown
        self.n_tokens = n_tokens
        self.dtype = dtype
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.run_eagerly = run_eagerly
        self.n_members = n_members
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self._store_routed(routed)

    # Training

    @refuse_keras_arguments
    def fit(self, X, y, sample_weight=None, *, X_val=None, y_val=None):
        """Train the network.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            Token ids or features, as the network reads them. Unknown words that have pretrained
            vectors are looked up, but not trained.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, 0 or more.
        X_val : like X, default=None
            Validation data. A Pipeline transforms it with
            ``Pipeline(..., transform_input=["X_val"])`` and metadata routing enabled.
        y_val : like y, default=None
            Labels of the validation data.

        Returns
        -------
        self : KerasTextClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If X, y or weights are invalid, or training diverges; or if warm_start="total" and more
            than `epochs` epochs were trained before.
        """
        before = self._fitted if self.warm_start and self.initialized_ else None
        return self._set_fitted(
            X, y, sample_weight, X_val=X_val, y_val=y_val, epochs=self.epochs, before=before
        )

    def initialize(self, X, y):
        """Initialize the network with random weights, without training it.

        Parameters
        ----------
        X, y
            As in `fit`.

        Returns
        -------
        self : KerasTextClassifier
            The untrained classifier, which can predict.
        """
        return self._set_fitted(X, y, epochs=0)

    @refuse_keras_arguments
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train for one more epoch.

        The optimizer's state is preserved, as arrays, between calls.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            Token ids or features.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels; required at the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Sample weights, 0 or more.

        Returns
        -------
        self : KerasTextClassifier
            The classifier.
        """
        if classes is None and not self.initialized_:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        if self.class_weight == "balanced":
            raise ValueError(
                "class_weight='balanced' needs all labels at once and is not supported by "
                "partial_fit; pass a dict of weights instead."
            )
        before = self._fitted if self.initialized_ else None
        return self._set_fitted(
            X, y, sample_weight, classes=classes, epochs=1, before=before, partial=True
        )

    @with_callbacks
    def _set_fitted(self, X, y, sample_weight=None, classes=None, **how):
        """Fit, and set all attributes at the end: an interrupt or an error changes nothing."""
        try:
            learned = Fit(self, **how).learn(X, y, sample_weight, classes)
        except ValueError as error:
            self._drop_refused(error)
            raise
        vars(self).pop("feature_names_in_", None)
        vars(self).update(learned)
        return self

    def _outputs(self, fitted, matrix, beside):
        return predict(fitted.network, fitted.spec, fitted.state, matrix, beside)

    score = refuse_keras_arguments(ClassifierMixin.score)

    def token_attributions(self, X):
        """Attribute the log-odds of each class to the tokens, by integrated gradients.

        All vectors of a text are scaled from zero to their value; the attribution of a token is
        the integral of the gradient over its vector along this path. Attributions of a text sum to
        its log-odds minus those of a text of zero vectors, within 0.001 of log-odds.
        :func:`~sklearn_textnn.inspection.explain_texts` uses them with ``method="gradients"``.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens or array-like of int of shape (n_samples, maxlen)
            As in `fit`.

        Returns
        -------
        list of ndarray of shape (n_tokens, n_classes)
            For each sample a row per token without padding, in order; columns in the order of
            `classes_`.

        Raises
        ------
        TypeError
            If the network has no table of token vectors.
        RuntimeError
            If Keras runs on another backend than TensorFlow.

        References
        ----------
        M. Sundararajan, A. Taly and Q. Yan, "Axiomatic Attribution for Deep Networks", ICML 2017,
        https://arxiv.org/abs/1703.01365.
        """
        return attribute_tokens(self, self._checked_fitted(), X)

    # Fitted attributes

    @property
    def history_(self):
        """A copy of loss, accuracy and other metrics of each epoch."""
        members = self._checked_fitted().members
        return {
            f"member_{i}_{name}" if len(members) > 1 else name: list(values)
            for i, member in enumerate(members)
            for name, values in member.history.items()
        }

    n_iter_ = fitted_attribute("most_epochs", "The largest number of epochs of a member.")
    engine_ = fitted_attribute("engine", "What trained the network, and why.")

    @property
    def model_(self):
        """A Keras model with the trained weights, rebuilt on each access."""
        members = self._checked_fitted().members
        models = [build_model(m.network, m.spec, m.state.weights) for m in members]
        return models[0] if len(models) == 1 else average_model(models)

    @property
    def members_(self):
        """The members, each a fitted classifier."""
        found = []
        for member in self._checked_fitted().members:
            single = clone(self).set_params(n_members=1)
            vars(single).update(columns_of(self) | {"_fitted": replace(member, others=())})
            found.append(single)
        return found

    # Protocols of scikit-learn and of persistence

    def _check_saved(self):
        """Refuse values that Keras would turn into objects when fitted again."""
        is_network = self.model is None or isinstance(self.model, Network)
        expect(is_network, f"its model is a {type(self.model).__name__}, expected a network")
        for name, value in self.get_params(deep=False).items():
            fault = f"its {name} is {short_repr(value)}, of which Keras might make an object"
            if name in ("optimizer", "loss", "metrics", "callbacks"):
                names = value if isinstance(value, (list, tuple)) else [value]
                is_named = value is None or are_texts(names)
                expect(is_named, f"{fault}, expected None, a name or a list of names")
            elif "__" in name:
                expect(is_plain(value), f"{fault}, expected texts, numbers or None")
        super()._check_saved()

    def __sklearn_tags__(self):
        model = PoolingNetwork if self.model is None else self.model
        return describe_inputs(super().__sklearn_tags__(), model, self.handle_unknown)
