"""scikit-learn's callbacks: a task per epoch, for classifiers and meta-estimators."""

import os

import joblib
import numpy as np
import pytest
from sklearn.base import clone
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    GloVeEmbedder,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    WordVectors,
)
from sklearn_textnn.engines import plain_keras
from sklearn_textnn.model_selection import compare_classifiers
from sklearn_textnn.pipelines import AveragingClassifier

from ..conftest import TaskRecorder, task_names

callback = pytest.importorskip("sklearn.callback", reason="scikit-learn before 1.9 has none")

BACKENDS = ["threading", pytest.param("loky", marks=pytest.mark.slow)]
VECTORS = WordVectors(["good", "bad", "food"], [[1.0, 0], [-1, 0], [0, 1]])


def classifier(**parameters):
    parameters = {"epochs": 3, "random_state": 0} | parameters
    return KerasTextClassifier(PoolingNetwork(4), **parameters)


def text_pipeline(**parameters):
    return make_pipeline(
        KerasTokenizerTransformer(), PadTransformer(maxlen=6), classifier(**parameters)
    )


@pytest.fixture(params=["programs", "Keras"])
def engine(request):
    if request.param == "programs":
        yield
    else:
        with plain_keras():
            yield


@pytest.mark.usefixtures("engine")
def test_a_task_for_each_epoch(tokens, labels):
    recorder = TaskRecorder()
    fitted = classifier().set_callbacks(recorder).fit(tokens, labels)
    assert task_names(recorder.begun) == ["fit0", *(f"fit0/epoch{i}" for i in range(3))]
    assert task_names(recorder.ended) == [*(f"fit0/epoch{i}" for i in range(3)), "fit0"]
    assert recorder.n_open == 0
    assert not [name for name in vars(fitted) if "callback_fit" in name or "teardown" in name]


@pytest.mark.usefixtures("engine")
def test_a_callback_can_stop_training_after_an_epoch(tokens, labels):
    recorder = TaskRecorder(stop=lambda path: path[-1][1:] == ("epoch", 1))
    fitted = classifier(epochs=5).set_callbacks(recorder).fit(tokens, labels)
    assert fitted.n_iter_ == 2
    np.testing.assert_array_equal(
        fitted.predict_proba(tokens), classifier(epochs=2).fit(tokens, labels).predict_proba(tokens)
    )


@pytest.mark.usefixtures("engine")
def test_a_monitored_score_equals_that_of_a_shorter_fit(tokens, labels):
    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    weight = np.linspace(0.5, 1.5, len(labels))
    classifier().set_callbacks(monitor).fit(tokens, labels, sample_weight=weight)
    log = monitor.get_logs().data
    expected = [scored(epochs, tokens, labels, weight) for epochs in (1, 2, 3)]
    found = {row["task_id_path"]: row["neg_log_loss"] for row in log}
    assert found.keys() == {(0,), (0, 0), (0, 1), (0, 2)}
    np.testing.assert_allclose([found[0, i] for i in range(3)], expected, rtol=1e-6)
    assert found[0,] == found[0, 2]


def scored(epochs, X, y, weight):
    fitted = classifier(epochs=epochs).fit(X, y, sample_weight=weight)
    return -log_loss(y, fitted.predict_proba(X), sample_weight=weight)


@pytest.mark.usefixtures("engine")
def test_a_monitored_score_includes_looked_up_words(texts, labels):
    def pipeline(epochs):
        words = list(KerasTokenizerTransformer().fit(texts).word_index_)
        return make_pipeline(
            KerasTokenizerTransformer(unknown="keep", vocabulary=words[:2]),
            PadTransformer(maxlen=6),
            GloVeEmbedder(VECTORS),
            classifier(epochs=epochs),
        )

    monitor = callback.ScoringMonitor(scoring="neg_log_loss")
    watched = pipeline(2)
    watched[-1].set_callbacks(monitor)
    watched.fit(texts, labels)
    found = {row["task_id_path"][-1]: row["neg_log_loss"] for row in monitor.get_logs().data[-2:]}
    loss = log_loss(labels, pipeline(1).fit(texts, labels).predict_proba(texts))
    np.testing.assert_allclose(found[0], -loss, rtol=1e-6)


def test_epochs_are_subtasks_of_members(tokens, labels):
    recorder, monitor = TaskRecorder(), callback.ScoringMonitor(scoring="accuracy")
    several = classifier(epochs=2, n_members=2, n_jobs=2).set_callbacks(recorder, monitor)
    several.fit(tokens, labels)
    assert sorted(task_names(recorder.ended)) == [
        "fit0",
        "fit0/member0",
        "fit0/member0/epoch0",
        "fit0/member0/epoch1",
        "fit0/member1",
        "fit0/member1/epoch0",
        "fit0/member1/epoch1",
    ]
    scores = {row["task_id_path"]: row["accuracy"] for row in monitor.get_logs().data}
    for i, member in enumerate(several.members_):
        assert scores[0, i] == member.score(tokens, labels)


def test_train_on_all_adds_epochs(tokens, labels):
    recorder = TaskRecorder()
    twice = classifier(epochs=2, early_stopping=True, train_on_all=True, validation_fraction=0.3)
    twice.set_callbacks(recorder).fit(tokens, labels)
    assert len(recorder.ended) == 1 + 2 + twice.n_iter_


