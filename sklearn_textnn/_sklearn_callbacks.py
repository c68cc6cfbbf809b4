"""scikit-learn's callbacks (``set_callbacks``, from 1.9 on): the tasks that a fit consists of.

Where scikit-learn has none, nothing here does anything.
"""

import functools
from contextlib import contextmanager

from ._compat import CALLBACKS


def _has_callbacks(estimator):
    return bool(getattr(estimator, CALLBACKS, None))


def as_task(fit):
    """Make a fit one task, without parts, for callbacks.

    Parameters
    ----------
    fit : function
        From estimator, X and more to anything; called by a method that scikit-learn's decorator
        `_fit_context` surrounds, which ends what callbacks began.

    Returns
    -------
    function
        Of the same signature.
    """

    @functools.wraps(fit)
    def run(self, X, *args, **kwargs):
        if not _has_callbacks(self):
            return fit(self, X, *args, **kwargs)
        context = self._init_callback_context()
        context.call_on_fit_task_begin(estimator=self, X=X)
        result = fit(self, X, *args, **kwargs)
        context.call_on_fit_task_end(estimator=self, X=X)
        return result

    return run


def member_tasks(estimator, names, X, y):
    """Return functions that make tasks of the fits of an estimator's members.

    Parameters
    ----------
    estimator : estimator
        Whose fit it is.
    names : list of str
        Of its members.
    X, y : object
        What it is fitted on.

    Returns
    -------
    list of callable
        One for each member, called as ``fit_member(member, X, y, **params)``; each returns the
        fitted member and may run in a thread of its own.
    callable
        To be called when all are done.
    """
    if not hasattr(estimator, "set_callbacks"):
        return [_fit] * len(names), lambda: None
    root = estimator._init_callback_context(max_subtasks=len(names), sequential_subtasks=False)
    root.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
    contexts = [root.subcontext(task_name=f"fit-{n}", task_id=i) for i, n in enumerate(names)]

    def fit_within(context, member, X, y, **params):
        with context.propagate_callback_context(member):
            context.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
            member.fit(X, y, **params)
            context.call_on_fit_task_end(estimator=estimator, X=X, y=y)
        return member

    fits = [functools.partial(fit_within, context) for context in contexts]
    return fits, lambda: root.call_on_fit_task_end(estimator=estimator, X=X, y=y)


def _fit(member, X, y, **params):
    return member.fit(X, y, **params)


class SearchTasks:
    """The tasks of a search in rungs, named as in scikit-learn's halving searches.

    Parameters
    ----------
    search : estimator
        Whose fit it is.
    X, y : object
        What it is fitted on.
    n_rungs : int
        How many there are.
    refits : bool
        Whether the best candidate is fitted at the end.
    """

    def __init__(self, search, X, y, n_rungs, refits):
        self._is_on = hasattr(search, "set_callbacks")
        if not self._is_on:
            return
        self._what = {"estimator": search, "X": X, "y": y}
        self._root = search._init_callback_context(max_subtasks=1 + refits)
        self._root.call_on_fit_task_begin(**self._what)
        self._rungs = self._root.subcontext(task_name="search", max_subtasks=n_rungs)
        self._rungs.call_on_fit_task_begin(**self._what)

    @contextmanager
    def rung(self, n_fits):
        """Yield what `fit_and_score` takes for each of the fits of the next rung."""
        if not self._is_on:
            yield [{}] * n_fits
            return
        rung = self._rungs.subcontext(
            task_name="halving-iteration", max_subtasks=n_fits, sequential_subtasks=False
        ).call_on_fit_task_begin(**self._what)
        named = {"caller": self._what["estimator"]}
        name = "candidate-split-evaluation"
        yield [
            named | {"callback_ctx": rung.subcontext(task_name=name, task_id=i)}
            for i in range(n_fits)
        ]
        rung.call_on_fit_task_end(**self._what)

    def end_rungs(self):
        """Say that the last rung has ended."""
        if self._is_on:
            self._rungs.call_on_fit_task_end(**self._what)

    @contextmanager
    def refit(self, estimator):
        """Make the fit of the best candidate a task of its own."""
        if not self._is_on:
            yield
            return
        context = self._root.subcontext(task_name="refit-with-best-params")
        with context.propagate_callback_context(estimator):
            context.call_on_fit_task_begin(**self._what)
            yield
        context.call_on_fit_task_end(**self._what)

    def end(self):
        """Say that all is done."""
        if self._is_on:
            self._root.call_on_fit_task_end(**self._what)


