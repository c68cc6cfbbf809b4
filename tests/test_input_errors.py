"""Errors for bad texts, labels and parameters: the same words wherever these are passed."""

import warnings
from functools import partial
from types import SimpleNamespace

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    compare_classifiers,
    datasets,
    persistence,
    text_classifier,
)
from sklearn_textnn.inspection import ComparisonDisplay, error_table, explain_texts, word_effects
from sklearn_textnn.model_selection import (
    EpochHalvingSearchCV,
    MultilabelThresholdClassifierCV,
    fit_in_chunks,
    report_candidates,
)
from sklearn_textnn.pipelines import AveragingClassifier, make_baselines
from sklearn_textnn.preprocessing import check_texts_for

TEXTS = ["good food", "bad food", "good service", "bad service", "fine soup", "poor soup"] * 2
Y = np.array([1, 0] * 6)
LABELS = np.column_stack([Y, 1 - Y, np.arange(12) % 3 == 0]).astype(int)


def linear():
    return make_pipeline(CountVectorizer(), LogisticRegression())


def average():
    signs = CountVectorizer(analyzer="char")
    union = FeatureUnion([("words", TfidfVectorizer()), ("signs", signs)])
    search = GridSearchCV(linear(), {"logisticregression__C": [1.0]}, cv=2)
    members = linear(), make_pipeline(union, LogisticRegression()), search
    return AveragingClassifier([(f"m{i}", member) for i, member in enumerate(members)])


def network():
    classifier = KerasTextClassifier(PoolingNetwork(2), epochs=1, random_state=0)
    return make_pipeline(KerasTokenizerTransformer(), PadTransformer(), classifier)


def halving():
    grid = {"kerastextclassifier__optimizer__learning_rate": [0.1]}
    return EpochHalvingSearchCV(network(), grid, n_iter=1, cv=2)


def several():
    pipeline = make_pipeline(CountVectorizer(), OneVsRestClassifier(LogisticRegression()))
    return MultilabelThresholdClassifierCV(pipeline, cv=2, random_state=0)


CLASSIFIERS = {
    "average": lambda X, y: average().fit(X, y),
    "text_classifier": lambda X, y: text_classifier(fast=True).fit(X, y),
    "network": lambda X, y: network().fit(X, y),
    "comparison": lambda X, y: compare_classifiers({"LR": linear()}, X, y, cv=2),
    "error table": lambda X, y: error_table(linear(), X, y, cv=2),
}
READERS = CLASSIFIERS | {
    "halving": lambda X, y: halving().fit(X, y),
    "thresholds": lambda X, y: several().fit(X, LABELS),
    "predict": lambda X, y: average().fit(TEXTS, Y).predict(X),
    "thresholds, predict": lambda X, y: several().fit(TEXTS, LABELS).predict(X),
    "explanation": lambda X, y: explain_texts(linear().fit(TEXTS, Y), X),
    "word effects": lambda X, y: word_effects(linear().fit(TEXTS, Y), X),
}


def with_third(item):
    return [*TEXTS[:2], item, *TEXTS[3:]]


BAD_TEXTS = {
    "None": (with_third(None), ValueError, r"text 2 is missing \(None .* missing are 1 of 12"),
    "NaN": (with_third(np.nan), ValueError, r"text 2 is missing \(nan .* Drop these samples"),
    "NA": (with_third(pd.NA), ValueError, "text 2 is missing"),
    "a number": (with_third(3), TypeError, "text 2 is of type int, expected str or bytes; pass"),
    "words": (with_third(["a"]), TypeError, "text 2 is of type list, .* join lists of words"),
    "latin-1": (with_third(b"caf\xe9"), ValueError, "text 2 is of type bytes and cannot be read"),
    "numbers": (list(range(12)), TypeError, "text 0 is of type int"),
    "two columns": (np.array([TEXTS, TEXTS]).T, ValueError, r"an array of shape \(12, 2\)"),
    "a frame": (pd.DataFrame({"a": TEXTS, "b": TEXTS}), ValueError, r"2 columns \['a', 'b'\]"),
    "a set": (set(TEXTS), TypeError, "is a set, expected texts in the order"),
    "a dict": ({"text": TEXTS}, TypeError, "is a dict, expected texts in the order"),
    "one text": (TEXTS[0], ValueError, r"is one str, .* put it into a list: \[text\]"),
}


@pytest.mark.parametrize("bad", BAD_TEXTS)
@pytest.mark.parametrize("reader", READERS)
def test_texts_are_refused_with_their_row(reader, bad):
    X, error, match = BAD_TEXTS[bad]
    with pytest.raises(error, match=match):
        READERS[reader](X, Y)


