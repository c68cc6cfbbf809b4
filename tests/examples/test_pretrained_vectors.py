import importlib.util
import io
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from sklearn_textnn.datasets import load_reviews
from sklearn_textnn.embeddings import WordVectors
from sklearn_textnn.model_selection import ClassifierComparison
from sklearn_textnn.preprocessing import KerasTokenizerTransformer

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "examples" / "pretrained_vectors.py"
SOURCES = ["restaurants", "phones", "films"]
SEARCHED = {"glove__oov", "clf__model", "clf__model__trainable"}


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("pretrained_vectors", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TF_NUM_INTRAOP_THREADS", "1")  # the script sets it only where it is not set
        spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", autouse=True)
def data_home(tmp_path_factory):
    """Use a new data home for stores."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SKLEARN_TEXTNN_DATA", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture(scope="module")
def vectors(tmp_path_factory):
    """Return a file with two-dimensional vectors for nearly every word of the corpus."""
    words = list(KerasTokenizerTransformer().fit(load_reviews().data).word_index_)
    kept = [word for i, word in enumerate(words) if i % 10]
    rows = np.random.default_rng(0).normal(size=(len(kept), 2)).round(3)
    path = tmp_path_factory.mktemp("vectors") / "tiny.txt"
    lines = [f"{word} {row[0]} {row[1]}\n" for word, row in zip(kept, rows, strict=True)]
    path.write_text("".join(lines), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def quick(script, vectors, tmp_path_factory):
    """Run both parts once; return the output and the written scores."""
    folder = tmp_path_factory.mktemp("quick") / "new" / "folder"
    given = ["--data", "reviews", "--vectors", str(vectors), "--output", str(folder)]
    with redirect_stdout(io.StringIO()) as printed:
        script.main(["--quick", *given])
    written = {path.stem: ClassifierComparison.read(path) for path in folder.iterdir()}
    return SimpleNamespace(out=printed.getvalue(), written=written)


def test_every_part_is_measured_on_every_source(quick):
    names = [f"{part}_{source}" for part in ("keep", "search") for source in SOURCES]
    assert sorted(quick.written) == sorted(names)
    for name in names:
        assert f"{name.replace('_', ', ')}: 60 texts" in quick.out


def test_dropping_and_keeping_are_compared_on_the_same_folds(quick):
    for source in SOURCES:
        comparison = quick.written[f"keep_{source}"]
        assert comparison.classifiers == ["drop", "keep"]
        assert comparison.n_folds == 2
        mean = comparison.differences("drop").at["keep", "mean"]
        assert f"keep - drop: {mean:+.3f} [" in quick.out


def test_the_search_reaches_embedder_and_network_in_every_fold(quick):
    for source in SOURCES:
        scores = quick.written[f"search_{source}"].scores
        chosen = scores.loc[scores["classifier"] == "networks on GloVe", "params"]
        assert len(chosen) == 2
        assert all(set(params) == SEARCHED for params in chosen)


def test_baselines_are_compared_with_the_search(quick):
    for source in SOURCES:
        comparison = quick.written[f"search_{source}"]
        assert comparison.classifiers == ["counts + LR", "mean GloVe + LR", "networks on GloVe"]
        assert comparison.scores["inner_score"].between(0, 1).all()
    assert quick.out.count("networks on GloVe - counts + LR: ") == 3


def test_the_share_of_new_words_is_counted_in_running_words(script):
    # Of eight texts two are held out; the new word of each is "w" and its number.
    texts = [f"the w{i}" for i in range(8)]
    vectors = WordVectors(["the", *(f"w{i}" for i in range(8))], np.ones((9, 2)))
    line = script.describe_unseen(texts, vectors, SimpleNamespace(folds=4))
    assert line.startswith("8 texts; 50.0% of the words of a held-out fold are new, 100% of which")


def test_every_seed_has_its_own_folds(script, monkeypatch):
    seeds = []

    def compare(classifiers, texts, y, seed, args):
        seeds.append({seed, *(p["clf"].random_state for p in classifiers.values())})
        rows = [
            {"classifier": name, "fold": fold, "n_train": 2, "n_test": 2}
            | {"test_accuracy": 0.5 + 0.1 * (name == "keep"), "inner_score": np.nan}
            | {"fit_time": 1.0, "score_time": 1.0, "params": {}}
            for name in classifiers
            for fold in (1, 2)
        ]
        return ClassifierComparison(pd.DataFrame(rows))

    monkeypatch.setattr(script, "compare", compare)
    args = SimpleNamespace(seeds=3, folds=2, epochs=1)
    comparison = script.drop_against_keep([], [], None, args)
    assert seeds == [{0}, {1}, {2}]
    assert comparison.n_folds == 6
    assert comparison.differences("drop").at["keep", "mean"] == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--vectors", "no/such/file.txt"], "there is no file no/such/file.txt"),
        (["--seeds", "0"], "invalid choice"),
        (["--parts", "none"], "invalid choice"),
        (["--data", "news"], "invalid choice"),
    ],
)
def test_wrong_arguments_are_refused_before_the_work(script, capsys, arguments, message):
    with pytest.raises(SystemExit) as error:
        script.main(["--data", "reviews", *arguments])
    assert error.value.code == 2
    assert message in capsys.readouterr().err


def test_a_file_without_vectors_is_one_error_message(script, capsys, tmp_path):
    path = tmp_path / "empty.txt"
    path.touch()
    with pytest.raises(SystemExit):
        script.main(["--data", "reviews", "--vectors", str(path)])
    message = capsys.readouterr().err
    assert "empty.txt" in message
    assert "no vectors" in message
