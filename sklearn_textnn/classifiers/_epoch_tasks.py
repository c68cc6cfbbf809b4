"""Epochs as tasks of scikit-learn's callbacks (``set_callbacks``, from 1.9 on)."""


class EpochTasks:
    """A task per epoch, which an engine begins and ends.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The task whose subtasks the epochs are.
    what : dict
        Keyword arguments that callbacks get at the begin and end of each task.
    learned : callable
        Returns the attributes of a fitted estimator, from history and weights.
    """

    def __init__(self, context, what, learned):
        self._context, self._what, self._learned = context, what, learned
        self._history, self._left_out = {}, ()

    def leave_out(self, places):
        """Leave out the weights at these indices, which are looked up and not trained."""
        self._left_out = places

    def begin(self):
        """Begin the next epoch."""
        self._epoch = self._context.subcontext(task_name="epoch")
        self._epoch.call_on_fit_task_begin(**self._what)

    def end(self, logs, weights):
        """End the epoch; return whether to stop.

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

        def attributes():
            kept = [w for i, w in enumerate(weights()) if i not in self._left_out]
            return self._learned(self._history, kept)

        return self._epoch.call_on_fit_task_end(**self._what, reconstruction_attributes=attributes)