CONTAINERS = {
    "bytes": [text.encode() for text in TEXTS],
    "a tuple": tuple(TEXTS),
    "one column": np.array(TEXTS, dtype=object)[:, None],
    "a Series": pd.Series(TEXTS, index=range(5, 17)),
    "a frame": pd.DataFrame({"text": TEXTS}),
}


@pytest.mark.parametrize("container", [*CONTAINERS, "a generator"])
@pytest.mark.parametrize("make", [average, several])
def test_any_container_of_texts_is_accepted(make, container):
    y = Y if make is average else LABELS
    expected = make().fit(TEXTS, y).predict_proba(TEXTS)
    X = (text for text in TEXTS) if container == "a generator" else CONTAINERS[container]
    fitted = make().fit(X, y)
    np.testing.assert_array_equal(fitted.predict_proba(TEXTS), expected)
    X = (text for text in TEXTS) if container == "a generator" else X
    np.testing.assert_array_equal(fitted.predict_proba(X), expected)


BAD_LABELS = {
    "None": ([1, 0, None, *Y[3:]], "label in row 2 of y is missing .NoneType.* 1 of 12. Drop"),
    "NaN": ([1, 0, np.nan, *Y[3:]], "Input y contains NaN: the label in row 2 of y is missing"),
    "NA": (pd.Series([1, 0, pd.NA, *Y[3:]], dtype="Int64"), "label in row 2 of y is missing"),
    "str and None": (np.array(["a", "b", None] * 4, dtype=object), "label in row 2 of y is miss"),
    "a column of str": (pd.Series(["a", "b", None] * 4), "row 2 of y is missing.* 4 of 12"),
    "one class": ([1] * 12, r"holds only \[1\], expected at least 2 classes; add samples"),
    "lists": ([["a", "b"], ["a"]] * 6, r"\['a', 'b'\] in row 0, .*MultiLabelBinarizer"),
    "mixed": (["a", 1] * 6, "'a' of type str in row 0 and 1 of type int in row 1"),
    "short": (Y[:-1], "(X|texts) has 12 samples, but y has 11; expected one for each sample"),
    "fractions": (np.linspace(0, 1, 12), "Unknown label type: continuous"),
    "nothing": (None, "requires y to be passed, but the target y is None"),
    "columns": (np.arange(24).reshape(12, 2) % 3, "multiclass-multioutput.*MultiOutputClassifier"),
}


@pytest.mark.parametrize("bad", BAD_LABELS)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_labels_are_refused_with_their_row(classifier, bad):
    y, match = BAD_LABELS[bad]
    with pytest.raises(ValueError, match=match):
        CLASSIFIERS[classifier](TEXTS, y)


@pytest.mark.parametrize("y", ["labels", b"labels", {"a": 1}, {0, 1}], ids=repr)
@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_labels_without_order_are_refused(classifier, y):
    with pytest.raises(TypeError, match=f"y is a {type(y).__name__}, expected labels in the order"):
        CLASSIFIERS[classifier](TEXTS, y)


@pytest.mark.parametrize(
    ("class_weight", "match"),
    [
        (
            {"0": 1, "1": 2},
            r"The classes, \[0, 1\], are not in class_weight, whose keys are \['0', '1'\]",
        ),
        ([{0: 1, 1: 2}], "class_weight is a list of dicts, .* Pass one dict"),
    ],
)
def test_class_weights_of_other_labels_are_refused(class_weight, match):
    with pytest.raises(ValueError, match=match):
        average().set_params(class_weight=class_weight).fit(TEXTS, Y)
    with pytest.raises(ValueError, match=match):
        network().set_params(kerastextclassifier__class_weight=class_weight).fit(TEXTS, Y)


def test_weights_of_some_classes_are_enough():
    average().set_params(class_weight={1: 2.0}).fit(TEXTS, Y)
    average().set_params(class_weight={0: 1, 1: 2, 7: 3}).fit(TEXTS, Y)


def test_labels_of_a_search_are_as_many_as_its_texts():
    with pytest.raises(ValueError, match="X has 12 samples, but y has 11"):
        halving().fit(TEXTS, Y[:-1])


@pytest.mark.parametrize(
    ("chunk", "error", "message", "step"),
    [
        (
            (with_third(None), Y),
            ValueError,
            "text 2 is missing",
            "kerastokenizertransformer",
        ),
        ((TEXTS, [None, *Y[1:]]), ValueError, "label in row 0 of y is missing", ""),
    ],
)
def test_errors_of_chunks_have_the_chunk(chunk, error, message, step):
    pipeline = network().set_params(padtransformer__maxlen=3)
    with pytest.raises(error, match=message) as caught:
        fit_in_chunks(pipeline, [(TEXTS, Y), chunk])
    where = f"{step}, chunk 1".removeprefix(", ")
    assert f"This is about {where}; rows are counted within the chunk." in caught.value.__notes__


