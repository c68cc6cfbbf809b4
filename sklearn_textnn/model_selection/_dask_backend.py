"""joblib's backend for Dask, without data that only one worker holds."""

from joblib._dask import DaskDistributedBackend


class DurableDaskBackend(DaskDistributedBackend):
    """joblib's backend, which puts larger arguments of tasks on single workers; not this one.

    What lies on one worker only is lost when that is killed, and with it all tasks that need it.
    Here arguments go with their tasks, which the scheduler keeps until they are done.
    """

    def start_call(self):
        """Begin a call, without the place where the base class notes what it has put on workers."""
        super().start_call()
        self.call_data_futures = None

    def stop_call(self):
        """End a call."""
        self.call_data_futures = {}  # which the base class clears
        super().stop_call()

    def get_nested_backend(self):
        """Return what tasks within tasks run on: the same cluster."""
        return DurableDaskBackend(client=self.client), -1

    def __reduce__(self):
        return DurableDaskBackend, ()
