import importlib.util
import io
import json
import math
import os
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sklearn_textnn.datasets import load_reviews
from sklearn_textnn.preprocessing import KerasTokenizerTransformer

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "examples" / "tutorial_ladder.py"
KEYS = [
    *("lr-yelp", "lr-amazon", "lr-imdb", "dense", "flatten", "pooling"),
    *("glove-frozen", "glove-trained", "convolution", "search"),
]
ON_VECTORS = ["glove-frozen", "glove-trained"]
WITHOUT = "left out, as there are no vectors; pass --vectors"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("tutorial_ladder", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sentences():
    """Return the folder with the real sentences; skip where it is absent."""
    beside = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("SKLEARN_TEXTNN_SHARED_DATA") or beside) / "sentiment"
    if not folder.is_dir():
        pytest.skip("no real data: set SKLEARN_TEXTNN_SHARED_DATA to the folder that holds them")
    return folder


def write_vectors(path, texts):
    """Write a random vector of 50 numbers for every word, in the format of GloVe."""
    words = KerasTokenizerTransformer().fit(texts).word_index_
    rows = np.random.default_rng(0).normal(size=(len(words), 50)).round(3)
    lines = [f"{word} {' '.join(map(str, row))}\n" for word, row in zip(words, rows, strict=True)]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module", autouse=True)
