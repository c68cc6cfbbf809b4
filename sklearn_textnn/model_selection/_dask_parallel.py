"""joblib's tasks on a Dask cluster whose workers may be killed."""

from contextlib import contextmanager

import joblib

_SHORT_OF_MEMORY = (
    "Usually such workers are short of memory: Dask kills a worker at 95 % of its memory limit. "
    "Give each more, by LocalCluster(memory_limit=...) or dask worker --memory-limit, with one "
    "thread per worker, or cut long texts by PadTransformer(maxlen=...)."
)


@contextmanager
def dask_parallel(client=None, *, scatter=()):
    """Run the tasks of searches and comparisons on a Dask cluster whose workers may be killed.

    Within the ``with`` block, whatever scikit-learn runs by joblib runs on the cluster if `n_jobs`
    is set. Scores are those of a serial run. Tasks of a killed worker run again; with
    ``joblib.parallel_config(backend="dask")`` the search would fail, as joblib stores the rows of
    a fold on one worker only.

    Parameters
    ----------
    client : distributed.Client, default=None
        The cluster. None means the client that was created last.
    scatter : list or tuple of objects, default=()
        Objects to send to each worker once instead of with each task: X and y if they are large,
        the very objects passed to ``fit``.

    Raises
    ------
    ImportError
        If Dask is not installed.
    ValueError
        If there is no client.
    TypeError
        If `client` is no client, or `scatter` neither a list nor a tuple.
    KilledWorker
        Of Dask's, if a task has cost several workers, above all because their memory is too small
        for it.

    See Also
    --------
    joblib.parallel_config : Processes and threads of this machine.

    References
    ----------
    Dask, `Parallel processing with joblib <https://ml.dask.org/joblib.html>`_.

    Examples
    --------
    >>> from sklearn_textnn.model_selection import dask_parallel
    >>> def on_two_processes(search, texts, y):
    ...     from distributed import Client, LocalCluster
    ...     with LocalCluster(n_workers=2, threads_per_worker=1) as cluster:
    ...         with Client(cluster) as client, dask_parallel(client, scatter=[texts, y]):
    ...             return search.set_params(n_jobs=-1).fit(texts, y)
    """
    try:
        import distributed
    except ImportError as error:
        raise ImportError(
            "dask_parallel needs Dask's distributed: pip install 'sklearn-textnn[dask]'."
        ) from error
    from ._dask_backend import DurableDaskBackend

    if not isinstance(client, (distributed.Client, type(None))):
        raise TypeError(
            f"client is a {type(client).__name__}, expected a distributed.Client or None."
        )
    if not isinstance(scatter, (list, tuple)):
        raise TypeError(f"scatter is a {type(scatter).__name__}, expected a list: [X, y].")
    try:
        with joblib.parallel_config(backend=DurableDaskBackend(client=client, scatter=scatter)):
            yield
    except distributed.KilledWorker as error:
        error.add_note(_SHORT_OF_MEMORY)
        raise
