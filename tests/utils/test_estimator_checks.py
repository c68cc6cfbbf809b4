"""check_text_estimator on scikit-learn's estimators, as a control, and on ours."""

import json
import re
import sys
import threading
from collections import UserDict
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn import config_context, get_config
from sklearn.cluster import DBSCAN
from sklearn.decomposition import NMF
from sklearn.exceptions import EstimatorCheckFailedWarning
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import Normalizer

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.networks import DenseNetwork, PoolingNetwork
from sklearn_textnn.pipelines import AveragingClassifier, LogCountRatioTransformer
from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    NgramTransformer,
    PadTransformer,
    SubwordTokenizerTransformer,
    TokenIds,
    Vocabulary,
)
from sklearn_textnn.utils import _testing, estimator_checks
from sklearn_textnn.utils.estimator_checks import (
    check_text_estimator,
    parametrize_with_text_checks,
    text_checks,
)

WORDS = ("soup", "bread", "cake", "tea", "fish", "room", "rude", "fresh", "wonderful", "zyzzyva")
VECTORS = WordVectors(WORDS, np.random.default_rng(0).normal(size=(len(WORDS), 3)))
LETTERS = [*"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"]
PIECES = ["[UNK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
SUBWORDS = json.dumps(
    {
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: i for i, piece in enumerate(PIECES)},
        },
    }
)
CONTROL = [
    CountVectorizer(),
    TfidfVectorizer(ngram_range=(1, 2)),
    HashingVectorizer(),
    make_pipeline(TfidfVectorizer(), LogisticRegression()),
]
PIPELINES = [  # with a stateless first or last step, that converge or cluster, or need neighbours
    make_pipeline(CountVectorizer(), Normalizer()),
    make_pipeline(HashingVectorizer(n_features=64), Normalizer()),
    make_pipeline(HashingVectorizer(n_features=64), TfidfTransformer()),
    make_pipeline(HashingVectorizer(n_features=64), LogisticRegression()),
    make_pipeline(TfidfVectorizer(), NMF(2)),
    make_pipeline(TfidfVectorizer(), DBSCAN()),
    make_pipeline(TfidfVectorizer(), KNeighborsClassifier(3)),
]
OURS = [
    KerasTokenizerTransformer(),
    KerasTokenizerTransformer(unknown="keep"),
    KerasTokenizerTransformer(oov_token="<oov>"),
    KerasTokenizerTransformer(analyzer=str.split),
    SubwordTokenizerTransformer(SUBWORDS),
    make_pipeline(
        KerasTokenizerTransformer(unknown="keep"),
        NgramTransformer((1, 3), (3, 4), n_buckets=50),
        PadTransformer(maxlen=8),
    ),
    make_pipeline(KerasTokenizerTransformer(), PadTransformer(maxlen=8)),
    make_pipeline(KerasTokenizerTransformer(unknown="keep"), PadTransformer()),
    make_pipeline(
        KerasTokenizerTransformer(),
        PadTransformer(),
        KerasTextClassifier(PoolingNetwork(embedding_dim=4, units=4), epochs=2),
    ),
    make_pipeline(  # a fixed number of columns, so that one program serves all fits
        CountVectorizer(max_features=30), KerasTextClassifier(DenseNetwork(units=4), epochs=2)
    ),
    GloVeEmbedder(VECTORS),
    GloVeEmbedder(VECTORS, output=("mean", "idf-mean"), oov=("casefold", "strip", "random")),
    make_pipeline(
        KerasTokenizerTransformer(unknown="keep"), PadTransformer(maxlen=8), GloVeEmbedder(VECTORS)
    ),
    make_pipeline(
        KerasTokenizerTransformer(unknown="keep"),
        PadTransformer(maxlen=8),
        GloVeEmbedder(VECTORS),
        KerasTextClassifier(PoolingNetwork(units=4), epochs=2),
    ),
    AveragingClassifier(
        [
            ("words", make_pipeline(TfidfVectorizer(), LogisticRegression())),
            (
                "network",
                make_pipeline(
                    KerasTokenizerTransformer(),
                    PadTransformer(maxlen=8),
                    KerasTextClassifier(PoolingNetwork(embedding_dim=4, units=4), epochs=2),
                ),
            ),
        ]
    ),
    make_pipeline(CountVectorizer(), LogCountRatioTransformer(), LogisticRegression()),
]


