"""Searches and comparisons on a Dask cluster of two processes: the scores of a serial run."""

import os
import signal
import sys
import time

import cloudpickle
import joblib
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    GloVeEmbedder,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    WordVectors,
    load_reviews,
)
from sklearn_textnn.model_selection import compare_classifiers, dask_parallel
from sklearn_textnn.serving import freeze

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,  # two processes start and import TensorFlow
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # sockets of the cluster's own
]
TEXTS, Y = load_reviews(return_X_y=True)
TEXTS, Y = TEXTS[:300], Y[:300]


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=50,  # a test kills a worker
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.fixture
def backends(client):
    """Return both backends on the cluster, once it has two workers, which joblib requires."""
    client.wait_for_workers(2, timeout=60)
    return {
        "joblib's": lambda: joblib.parallel_config(backend="dask"),
        "ours": lambda: dask_parallel(client, scatter=[TEXTS, Y]),
    }


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("vectors") / "vectors.txt"
    words = sorted({word for text in TEXTS for word in text.lower().split()})
    values = np.random.default_rng(0).normal(size=(len(words), 4))
    lines = (f"{w} {' '.join(map(str, v))}" for w, v in zip(words, values, strict=True))
    path.write_text("\n".join(lines))
    return make_pipeline(
        KerasTokenizerTransformer(),
        PadTransformer(),
        GloVeEmbedder(WordVectors.read(path)),
        KerasTextClassifier(PoolingNetwork(trainable=False), epochs=2, random_state=0),
    )


def where(_):
    return os.getpid()


@pytest.mark.parametrize("backend", ["joblib's", "ours"])
def test_scores_are_those_of_a_serial_run(backend, backends, network):
    search = RandomizedSearchCV(
        network, {"padtransformer__maxlen": [5, 10, 20]}, n_iter=2, cv=2, random_state=0
    )
    serial = cross_val_score(network, TEXTS, Y, cv=3)
    expected = search.fit(TEXTS, Y).cv_results_["mean_test_score"]
    with backends[backend]():
        pids = joblib.Parallel(n_jobs=2)(joblib.delayed(where)(i) for i in range(8))
        on_cluster = cross_val_score(network, TEXTS, Y, cv=3, n_jobs=2)
        search.set_params(n_jobs=2).fit(TEXTS, Y)
    assert os.getpid() not in pids
    np.testing.assert_array_equal(on_cluster, serial)
    np.testing.assert_array_equal(search.cv_results_["mean_test_score"], expected)


def test_a_comparison_of_searches_is_that_of_a_serial_run(backends):
    linear = make_pipeline(TfidfVectorizer(), LogisticRegression())
    grid = {"logisticregression__C": [0.1, 1, 10]}
    models = {
        "search": RandomizedSearchCV(linear, grid, n_iter=2, cv=2, random_state=0),
        "linear": linear,
    }
    serial = compare_classifiers(models, TEXTS, Y, cv=2, random_state=0).scores
    with backends["ours"]():
        on_cluster = compare_classifiers(models, TEXTS, Y, cv=2, random_state=0, n_jobs=2).scores
    for column in ("test_accuracy", "inner_score", "params"):
        assert on_cluster[column].equals(serial[column])


class EndsItsWorker(LogisticRegression):
    """Kills the process that fits it, once."""

    def __init__(self, flag=None):
        super().__init__()
        self.flag = flag

    def fit(self, X, y):
        if not self.flag.exists():
            self.flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().fit(X, y)


def test_tasks_of_a_killed_worker_run_again(backends, client, tmp_path, monkeypatch):
    flag = tmp_path / "killed"
    fragile = make_pipeline(TfidfVectorizer(), EndsItsWorker(flag))
    linear = make_pipeline(TfidfVectorizer(), LogisticRegression())
    expected = cross_val_score(linear, TEXTS, Y, cv=4)
    with backends["ours"]():
        scores = cross_val_score(fragile, TEXTS, Y, cv=4, n_jobs=2)
    assert flag.exists()
    np.testing.assert_array_equal(scores, expected)


class TakesMemory(LogisticRegression):
    """Fills three times the memory limit of a worker."""

    def fit(self, X, y):
        blocks = []
        for _ in range(3 * N_BYTES // 10**8):
            blocks.append(np.ones(10**8 // 8))
            time.sleep(0.1)  # Dask looks ten times a second
        time.sleep(30)
        raise AssertionError("still there")


N_BYTES = 700_000_000


def test_a_worker_short_of_memory_is_an_error_that_says_so():
    greedy = make_pipeline(TfidfVectorizer(), TakesMemory())
    limits = {"distributed.scheduler.allowed-failures": 0}  # else it costs four workers
    small = {"n_workers": 2, "threads_per_worker": 1, "memory_limit": N_BYTES}
    with (
        dask.config.set(limits),
        distributed.LocalCluster(**small, dashboard_address=":0", silence_logs=50) as cluster,
        distributed.Client(cluster) as client,
        pytest.raises(distributed.KilledWorker, match="all those workers died") as error,
        dask_parallel(client),
    ):
        cross_val_score(greedy, TEXTS, Y, cv=2, n_jobs=2)
    (note,) = error.value.__notes__
    assert "short of memory" in note
    assert "memory_limit=" in note
    assert "PadTransformer(maxlen=" in note


def probabilities(texts, model, flag):
    if not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return model.predict_proba(texts)


def test_partitions_are_predicted_like_the_whole_even_if_a_worker_is_killed(
    client, network, tmp_path
):
    frozen = freeze(network.fit(TEXTS, Y))
    parts = [TEXTS[i : i + 50] for i in range(0, len(TEXTS), 50)]
    flag = tmp_path / "killed"
    found = client.gather(client.map(probabilities, parts, model=frozen, flag=flag))
    assert flag.exists()
    np.testing.assert_array_equal(np.concatenate(found), frozen.predict_proba(TEXTS))


def test_vectors_reach_the_workers_as_a_reference(network):
    vectors = network[2].vectors
    as_reference, whole = map(cloudpickle.dumps, [vectors, vectors.in_memory()])
    assert len(as_reference) < 1000 < len(whole)


def test_scatter_is_a_list(client):
    message = r"scatter is a ndarray, expected a list: \[X, y\]"
    with pytest.raises(TypeError, match=message), dask_parallel(client, scatter=Y):
        pass


@pytest.mark.parametrize("other", [5, "tcp://127.0.0.1:8786"])
def test_client_is_a_client(other):
    message = "client is a (int|str), expected a distributed.Client"
    with pytest.raises(TypeError, match=message), dask_parallel(other):
        pass


def test_without_dask_the_error_has_a_hint(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match=r"sklearn-textnn\[dask\]"), dask_parallel():
        pass
