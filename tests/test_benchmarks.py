"""The benchmarks run, and their counts hold: traces and calls, not seconds."""

import importlib
import json
import os
import sys
import zipfile
from pathlib import Path

import joblib
import pytest
from sklearn.model_selection import StratifiedKFold

from sklearn_textnn.classifiers import clear_program_cache
from sklearn_textnn.datasets import load_reviews

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def benchmarks():
    """Return the modules of the benchmarks by their names."""
    before = list(sys.path)
    sys.path.insert(0, str(ROOT))
    try:
        names = "corpus", "counting", "fit", "models", "search", "serving", "table", "vectors"
        yield {name: importlib.import_module(f"benchmarks.{name}") for name in names}
    finally:
        sys.path[:] = before


@pytest.fixture(scope="module")
def films():
    return load_reviews(source="films", return_X_y=True)


@pytest.fixture
def counts(benchmarks):
    """Count from an empty cache."""
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
    assert counts.traces["prediction"] == 0  # NumPy computes it
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


def test_texts_are_predicted_without_a_program(benchmarks, counts, films):
    pipeline = benchmarks["models"].our_pipeline(epochs=1).fit(*films)
    for text in films[0][:3]:
        pipeline.predict_proba([text])
    assert counts.traces["prediction"] == counts.calls["prediction"] == 0


def test_long_documents_have_the_requested_length_and_variety(benchmarks):
    corpus = benchmarks["corpus"]
    documents = corpus.long_documents(corpus.load(), 20_000)
    words = " ".join(documents).split()
    assert len(words) == 20_000
    assert len(documents[0].split()) == 230
    assert 0.1 < len(set(words)) / len(words) < 0.5


def test_a_verdict_states_whether_the_target_is_reached(benchmarks):
    table = benchmarks["table"]
    assert table.faster("x", 1.0, 8.0, 8)["reached"] is True
    assert table.faster("x", 1.0, 7.9, 8)["reached"] is False
    assert table.faster("x", 1.0, 7.9)["reached"] is None
    assert table.bounded("x", 1.3, 1.2, unit="MB")["reached"] is False
    assert table.equal("x", 5, 5, unit="programs")["reached"] is True


@pytest.mark.parametrize("quick", [True, False])
def test_a_row_that_is_not_measured_states_the_reason(benchmarks, quick):
    vectors, table = benchmarks["vectors"], benchmarks["table"]
    figures = vectors.measure(benchmarks["corpus"].load(), quick, None)
    row = {"data": "x", "against": "gensim", **figures}
    machine = {"threads": {"TF_NUM_INTRAOP_THREADS": "1"}}
    shown = table.show({"quick": quick, "machine": machine, "measurements": {"vectors": row}})
    assert "reading vectors" in shown
    assert "skipped" in shown
    assert "needs --vectors glove.6B.50d.txt" in shown


def test_without_gensim_its_line_has_a_hint(benchmarks):
    seconds = {"cold": 1.0, "from cache": 0.1, "loop": 8.0, "whole": 9.0}
    *measured, last = benchmarks["vectors"].time_lines(seconds)
    assert [line["result"] for line in measured] == ["8.0 x", "80.0 x"]
    assert last["reason"] == "gensim is not installed: pip install '.[bench]'"
    with_gensim = list(benchmarks["vectors"].time_lines(seconds | {"gensim": 90.0}))
    assert [line["result"] for line in with_gensim] == ["8.0 x", "80.0 x", "90.0 x", "10.0 x"]


def test_skorch_has_lines_where_it_is_installed_and_a_reason_elsewhere(benchmarks):
    times = {"ours, again": 1.0}
    lines_of_fit = benchmarks["fit"].lines_of_pytorch
    (line,) = lines_of_fit("64 filters", times)
    assert line["reason"] == "skorch is not installed: pip install skorch torch"
    lines = list(lines_of_fit("64 filters", times | {"skorch": 6.5, "PyTorch": 4.0}))
    assert [(line["result"], line["reached"]) for line in lines] == [
        ("6.5 x", True),
        ("4.0 x", None),
    ]
    side = {"start": 1.0, "memory": 1.0, "one": 0.2, "p95": 0.3, "many": 1.0}
    sides = {"frozen": side, "tensorflow": side, "tf-idf": side}
    lines_of_serving = benchmarks["serving"].lines_of_processes
    assert list(lines_of_serving(sides))[-1]["result"] == "skipped"
    lines = list(lines_of_serving(sides | {"skorch": side | {"one": 0.4}}))
    assert ["one text, skorch", "2.0 x"] in [[line["name"], line["result"]] for line in lines]


def test_the_memory_of_a_read_is_compared_with_twice_the_vectors(benchmarks):
    (line,) = benchmarks["vectors"].memory_lines({"cold": 70.0}, kept=2.0)
    assert line["target"] == "at most 68 MB"
    assert line["reached"] is False
    assert not list(benchmarks["vectors"].memory_lines({"cold": float("nan")}, kept=2.0))


@pytest.mark.slow
def test_the_command_measures_both_sides_and_writes_the_figures(tmp_path, run_python):
    output = tmp_path / "figures.json"
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("the 1 2.5\nunheard-of 3 4\nfood -0.5 6\nsoup 7 8\n")
    command = ["-m", "benchmarks", "--quick"]
    command += ["--rows", "pickled", "tokenizer", "vectors", "large_tables", "many_classes"]
    command += ["--vectors", str(vectors)]
    done = run_python(
        *command,
        "--output",
        output,
        cwd=ROOT,
        env=os.environ | {"TF_NUM_INTRAOP_THREADS": "4"},  # the benchmarks set their own
    )
    report = json.loads(output.read_text())
    assert report["failed"] == []
    assert report["machine"]["threads"]["TF_NUM_INTRAOP_THREADS"] == "1"
    assert {"python", "keras", "scikit-learn", "cpu", "cores", "date"} <= set(report["machine"])
    assert report["measurements"]["tokenizer"]["long documents"]["same ids"]
    same = report["measurements"]["vectors"]["same vectors"]
    assert {"whole", "cold", "from cache", "loop"} <= set(same)
    assert all(same.values())
    assert "3 of " in report["measurements"]["vectors"]["what"]
    lines = [line for row in report["measurements"].values() for line in row["lines"]]
    for line in lines:
        assert line["name"] in done.stdout
        if line["result"] == "skipped":  # gensim, which is no dependency
            assert line["reason"] in done.stdout
        elif not line["name"].startswith("peak memory"):  # next to none here
            assert line["ours"] > 0
            assert line["theirs"] > 0
    assert "MISSED" not in done.stdout  # a short setting has no verdict


def test_packed_vectors_are_refused_before_anything_is_measured(tmp_path, run_python):
    packed = tmp_path / "glove.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("glove.txt", "the 1 2\n")
    command = ["-m", "benchmarks", "--rows", "vectors", "--vectors", packed]
    done = run_python(*command, cwd=ROOT, returncode=2)
    assert "unpack a zip first" in done.stderr