# In scikit-learn 1.6 HashingVectorizer does not declare that it needs no fit.
hashing_says_so = pytest.mark.needs("scikit-learn>=1.7")


@hashing_says_so
@pytest.mark.parametrize("estimator", [*CONTROL, *PIPELINES], ids=estimator_checks._title)
def test_scikit_learns_estimators_pass(estimator):
    check_text_estimator(estimator)


@pytest.mark.slow
@pytest.mark.parametrize("estimator", OURS, ids=estimator_checks._title)
def test_our_estimators_pass(estimator):
    check_text_estimator(estimator)


@parametrize_with_text_checks([CountVectorizer(), KerasTokenizerTransformer()])
def test_each_check_can_be_a_separate_test(estimator, check):
    check(estimator)


# The list of checks


@pytest.mark.parametrize("estimator", [*CONTROL, *OURS], ids=estimator_checks._title)
def test_every_kind_gets_at_least_thirty_checks(estimator):
    assert len(text_checks(estimator)) >= 30


def names(estimator):
    """Return the name of an estimator as on the page."""
    steps = [*estimator] if isinstance(estimator, Pipeline) else [estimator]
    shown = [f"``{type(step).__name__}``" for step in steps]
    if len(shown) > 1:
        shown = ["tokenizer" if name == "``KerasTokenizerTransformer``" else name for name in shown]
    return ", ".join(shown)


@hashing_says_so
def test_the_page_states_how_many_checks_run():
    page = (Path(__file__).parents[2] / "docs" / "promises.rst").read_text(encoding="utf-8")
    section = page[page.index("Checks for texts") : page.index("Inside other estimators")]
    rows = re.findall(r"\* - (.+)\n\s+- (\d+)\n", section)
    stated = {name: int(count) for name, count in rows}
    counts = {}
    for estimator in (*CONTROL, *OURS):
        counts.setdefault(names(estimator), len(text_checks(estimator)))  # of the plainest one
    assert stated == counts
    assert f"has {len(text_checks())}, for any estimator" in section


@hashing_says_so
def test_checks_that_do_not_apply_to_steps_are_left_out():
    ends, starts = (set(text_checks(estimator)) for estimator in (PIPELINES[0], PIPELINES[3]))
    assert set(text_checks(CONTROL[0])) - ends == {"check_check_is_fitted"}
    assert set(text_checks(CONTROL[3])) - starts == {
        "check_no_texts_at_fit",
        "check_no_texts_after_fit",
    }
    assert "check_stateless_needs_no_fit" in text_checks(PIPELINES[1])


def test_broken_tags_do_not_disable_checks():
    class TagsAreADict(CountVectorizer):
        def __sklearn_tags__(self):
            return {}

    assert list(text_checks(TagsAreADict())) == list(text_checks(CountVectorizer()))


@hashing_says_so
def test_checks_that_do_not_apply_are_left_out():
    tokenizer, stateless, classifier = map(text_checks, (OURS[0], CONTROL[2], CONTROL[3]))
    assert "check_fit_transform" in tokenizer
    assert "check_probabilities" not in tokenizer
    assert "check_not_fitted_error" not in stateless
    assert "check_stateless_needs_no_fit" in stateless
    assert "check_probabilities" in classifier
    assert "check_fit_transform" not in classifier
    assert "check_equal_weights" not in classifier  # Pipeline.fit has no sample_weight
    everything = text_checks()
    for some in (tokenizer, stateless, classifier):
        assert some.items() <= everything.items()


def test_the_docstring_of_a_check_is_one_line():
    for name, promise in text_checks().items():
        assert name.startswith("check_")
        assert promise.endswith(".")
        assert "\n" not in promise


# Results


class Careless(CountVectorizer):
    """Breaks two promises."""

    def fit(self, raw_documents, y=None):
        super().fit(raw_documents)
        self.n_texts = len(raw_documents)
        return self

    def get_feature_names_out(self, input_features=None):
        return super().get_feature_names_out()[1:]


