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

    It takes what a stock Pipeline hands it: token ids, (n_samples, maxlen), from
    :class:`~sklearn_textnn.preprocessing.PadTransformer`; the same with pretrained vectors, from
    :class:`~sklearn_textnn.embeddings.GloVeEmbedder`; or float features, (n_samples, n_features),
    sparse or dense, from CountVectorizer and the like. Ids or features is the network's business.
    A plain tensor, (n_samples, maxlen, dim), is read as vectors of tokens that are not trained;
    its vectors of zeros at the end of a text are padding.

    Binary, multiclass and multilabel targets, string labels and weights work as in any
    scikit-learn classifier.

    Parameters
    ----------
    model : Network or callable, default=None
        The architecture, such as ``ConvolutionalNetwork(num_filters=64)``; None for
        ``PoolingNetwork()``. Or a SciKeras-style function ``create_model(units, ..., meta)`` that
        returns a Keras model: its arguments are given as ``model__units=...``, and `meta` holds
        SciKeras' keys and the fields of :class:`~sklearn_textnn.networks.NetworkSpec`.
    optimizer : str, type or keras.optimizers.Optimizer, default=None
        None for Adam, or for the optimizer of a model that a function returned compiled. An
        instance is copied at each fit.
    loss : str, type, callable or keras.losses.Loss, default=None
        None for the cross-entropy that fits the labels, or for the loss of a model that a function
        returned compiled.
    metrics : list, default=None
        Keras metrics to record beside accuracy.
    epochs : int or "auto", default=20
        How often each sample is seen. "auto": often enough for 600 training steps, and between 8
        and 40 times.
    batch_size : int or "auto", default=32
        Samples in a training step; "auto" is ``min(200, n_samples)``.
    shuffle : bool, default=True
        Whether each epoch has its own order of the samples.
    early_stopping : bool, default=False
        Whether to stop when `scoring` has not improved for `n_iter_no_change` epochs and go back to
        the best epoch. Measured on `X_val`, `y_val` where fit gets them, else on a stratified part
        of the training data that is then not trained on.
    scoring : str or callable, default="loss"
        What `early_stopping` looks at: the validation loss, or a scorer of scikit-learn's, such as
        ``"f1_macro"``, whose values stand in `history_` as ``val_score``. A callable gets
        a classifier, the held-out samples as the network takes them and their labels.
    train_on_all : bool, default=False
        Whether to train anew on all the data after `early_stopping`, for as many epochs as were
        best; validation data that fit gets are not trained on.
    validation_fraction : float, default=0.1
        Share of the training data set aside for `early_stopping`, in (0, 1).
    n_iter_no_change : int, default=5
        Epochs to wait for an improvement.
    class_weight : dict, list of dict or "balanced", default=None
        Weights keyed by label; for multilabel targets a list of dicts with the weights of 0 and 1
        for each label. They multiply `sample_weight`. In `fit` weights are scaled once to mean 1
        over the training samples; `partial_fit` takes them as they are.
    handle_unknown : {"oov", "error"}, default="oov"
        What becomes of token ids that the table has no row for: the vocabulary's out-of-vocabulary
        id, or padding where there is none; or a ValueError.
    n_tokens : int, default=None
        Rows of the token table for plain arrays of ids, the padding id 0 included. None for what
        the vocabulary knows, or the largest id plus 1.
    dtype : {"float32", "float64"}, default="float32"
        Precision of weights and arithmetic.
    callbacks : keras.callbacks.Callback, type, or list or dict of these, default=None
        Keras callbacks. An instance serves one fit at a time and keeps what it records; a clone
        has a copy.
    warm_start : bool or "total", default=False
        Whether fit goes on from the weights of the last fit. Rows of the token table are matched
        by word where X carries a vocabulary. "total": `epochs` counts those of the fits before as
        well, and fit goes on with their optimizer and seeds: on the same data it ends with the
        bits of a single fit of so many epochs. Not with `early_stopping`, and callbacks of Keras
        that remember epochs start afresh.
    run_eagerly : bool, default=False
        Keras' switch for debugging.
    n_members : int, default=1
        How many networks to train, from different random numbers, and to average the probabilities
        of. They are those that as many fits with one and the same RandomState instance give.
    n_jobs : int, default=None
        How many members to train at the same time, in threads; None for 1, -1 for all cores.
        Callbacks see one member after the other.
    random_state : int, RandomState instance or None, default=None
        Where weights, order of samples and dropout come from.
    verbose : int, default=0
        0 for silence, 1 or 2 for a line per epoch; where Keras' own fit has to train, 1 for its
        progress bar.
    **routed : dict
        ``optimizer__learning_rate``, ``loss__label_smoothing``, ``callbacks__patience``,
        ``metrics__...``, ``fit__validation_freq`` and, where `model` is a function, ``model__*``.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
        Sorted labels; for multilabel targets the column numbers.
    history_ : dict of str to list of float
        Loss, accuracy and other metrics of every epoch, with ``val_`` in front for validation data;
        of several members with ``member_0_`` and so on in front. After `train_on_all` those of the
        search for the number of epochs.
    n_iter_ : int
        Epochs trained; of several members the largest number.
    weights_ : tuple of ndarray
        The trained weights, in the order of ``model_.weights``, member by member; read-only.
    members_ : list of KerasTextClassifier
        The members, each a fitted classifier of its own.
    network_ : Network
        The architecture that was trained.
    spec_ : NetworkSpec
        The sizes that it was trained for.
    vocabulary_ : Vocabulary or None
        The words of the ids, where X carried them.
    model_ : keras.Model
        A real Keras model with the trained weights, uncompiled; made anew on each access, so that
        changing it does not change predictions. Several members become one model, which averages.
        What its ``save`` writes, Keras loads after ``import sklearn_textnn.networks``.
    engine_ : str
        Who trained: TensorFlow's compiled programs, or ``keras.Model.fit`` and why.
    n_features_in_ : int
        Columns of X.
    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, where X had them.

    References
    ----------
    The parameters' names and their routing are those of SciKeras 0.13,
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
            Token ids or features, as the network reads them. Words that the vocabulary does not
            know but the vectors hold are looked up and not trained.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels, or a 0/1 indicator matrix.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more.
        X_val : like X, default=None
            Validation data. In a Pipeline it passes the earlier steps with
            ``Pipeline(..., transform_input=["X_val"])`` and metadata routing switched on.
        y_val : like y, default=None
            Their labels.

        Returns
        -------
        self : KerasTextClassifier
            The fitted classifier.

        Raises
        ------
        ValueError
            If X, y or weights are not what is described here, or training diverges; or if
            warm_start="total" and more than `epochs` epochs were trained before.
        """
        before = self._fitted if self.warm_start and self.initialized_ else None
        return self._set_fitted(
            X, y, sample_weight, X_val=X_val, y_val=y_val, epochs=self.epochs, before=before
        )

    def initialize(self, X, y):
        """Make the network with random weights, without training it.

        Parameters
        ----------
        X, y
            As in `fit`.

        Returns
        -------
        self : KerasTextClassifier
            A classifier that can predict, badly.
        """
        return self._set_fitted(X, y, epochs=0)

    @refuse_keras_arguments
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        """Train one more epoch, on from where the last call ended.

        The optimizer's state is kept, as arrays, from call to call.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            Token ids or features.
        y : array-like of shape (n_samples,) or (n_samples, n_labels)
            Labels.
        classes : array-like of shape (n_classes,), default=None
            All labels there will be; needed at the first call.
        sample_weight : array-like of shape (n_samples,), default=None
            Weights, 0 or more.

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
        """Fit, and take over what was learnt at once: an interrupt or an error changes nothing."""
        try:
            learnt = Fit(self, **how).learn(X, y, sample_weight, classes)
        except ValueError as error:
            self._drop_refused(error)
            raise
        vars(self).pop("feature_names_in_", None)
        vars(self).update(learnt)
        return self

    def _outputs(self, fitted, matrix, beside):
        return predict(fitted.network, fitted.spec, fitted.state, matrix, beside)

    score = refuse_keras_arguments(ClassifierMixin.score)

    def token_attributions(self, X):
        """Attribute the log-odds of each class to the tokens, by integrated gradients.

        The vectors of a text go from zero to what they are, all at once; the value of a token is
        the integral of the gradient over its vector along this way. The values of a text sum to
        its log-odds less those of the text with vectors of zeros, to 0.001 of log-odds.
        :func:`~sklearn_textnn.inspection.explain_texts` asks for them with ``method="gradients"``.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens or array-like of int of shape (n_samples, maxlen)
            As in `fit`.

        Returns
        -------
        list of ndarray of shape (n_tokens, n_classes)
            For each sample a row for each token that is no padding, in their order; columns in the
            order of `classes_`.

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

    # What was learnt

    @property
    def history_(self):
        """A copy of loss, accuracy and other metrics of every epoch."""
        members = self._checked_fitted().members
        return {
            f"member_{i}_{name}" if len(members) > 1 else name: list(values)
            for i, member in enumerate(members)
            for name, values in member.history.items()
        }

    n_iter_ = fitted_attribute("most_epochs", "Epochs trained, by the member with most.")
    engine_ = fitted_attribute("engine", "Who trained, and why nobody faster.")

    @property
    def model_(self):
        """A Keras model with the trained weights, made anew on each access."""
        members = self._checked_fitted().members
        models = [build_model(m.network, m.spec, m.state.weights) for m in members]
        return models[0] if len(models) == 1 else average_model(models)

    @property
    def members_(self):
        """The members, each a fitted classifier of its own."""
        found = []
        for member in self._checked_fitted().members:
            single = clone(self).set_params(n_members=1)
            vars(single).update(columns_of(self) | {"_fitted": replace(member, others=())})
            found.append(single)
        return found

    # What scikit-learn asks for

    def _check_saved(self):
        """Refuse what Keras would make objects of, and call, when it is fitted again."""
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