@pytest.mark.parametrize("bad", ["None", "NaN", "lists", "short"])
def test_indicators_are_refused_with_their_row(bad):
    y, match = BAD_LABELS[bad]
    with pytest.raises(ValueError, match=match):
        several().fit(TEXTS, y)


# Whose texts are checked


@pytest.mark.parametrize(
    ("first", "X"),
    [
        (CountVectorizer(analyzer=lambda words: words), [["good"], ["bad", "food"]]),
        (CountVectorizer(tokenizer=lambda words: words, lowercase=False), [["good"], ["bad"]]),
        (CountVectorizer(preprocessor=lambda row: row["text"]), [{"text": "a"}, {"text": "b"}]),
        (CountVectorizer(input="file"), [None, None]),
        (FunctionTransformer(), np.eye(2)),
        (PadTransformer(), [[1], [2, 3]]),
    ],
)
def test_what_may_be_no_texts_is_passed_on_as_it_is(first, X):
    assert check_texts_for([make_pipeline(first, LogisticRegression())], X) is X


def test_members_without_names_are_found():
    ensemble = SimpleNamespace(estimators=[linear(), linear()])
    assert check_texts_for([ensemble], ("good", "bad")) == ["good", "bad"]


def test_a_member_that_reads_something_else_gets_x_as_it_is():
    def lower(X):
        return X.str.lower()

    members = linear(), make_pipeline(FunctionTransformer(lower), linear())
    both = AveragingClassifier([(f"m{i}", member) for i, member in enumerate(members)])
    X = pd.Series(TEXTS).str.upper()
    assert both.fit(X, Y).predict_proba(X).shape == (12, 2)
    with pytest.raises(ValueError, match="text 2 is missing"):
        both.fit(X.where(X.index != 2), Y)


def test_bytes_are_decoded_as_the_vectorizer_does():
    X = ["caf\xe9 good".encode("latin-1"), b"bad"]
    latin = partial(CountVectorizer, encoding="latin-1")
    assert check_texts_for([latin(), latin()], X) == ["caf\xe9 good", "bad"]
    assert check_texts_for([CountVectorizer(decode_error="replace"), latin()], X) is X
    with pytest.raises(ValueError, match="text 0 is of type bytes"):
        check_texts_for([latin(), HashingVectorizer()], X)


# Members that do not converge


def stopped(**parameters):
    return make_pipeline(CountVectorizer(), LogisticRegression(max_iter=1, **parameters))


