"""The steps of a fit, from the user's input to the fitted attributes."""

import inspect
from dataclasses import dataclass, replace

import keras
import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.parallel import Parallel, delayed

from .._compat import CALLBACKS, InvalidParameterError, check_parameters
from .._labels import check_lengths
from .._warnings import warn
from ..engines import Plan, Samples, Training, initial_model, learning_rate, train
from ..networks import NetworkSpec, PoolingNetwork
from ..preprocessing import FlatIds
from ._early_stopping import EpochScorer, set_aside
from ._epoch_tasks import EpochTasks
from ._fitted import Fitted, joined
from ._function_network import FunctionNetwork, function_meta
from ._heads import MultilabelHead, find_classes, find_head
from ._inputs import columns_of, read_inputs
from ._keras_objects import make_keras_objects, make_optimizer
from ._sample_weight import weigh
from ._token_rows import TokenRows, continue_from
from ._training_set import TrainingSet, Untrained

_LARGEST_BATCH = 200  # as in scikit-learn's MLPClassifier
_STEPS = 600  # a rule of thumb, see docs/design/0009
_FEWEST_EPOCHS, _MOST_EPOCHS = 8, 40


@dataclass(eq=False)
class Fit:
    """One fit, which does not change the classifier.

    Parameters
    ----------
    classifier : KerasTextClassifier
        The classifier with its parameters.
    epochs : int or "auto"
        The number of epochs.
    before : Fitted or None, default=None
        The earlier training to continue.
    partial : bool, default=False
        Whether more samples come in other calls; the optimizer's state is then preserved.
    X_val, y_val : object, default=None
        Validation data, as passed by the user.
    """

    classifier: object
    epochs: int | str
    before: Fitted | None = None
    partial: bool = False
    X_val: object = None
    y_val: object = None

    @property
    def _is_total(self):
        return not self.partial and self.classifier.warm_start == "total"

    @property
    def _is_exact(self):
        """Whether the optimizer and the seeds continue, too."""
        return self.partial or self._is_total

    def learn(self, X, y, sample_weight=None, classes=None):
        """Train, and return the attributes of a fitted classifier."""
        clf, n, before = self.classifier, self.classifier.n_members, self.before
        self._check_arguments(y)
        given = self._read_training_set(X, y, sample_weight, classes)
        befores = [None] * n if before is None else [before, *before.others, *[None] * n][:n]
        n_epochs = self._epochs_left(len(given.y), before)
        n_epochs = None if clf.train_on_all and clf.early_stopping else n_epochs
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        what = {"estimator": clf, "X": X, "y": y, "metadata": metadata}
        root, tasks = self._begin_tasks(n_epochs, what)

        def fit_member(task, *start):
            if n == 1:
                return self._fit_member(given, task, what, *start)
            task.call_on_fit_task_begin(**what)
            fitted = self._fit_member(given, task, what, *start)
            task.call_on_fit_task_end(**what, reconstruction_attributes=_attributes(given, fitted))
            return fitted

        n_jobs = 1 if clf.callbacks else clf.n_jobs
        starts = zip(tasks, befores, self._draw_seeds(befores), strict=True)
        first, *others = Parallel(n_jobs=n_jobs, prefer="threads")(
            delayed(fit_member)(*start) for start in starts
        )
        learned = _attributes(given, replace(first, others=tuple(others)))
        root.call_on_fit_task_end(**what, reconstruction_attributes=learned)
        return learned

    def _begin_tasks(self, n_epochs, what):
        """Begin the task of the fit for scikit-learn's callbacks.

        Return it and, for each member, the task whose subtasks are its epochs: the task of the
        fit, or a subtask per member if there are several, which may train at the same time.
        """
        clf, n = self.classifier, self.classifier.n_members
        if n == 1:
            root = clf._init_callback_context(max_subtasks=n_epochs)
            return root.call_on_fit_task_begin(**what), [root]
        root = clf._init_callback_context(max_subtasks=n, sequential_subtasks=False)
        root.call_on_fit_task_begin(**what)
        part = {"task_name": "member", "max_subtasks": n_epochs}
        return root, [root.subcontext(task_id=i, **part) for i in range(n)]

    def _fit_member(self, given, task, what, before, seed):
        """Train one network."""
        clf, y_val = self.classifier, self.y_val
        untrained, given = self._build(given, before, seed)
        held_out = None if y_val is None else given.head.positions(y_val, "y_val")
        data, validation, fixed_rows = self._make_samples(given, untrained, held_out)
        all_data, epochs = data, self._epochs_left(len(given.y), before)
        if validation is None and clf.early_stopping and epochs > 1:
            data, validation, held_out = set_aside(data, given, clf.validation_fraction, seed)
        score = None
        if validation is not None and clf.early_stopping and clf.scoring != "loss":
            score = EpochScorer(clf.scoring, given.head, validation, held_out)
        plan = self._make_plan(
            given,
            untrained,
            *self._scale_weights(data, validation),
            spec=replace(untrained.spec, fixed_rows=fixed_rows),
            epochs=epochs,
            first_epoch=0 if before is None else before.n_iter,
            keep_slots=self._is_exact,
            score=score,
        )
        if getattr(clf, CALLBACKS, None):

            def learned(history, weights):
                training = Training.of_weights(plan, history, weights)
                return _attributes(given, _make_fitted(plan, training, given, untrained))

            plan = replace(plan, tasks=EpochTasks(task, what, learned))
        training = _train(plan)
        if clf.train_on_all and plan.patience is not None:
            plan, training = self._train_again(plan, training, all_data, given, untrained)
        return _make_fitted(plan, training, given, untrained)

    def _train_again(self, plan, training, data, given, untrained):
        """Train on all the data for the best number of epochs; keep the history."""
        again = self._make_plan(
            given,
            untrained,
            *self._scale_weights(data, None),
            spec=plan.spec,
            epochs=training.best_epoch(plan),
            first_epoch=plan.first_epoch,
            tasks=plan.tasks,
        )
        return again, replace(_train(again), history=training.history)

    # The steps, in order

    def _check_arguments(self, y):
        self.routes = self.classifier._checked_routes()
        if y is None:
            raise ValueError(
                f"This {type(self.classifier).__name__} estimator requires y to be passed, but the "
                "target y is None."
            )
        if (self.X_val is None) != (self.y_val is None):
            raise ValueError("X_val and y_val go together: got only one of them.")
        if self._is_total and self.classifier.early_stopping:
            raise ValueError(
                'warm_start="total" continues training exactly, early_stopping ends it; set one of '
                "the two to False."
            )

    def _read_training_set(self, X, y, sample_weight, classes):
        """Validate X, y and weights; drop samples of weight 0."""
        clf = self.classifier
        continues = self.partial and self.before is not None
        reads = getattr(PoolingNetwork if clf.model is None else clf.model, "reads", None)
        inputs = read_inputs(clf, X, reads=reads, columns=columns_of(clf) if continues else None)
        head, y, positions = self._find_head(inputs.matrix, y, classes, continues)
        # the output of a function determines whether rows of 0 and 1 are classes or labels
        by_output = isinstance(head, MultilabelHead) and reads is None
        given = TrainingSet(inputs, y, head, positions, by_output)
        if sample_weight is None and clf.class_weight is None:
            return given
        class_weight = None if by_output else clf.class_weight
        return given.weighted(weigh(y, sample_weight, class_weight, head, partial=self.partial))

    def _find_head(self, X, y, classes, continues):
        before = self.before
        classes = None if classes is None else find_classes(classes)
        if continues:
            known = before.head.classes
            if classes is not None and not np.array_equal(classes, known):
                raise ValueError(
                    f"classes is {classes.tolist()}, but the first call to partial_fit had "
                    f"{known.tolist()}."
                )
            classes = known
        head, y = find_head(X, y, classes)
        positions = head.positions(y)  # labels beyond `classes` are refused here
        if before is not None and not head.equals(before.head):
            raise ValueError(
                "warm_start and partial_fit need the targets of the earlier training, "
                f"{before.head}; y holds {head}."
            )
        return head, y, positions

    def _draw_seeds(self, befores):
        """Return a seed for each member; continued training keeps its seeds."""
        draws = check_random_state(self.classifier.random_state)
        return [
            before.spec.seed
            if self._is_exact and before is not None
            else int(draws.randint(np.iinfo(np.int32).max))
            for before in befores
        ]

    def _epochs_left(self, n_samples, before):
        """Return the number of epochs to train; with "total", earlier ones are subtracted."""
        epochs = count_epochs(self.epochs, self.classifier.batch_size, n_samples)
        if before is None or not self._is_total:
            return epochs
        if epochs < before.n_iter:
            raise ValueError(
                f"epochs={epochs}, but {before.n_iter} epochs were trained before, and "
                'warm_start="total" counts them; expected at least as many.'
            )
        return epochs - before.n_iter

    def _build(self, given, before, seed):
        """Build the network; return it and the targets, which may depend on its output."""
        rows = None
        if given.inputs.is_ids:
            rows = TokenRows.learn(given.inputs, self.classifier.n_tokens, before)
        spec = self._make_spec(given, rows, seed)
        network = self._make_network(spec, given)
        # new words of continued training need vectors that no earlier word had
        draw = seed if before is None else seed + before.n_iter + 1
        initial = initial_model(network, replace(spec, seed=draw))
        given = self._match_targets(given, initial)
        start = initial.state
        if before is not None:
            start = continue_from(
                before, start, rows and rows.vocabulary, keep_slots=self._is_exact
            )
        return Untrained(network, spec, rows, initial, start, before), given

    def _match_targets(self, given, initial):
        """Return the training set with targets that match the output layer."""
        class_weight = self.classifier.class_weight
        head = given.head.with_outputs(initial.units, initial.activation, given.y)
        given = replace(given, head=head)
        if not given.by_output:
            return given
        given = replace(given, positions=head.positions(given.y))
        if class_weight is None:
            return given
        weight = weigh(given.positions, given.weight, class_weight, head, partial=self.partial)
        return replace(given, weight=weight)

    def _make_spec(self, given, rows, seed):
        inputs, width = given.inputs, given.inputs.matrix.shape[1]
        sizes = {"n_features": width}
        if rows is not None:
            sizes = {
                "n_tokens": rows.n_tokens,
                "maxlen": width,
                "vector_dim": rows.vector_dim,
                "table": None if inputs.table is None else rows.pretrained(inputs.table),
            }
        return NetworkSpec(
            n_outputs=given.head.n_outputs,
            output_activation=given.head.activation,
            dtype=self.classifier.dtype,
            seed=seed,
            output_bias=given.head.output_bias(given.positions, given.weight),
            **sizes,
        )

    def _make_network(self, spec, given):
        """Return a copy of the network, or the function with its arguments."""
        clf, model, routes = self.classifier, self.classifier.model, self.routes
        if model is None:
            network = PoolingNetwork().set_params(**routes["model"])
            check_parameters(network)
            return network
        if hasattr(model, "build") and not inspect.isclass(model):
            if isinstance(model, keras.Model):
                raise InvalidParameterError(
                    "The 'model' parameter of KerasTextClassifier must be a network or a function "
                    "that makes a Keras model, so that every fit starts afresh. Got a Keras model; "
                    "write model=lambda: build_it()."
                )
            return clone(model)
        if not callable(model) or inspect.isclass(model):
            raise InvalidParameterError(
                "The 'model' parameter of KerasTextClassifier must be a network such as "
                "PoolingNetwork(), or a function that returns a Keras model. Got "
                f"{model!r} instead."
            )
        compile_kwargs = {}
        if "compile_kwargs" in inspect.signature(model).parameters:
            compile_kwargs = {
                "optimizer": make_optimizer(clf.optimizer, routes["optimizer"]),
                "loss": given.head.default_loss if clf.loss is None else clf.loss,
                "metrics": clf.metrics,
            }
        reads = "ids" if given.inputs.is_ids else "features"
        meta = function_meta(given.inputs, given.head, given.y)
        return FunctionNetwork(model, routes["model"], meta, compile_kwargs, reads, spec.n_tokens)

    def _make_samples(self, given, untrained, held_out):
        """Return training and validation data as the network reads them, and looked-up rows."""
        clf, network, rows = self.classifier, untrained.network, untrained.rows
        grows = untrained.start.grows and not isinstance(network, FunctionNetwork)
        found = []  # vectors of words without a row

        def samples(inputs, positions, weight=None, name="X"):
            matrix = inputs.matrix
            if inputs.is_ids:
                n_before = sum(map(len, found))
                matrix, beside = rows.map(
                    inputs, clf.handle_unknown, grows=grows, n_before=n_before, name=name
                )
                found.extend([] if beside is None else [beside])
            return Samples(matrix, given.head.encode(positions, clf.dtype), weight)

        data, validation = samples(given.inputs, given.positions, given.weight), None
        if getattr(network, "forgets", None) and _mostly_end_in_padding(data.X):
            warn(
                "Most texts are padded at their end, and the recurrent layer "
                f"{network.forgets!r} reads the padding after the words, which it then has "
                "forgotten. Use keras.layers.Embedding(..., mask_zero=True), for vectors "
                'keras.layers.Masking(), or PadTransformer(padding="pre").'
            )
        if self.X_val is not None:
            columns = given.inputs.columns
            inputs = read_inputs(
                clf, self.X_val, reads=network.reads, columns=columns, name="X_val"
            )
            if inputs.is_ids:
                rows.check(inputs, "X_val")
            check_lengths(inputs.matrix, {"y_val": self.y_val}, "X_val")
            validation = samples(inputs, held_out, name="X_val")
        return data, validation, np.concatenate(found) if found else None

    def _scale_weights(self, data, validation):
        """Scale the weights once to mean 1, so that the batch size does not matter."""
        if data.weight is None:
            return data, validation
        factor = 1 if self.partial else data.weight.size / data.weight.sum()
        dtype = self.classifier.dtype
        if validation is not None:
            validation = validation.scaled(factor, dtype)
        return data.scaled(factor, dtype), validation

    def _make_plan(self, given, untrained, data, validation, **how):
        clf = self.classifier
        can_stop = validation is not None and clf.early_stopping
        return Plan(
            network=untrained.network,
            start=untrained.start,
            data=data,
            validation=validation,
            **make_keras_objects(clf, self.routes, untrained.initial, given.head, data.weight),
            batch_size=count_batch(clf.batch_size, len(data.y)),
            patience=clf.n_iter_no_change if can_stop else None,
            shuffle=clf.shuffle,
            run_eagerly=clf.run_eagerly,
            verbose=int(clf.verbose),
            fit_arguments=self.routes["fit"],
            **how,
        )


