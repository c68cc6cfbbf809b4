"""The benchmarks run, and what they count holds: traces and calls, not seconds."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import joblib
import pytest
from sklearn.model_selection import StratifiedKFold

from sklearn_textnn.classifiers import clear_program_cache
from sklearn_textnn.datasets import load_reviews

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def benchmarks():
    """Give the modules of the benchmarks by their names."""
    before = list(sys.path)
    sys.path.insert(0, str(ROOT))
    try:
        names = "corpus", "counting", "models", "search", "table"
        yield {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    finally:
        sys.path[:] = before


@pytest.fixture(scope="module")
def films():
    return load_reviews(source="films", return_X_y=True)


@pytest.fixture
def counts(benchmarks):
    """Count from an empty cache on."""
    clear_program_cache()
    with benchmarks["counting"].counted() as counts:
        yield counts
    clear_program_cache()


@pytest.mark.parametrize(("backend", "n_jobs"), [("sequential", 1), ("threading", 2)])
def test_a_search_traces_one_program_for_each_architecture(
    benchmarks, counts, films, backend, n_jobs
):
    texts, y = films
    n_iter, n_folds, epochs = 2, 4, 2
    folds = StratifiedKFold(n_folds, shuffle=True, random_state=0)
    pipeline = benchmarks["models"].our_pipeline(epochs=epochs)
    sizes = {
        pipeline[0].fit([texts[i] for i in rows]).n_tokens_ for rows, _ in folds.split(texts, y)
    }
    assert len(sizes) > 1, "the folds should differ in their vocabularies"
    search = benchmarks["search"].make_search(pipeline, n_iter=n_iter, cv=folds, n_jobs=n_jobs)
    with joblib.parallel_config(backend=backend):
        search.fit(texts, y)
    assert counts.traces["training"] == n_iter
    assert counts.traces["prediction"] == n_iter
    n_fits = n_iter * n_folds + 1  # the last one on all texts
    assert counts.calls["training"] == n_fits * epochs


def test_an_epoch_is_one_call(benchmarks, counts, films):
    X = benchmarks["models"].ids_of(films[0])
    benchmarks["models"].our_classifier(epochs=3).fit(X, films[1])
    assert counts.calls["training"] == 3
    assert counts.traces["training"] == 1


@pytest.mark.parametrize(
    ("change", "n_traces"),
    [
        ({"optimizer__learning_rate": 0.01}, 1),
        ({"random_state": 7}, 1),
        ({"batch_size": 32}, 1),
        ({"epochs": 2}, 1),
        ({"model__num_filters": 32}, 2),
        ({"optimizer": "sgd"}, 2),
    ],
)
def test_only_what_changes_the_arithmetic_is_traced_again(
    benchmarks, counts, films, change, n_traces
):
    X = benchmarks["models"].ids_of(films[0])
    clf = benchmarks["models"].our_classifier(epochs=1).fit(X, films[1])
    clf.set_params(**change).fit(X, films[1])
    assert counts.traces["training"] == n_traces


def test_a_text_is_predicted_in_one_call(benchmarks, counts, films):
    pipeline = benchmarks["models"].our_pipeline(epochs=1).fit(*films)
    for text in films[0][:3]:
        pipeline.predict_proba([text])
    assert counts.traces["prediction"] == 1
    assert counts.calls["prediction"] == 3


def test_long_documents_are_as_long_and_as_varied_as_asked(benchmarks):
    corpus = benchmarks["corpus"]
    documents = corpus.long_documents(corpus.load(), 20_000)
    words = " ".join(documents).split()
    assert len(words) == 20_000
    assert len(documents[0].split()) == 230
    assert 0.1 < len(set(words)) / len(words) < 0.5


def test_a_verdict_says_whether_the_target_is_reached(benchmarks):
    table = benchmarks["table"]
    assert table.faster("x", 1.0, 8.0, 8)["reached"] is True
    assert table.faster("x", 1.0, 7.9, 8)["reached"] is False
    assert table.faster("x", 1.0, 7.9)["reached"] is None
    assert table.bounded("x", 1.3, 1.2, unit="MB")["reached"] is False
    assert table.equal("x", 5, 5, unit="programs")["reached"] is True


def test_the_command_measures_both_sides_and_writes_the_figures(tmp_path):
    output = tmp_path / "figures.json"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--rows", "pickled", "tokenizer"]
    done = subprocess.run(
        [*command, "--output", str(output)],
        cwd=ROOT,
        env=os.environ | {"TF_NUM_INTRAOP_THREADS": "4"},  # the benchmarks set their own
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(output.read_text())
    assert report["failed"] == []
    assert report["machine"]["threads"]["TF_NUM_INTRAOP_THREADS"] == "1"
    assert {"python", "keras", "scikit-learn", "cpu", "cores", "date"} <= set(report["machine"])
    assert report["measurements"]["tokenizer"]["long documents"]["same ids"]
    lines = [line for row in report["measurements"].values() for line in row["lines"]]
    for line in lines:
        assert line["name"] in done.stdout
        assert line["ours"] > 0
        assert line["theirs"] > 0
    assert "MISSED" not in done.stdout  # a short setting has no verdict
