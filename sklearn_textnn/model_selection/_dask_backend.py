"""joblib's Dask backend, without data that only one worker holds."""

from joblib._dask import DaskDistributedBackend


class DurableDaskBackend(DaskDistributedBackend):
    """joblib's Dask backend, but arguments stay with their tasks.

    joblib moves larger arguments to a single worker. If that worker is killed, they are lost, and
    so are all tasks that need them. Here the scheduler holds them until the tasks are done.
    """

    def start_call(self):
        """Begin a call, without the base class's record of arguments moved to workers."""
        super().start_call()
        self.call_data_futures = None

    def stop_call(self):
        """End a call."""
        self.call_data_futures = {}  # which the base class clears
        super().stop_call()

    def get_nested_backend(self):
        """Return the backend of nested tasks: the same cluster."""
        return DurableDaskBackend(client=self.client), -1

    def __reduce__(self):
        return DurableDaskBackend, ()