class TrainingTasks:
    """The tasks of one training: epochs, of several members where there are such.

    Parameters
    ----------
    estimator : KerasTextClassifier
        Whose fit it is.
    X, y : object
        What it is fitted on.
    sample_weight : object or None
        Weights.
    n_members : int
        Networks that are trained.
    n_epochs : int or None
        Epochs of each, at most; None where it is not known.
    """

    def __init__(self, estimator, X, y, sample_weight, n_members, n_epochs):
        self._is_on = _has_callbacks(estimator)
        if not self._is_on:
            return
        metadata = None if sample_weight is None else {"sample_weight": sample_weight}
        self._what = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
        if n_members == 1:
            self._root = estimator._init_callback_context(max_subtasks=n_epochs)
            self._members = [self._root]
        else:  # they may train at the same time
            self._root = estimator._init_callback_context(
                max_subtasks=n_members, sequential_subtasks=False
            )
            self._members = [
                self._root.subcontext(task_name="member", task_id=i, max_subtasks=n_epochs)
                for i in range(n_members)
            ]
        self._root.call_on_fit_task_begin(**self._what)

    def of_member(self, number):
        """Return the tasks of a member.

        Parameters
        ----------
        number : int
            Of the member, from 0.

        Returns
        -------
        MemberTasks
        """
        if not self._is_on:
            return MemberTasks(None, {}, is_part=False)
        context = self._members[number]
        return MemberTasks(context, self._what, is_part=context is not self._root)

    def end(self, attributes):
        """Say that all is done, and what the estimator is going to hold."""
        if self._is_on:
            self._root.call_on_fit_task_end(**self._what, reconstruction_attributes=attributes)


class MemberTasks:
    """The tasks of one member.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext or None
        What the epochs are parts of; None where nobody looks.
    what : dict
        What is said to every callback.
    is_part : bool
        Whether the member is a task of its own, rather than all there is.
    """

    def __init__(self, context, what, *, is_part):
        self._context, self._what, self._is_part = context, what, is_part

    def begin(self):
        """Say that training begins."""
        if self._is_part:
            self._context.call_on_fit_task_begin(**self._what)

    def end(self, attributes):
        """Say that the member is trained, and what its estimator would hold."""
        if self._is_part:
            self._context.call_on_fit_task_end(**self._what, reconstruction_attributes=attributes)

    def epochs(self, fitted):
        """Return what an engine tells of its epochs.

        Parameters
        ----------
        fitted : callable
            From history and weights to the attributes of an estimator that has learnt them.

        Returns
        -------
        EpochTasks or None
        """
        return self._context and EpochTasks(self._context, self._what, fitted)


class EpochTasks:
    """A task for each epoch, for an engine to begin and to end.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The task that they are parts of.
    what : dict
        What is said to every callback.
    fitted : callable
        From history and weights to the attributes of an estimator that has learnt them.
    """

    def __init__(self, context, what, fitted):
        self._context, self._what, self._fitted = context, what, fitted
        self._history, self._left_out = {}, ()

    def leave_out(self, places):
        """Leave out those weights of the model that are looked up and not trained."""
        self._left_out = places

    def begin(self):
        """Begin the next epoch."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._what)

    def end(self, logs, weights):
        """End the epoch, and return whether to stop.

        Parameters
        ----------
        logs : dict of str to float
            What was measured.
        weights : callable
            Returns the weights, as arrays.

        Returns
        -------
        bool
        """
        for name, value in logs.items():
            self._history.setdefault(name, []).append(value)
        return self._epoch.call_on_fit_task_end(
            **self._what,
            reconstruction_attributes=lambda: self._fitted(self._history, self._kept(weights())),
        )

    def _kept(self, weights):
        return [weight for i, weight in enumerate(weights) if i not in self._left_out]
