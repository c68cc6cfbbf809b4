import csv
import importlib.util
import io
import os
from contextlib import redirect_stdout
from pathlib import Path

import joblib
import pandas as pd
import pytest

from sklearn_textnn.datasets import load_reviews
from sklearn_textnn.model_selection import ClassifierComparison

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "examples" / "compare_models.py"
SEARCHED = ["counts + LR", "tf-idf + LR", "dense on counts", "pooled embeddings", "CNN"]
ALL = [*SEARCHED[:2], "n-grams + SVC", *SEARCHED[2:], "text_classifier"]
BASELINES = ["--models", "counts", "tfidf"]


def load_script():
    spec = importlib.util.spec_from_file_location("compare_models", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def script():
    return load_script()


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """Run a quick comparison once; return the output and the folder of results."""
    folder = tmp_path_factory.mktemp("quick") / "new" / "folder"
    with redirect_stdout(io.StringIO()) as printed:
        load_script().main(["--quick", "--output", str(folder)])
    return printed.getvalue(), folder


@pytest.fixture
def own_file(tmp_path):
    """Return a table of 60 reviews, each with a topic."""
    frame = load_reviews(as_frame=True).frame.groupby("source").head(20)
    path = tmp_path / "mine.csv"
    frame.rename(columns={"text": "body", "source": "topic"}).to_csv(path, index=False)
    return path


def read(script, path, *options, text_column="body", label_column="topic"):
    """Return the corpus that the script reads from a file."""
    columns = ["--text-column", text_column, "--label-column", label_column]
    _, args = script.parse_arguments([*columns, *options])
    return script.read_corpus(path, args)


def read_rows(script, path, content, *options):
    """Write a file of texts and labels; return the rows that the script reads, sorted."""
    path.write_bytes(content)
    corpus = read(script, path, *options, text_column="text", label_column="label")
    texts, labels = corpus.texts + corpus.new_texts, [*corpus.labels, *corpus.new_labels]
    return sorted(zip(texts, labels, strict=True))


def error_of(script, arguments, capsys):
    """Return the error message of the script."""
    with pytest.raises(SystemExit) as caught:
        script.main([*map(str, arguments), "--quick"])
    assert caught.value.code == 2
    return capsys.readouterr().err


def test_every_model_is_compared_on_every_fold(quick):
    _, folder = quick
    comparison = ClassifierComparison.read(folder / "comparison.csv")
    assert comparison.classifiers == ALL
    assert comparison.n_folds == 2
    assert comparison.scores["test_accuracy"].between(0, 1).all()
    was_searched = comparison.scores["classifier"].isin(SEARCHED)
    assert (comparison.scores["inner_score"].notna() == was_searched).all()
    chosen = comparison.to_frame()["params"]
    assert {key.split("__")[1] for key in chosen["CNN"]} == {"model", "optimizer"}


@pytest.mark.needs("joblib>=1.5")  # earlier versions cannot start workers by a function
def test_only_the_demo_is_printed(run_python, tmp_path):
    arguments = ["--quick", "--n-jobs", 2, "--models", "counts", "cnn", "--output", tmp_path]
    loud = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    done = run_python(SCRIPT, *arguments, env=loud)
    assert done.stderr == ""
    assert done.stdout.startswith("reviews: 60 texts")


def test_both_files_hold_the_same_scores(quick):
    _, folder = quick
    one, other = (
        ClassifierComparison.read(folder / name) for name in ["comparison.csv", "comparison.json"]
    )
    pd.testing.assert_frame_equal(one.scores, other.scores)


def test_progress_table_and_differences_are_printed(quick):
    printed, folder = quick
    for task in [
        "[ 1/14] counts + LR, fold 1: accuracy",
        "[14/14] text_classifier, fold 2: accuracy",
    ]:
        assert task in printed
    assert ClassifierComparison.read(folder / "comparison.json").to_text() in printed
    assert "Difference to counts + LR" in printed
    assert printed.count("]  p ") == 6


def test_the_winner_is_printed_in_a_sentence(quick, script, capsys):
    assert quick[0].count("Best of the baselines: ") == 1
    folds = [0.7, 0.71, 0.72, 0.7, 0.71]
    for gain, verdict in [(0.1, "it wins."), (-0.1, "the baseline wins."), (0.0, "chance.")]:
        rows = [
            {"classifier": name, "fold": i, "n_train": 80, "n_test": 20,
             "test_accuracy": score + (gain + i % 2 / 100) * (name == "CNN"), "fit_time": 1.0,
             "score_time": 1.0, "inner_score": 0.7, "params": {}}
            for name in ("counts + LR", "CNN")
            for i, score in enumerate(folds)
        ]  # fmt: skip
        script.print_winner(ClassifierComparison(pd.DataFrame(rows)))
        assert capsys.readouterr().out.rstrip().endswith(verdict)


def test_the_number_of_candidates_is_printed(quick):
    assert "4 candidates for a baseline, 1 for a network" in quick[0]


def test_the_picture_is_a_png(quick):
    content = (quick[1] / "scores.png").read_bytes()
    assert content.startswith(b"\x89PNG")
    width, height = int.from_bytes(content[16:20]), int.from_bytes(content[20:24])
    assert 800 < width < 2000
    assert 400 < height < 2000


def test_the_saved_pipeline_gives_the_printed_classes(quick, script):
    printed, folder = quick
    pipeline = joblib.load(folder / "best_pipeline.joblib")
    for text, label in zip(script.NEW_REVIEWS, pipeline.predict(script.NEW_REVIEWS), strict=True):
        (line,) = [line for line in printed.splitlines() if line.endswith(text)]
        assert line.startswith(f"{label} 0.") or line.startswith(f"{label} 1.00")


def test_new_reviews_are_not_in_the_corpus(script):
    assert not set(script.NEW_REVIEWS) & set(load_reviews().data)


def test_a_table_of_the_user_is_compared(script, own_file, tmp_path, capsys):
    script.main(
        ["--data", str(own_file), "--text-column", "body", "--label-column", "topic",
         "--output", str(tmp_path), "--quick", *BASELINES]
    )  # fmt: skip
    printed = capsys.readouterr().out
    assert "mine.csv: 55 texts (films " in printed
    assert printed.count("(labelled ") == script.N_NEW
    scores = ClassifierComparison.read(tmp_path / "comparison.csv").scores
    assert (scores["n_train"] + scores["n_test"]).eq(55).all()
    pipeline = joblib.load(tmp_path / "best_pipeline.joblib")
    assert list(pipeline.classes_) == ["films", "phones", "restaurants"]


def test_a_best_pipeline_without_probabilities_classifies_too(script, tmp_path, capsys):
    script.main(["--quick", "--models", "svc", "--output", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()[-len(script.NEW_REVIEWS) :]
    for line, text in zip(lines, script.NEW_REVIEWS, strict=True):
        label, rest = line.split(maxsplit=1)
        assert label in {"negative", "positive"}
        assert rest == text


def test_rows_set_aside_are_not_compared(script, own_file):
    corpus = read(script, own_file)
    assert len(corpus.texts) == 55
    assert not set(corpus.texts) & set(corpus.new_texts)


def test_tabs_separate_the_columns_of_a_tsv_file(script, own_file):
    path = own_file.with_suffix(".tsv")
    pd.read_csv(own_file).to_csv(path, sep="\t", index=False)
    from_tsv = read(script, path)
    assert from_tsv.texts == read(script, own_file).texts


ROWS = [(f"text {i}", "ab"[i % 2]) for i in range(20)]


def lines_of(rows, sep="\t"):
    return "".join(f"{sep.join(row)}\n" for row in [("text", "label"), *rows])


@pytest.mark.parametrize(
    "texts",
    [
        {3: '"never closed', 7: '"nor this one'},
        {3: '"Great", they said'},
        {3: 'opened "', 7: '"closed'},
        {3: 'an inch is 2.54 cm: 1" = 2.54'},
        {0: '"first', 19: '"last'},
    ],
)
def test_texts_may_start_and_end_with_quotation_marks(script, tmp_path, texts):
    rows = [(texts.get(i, text), label) for i, (text, label) in enumerate(ROWS)]
    content = lines_of(rows).encode()
    assert read_rows(script, tmp_path / "mine.tsv", content) == sorted(rows)
    assert read_rows(script, tmp_path / "mine.tsv", content, "--quoting", "plain") == sorted(rows)


@pytest.mark.parametrize("sep", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_quoted_fields_hold_separators_quotation_marks_and_line_breaks(
    script, tmp_path, sep, encoding, end
):
    texts = {2: f"two{sep} parts", 3: 'say "hi"', 4: "two\nlines", 5: f'"{sep}\n\n"{sep}', 6: "£5"}
    rows = [(texts.get(i, text), label) for i, (text, label) in enumerate(ROWS)]
    table = io.StringIO(newline="")
    csv.writer(table, delimiter=sep, lineterminator=end).writerows([("text", "label"), *rows])
    options = [] if encoding.startswith("utf-8") else ["--encoding", encoding]
    options += ["--sep", "tab" if sep == "\t" else sep]
    content = table.getvalue().encode(encoding)
    assert read_rows(script, tmp_path / "mine.csv", content, *options) == sorted(rows)


def test_the_number_of_rows_is_printed_with_the_way_they_were_read(script, tmp_path, capsys):
    path = tmp_path / "mine.tsv"
    read_rows(script, path, lines_of([('"', "a"), *ROWS]).encode())
    announced = f"21 rows read from {path} (quotation marks are text, separator '\\t')\n"
    assert capsys.readouterr().out == announced


def test_a_long_text_is_a_text_like_others(script, tmp_path):
    rows = [("word " * 100_000 + "end", "a"), *ROWS]
    assert read_rows(script, tmp_path / "mine.tsv", lines_of(rows).encode()) == sorted(rows)


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ([*ROWS[:5], ("one", "too", "many")], [], "line 7 has 3 fields, the header 2"),
        ([*ROWS[:5], ("too few",)], [], "line 7 has 1 fields, the header 2"),
        ([*ROWS[:5], ('"open', "a"), *ROWS], ["--quoting", "quoted"], "line 7: unexpected end"),
        (
            [*ROWS, ('"', "a"), ('""', "b"), ('"""', "a")],
            [],
            r"21 \(.*enclose.*\) or 23 \(.*are text\) rows",
        ),
        ([*ROWS[:3], ("\xa35", "a")], [], "line 5 holds the byte 0xa3, which is not utf-8"),
        (ROWS, ["--encoding", "utf-99"], "unknown encoding: utf-99"),
        (ROWS, ["--sep", ";"], "no column 'text'; name one of .* or the separator by --sep"),
        ([("text", "label"), *ROWS[:3], ("", "a")], [], "row 5 in line 6"),
    ],
)
def test_a_row_that_cannot_be_read_is_an_error_with_its_line(
    script, tmp_path, content, options, message
):
    content = lines_of(content).encode("latin-1")
    with pytest.raises(ValueError, match=message):
        read_rows(script, tmp_path / "mine.tsv", content, *options)


@pytest.mark.parametrize("sep", ["", "ab", '"', "\n"])
def test_a_separator_is_one_character(script, sep, capsys):
    assert "argument --sep: got" in error_of(script, ["--sep", sep], capsys)


def test_words_that_pandas_reads_as_missing_are_words(script, own_file):
    frame = pd.read_csv(own_file)
    frame.loc[0, "body"] = "null"
    frame.loc[1, "topic"] = "NA"
    frame.to_csv(own_file, index=False)
    corpus = read(script, own_file)
    assert "null" in corpus.texts + corpus.new_texts
    assert "NA" in [*corpus.labels, *corpus.new_labels]


def test_the_sentences_are_read_from_a_copy(script, tmp_path, monkeypatch, capsys):
    asked = []

    def fetch(data_home):
        asked.append(data_home)
        return load_reviews()

    monkeypatch.setattr(script, "fetch_sentiment_sentences", fetch)
    script.main(
        ["--data", "sentiment", "--data-home", "here.zip", "--quick", "--models", "tfidf",
         "--output", str(tmp_path)]
    )  # fmt: skip
    assert asked == ["here.zip"]
    assert capsys.readouterr().out.startswith("sentiment: 60 texts")


def test_sentences_that_cannot_be_fetched_are_an_error(script, monkeypatch, capsys):
    def fetch(data_home):
        raise OSError("no way to archive.ics.uci.edu")

    monkeypatch.setattr(script, "fetch_sentiment_sentences", fetch)
    assert "no way to archive" in error_of(script, ["--data", "sentiment"], capsys)


def test_a_missing_file_is_an_error(script, capsys):
    message = error_of(script, ["--data", "nowhere.csv"], capsys)
    assert "there is no file nowhere.csv; expected reviews, sentiment or a .csv file" in message


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "has no column 'text'; name one of ['body', 'topic', 'target'] by --text-column"),
        ({"--text-column": "body"}, "has no column 'label'"),
    ],
)
def test_a_missing_column_is_an_error_that_names_the_others(
    script, own_file, options, expected, capsys
):
    options = [part for option in options.items() for part in option]
    assert expected in error_of(script, ["--data", own_file, *options], capsys)