FAILING = ["check_learned_attributes_end_in_underscore", "check_feature_names_out"]


def test_results_are_those_of_scikit_learns_function():
    results = check_text_estimator(estimator := CountVectorizer())
    assert [result["check_name"] for result in results] == list(text_checks(estimator))
    assert results[0] == {
        "estimator": estimator,
        "check_name": "check_cloneable",
        "exception": None,
        "status": "passed",
        "expected_to_fail": False,
        "expected_to_fail_reason": "Check is not expected to fail",
    }


def test_the_first_failure_is_raised_with_its_promise():
    with pytest.raises(AssertionError, match="n_texts") as caught:
        check_text_estimator(Careless())
    (note,) = caught.value.__notes__
    assert note == f'{FAILING[0]}, on Careless: "{text_checks()[FAILING[0]]}"'


def test_a_failure_can_be_a_warning():
    with pytest.warns(EstimatorCheckFailedWarning) as caught:
        results = check_text_estimator(Careless(), on_fail="warn")
    assert [warning.message.check_name for warning in caught] == FAILING
    assert {warning.filename for warning in caught} == {__file__}  # the caller's
    assert [r["check_name"] for r in results if r["status"] == "failed"] == FAILING
    assert len(results) == len(text_checks(Careless()))


def test_expected_failures_are_marked():
    expected = {FAILING[0]: "as of old", FAILING[1]: "to be mended", "check_repr": "it passes"}
    results = {
        result["check_name"]: result
        for result in check_text_estimator(Careless(), expected_failed_checks=expected)
    }
    assert [n for n, result in results.items() if result["status"] != "passed"] == FAILING
    assert results[FAILING[0]]["status"] == "xfail"
    assert results[FAILING[0]]["expected_to_fail_reason"] == "as of old"
    assert isinstance(results[FAILING[0]]["exception"], AssertionError)
    assert results["check_repr"]["expected_to_fail"]


def test_a_callback_gets_every_check():
    heard = []
    results = check_text_estimator(
        Careless(), on_fail=None, callback=lambda **result: heard.append(result)
    )
    assert heard == results


def test_the_estimator_is_not_changed():
    vectorizer = CountVectorizer().fit(["good food"])
    before = dict(vars(vectorizer))
    check_text_estimator(vectorizer)
    assert vars(vectorizer) == before


class Recorder(CountVectorizer):
    """Records what it is fitted on."""

    seen = []

    def __init__(self, random_state=None):
        super().__init__()
        self.random_state = random_state

    def fit(self, raw_documents, y=None):
        self.seen.append((self.random_state, tuple(raw_documents), None if y is None else [*y]))
        return super().fit(raw_documents)


@pytest.mark.parametrize("y", [None, [0, 0, 0, 0, 1, 1, 1, 1]])
def test_own_texts_are_used_and_random_state_is_set(y):
    texts = [f"{place} {kind}" for place in ("bar", "inn") for kind in ("old", "new", "big", "bad")]
    Recorder.seen.clear()
    check_text_estimator(Recorder(), texts=texts, y=y, on_fail=None)
    assert (0, tuple(texts), y) in Recorder.seen
    assert {state for state, _, _ in Recorder.seen} == {0}
    assert not any("soup" in str(text) for _, seen, _ in Recorder.seen for text in seen)


def test_own_texts_are_used_for_a_classifier():
    texts = ["rain and wind", "cold rain", "a storm", "wind", "sun", "warm sun", "a calm", "warm"]
    y = ["bad"] * 4 + ["good"] * 4
    check_text_estimator(make_pipeline(CountVectorizer(), MultinomialNB()), texts=texts, y=y)


# Errors