@pytest.mark.parametrize(
    ("member", "parameter"),
    [
        (stopped(), "m0__logisticregression__max_iter"),
        (
            make_pipeline(CountVectorizer(), OneVsRestClassifier(LogisticRegression(max_iter=1))),
            "m0__onevsrestclassifier__estimator__max_iter",
        ),
        (
            GridSearchCV(stopped(), {"logisticregression__C": [1.0]}, cv=2),
            "m0__estimator__logisticregression__max_iter",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_jobs", [None, 2])
def test_a_member_that_does_not_converge_is_named_once(member, parameter, n_jobs):
    both = AveragingClassifier([("m0", member), ("m1", linear())], n_jobs=n_jobs)
    with pytest.warns(ConvergenceWarning, match="Member 'm0' did not converge") as record:
        both.fit(TEXTS, Y)
    named = [str(w.message) for w in record if "Member" in str(w.message)]
    assert len(named) == 1
    assert f"Set {parameter} higher" in named[0]
    assert parameter in both.get_params()


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge:sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("backend", ["threading", "loky"])
def test_a_search_names_a_member_that_does_not_converge_for_the_last_fit_only(backend):
    both = AveragingClassifier([("m0", stopped()), ("m1", linear())])
    search = GridSearchCV(both, {"m0__logisticregression__C": [1.0, 2.0]}, cv=2, n_jobs=2)
    with (
        joblib.parallel_config(backend=backend),
        pytest.warns(ConvergenceWarning, match="Member 'm0'") as record,
    ):
        search.fit(TEXTS, Y)
    assert sum("Member" in str(w.message) for w in record) == 1
    with warnings.catch_warnings(action="error"):
        warnings.filterwarnings("ignore", "lbfgs failed", ConvergenceWarning)
        cross_val_score(search.set_params(n_jobs=None), TEXTS, Y, cv=2)


def test_members_that_converge_or_need_not_are_not_named(recwarn):
    by_design = make_pipeline(CountVectorizer(), SGDClassifier("log_loss", tol=None, max_iter=3))
    AveragingClassifier([("m0", linear()), ("m1", by_design)]).fit(TEXTS, Y)
    assert not recwarn


# Parameters


@pytest.mark.parametrize(
    ("function", "parameters", "match"),
    [
        (text_classifier, {"fast": "yes"}, "'fast' parameter of text_classifier"),
        (text_classifier, {"n_members": 0}, "'n_members' parameter of text_classifier"),
        (text_classifier, {"n_members": -1}, "'n_members' parameter of text_classifier"),
        (text_classifier, {"n_members": 2.5}, "'n_members' parameter .* Got 2.5"),
        (text_classifier, {"n_members": True}, "'n_members' parameter"),
        (text_classifier, {"vectors": 5}, "'vectors' parameter of text_classifier"),
        (text_classifier, {"vectors": {"good": [1]}}, "'vectors' parameter of text_classifier"),
        (text_classifier, {"vectors": "absent.txt"}, "no file of vectors 'absent.txt'"),
        (text_classifier, {"tokenizer": "x.json"}, "'tokenizer' parameter .* no vectors"),
        (text_classifier, {"class_weight": "balance"}, "'class_weight' parameter"),
        (text_classifier, {"random_state": "0"}, "'random_state' parameter"),
        (text_classifier, {"n_jobs": 1.5}, "'n_jobs' parameter"),
        (make_baselines, {"vectors": 5}, "'vectors' parameter of make_baselines"),
        (make_baselines, {"vectors": "absent.txt"}, "no file of vectors 'absent.txt'"),
        (make_baselines, {"class_weight": {0: 1}}, "'class_weight' parameter of make_baselines"),
        (partial(explain_texts, linear(), TEXTS), {"method": "lime"}, "'method' parameter"),
        (partial(explain_texts, linear(), TEXTS), {"together": "x"}, "'together' parameter"),
        (partial(word_effects, linear(), TEXTS), {"min_texts": 0}, "'min_texts' parameter"),
        (partial(error_table, linear(), TEXTS, Y), {"cv": "5"}, "'cv' parameter"),
        (partial(error_table, linear(), TEXTS, Y), {"n_jobs": "all"}, "'n_jobs' parameter"),
        (partial(error_table, linear(), TEXTS, Y), {"columns": ["a"]}, "'columns' parameter"),
        (partial(error_table, CountVectorizer(), TEXTS, Y), {}, "'classifier' parameter"),
        (
            partial(error_table, linear(), TEXTS, Y, cv=[([0, 1], [2, 3])]),
            {},
            "cv holds out text 0 in 0 folds, expected each text in one",
        ),
        (partial(compare_classifiers, [linear()], TEXTS, Y), {}, "'classifiers' parameter"),
        (AveragingClassifier([linear()]).fit, {"X": TEXTS, "y": Y}, "a Pipeline at position 0"),
        (persistence.load, {"path": 5}, "'path' parameter of load"),
        (persistence.load, {"path": "x", "frozen": "yes"}, "'frozen' parameter of load"),
        (persistence.save, {"pipeline": "x", "path": linear()}, "'path' parameter of save"),
        (
            persistence.save,
            {"pipeline": linear(), "path": "x", "embed_vectors": "yes"},
            "'embed_vectors' parameter of save",
        ),
        (partial(report_candidates, halving()), {"n_splits": "3"}, "'n_splits' parameter"),
        (partial(report_candidates, halving()), {"n_splits": 0}, "'n_splits' parameter"),
        (partial(fit_in_chunks, network(), []), {"epochs": 0}, "'epochs' parameter"),
        (datasets.get_data_home, {"data_home": 5}, "'data_home' parameter of get_data_home"),
        (datasets.load_reviews, {"source": "film"}, "'source' parameter of load_reviews"),
    ],
)
def test_parameters_are_refused_before_anything_is_done(function, parameters, match):
    with pytest.raises((ValueError, FileNotFoundError), match=match):
        function(**parameters)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: datasets.load_reviews("films"), r"load_reviews\(\) takes 0 positional arguments"),
        (lambda: text_classifier(random_seed=0), r"text_classifier\(\) got .* 'random_seed'"),
        (lambda: compare_classifiers(), r"compare_classifiers\(\) missing 3 required"),
        (lambda: error_table(linear(), TEXTS, Y, columns={"a": 5}), "a is of type int, expected a"),
        (
            lambda: ComparisonDisplay.from_comparison({"a": 1}),
            "comparison is a dict, expected what",
        ),
    ],
)
def test_calls_that_python_refuses_name_the_function(call, match):
    with pytest.raises(TypeError, match=match):
        call()