def test_callbacks_are_torn_down_after_an_error(tokens, labels):
    class BrokenError(Exception):
        pass

    class Broken(TaskRecorder):
        def on_fit_task_end(self, estimator, context):
            raise BrokenError

    broken = Broken()
    with pytest.raises(BrokenError):
        classifier().set_callbacks(broken).fit(tokens, labels)
    assert broken.n_open == 0


def test_a_partial_fit_is_a_task_of_one_epoch(tokens, labels):
    recorder = TaskRecorder()
    clf = classifier().set_callbacks(recorder)
    clf.partial_fit(tokens, labels, classes=[0, 1]).partial_fit(tokens, labels)
    assert task_names(recorder.ended) == ["fit0/epoch0", "fit0"] * 2


@pytest.mark.filterwarnings("error")
def test_a_pipeline_passes_callbacks_to_all_its_steps(texts, labels):
    recorder = TaskRecorder()
    pipeline = make_pipeline(
        KerasTokenizerTransformer(), PadTransformer(), GloVeEmbedder(VECTORS), classifier(epochs=2)
    )
    pipeline.set_callbacks(recorder).fit(texts, labels)
    owners = [path[-1][0] for path in recorder.begun]
    steps = ["KerasTokenizerTransformer", "PadTransformer", "GloVeEmbedder"]
    assert owners == ["Pipeline", *steps, *["KerasTextClassifier"] * 3]
    assert len(recorder.ended) == len(recorder.begun)
    assert recorder.n_open == 0


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_search_reports_the_epochs_of_all_fits(texts, labels, backend):
    monitor = callback.ScoringMonitor(scoring="accuracy")
    search = GridSearchCV(
        text_pipeline(epochs=2), {"kerastextclassifier__batch_size": [16, 32]}, cv=2, n_jobs=2
    )
    search.estimator[-1].set_callbacks(monitor)
    with joblib.parallel_config(backend=backend):
        search.fit(texts, labels)
    rows = monitor.get_logs().data
    epochs = [row for row in rows if row["task_name"] == "epoch"]
    assert len(epochs) == 2 * 2 * 2 + 2  # epochs of candidates and folds, and of the best
    assert {row["estimator_name"] for row in epochs} == {"KerasTextClassifier"}


def test_an_averaging_classifier_passes_callbacks_to_its_members(texts, labels):
    recorder = TaskRecorder()
    counts = make_pipeline(CountVectorizer(), LogisticRegression())
    both = AveragingClassifier([("lr", counts), ("net", text_pipeline(epochs=2))], n_jobs=2)
    fitted = clone(both).fit(texts, labels)
    with pytest.warns(UserWarning, match="CountVectorizer does not support callbacks"):
        both.set_callbacks(recorder).fit(texts, labels)
    epochs = [path for path in recorder.ended if path[-1][1] == "epoch"]
    assert len(epochs) == 2
    members = sorted(path[-1] for path in recorder.ended if len(path) == 2)
    assert members == [("Pipeline", "fit", 0), ("Pipeline", "fit", 1)]
    np.testing.assert_array_equal(fitted.predict_proba(texts), both.predict_proba(texts))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_comparison_preserves_the_callbacks_of_classifiers(texts, labels, backend):
    monitor = callback.ScoringMonitor(scoring="accuracy")
    watched = text_pipeline(epochs=2)
    watched[-1].set_callbacks(monitor)
    with joblib.parallel_config(backend=backend):
        compare_classifiers({"net": watched}, texts, labels, cv=2, n_jobs=2, random_state=0)
    logs = monitor.get_logs(select="all")
    assert len(logs) == 2
    for log in logs:
        assert [row["task_name"] for row in log.data].count("epoch") == 2


@pytest.mark.slow
def test_progress_bars_reach_their_end(run_python):
    pytest.importorskip("rich", reason="scikit-learn's ProgressBar needs rich")
    done = run_python("-c", PROGRAM, env=os.environ | {"COLUMNS": "250"})
    assert done.stdout.splitlines()[-1] == "done"
    for owner in ("GridSearchCV - fit", "Pipeline - fit", "KerasTextClassifier - fit"):
        assert owner in done.stdout
    unfinished = [line for line in done.stdout.splitlines() if " - " in line and "100%" not in line]
    assert not unfinished, done.stdout


PROGRAM = """
from sklearn.callback import ProgressBar
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn_textnn import KerasTextClassifier, KerasTokenizerTransformer, PadTransformer
from sklearn_textnn import compare_classifiers
from sklearn_textnn.datasets import load_reviews

if __name__ == "__main__":
    texts, y = load_reviews(source="films", return_X_y=True)
    pipeline = make_pipeline(
        KerasTokenizerTransformer(), PadTransformer(), KerasTextClassifier(epochs=2)
    )
    search = GridSearchCV(pipeline, {"padtransformer__maxlen": [4, 8]}, cv=2, n_jobs=2)
    search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(texts, y)
    pipeline.set_callbacks(ProgressBar())
    compare_classifiers({"pooling": pipeline}, texts, y, cv=2, random_state=0)
    print("done")
"""