EIGHT = ["good food"] * 8


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"texts": EIGHT[1:]}, "texts holds 7 items, expected at least 8"),
        ({"texts": [*EIGHT, None]}, "all of them str"),
        ({"texts": "good food"}, "texts is one str, expected a list"),
        ({"texts": EIGHT, "y": [0, 1] * 3 + [np.nan] * 2}, "y holds missing values"),
        ({"texts": EIGHT, "y": ["a", "b"] * 3 + [None] * 2}, "y holds missing values"),
        ({"texts": EIGHT, "y": [0.1, 0.7] * 4}, "y holds no classes"),
        ({"y": [0, 1]}, "y was passed without texts"),
        ({"texts": EIGHT}, "without y, which classifiers need"),
        ({"texts": EIGHT, "y": [0, 1]}, r"y has shape \(2,\), expected \(8,\)"),
        ({"texts": EIGHT, "y": [0] * 7 + [1]}, r"classes \[0, 1\] \[7, 1\] times"),
        ({"texts": EIGHT, "y": [0] * 8}, "at least two classes"),
        ({"expected_failed_checks": {"check_reprs": ""}}, r"names \['check_reprs'\], which are no"),
        ({"callback": print}, 'together with on_fail="raise"'),
        ({"on_fail": "ignore"}, "on_fail is 'ignore', expected"),
    ],
)
def test_wrong_arguments_are_errors(kwargs, message):
    with pytest.raises(ValueError, match=message):
        check_text_estimator(CONTROL[3], **kwargs)


def test_expected_failures_without_reasons_are_an_error():
    with pytest.raises(TypeError, match="is a list, expected a dict of names and reasons"):
        check_text_estimator(CountVectorizer(), expected_failed_checks=["check_repr"])


@pytest.mark.parametrize("function", [check_text_estimator, text_checks])
def test_a_class_is_an_error(function):
    with pytest.raises(TypeError, match=r"expected an instance: CountVectorizer\(\)"):
        function(CountVectorizer)


def test_a_class_is_an_error_in_the_decorator():
    with pytest.raises(TypeError, match="Got the class CountVectorizer"):
        parametrize_with_text_checks([CountVectorizer])


# The decorator


def test_the_decorator_marks_expected_failures():
    mark = parametrize_with_text_checks(
        [Careless(), CountVectorizer()],
        expected_failed_checks=lambda estimator: (
            dict.fromkeys(FAILING, "careless") if type(estimator) is Careless else {}
        ),
        xfail_strict=True,
    )
    names, params = mark.args
    assert names == ("estimator", "check")
    marked = {param.id: param.marks[0].kwargs for param in params if param.marks}
    expected = {"reason": "careless", "strict": True}
    assert marked == {f"Careless-0-{name}": expected for name in FAILING}
    for param in params:
        if param.marks:
            with pytest.raises(AssertionError):
                param.values[1](param.values[0])


class HasNoRepr(CountVectorizer):
    def __repr__(self):
        return self.vocabulary_["soup"]


def test_the_ids_of_the_decorator_are_classes_and_positions_the_same_in_every_process():
    words = frozenset(["soup", "fish", "bread"])  # in an order that differs between processes
    pipeline = make_pipeline(CountVectorizer(vocabulary=words), LogisticRegression())
    (_, params) = parametrize_with_text_checks([pipeline, pipeline, HasNoRepr()]).args
    ids = [param.id for param in params]
    assert len(set(ids)) == len(ids)
    assert [name.removesuffix("-check_repr") for name in ids if name.endswith("-check_repr")] == [
        "CountVectorizer+LogisticRegression-0",
        "CountVectorizer+LogisticRegression-1",
        "HasNoRepr-2",
    ]


def test_pytest_is_imported_by_the_decorator_only():
    assert "pytest" not in vars(estimator_checks)


def test_concurrent_calls_start_together_and_switch_often():
    meeting, before = threading.Barrier(3), sys.getswitchinterval()

    def call(i):
        meeting.wait(timeout=60)
        return i, sys.getswitchinterval(), get_config()["transform_output"]

    with config_context(transform_output="pandas"):
        given = _testing.at_once([partial(call, i) for i in range(3)])
    assert [(i, output) for i, _, output in given] == [(i, "pandas") for i in range(3)]
    assert all(interval < before / 100 for _, interval, _ in given)
    assert sys.getswitchinterval() == before


# Comparison of outputs

