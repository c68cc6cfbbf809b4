"""KerasTextClassifier: a network as a scikit-learn classifier."""

import copy
import inspect
import warnings
from dataclasses import replace
from functools import partial as bind
from numbers import Integral, Real

import keras
import numpy as np
from sklearn.base import clone
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from .._compat import Interval, InvalidParameterError, StrOptions, check_parameters
from ..networks import Network, NetworkSpec, PoolingNetwork
from . import _training
from ._function import FunctionNetwork
from ._inputs import (
    check_features,
    check_ids,
    check_vectors,
    first_rows,
    map_unknown,
    reads_ids,
    table_of,
    vocabulary_of,
)
from ._parameter_routing import RoutedParameters
from ._recipe import (
    make_callbacks,
    make_loss,
    make_metrics,
    make_optimizer,
    wants_one_hot,
)
from ._scikeras import SciKerasClassifier
from ._states import adopt_rows, going_on, grown, joined
from ._targets import find_classes, find_targets
from ._weights import weigh

_LARGEST_TABLE = 10_000_000  # rows that plain ids may ask for without n_tokens
_POSITIVE = Interval(Integral, 1, None, closed="left")


class KerasTextClassifier(RoutedParameters, SciKerasClassifier):
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
    epochs : int, default=20
        How often each sample is seen.
    batch_size : int or "auto", default=32
        Samples in a training step; "auto" is ``min(200, n_samples)``.
    shuffle : bool, default=True
        Whether each epoch has its own order of the samples.
    early_stopping : bool, default=False
        Whether to stop when the validation loss has not improved for `n_iter_no_change` epochs and
        go back to the best epoch. Measured on `X_val`, `y_val` where fit gets them, else on a
        stratified part of the training data that is then not trained on.
    validation_fraction : float, default=0.1
        Share of the training data set aside for `early_stopping`, in (0, 1).
    n_iter_no_change : int, default=5
        Epochs to wait for an improvement.
    class_weight : dict, list of dict or "balanced", default=None
        Weights keyed by label; a list of them for multilabel targets. They multiply
        `sample_weight`.
    handle_unknown : {"oov", "error"}, default="oov"
        What becomes of token ids that the table has no row for: the vocabulary's out-of-vocabulary
        id, or padding where there is none; or a ValueError.
    n_tokens : int, default=None
        Rows of the token table for plain arrays of ids, the padding id 0 included. None for what
        the vocabulary knows, or the largest id plus 1.
    dtype : {"float32", "float64"}, default="float32"
        Precision of weights and arithmetic.
    callbacks : keras.callbacks.Callback, type, or list or dict of these, default=None
        Keras callbacks; instances are copied at each fit.
    warm_start : bool, default=False
        Whether fit goes on from the weights of the last fit. Rows of the token table are matched
        by word where X carries a vocabulary.
    run_eagerly : bool, default=False
        Keras' switch for debugging.
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
        Loss, accuracy and other metrics of every epoch, with ``val_`` in front for validation data.
    n_iter_ : int
        Epochs trained.
    weights_ : list of ndarray
        The trained weights, in the order of ``keras.Model.weights``.
    network_ : Network
        The architecture that was trained.
    spec_ : NetworkSpec
        The sizes that it was trained for.
    vocabulary_ : Vocabulary or None
        The words of the ids, where X carried them.
    model_ : keras.Model
        A real Keras model with the trained weights, uncompiled; made anew on each access, so that
        changing it does not change predictions.
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
        "epochs": [_POSITIVE],
        "batch_size": [_POSITIVE, StrOptions({"auto"})],
        "shuffle": ["boolean"],
        "early_stopping": ["boolean"],
        "validation_fraction": [Interval(Real, 0, 1, closed="neither")],
        "n_iter_no_change": [_POSITIVE],
        "class_weight": [dict, list, StrOptions({"balanced"}), None],
        "handle_unknown": [StrOptions({"oov", "error"})],
        "n_tokens": [Interval(Integral, 1, np.iinfo(np.int32).max, closed="both"), None],
        "dtype": [StrOptions({"float32", "float64"})],
        "callbacks": "no_validation",
        "warm_start": ["boolean"],
        "run_eagerly": ["boolean"],
        "random_state": ["random_state"],
        "verbose": ["verbose"],
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
        validation_fraction=0.1,
        n_iter_no_change=5,
        class_weight=None,
        handle_unknown="oov",
        n_tokens=None,
        dtype="float32",
        callbacks=None,
        warm_start=False,
        run_eagerly=False,
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
        self.validation_fraction = validation_fraction
        self.n_iter_no_change = n_iter_no_change
        self.class_weight = class_weight
        self.handle_unknown = handle_unknown
        self.n_tokens = n_tokens
        self.dtype = dtype
        self.callbacks = callbacks
        self.warm_start = warm_start
        self.run_eagerly = run_eagerly
        self.random_state = random_state
        self.verbose = verbose
        self._store_routed(routed)

    # Training

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
            If X, y or weights are not what is described here, or training diverges.
        """
        before = self if self.warm_start and self.initialized_ else None
        return self._become_fitted(
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
        return self._become_fitted(X, y, epochs=0)

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
        before = self if self.initialized_ else None
        return self._become_fitted(
            X, y, sample_weight, classes=classes, epochs=1, before=before, partial=True
        )

    def _become_fitted(self, *args, **kwargs):
        """Fit a shallow copy and take over its state at once.

        Whatever interrupts training, Ctrl-C included, leaves the old state, and a thread that
        predicts meanwhile sees either the old or the new one.
        """
        fitted = copy.copy(self)
        before = dict(vars(self))
        with self._dropping_refused():
            fitted._fit(*args, **kwargs)
        after = vars(fitted)
        learnt = {k: v for k, v in after.items() if k not in before or v is not before[k]}
        # what was set on this one meanwhile, by a callback or another thread, stays
        now = {k: v for k, v in vars(self).items() if k in after or k not in before}
        self.__dict__ = now | learnt
        return self

    def _fit(
        self,
        X,
        y,
        sample_weight=None,
        *,
        X_val=None,
        y_val=None,
        classes=None,
        epochs,
        before=None,
        partial=False,
    ):
        self._check_parameters()
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but the target y "
                "is None."
            )
        if (X_val is None) != (y_val is None):
            raise ValueError("X_val and y_val go together: got only one of them.")
        goes_on = partial and before is not None
        self._reads = self._input_kind(X)
        matrix = self._check_matrix(X, reset=not goes_on)
        check_consistent_length(matrix, y)
        y = self._learn_targets(y, classes, before, goes_on)
        if sample_weight is not None or self.class_weight is not None:
            sample_weight = weigh(
                y, sample_weight, self.class_weight, self._targets, self.dtype, partial=partial
            )
            kept = sample_weight > 0
            if not kept.all():  # else X, which may be large, needs no copy
                matrix, y, sample_weight = matrix[kept], y[kept], sample_weight[kept]
        seed = before.spec_.seed if goes_on else self._draw_seed()
        table = table_of(X) if self._reads == "ids" else None
        self._learn_sizes(matrix, vocabulary_of(X), table, seed, before)
        self.network_ = self._make_network(matrix, y)
        n_before = 0 if before is None else before.n_iter_ + 1
        # a word that is new in continued training starts with a vector that no other word had
        outline = _training.outline(self.network_, replace(self.spec_, seed=seed + n_before))
        self._targets.check_units(outline.units)

        loss = self._make_loss(outline)
        encode = bind(self._encode, units=outline.units, loss=loss)
        self._grows = outline.state.grows and not isinstance(self.network_, FunctionNetwork)
        fixed = []  # vectors of words beyond the table, which are looked up and not trained
        ids = self._beside_the_table(*self._map_ids(matrix, table), fixed)
        data, validation = encode(ids, y, sample_weight), None
        if X_val is not None:
            ids = self._beside_the_table(*self._read(X_val, "X_val"), fixed)
            validation = encode(ids, y_val, name="y_val")
        elif self.early_stopping and epochs > 1:
            data, validation = self._set_aside(data, y, seed)
        recipe = self._make_recipe(outline, loss, epochs, data, validation, before)
        start = self._start_from(outline.state, before, keep_slots=partial)
        spec = replace(self.spec_, fixed_rows=np.concatenate(fixed)) if fixed else self.spec_
        self._state, history = _training.train(
            self.network_, spec, data, recipe, start, validation, keep_slots=partial
        )
        self.spec_ = replace(self.spec_, table=None)  # the weights started from it
        self._grows = self._state.grows
        for array in self._state.weights:
            array.setflags(write=False)  # predictions would not follow a change
        self._record(history, recipe, before)

    # The steps of training, in their order

    def _check_parameters(self):
        check_parameters(self)
        self._check_routes()
        if isinstance(self.model, Network):
            check_parameters(self.model)

    def _input_kind(self, X):
        """Return "ids" or "features": what the network reads, or what X is for a function."""
        model = PoolingNetwork if self.model is None else self.model
        kind = getattr(model, "reads", None)
        return kind or ("ids" if reads_ids(X) else "features")

    def _check_matrix(self, X, *, reset, name="X"):
        """Return X as a matrix of ids, not mapped yet, or of features."""
        if self._reads == "ids":
            return check_ids(self, X, reset=reset, name=name)
        return check_features(
            self,
            X,
            reset=reset,
            dtype=self.dtype,
            takes_tensors=callable(self.model) and not hasattr(self.model, "reads"),
            name=name,
        )

    def _read(self, X, name="X"):
        """Return X as `_map_ids` does, checked against what was fitted."""
        matrix = self._check_matrix(X, reset=False, name=name)
        if self._reads == "features":
            return matrix, None
        words, table = vocabulary_of(X), table_of(X)
        if None not in (words, self.vocabulary_) and not words.extends(self.vocabulary_):
            raise ValueError(
                f"{name} comes with another vocabulary ({words.n_known} known tokens) than the "
                f"classifier was fitted with ({self.vocabulary_.n_known}), so its ids mean other "
                "words. Transform with the tokenizer that fit saw; a Pipeline does."
            )
        check_vectors(self.spec_, words, table, name)
        return self._map_ids(matrix, table, name)

    def _map_ids(self, matrix, table, name="X"):
        """Map unknown ids; words that have a vector but no row of their own get ids beyond.

        Returns the ids, or the features as they are, and the rows for ids from ``spec_.n_tokens``
        on, or None.
        """
        if self._reads == "features":
            return matrix, None
        words = self.vocabulary_
        n_tokens = n_known = self.spec_.n_tokens
        oov_id = None
        if words is not None:  # n_tokens may be larger, but no word has those rows
            n_known, oov_id = words.n_known, words.oov_id
        n_rows = len(table) if table is not None and self._grows else n_known
        new = (matrix >= n_known) & (matrix < n_rows)
        if not new.any():
            return map_unknown(matrix, n_known, oov_id, self.handle_unknown, name), None
        ids = map_unknown(np.where(new, 0, matrix), n_known, oov_id, self.handle_unknown, name)
        ids[new] = matrix[new] - n_known + n_tokens
        return ids, table[n_known:]

    def _beside_the_table(self, ids, rows, fixed):
        """Add the rows of ids beyond the table to `fixed`, and count ids on from those there."""
        if rows is None:
            return ids
        n_before = sum(map(len, fixed))
        fixed.append(rows)
        return np.where(ids >= self.spec_.n_tokens, ids + n_before, ids)

    def _learn_targets(self, y, classes, before, goes_on):
        classes = None if classes is None else find_classes(classes)
        if goes_on:
            known = before._targets
            if classes is not None and not np.array_equal(classes, known.classes):
                raise ValueError(
                    f"classes is {classes.tolist()}, but the first call to partial_fit had "
                    f"{known.classes.tolist()}."
                )
            classes = known.classes
        self._targets, y = find_targets(y, classes)
        self._targets.positions(y)  # labels beyond `classes` are refused here
        if before is not None and not self._targets.equal(before._targets):
            raise ValueError(
                "warm_start and partial_fit need the targets of the training before, "
                f"{before._targets}; y holds {self._targets}."
            )
        self.classes_ = self._targets.classes
        return y

    def _draw_seed(self):
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _learn_sizes(self, matrix, words, table, seed, before):
        """Set the spec and the vocabulary; plain ids keep the table of the training before."""
        n_tokens = vector_dim = None
        if self._reads == "ids":
            if words is None and table is None and before is not None:
                words, n_tokens = before.vocabulary_, before.spec_.n_tokens
            else:
                n_tokens = self._count_tokens(matrix, words, table)
            if table is not None:
                vector_dim, table = table.shape[1], first_rows(table, n_tokens, words)
            elif before is not None:
                vector_dim = before.spec_.vector_dim
        self.vocabulary_ = words
        self.spec_ = NetworkSpec(
            n_outputs=self._targets.n_outputs,
            output_activation=self._targets.activation,
            n_tokens=n_tokens,
            maxlen=matrix.shape[1] if self._reads == "ids" else None,
            n_features=matrix.shape[1] if self._reads == "features" else None,
            dtype=self.dtype,
            seed=seed,
            vector_dim=vector_dim,
            table=table,
        )

    def _count_tokens(self, ids, words, table):
        if words is not None:
            return max(words.n_known, int(self.n_tokens or 0))
        if table is not None:  # a tensor, of which only the padding is known
            return 1
        if self.n_tokens is not None:
            return int(self.n_tokens)
        largest = int(ids.max())
        if largest >= _LARGEST_TABLE:
            row = int(np.argmax(ids.max(axis=1)))
            raise ValueError(
                f"X holds token id {largest} in row {row}, which would take a table of "
                f"{largest + 1} rows. Set n_tokens to the number of tokens; larger ids are then "
                "treated as unknown."
            )
        return max(largest + 1, 1)

    def _make_network(self, matrix, y):
        """Return what is built: a copy of the network, or the function with its arguments."""
        arguments = self._routes("model")
        if self.model is None:
            network = PoolingNetwork()
            network.set_params(**arguments)
            check_parameters(network)
            return network
        if hasattr(self.model, "build") and not inspect.isclass(self.model):
            if isinstance(self.model, keras.Model):
                raise InvalidParameterError(
                    "The 'model' parameter of KerasTextClassifier must be a network or a function "
                    "that makes a Keras model, so that every fit starts afresh. Got a Keras model; "
                    "write model=lambda: build_it()."
                )
            return clone(self.model)
        if not callable(self.model) or inspect.isclass(self.model):
            raise InvalidParameterError(
                "The 'model' parameter of KerasTextClassifier must be a network such as "
                "PoolingNetwork(), or a function that returns a Keras model. Got "
                f"{self.model!r} instead."
            )
        meta = {
            "n_features_in_": self.n_features_in_,
            "X_shape_": matrix.shape,
            "X_dtype_": matrix.dtype,
            "y_dtype_": y.dtype,
            "target_type_": type_of_target(y),
            "classes_": self.classes_,
            "n_classes_": len(self.classes_),
            "n_outputs_": self._targets.n_outputs,
            "n_outputs_expected_": self._targets.n_outputs,
        }
        compile_kwargs = {}
        if "compile_kwargs" in inspect.signature(self.model).parameters:
            compile_kwargs = {
                "optimizer": make_optimizer(self.optimizer, self._routes("optimizer")),
                "loss": self._targets.default_loss if self.loss is None else self.loss,
                "metrics": self.metrics,
            }
        return FunctionNetwork(self.model, arguments, meta, compile_kwargs, self._reads)

    def _make_loss(self, outline):
        loss = outline.loss if self.loss is None else self.loss
        sigmoid = self._targets.is_multilabel or outline.units == 1
        return make_loss(
            loss, self._routes("loss"), outline.units, sigmoid=sigmoid, dtype=self.dtype
        )

    def _encode(self, matrix, y, weight=None, *, units, loss, name="y"):
        if name != "y":
            check_consistent_length(matrix, y)
        positions = self._targets.positions(y, name)
        target = self._targets.encode(
            positions, units, one_hot=wants_one_hot(loss), dtype=self.dtype
        )
        return _training.Data(matrix, target, weight)

    def _set_aside(self, data, y, seed):
        """Split off a stratified part for early stopping, or warn where it can't be had."""
        rows = np.arange(len(y))
        stratify = None if self._targets.is_multilabel else y
        try:
            training, validation = train_test_split(
                rows, test_size=self.validation_fraction, stratify=stratify, random_state=seed
            )
        except ValueError as error:
            warnings.warn(
                f"early_stopping=True, but {len(y)} samples cannot be split into a training part "
                f"and a validation part of {self.validation_fraction} that both hold every class "
                f"({error}). Training for all epochs on all samples; pass X_val and y_val, or "
                "raise validation_fraction.",
                UserWarning,
                stacklevel=4,
            )
            return data, None
        return data.take(training), data.take(validation)

    def _make_recipe(self, outline, loss, epochs, data, validation, before):
        optimizer = outline.optimizer if self.optimizer is None else self.optimizer
        n_samples = len(data.y)
        return _training.Recipe(
            optimizer=make_optimizer(optimizer, self._routes("optimizer")),
            loss=loss,
            metrics=make_metrics(
                self.metrics,
                self._routes("metrics"),
                sigmoid=self._targets.is_multilabel or outline.units == 1,
                one_hot=wants_one_hot(loss),
            ),
            callbacks=make_callbacks(self.callbacks, self._routes("callbacks")),
            epochs=epochs,
            batch_size=min(200 if self.batch_size == "auto" else int(self.batch_size), n_samples),
            first_epoch=0 if before is None else before.n_iter_,
            patience=self.n_iter_no_change if self.early_stopping and validation else None,
            shuffle=self.shuffle,
            run_eagerly=self.run_eagerly,
            verbose=int(self.verbose),
            fit_arguments=self._routes("fit"),
        )

    def _start_from(self, fresh, before, *, keep_slots):
        """Return the weights to start with: random ones, or those of the training before."""
        if before is None:
            return fresh
        start, old, new = before._state, before.vocabulary_, self.vocabulary_
        if not keep_slots:
            start = replace(start, slots=(), slot_tables=())
        other_words = new is not None and old is not None and not new.extends(old)
        shapes = [
            [w.shape[1:] if other_words and i in state.tables else w.shape]
            for state in (fresh, start)
            for i, w in enumerate(state.weights)
        ]
        half = len(fresh.weights)
        if shapes[:half] != shapes[half:]:
            raise ValueError(
                "warm_start and partial_fit go on with the same network, number of classes and "
                f"width of X: got weights of shapes {[w.shape for w in fresh.weights]}, trained "
                f"before: {[w.shape for w in start.weights]}."
            )
        if other_words:
            start = adopt_rows(start, fresh, old.words[: old.n_known], new.words[: new.n_known])
        return going_on(start, fresh)

    def _record(self, history, recipe, before):
        losses = [*history.get("loss", []), *history.get("val_loss", [])]
        fault = None
        if not np.all(np.isfinite(losses)):
            fault = f"the loss became {losses[-1]} in"
        elif not all(np.isfinite(weight).all() for weight in self._state.weights):
            fault = "the weights are not finite after"
        if fault:
            raise ValueError(
                f"Training diverged: {fault} epoch {len(history['loss'])}. Lower "
                "optimizer__learning_rate (now "
                f"{_training.learning_rate(recipe.optimizer)}), scale the features, or set "
                "optimizer__clipnorm."
            )
        self.n_iter_ = recipe.first_epoch + len(history.get("loss", []))
        if before is not None:
            history = joined(before.history_, history)
        self.history_ = history

    # Prediction

    def predict_proba(self, X):
        """Probability of each class, or of each label.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
            In the order of `classes_`; rows sum to 1, but for multilabel targets.
        """
        check_is_fitted(self)
        fitted = copy.copy(self)  # one state throughout, whatever another thread does
        matrix, rows = fitted._read(X)
        spec, state = fitted.spec_, fitted._state
        _training.recognise(fitted.network_, spec, state)
        if rows is not None:
            state, matrix = grown(state, matrix, rows)
            spec = replace(spec, n_tokens=len(state.weights[state.tables[0]]))
        outputs = _training.predict(fitted.network_, spec, state, matrix)
        return fitted._targets.probabilities(outputs)

    def decision_function(self, X):
        """Log-odds of each class, or of each label: finite, and 0 at a probability of one half.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_classes)
            For two classes those of ``classes_[1]``, else one column per class or label.
        """
        check_is_fitted(self)
        fitted = copy.copy(self)  # as in predict_proba
        return fitted._targets.decisions(fitted.predict_proba(X))

    def predict(self, X):
        """Predict labels.

        Parameters
        ----------
        X : TokenIds, EmbeddedTokens, array-like or sparse matrix of shape (n_samples, n_features)
            As in `fit`.

        Returns
        -------
        ndarray of shape (n_samples,) or (n_samples, n_labels)
            The likeliest class; for multilabel targets every label of at least 0.5.
        """
        check_is_fitted(self)
        fitted = copy.copy(self)  # as in predict_proba
        return fitted._targets.labels(fitted.predict_proba(X))

    # What scikit-learn and Keras ask for

    @property
    def weights_(self):
        """The trained weights, in the order of ``keras.Model.weights``."""
        check_is_fitted(self)
        return self._state.weights

    @property
    def model_(self):
        """A Keras model with the trained weights, made anew on each access."""
        check_is_fitted(self)
        return _training.build(self.network_, self.spec_, self._state.weights)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_state")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        model = PoolingNetwork if self.model is None else self.model
        reads = getattr(model, "reads", "features")
        tags.input_tags.categorical = reads == "ids"
        tags.input_tags.positive_only = reads == "ids" and self.handle_unknown == "error"
        tags.input_tags.sparse = reads == "features"
        # where the order of columns plays no role, scikit-learn's test data cannot be learnt
        tags.classifier_tags.poor_score = not getattr(model, "sees_order", True)
        tags.classifier_tags.multi_label = True
        return tags
