"""Support of scikit-learn's callbacks (``set_callbacks``, from 1.9 on): the tasks of a fit.

Without callbacks in scikit-learn, everything here does nothing.
"""

import functools

from ._compat import CALLBACKS


def _has_callbacks(estimator):
    return bool(getattr(estimator, CALLBACKS, None))


def as_task(fit):
    """Make a fit a single task for callbacks.

    Parameters
    ----------
    fit : function
        Takes the estimator, X and more; called by a method with scikit-learn's decorator
        `_fit_context`, which tears down the callbacks.

    Returns
    -------
    function
        A function of the same signature.
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
    """Return functions that fit the members of an estimator as tasks.

    Parameters
    ----------
    estimator : estimator
        The estimator that is fitted.
    names : list of str
        The names of its members.
    X, y : object
        Its training data.

    Returns
    -------
    list of callable
        One for each member, called as ``fit_member(member, X, y, **params)``; each returns the
        fitted member and may run in a thread of its own.
    callable
        To call when all members are fitted.
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


class TrainingTasks:
    """The tasks of one training run: epochs, nested in members if there are several.

    Parameters
    ----------
    estimator : KerasTextClassifier
        The classifier that is fitted.
    X, y : object
        Its training data.
    sample_weight : object or None
        Sample weights.
    n_members : int
        The number of networks to train.
    n_epochs : int or None
        The maximum number of epochs of each; None if unknown.
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
            Number of the member, from 0.

        Returns
        -------
        MemberTasks
        """
        if not self._is_on:
            return MemberTasks(None, {}, is_part=False)
        context = self._members[number]
        return MemberTasks(context, self._what, is_part=context is not self._root)

    def end(self, attributes):
        """Report the end of training, with the fitted attributes."""
        if self._is_on:
            self._root.call_on_fit_task_end(**self._what, reconstruction_attributes=attributes)


class MemberTasks:
    """The tasks of one member.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext or None
        The parent of the epochs; None without callbacks.
    what : dict
        Arguments for every callback.
    is_part : bool
        Whether the member is a task of its own, rather than the only one.
    """

    def __init__(self, context, what, *, is_part):
        self._context, self._what, self._is_part = context, what, is_part

    def begin(self):
        """Report the beginning of training."""
        if self._is_part:
            self._context.call_on_fit_task_begin(**self._what)

    def end(self, attributes):
        """Report the end of the member's training, with its fitted attributes."""
        if self._is_part:
            self._context.call_on_fit_task_end(**self._what, reconstruction_attributes=attributes)

    def epochs(self, fitted):
        """Return the tasks that an engine reports its epochs to.

        Parameters
        ----------
        fitted : callable
            Maps history and weights to the fitted attributes of an estimator.

        Returns
        -------
        EpochTasks or None
        """
        return self._context and EpochTasks(self._context, self._what, fitted)


class EpochTasks:
    """Tasks of the epochs, which an engine begins and ends.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The parent of the tasks.
    what : dict
        Arguments for every callback.
    fitted : callable
        Maps history and weights to the fitted attributes of an estimator.
    """

    def __init__(self, context, what, fitted):
        self._context, self._what, self._fitted = context, what, fitted
        self._history, self._left_out = {}, ()

    def leave_out(self, places):
        """Leave out weights of the model that are only looked up, not trained."""
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
            Metrics of the epoch.
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