VOCABULARY = Vocabulary(("", "good", "food"), n_known=3)
GROWN = Vocabulary(("", "good", "food", "great"), n_known=3)
SWAPPED = Vocabulary(("", "food", "good"), n_known=3)


def same(actual, expected):
    try:
        _testing.assert_same({"transform": actual}, {"transform": expected}, "in a test")
    except AssertionError:
        return False
    return True


def ragged(ids, vocabulary):
    return TokenIds(np.array(ids), vocabulary, offsets=np.array([0, 1, len(ids)]))


def test_sparse_rows_are_equal_for_any_order_of_entries():
    one = csr_array(([1.0, 2.0, 0.0], ([0, 0, 1], [3, 1, 2])), shape=(3, 10**6))
    two = csr_array(([2.0, 0.5, 0.5], ([0, 0, 0], [1, 3, 3])), shape=(3, 10**6))
    assert same(one, two)
    assert not same(one, two[:, :-1])  # another number of columns
    assert not same(one, two[:2])
    moved = csr_array(([1.0, 2.0], ([0, 0], [4, 1])), shape=(3, 10**6))
    assert not same(one, moved)


def test_dense_rows_are_equal_up_to_rounding_and_integers_exactly():
    assert same(np.ones((2, 3)), np.ones((2, 3), dtype=np.float32) + np.float32(1e-7))
    assert not same(np.ones((2, 3)), np.ones((2, 3)) + 1e-3)
    assert not same(np.array([10**8]), np.array([10**8 + 1]))
    assert not same(np.array(["good"]), np.array(["goods"]))
    assert not same(np.ones((2, 3)), np.ones((2, 1)))


def test_ids_are_compared_by_their_words():
    assert same(ragged([1, 2, 1], VOCABULARY), ragged([2, 1, 2], SWAPPED))
    assert not same(ragged([1, 2, 1], VOCABULARY), ragged([1, 2, 1], SWAPPED))
    assert not same(ragged([1, 2, 1], VOCABULARY), ragged([1, 2, 3], GROWN))
    padded = np.array([[1, 0], [2, 1]])
    assert same(TokenIds(padded, VOCABULARY), TokenIds(padded, GROWN))
    assert not same(TokenIds(padded, VOCABULARY), TokenIds(padded[:, ::-1], VOCABULARY))


def test_lists_of_rows_of_different_lengths_are_compared():
    assert same([[1], [2, 3]], [np.array([1]), np.array([2, 3])])
    assert not same([[1], [2, 3]], [[1, 2], [3]])


def test_lists_inside_of_rows_may_have_different_lengths():
    assert same([[["a"], ["b", "c"]]], [[["a"], ["b", "c"]]])
    assert not same([[["a"], ["b", "c"]]], [[["a", "b"], ["c"]]])


def test_missing_values_are_equal_to_each_other():
    assert same(pd.DataFrame({"n": [1, pd.NA]}), pd.DataFrame({"n": [1, pd.NA]}))
    assert not same(pd.DataFrame({"n": [1, pd.NA]}), pd.DataFrame({"n": [1, 2]}))


@pytest.mark.parametrize("output", [{"ids": [1]}, UserDict(ids=[1]), None])
def test_output_without_rows_is_an_error(output):
    with pytest.raises(AssertionError, match=f"{type(output).__name__}, expected one row for each"):
        _testing.rows_of(output)


def test_the_length_of_a_str_dtype_does_not_matter():
    assert _testing.type_of(np.array(["a"])) == _testing.type_of(np.array(["bcd"]))
    assert _testing.type_of(np.ones(1)) != _testing.type_of(np.ones(1, dtype=np.float32))


def test_what_is_not_finite_or_missing_is_found():
    _testing.assert_finite({"transform": np.ones((2, 2))}, 2, "texts")
    with pytest.raises(AssertionError, match="NaN or infinity in row 1"):
        _testing.assert_finite({"transform": csr_array([[1.0, 0], [np.nan, 0]])}, 2, "texts")
    with pytest.raises(AssertionError, match="2 rows for 3 texts"):
        _testing.assert_finite({"transform": np.ones((2, 2))}, 3, "texts")