def data_home(tmp_path_factory):
    """Use a new data home, so that nothing is fetched to that of the user."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKLEARN_TEXTNN_DATA", str(folder))
        yield folder


@pytest.fixture
def offline(monkeypatch):
    """Make downloads fail."""

    def refuse(url, max_size, file):
        raise OSError(f"no way to {url}")

    monkeypatch.setattr("sklearn_textnn.datasets._remote._get", refuse)
    monkeypatch.setattr("sklearn_textnn.datasets._remote.time.sleep", lambda seconds: None)


def call(script, *arguments):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        script.main([str(argument) for argument in arguments])
    return SimpleNamespace(out=out.getvalue(), err=err.getvalue())


def unwrapped(text):
    return " ".join(text.split())


# --- the tutorial's sentences


@pytest.fixture(scope="module")
def short_run(script, sentences, tmp_path_factory):
    """Run every row with --quick, once for all tests."""
    folder = tmp_path_factory.mktemp("ladder")
    path = folder / "ladder.csv"
    texts, _ = script.textnn.fetch_sentiment_sentences(
        subset="yelp", data_home=sentences, return_X_y=True
    )
    vectors = write_vectors(folder / "vectors.txt", texts)
    given = "--data-home", sentences, "--vectors", vectors
    printed = call(script, "--quick", *given, "--output", path)
    printed.table = pd.read_csv(path).set_index("row")
    return printed


def test_the_figures_of_logistic_regression_are_the_published_ones(short_run):
    means = short_run.table["mean"]
    assert f"{means['lr-yelp']:.4f}" == "0.7960"
    assert f"{means['lr-amazon']:.4f}" == "0.7960"
    assert f"{means['lr-imdb']:.4f}" == "0.7487"
    assert short_run.out.count("agrees to the digit") == 3


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("lr-yelp", 1714 + 1),
        ("lr-imdb", 2505 + 1),
        ("dense", 25_071),
        ("flatten", 137_371),
        ("pooling", 87_871),
        ("glove-frozen", 87_871),
        ("glove-trained", 87_871),
        ("convolution", 240_129),
    ],
)
def test_models_have_the_published_sizes(short_run, row, expected):
    assert int(short_run.table.loc[row, "parameters"]) == expected
    assert f" {expected:,} " in short_run.out


def test_frozen_vectors_train_only_the_layers_after_them(short_run):
    trainable = short_run.table["trainable"].astype(int)
    assert trainable["glove-frozen"] == 50 * 10 + 10 + (10 + 1)  # two layers, 521
    assert " 521 of 87,871 " in short_run.out
    others = trainable.index.drop("glove-frozen")
    assert (trainable[others] == short_run.table.loc[others, "parameters"].astype(int)).all()


def test_the_search_reads_all_sentences_and_reports_its_model_size(short_run):
    row = short_run.table.loc["search"]
    assert row["n_train"] + row["n_test"] == 2748
    (chosen,) = json.loads(row["chosen"])
    filters, size = chosen["clf__model__num_filters"], chosen["clf__model__kernel_size"]
    vocabulary, dim, units = 4603, 50, 10
    convolution = size * dim * filters + filters
    expected = vocabulary * dim + convolution + (filters * units + units) + (units + 1)
    assert int(row["parameters"]) == expected


def test_all_rows_are_printed_with_published_figures(short_run):
    assert short_run.table.index.tolist() == KEYS
    header, *lines = short_run.out.splitlines()[: len(KEYS) + 1]
    assert header.split() == ["model", "data", "parameters", "published", "ours", "fit", "time"]
    assert ["imdb" in line for line in lines] == [False, False, True, True, *[False] * 6]
    assert "0.8457 / 0.8210 / 0.8384" in lines[-1]
    assert short_run.table.loc["search", "published"] == "0.8457 0.821 0.8384"


def test_a_quick_run_has_no_verdict_about_noise(short_run):
    assert "A short setting" in short_run.out
    assert "noise" not in short_run.out


def test_each_run_is_reported_while_the_script_works(short_run):
    lines = short_run.err.strip().splitlines()
    assert len(lines) == len(KEYS)
    assert lines[0].startswith("[ 1/10] lr-yelp, seed 0: 0.7960 in ")
    assert "chosen: " in lines[-1]


# --- the embedded corpus


@pytest.fixture(scope="module")
def reviews_run(script, tmp_path_factory):
    path = tmp_path_factory.mktemp("ladder") / "ladder.json"
    rows = ["lr-amazon", "dense", "pooling", *ON_VECTORS]
    printed = call(script, "--data", "reviews", "--quick", "--rows", *rows, "--output", path)
    printed.records = json.loads(path.read_text(encoding="utf-8"))
    return printed


def test_the_embedded_corpus_has_no_published_figures(reviews_run):
    records = reviews_run.records
    assert [r["row"] for r in records] == ["lr-amazon", "dense", "pooling"]
    assert [r["data"] for r in records] == ["phones", "films", "restaurants"]
    assert [r["published"] for r in records] == [[], [], []]
    assert "published" not in reviews_run.out
    assert "agrees" not in reviews_run.out


def test_without_vectors_their_rows_are_left_out_with_a_hint(reviews_run):
    out = unwrapped(reviews_run.out)
    assert f"glove-frozen, glove-trained: {WITHOUT} with the path of glove.6B.50d.txt" in out
    assert "nothing is fetched" in out


def test_passed_vectors_are_used_with_the_embedded_corpus(script, tmp_path):
    texts = load_reviews(source="restaurants").data
    vectors = write_vectors(tmp_path / "vectors.txt", texts)
    given = "--data", "reviews", "--vectors", vectors
    printed = call(script, *given, "--quick", "--rows", "lr-yelp", "glove-frozen")
    assert " 521 of " in printed.out
    assert WITHOUT not in unwrapped(printed.out)


@pytest.mark.usefixtures("offline")
@pytest.mark.filterwarnings("ignore:Retry downloading")
def test_without_a_way_to_fetch_vectors_the_other_rows_are_run(script, sentences):
    printed = call(script, "--data-home", sentences, "--rows", "lr-yelp", "glove-frozen")
    out = unwrapped(printed.out)
    assert "lr-yelp: agrees to the digit." in out
    assert f"glove-frozen: {WITHOUT}" in out
    assert "no way to https://" in out


def test_no_remaining_row_is_an_error(script, capsys):
    with pytest.raises(SystemExit):
        script.main(["--data", "reviews", "--rows", *ON_VECTORS])
    assert WITHOUT in unwrapped(capsys.readouterr().err)


def test_a_written_table_holds_what_was_printed(reviews_run):
    for record in reviews_run.records:
        assert record["n_train"] + record["n_test"] == 200
        assert record["n_runs"] == len(record["accuracies"]) == 1
        assert record["sd"] is None
        assert f"{record['mean']:.4f}" in reviews_run.out
        (parameters,) = record["parameters"]
        assert f"{parameters:,}" in reviews_run.out


def test_runs_in_several_processes_give_the_same_table(run_python):
    arguments = ["--data", "reviews", "--rows", "lr-yelp", "lr-amazon", "--n-jobs"]
    tables = [run_python(SCRIPT, *arguments, n_jobs).stdout.splitlines()[:3] for n_jobs in "12"]
    one, two = ([line.split()[:-2] for line in table[1:]] for table in tables)  # without the time
    assert one == two
    assert len(one) == 2


# --- noise


def result(script, accuracies, published, kind="network", why=""):
    row = script.Row("cnn", kind, "CNN", "yelp", None, published, why)
    split = script.Split("yelp", [""] * 750, [""] * 250, None, None)
    runs = tuple(script.Run(seed, a, 9, 9, 2.0, {}) for seed, a in enumerate(accuracies))
    return script.Result(row, split, published, runs)


def test_spread_is_the_sample_standard_deviation(script):
    r = result(script, [0.76, 0.78, 0.80], (0.77,))
    assert r.mean == pytest.approx(0.78)
    assert r.sd == pytest.approx(0.02)  # sqrt((0.02**2 + 0 + 0.02**2) / 2)
    assert script.describe_accuracy(r) == "0.7800 ± 0.0200"


# The margin for sd 0.02 and 3 runs against 1: t(0.975, 2) = 4.3027, times 0.02, times
# sqrt(1/3 + 1) = 1.1547, is 0.0994; against 3 runs, sqrt(1/3 + 1/3) = 0.8165, it is 0.0703.
@pytest.mark.parametrize(("published", "margin"), [((0.77,), 0.0994), ((0.76, 0.77, 0.78), 0.0703)])
def test_the_margin_is_that_of_a_prediction_interval(script, published, margin):
    r = result(script, [0.76, 0.78, 0.80], published)
    assert script.difference_and_margin(r) == pytest.approx((0.01, margin), abs=1e-4)


def test_equal_runs_have_a_margin_of_one_sentence(script):
    difference, margin = script.difference_and_margin(result(script, [0.78] * 3, (0.784,)))
    assert abs(difference) == pytest.approx(1 / 250)
    assert abs(difference) < margin


@pytest.mark.parametrize(("published", "is_noise"), [(0.681, True), (0.679, False), (0.879, True)])
def test_a_difference_beyond_the_margin_is_more_than_noise(script, published, is_noise):
    (line,) = script.compare_runs([result(script, [0.76, 0.78, 0.80], (published,))])
    if is_noise:
        assert line == "cnn: no more than noise."
    else:
        assert line.startswith("cnn: +0.1010 is more than noise (± 0.0994).")


def test_a_difference_beyond_noise_is_explained(script):
    (line,) = script.compare_runs([result(script, [0.7, 0.71], (0.1,), why="It did not learn.")])
    assert line.endswith("It did not learn.")
    (line,) = script.compare_runs([result(script, [0.7, 0.71], (0.1,))])
    assert line.endswith("Its cause is not known.")


def test_a_single_run_has_no_verdict_about_noise(script):
    (line,) = script.compare_runs([result(script, [0.78], (0.1,))])
    assert line == "cnn: one run does not tell what is noise."


def test_a_regression_that_does_not_agree_is_reported(script):
    r = result(script, [0.7921], (0.7960,), kind="regression")
    assert "DOES NOT AGREE" in script.compare_digits(r)


def test_a_search_that_chose_models_of_different_sizes_shows_the_range(script):
    assert script.describe_parameters([240_129]) == "240,129"
    assert script.describe_parameters([236_000, 238_000, 240_000]) == "236,000 to 240,000"


def test_spread_of_a_single_run_is_left_empty(script, tmp_path):
    r = result(script, [0.78], (0.77,))
    assert math.isnan(r.sd)
    script.write([r], tmp_path / "ladder.csv")
    frame = pd.read_csv(tmp_path / "ladder.csv")
    assert frame["sd"].isna().all()
    assert frame["mean"].tolist() == [0.78]


# --- arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "table.txt"], "ends neither in .csv nor in .json"),
        (["--output", "no/such/folder/table.csv"], "there is no folder"),
        (["--seeds", "0"], "got 0, expected 1 or more"),
        (["--rows", "transformer"], "transformer"),
        (["--data", "news"], "news"),
        (["--vectors", "no/such/glove.txt"], "there is no 'no/such/glove.txt'"),
    ],
)
def test_wrong_arguments_are_refused_before_the_work(script, capsys, arguments, message):
    with pytest.raises(SystemExit) as error:
        script.main(arguments)
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_a_damaged_copy_of_the_sentences_is_one_error_message(script, capsys, tmp_path):
    path = tmp_path / "sentences.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(SystemExit) as error:
        script.main(["--data-home", str(path), "--rows", "lr-yelp"])
    assert error.value.code == 2
    assert "sentences.zip' cannot be read" in unwrapped(capsys.readouterr().err)


def test_a_vector_file_without_vectors_is_one_error_message(script, capsys, tmp_path):
    path = tmp_path / "glove.txt"
    path.write_text("good 0.1 0.2\n")
    with pytest.raises(SystemExit) as error:
        script.main(["--data", "reviews", "--rows", "glove-frozen", "--vectors", str(path)])
    assert error.value.code == 2
    assert "glove.txt' does not hold vectors of 50 numbers" in unwrapped(capsys.readouterr().err)
