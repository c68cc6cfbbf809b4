"""What scikit-learn's callbacks (``set_callbacks``, from 1.9 on) hear of the epochs."""


class EpochTasks:
    """A task for each epoch, for an engine to begin and to end.

    Parameters
    ----------
    context : sklearn.callback.CallbackContext
        The task that they are parts of.
    what : dict
        What is said to every callback.
    learned : callable
        From history and weights to the attributes of an estimator that has learned them.
    """

    def __init__(self, context, what, learned):
        self._context, self._what, self._learned = context, what, learned
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

        def attributes():
            kept = [w for i, w in enumerate(weights()) if i not in self._left_out]
            return self._learned(self._history, kept)

        return self._epoch.call_on_fit_task_end(**self._what, reconstruction_attributes=attributes)
