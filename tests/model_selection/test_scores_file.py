import errno
import json
import os

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from sklearn_textnn.model_selection import ClassifierComparison

FORMATS = ["to_csv", "to_json"]


def round_trip(scores, write, path):
    comparison = ClassifierComparison(scores)
    getattr(comparison, write)(path)
    return ClassifierComparison.read(path).scores, comparison.scores


@pytest.mark.parametrize("write", FORMATS)
def test_scores_are_loaded_equal(scores, write, tmp_path):
    # A value that needs all its digits, a score that is missing.
    scores.loc[0, "test_accuracy"] = 0.1 + 0.2
    scores.loc[1, "test_accuracy"] = np.nan
    read, written = round_trip(scores, write, tmp_path / "scores")
    pd.testing.assert_frame_equal(read, written, check_exact=True)
    assert read["params"][1] == {"clf__C": 10.0, "counts__ngram_range": (1, 2)}


text = st.text(st.characters(codec="utf-8"), max_size=8)  # no lone surrogates
plain_values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | text
)
nested_values = st.recursive(
    plain_values,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(text, inner, max_size=3),
    max_leaves=4,
)


@pytest.mark.parametrize("write", FORMATS)
@settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    name=text.filter(bool),
    chosen=st.dictionaries(text, nested_values, max_size=3),
    values=st.lists(st.floats(width=64), min_size=4, max_size=4),
)
@example(name="\r", chosen={"\r": "\n"}, values=[0.0] * 4)
def test_any_name_number_and_parameter_is_loaded_equal(write, tmp_path, name, chosen, values):
    columns = ["test_score", "inner_score", "fit_time", "score_time"]
    scores = pd.DataFrame(
        {"classifier": [name], "fold": [1], "n_train": [2], "n_test": [1], "params": [chosen]}
        | {column: [value] for column, value in zip(columns, values, strict=True)}
    )
    read, written = round_trip(scores, write, tmp_path / "scores")
    pd.testing.assert_frame_equal(read, written, check_exact=True)


@pytest.mark.parametrize("write", FORMATS)
def test_values_without_json_type_are_loaded_as_documented(scores, write, tmp_path):
    scores.at[0, "params"] = {
        "clf": LogisticRegression(C=10),
        "C": np.inf,
        "n": np.int64(3),
        "words": ["a", "b"],
    }
    read, _ = round_trip(scores, write, tmp_path / "scores")
    assert read["params"][0] == {
        "clf": "LogisticRegression(C=10)",
        "C": "inf",
        "n": 3,
        "words": ("a", "b"),
    }


def test_the_json_file_is_standard_json(scores, tmp_path):
    ClassifierComparison(scores).to_json(tmp_path / "scores.json")

    def refuse(constant):
        raise AssertionError(constant)

    text = (tmp_path / "scores.json").read_text(encoding="utf-8")
    content = json.loads(text, parse_constant=refuse)
    assert content["scores"][-1]["inner_score"] is None
    assert content["scores"][1]["params"]["counts__ngram_range"] == [1, 2]


def test_pandas_reads_the_csv_file(scores, tmp_path):
    ClassifierComparison(scores).to_csv(tmp_path / "scores.csv")
    frame = pd.read_csv(tmp_path / "scores.csv")
    np.testing.assert_array_equal(frame["test_accuracy"], scores["test_accuracy"])
    assert json.loads(frame["params"][3]) == {"clf__epochs": 20}


def test_the_format_is_detected_from_the_content(scores, tmp_path):
    path = tmp_path / "scores.csv"
    ClassifierComparison(scores).to_json(path)
    assert ClassifierComparison.read(str(path)).best_name_ == "CNN"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(scores, tmp_path):
    path = tmp_path / "scores.csv"
    comparison = ClassifierComparison(scores)
    comparison.to_csv(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    pd.testing.assert_frame_equal(ClassifierComparison.read(path).scores, comparison.scores)


HEADER = "classifier,fold,n_train,n_test,test_accuracy,inner_score,fit_time,score_time,params\n"
ROW = "LR,1,4,2,0.5,,0.1,0.1,{}\n"
JSON = '{"format": "sklearn_textnn.ClassifierComparison", "version": 1, "scores": '


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "got the columns"),
        ("hello", "got the columns hello; expected classifier, fold"),
        (HEADER.replace(",", ";") + ROW, "got the columns classifier;fold"),
        (HEADER, "no rows"),
        (HEADER + "LR,1,4\n", "row 2"),
        (HEADER + ROW.replace("0.5", "half"), "row 2.*'half'"),
        (HEADER + ROW.replace("LR,1,", "LR,1.5,"), "row 2.*'1.5'"),
        (HEADER + ROW.replace("{}", "C=10"), "row 2: Expecting value"),
        (HEADER + ROW.replace("{}", "[]"), "not an object"),
        (HEADER + ROW.replace("LR", '"LR'), "line 2"),
        (HEADER + ROW + ROW, r"'LR' has the folds \[1, 1\]"),
        ("{", "Expecting property name"),
        ("{}", 'got no "format"'),
        (JSON.replace("1,", "99,") + "[]}", "got version 99, can read version 1"),
        (JSON + "{}}", 'got no "format"'),
        (JSON + "[]}", "no rows"),
        (JSON + "[1]}", "row 1 is no object"),
        (JSON + '[{"classifier": "LR"}]}', "got the columns classifier;"),
        ("caf\xe9".encode("latin-1"), "utf-8"),
    ],
)
def test_a_malformed_file_is_an_error_with_the_expected_content(content, message, tmp_path):
    path = tmp_path / "strange"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message) as caught:
        ClassifierComparison.read(path)
    assert str(path) in str(caught.value)
    assert "xpected" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("classifier", 3, "not a name"),
        ("fold", 1.5, "not an integer"),
        ("fold", None, "NoneType"),
        ("test_accuracy", True, "not a number"),
        ("test_accuracy", [], "list"),
        ("params", None, "not an object"),
    ],
)
def test_json_of_the_wrong_type_is_refused(scores, name, value, message, tmp_path):
    path = tmp_path / "scores.json"
    ClassifierComparison(scores).to_json(path)
    content = json.loads(path.read_text(encoding="utf-8"))
    content["scores"][4][name] = value
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=f"row 5.*{message}"):
        ClassifierComparison.read(path)


def test_a_missing_file_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing_here"):
        ClassifierComparison.read(tmp_path / "nothing_here.csv")


@pytest.mark.parametrize("write", FORMATS)
def test_a_failed_write_leaves_the_old_file_and_no_other(scores, write, tmp_path, monkeypatch):
    path = tmp_path / "scores"
    path.write_text("old")

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left"):
        getattr(ClassifierComparison(scores), write)(path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["scores"]


def test_a_written_file_replaces_the_old_one_and_leaves_no_other(scores, tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("old")
    ClassifierComparison(scores).to_csv(path)
    assert path.read_text(encoding="utf-8").startswith("classifier,fold")
    assert [entry.name for entry in tmp_path.iterdir()] == ["scores.csv"]


def test_a_missing_folder_is_an_error(scores, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*missing"):
        ClassifierComparison(scores).to_csv(tmp_path / "missing" / "scores.csv")
