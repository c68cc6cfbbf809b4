"""joblib's Dask backend for workers that may be killed."""

import asyncio
from typing import NamedTuple

from joblib._dask import DaskDistributedBackend


class _Failure(NamedTuple):
    """The error of Dask for a task without a result, in the place of the result."""

    error: BaseException


class DurableDaskBackend(DaskDistributedBackend):
    """joblib's Dask backend, except that a killed worker costs no data and its errors arrive.

    joblib moves larger arguments to a single worker. If that worker is killed, they are lost, and
    so are all tasks that need them. Here the scheduler holds them until the tasks are done. If Dask
    gives a task up, since it has cost too many workers, joblib waits for its result without end;
    here the error of Dask is raised.
    """

    def start_call(self):
        """Begin a call, without the base class's record of arguments moved to workers."""
        super().start_call()
        self.call_data_futures = None

    def stop_call(self):
        """End a call."""
        self.call_data_futures = {}  # which the base class clears
        super().stop_call()

    async def _collect(self):
        """Pass results to joblib's callbacks, and errors too, which joblib does not."""
        while self._continue:
            async for future, result in self.waiting_futures:
                job, callback = self._results.pop(future), self._callbacks.pop(future)
                if future.status != "finished":  # then a triple of type, error and traceback
                    result = _Failure(result[1] if isinstance(result, tuple) else result)
                job.set_result(result)
                callback(result)
            await asyncio.sleep(0.01)

    def retrieve_result_callback(self, out):
        """Return the results of a batch of tasks; raise their error."""
        if isinstance(out, _Failure):
            raise out.error
        return super().retrieve_result_callback(out)

    def get_nested_backend(self):
        """Return the backend of nested tasks: the same cluster."""
        return DurableDaskBackend(client=self.client), -1

    def __reduce__(self):
        return DurableDaskBackend, ()