def keep_one_topic(frame):
    return frame[frame["topic"] == "films"]


def blank_two_texts(frame):
    return frame.assign(body=frame["body"].where(~frame.index.isin([3, 7]), ""))


def blank_a_topic(frame):
    return frame.assign(topic=frame["topic"].where(frame.index != 4))


def make_a_rare_topic(frame):
    return frame.assign(topic=frame["topic"].where(frame.index > 0, "weather"))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (keep_one_topic, "all texts have the label 'films'; expected two or more"),
        (blank_two_texts, "is empty in 2 rows, the first of them row 4"),
        (blank_a_topic, "column 'topic' of"),
        (make_a_rare_topic, "2 folds need 3 texts of each class, got {'weather': 1}"),
        (lambda frame: frame[:4], "has 4 rows"),
    ],
)
def test_an_unsuitable_table_is_an_error(script, own_file, change, expected, capsys):
    change(pd.read_csv(own_file)).to_csv(own_file, index=False)
    columns = ["--text-column", "body", "--label-column", "topic"]
    assert expected in error_of(script, ["--data", own_file, *columns], capsys)


@pytest.mark.parametrize("content", [b"", b"text,label\n\xff\xfe,1\n", b'a,b\n1,2\n1,2,3\n"'])
def test_a_file_that_is_not_a_table_is_an_error(script, tmp_path, content, capsys):
    path = tmp_path / "strange.csv"
    path.write_bytes(content)
    assert f"cannot read {path} as a table" in error_of(script, ["--data", path], capsys)


@pytest.mark.parametrize("option", [["--folds", "1"], ["--candidates", "0"], ["--epochs", "-3"]])
def test_numbers_out_of_range_are_errors(script, option, capsys):
    assert f"argument {option[0]}: got {option[1]}, expected" in error_of(script, option, capsys)


def test_an_output_folder_that_cannot_be_made_is_an_error(script, tmp_path, capsys):
    (tmp_path / "file").touch()
    message = error_of(script, ["--output", tmp_path / "file"], capsys)
    assert "File exists" in message