def _train(plan):
    """Train; raise a ValueError if training diverges."""
    training = train(plan)
    history, fault = training.history, None
    losses = [*history.get("loss", []), *history.get("val_loss", [])]
    if not np.all(np.isfinite(losses)):
        fault = f"the loss became {losses[-1]} in"
    elif not all(np.isfinite(weight).all() for weight in training.state.weights):
        fault = "the weights are not finite after"
    if fault:
        raise ValueError(
            f"Training diverged: {fault} epoch {len(history['loss'])}. Lower "
            f"optimizer__learning_rate (now {learning_rate(plan.optimizer)}), scale the features, "
            "or set optimizer__clipnorm."
        )
    return training


def _make_fitted(plan, training, given, untrained):
    """Return the fitted state, joined to the earlier training."""
    history, before = training.history, untrained.before
    return Fitted(
        network=plan.network,
        spec=plan.spec.without_starts(),
        head=given.head,
        vocabulary=untrained.rows and untrained.rows.vocabulary,
        state=training.state,
        history=history if before is None else joined(before.history, history),
        # with train_on_all the history may be longer
        n_iter=plan.first_epoch + min(plan.epochs, len(history.get("loss", []))),
        engine=training.engine if plan.epochs or before is None else before.engine,
    )


def _attributes(given, fitted):
    """Return the attributes of a fitted classifier."""
    return given.inputs.columns | {"_fitted": fitted}


def _mostly_end_in_padding(X):
    """Return whether more than half of the texts have trailing padding."""
    if isinstance(X, FlatIds):
        return np.mean(X.content_lengths() < X.width) > 0.5
    return getattr(X, "ndim", 2) == 3 and np.mean(X[:, -1].any(axis=1)) < 0.5


def count_batch(batch_size, n_samples):
    """Return the number of samples per training step."""
    return min(_LARGEST_BATCH if batch_size == "auto" else int(batch_size), n_samples)


def count_epochs(epochs, batch_size, n_samples):
    """Return the number of epochs: enough for 600 steps, but between 8 and 40."""
    if epochs != "auto":
        return epochs
    steps = -(-n_samples // count_batch(batch_size, n_samples))
    return min(max(-(-_STEPS // steps), _FEWEST_EPOCHS), _MOST_EPOCHS)
