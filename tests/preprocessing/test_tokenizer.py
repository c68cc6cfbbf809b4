"""KerasTokenizerTransformer; test_against_keras.py compares it with Keras' own."""

import copy
import pickle
import time

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.exceptions import NotFittedError
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.utils import get_tags
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    PadTransformer,
    TokenIds,
    Vocabulary,
)

LAW = settings(max_examples=100, deadline=None, database=None)
TEXTS = ["Good food, good service.", "Slow service!"]  # service 2, good 2, food 1, slow 1


def rows(X):
    return [row.tolist() for row in X]


# Worked examples


def test_ids_follow_frequency_then_first_appearance():
    tokenizer = KerasTokenizerTransformer()
    X = tokenizer.fit_transform(TEXTS)
    # good 2 and service 2, good came first; food 1 and slow 1, food came first
    assert tokenizer.word_index_ == {"good": 1, "service": 2, "food": 3, "slow": 4}
    assert tokenizer.word_counts_ == {"good": 2, "food": 1, "service": 2, "slow": 1}
    assert tokenizer.n_tokens_ == 5  # four words and padding
    assert tokenizer.n_documents_ == 2
    assert tokenizer.vocabulary_ == Vocabulary(("", "good", "service", "food", "slow"), 5)
    assert rows(X) == [[1, 3, 1, 2], [4, 2]]
    assert X.vocabulary is tokenizer.vocabulary_
    assert X.is_ragged


@pytest.mark.parametrize(
    ("num_words", "oov_token", "n_tokens", "words", "expected"),
    [
        (3, None, 3, ("", "good", "service"), [[1, 1, 2], [2]]),
        (3, "<oov>", 3, ("", "<oov>", "good"), [[2, 1, 2, 1], [1, 1]]),
        (1, None, 1, ("",), [[], []]),  # no id is below 1
        (1, "<oov>", 2, ("", "<oov>"), [[1, 1, 1, 1], [1, 1]]),
        (99, None, 5, ("", "good", "service", "food", "slow"), [[1, 3, 1, 2], [4, 2]]),
        # Keras' quirk: the texts hold the oov token, which takes the later of its ids 1 and 5
        (None, "slow", 6, ("", "", "good", "service", "food", "slow"), [[2, 4, 2, 3], [5, 3]]),
        (3, "slow", 6, ("", "", "good", "", "", "slow"), [[2, 5, 2, 5], [5, 5]]),
    ],
)
def test_n_tokens_respects_num_words_and_holds_the_oov_id(
    num_words, oov_token, n_tokens, words, expected
):
    tokenizer = KerasTokenizerTransformer(num_words=num_words, oov_token=oov_token)
    assert rows(tokenizer.fit_transform(TEXTS)) == expected
    assert tokenizer.n_tokens_ == n_tokens
    assert tokenizer.vocabulary_.words == words
    assert tokenizer.vocabulary_.n_known == n_tokens
    assert tokenizer.vocabulary_.oov_id == tokenizer.word_index_.get(oov_token)
    assert {"good", "service", "food", "slow"} <= set(tokenizer.word_index_)


def test_unknown_words_are_dropped_or_become_the_oov_token():
    later = ["great food", "", "?!"]
    assert rows(KerasTokenizerTransformer().fit(TEXTS).transform(later)) == [[3], [], []]
    with_oov = KerasTokenizerTransformer(oov_token="<oov>").fit(TEXTS)
    assert rows(with_oov.transform(later)) == [[1, 4], [], []]


def test_kept_words_get_new_ids_by_first_appearance_in_the_call():
    tokenizer = KerasTokenizerTransformer(unknown="keep").fit(TEXTS)
    X = tokenizer.transform(["new old new food", "old slow"])
    assert rows(X) == [[5, 6, 5, 3], [6, 4]]
    assert X.vocabulary.words == ("", "good", "service", "food", "slow", "new", "old")
    assert X.vocabulary.n_known == 5
    assert X.vocabulary.extends(tokenizer.vocabulary_)
    assert rows(tokenizer.transform(["old"])) == [[5]]  # another call starts counting again
    assert len(tokenizer.vocabulary_) == tokenizer.n_tokens_ == 5
    assert tokenizer.transform(["slow food"]).vocabulary is tokenizer.vocabulary_


def test_kept_words_include_those_cut_off_and_do_not_become_the_oov_token():
    tokenizer = KerasTokenizerTransformer(num_words=3, oov_token="oov", unknown="keep")
    X = tokenizer.fit_transform(TEXTS)  # ids: oov 1, good 2, service 3 -> cut
    assert rows(X) == [[2, 3, 2, 4], [5, 4]]
    assert X.vocabulary.words == ("", "oov", "good", "food", "service", "slow")
    assert (X.vocabulary.n_known, X.vocabulary.oov_id) == (3, 1)
    assert rows(tokenizer.transform(["oov good"])) == [[1, 2]]


def test_kept_words_do_not_use_ids_that_texts_cannot_get():
    tokenizer = KerasTokenizerTransformer(num_words=3, oov_token="slow", unknown="keep")
    X = tokenizer.fit_transform(TEXTS)  # good 2 stays, slow is the oov token with id 5
    assert rows(X) == [[2, 6, 2, 7], [5, 7]]
    assert X.vocabulary.words == ("", "", "good", "", "", "slow", "food", "service")


def test_characters_can_be_tokens():
    tokenizer = KerasTokenizerTransformer(char_level=True)
    X = tokenizer.fit_transform(["Aab", "b!"])
    assert tokenizer.word_index_ == {"a": 1, "b": 2, "!": 3}  # filters play no role
    assert rows(X) == [[1, 1, 2], [2, 3]]
    assert tokenizer.inverse_transform(X).tolist() == ["aab", "b!"]


@pytest.mark.parametrize(
    "vocabulary",
    [
        ["food", "good"],
        ("food", "good"),
        np.array(["food", "good"]),
        pd.Series(["food", "good"]),
        {"good": 2, "food": 1},
        {"good": np.int64(2), "food": np.int64(1)},
    ],
    ids=lambda v: type(v).__name__,
)
def test_a_passed_vocabulary_is_used_as_it_is(vocabulary):
    tokenizer = KerasTokenizerTransformer(vocabulary=vocabulary)
    assert rows(tokenizer.fit_transform(TEXTS)) == [[2, 1, 2], []]
    assert tokenizer.vocabulary_ == Vocabulary(("", "food", "good"), n_known=3)
    assert tokenizer.word_counts_ == {"food": 1, "good": 2}
    assert all(type(i) is int for i in tokenizer.word_index_.values())
    assert rows(tokenizer.transform(["slow food"])) == [[1]]


def test_a_passed_vocabulary_may_be_a_column_of_arrow():
    words = pytest.importorskip("pyarrow").array(["food", "good"])
    assert KerasTokenizerTransformer(vocabulary=words).fit(TEXTS).word_index_["good"] == 2


def test_a_passed_vocabulary_needs_no_words_in_the_texts():
    tokenizer = KerasTokenizerTransformer(vocabulary=["food"]).fit([""])
    assert tokenizer.word_counts_ == {"food": 0}
    assert rows(tokenizer.transform(["food"])) == [[1]]


def test_a_passed_vocabulary_works_with_num_words_oov_token_and_keep():
    make = KerasTokenizerTransformer
    assert rows(make(vocabulary=["food", "good"], num_words=2).fit_transform(TEXTS)) == [[1], []]
    with_oov = make(vocabulary=["food", "good"], oov_token="oov").fit(TEXTS)
    assert with_oov.word_index_ == {"food": 1, "good": 2, "oov": 3}
    assert rows(with_oov.transform(TEXTS)) == [[2, 1, 2, 3], [3, 3]]
    among = make(vocabulary=["oov", "good"], oov_token="oov").fit(TEXTS)
    assert rows(among.transform(TEXTS)) == [[2, 1, 2, 1], [1, 1]]
    kept = make(vocabulary=["food", "good"], unknown="keep").fit_transform(TEXTS)
    assert rows(kept) == [[2, 1, 2, 3], [4, 3]]
    assert kept.vocabulary.words == ("", "food", "good", "service", "slow")


def test_a_vocabulary_in_capitals_warns_when_texts_are_lowercased():
    with pytest.warns(UserWarning, match="vocabulary holds 'Food', which no text can match"):
        KerasTokenizerTransformer(vocabulary=["good", "Food"]).fit(TEXTS)
    KerasTokenizerTransformer(vocabulary=["Good"], lower=False).fit(TEXTS)
    KerasTokenizerTransformer(vocabulary=["OOV", "good"], oov_token="OOV").fit(TEXTS)


@pytest.mark.parametrize(
    "X",
    [
        tuple(TEXTS),
        (text for text in TEXTS),
        np.array(TEXTS),
        np.array(TEXTS, dtype=object).reshape(-1, 1),
        pd.Series(TEXTS),
        pd.DataFrame({"text": TEXTS}),
        [text.encode() for text in TEXTS],
    ],
    ids=lambda X: type(X).__name__,
)
def test_texts_come_in_any_container(X):
    assert rows(KerasTokenizerTransformer().fit_transform(X)) == [[1, 3, 1, 2], [4, 2]]


# White space: Keras splits only at spaces and line feeds


SPACES = [
    "\r\n",  # line ends of Windows
    "\r",
    "\n",
    "\t",
    "\v",
    "\f",
    "\x1c",
    "\x85",
    "\xa0",  # no-break space
    "\u1680",
    "\u2003",  # em space
    "\u2007",
    "\u2009",
    "\u200b",  # zero-width space
    "\u2028",
    "\u2029",
    "\u202f",
    "\u205f",
    "\u2060",
    "\u3000",  # ideographic space
    "\ufeff",  # byte order mark
    " \xa0 \r\n",
]


@pytest.mark.parametrize("space", SPACES, ids=ascii)
@pytest.mark.parametrize("word", ["food", "süß"])
def test_split_none_splits_at_white_space_of_any_kind(space, word):
    tokenizer = KerasTokenizerTransformer(split=None)
    texts = [f"{space}Good{space}{word}, good!{space}", f"Slow{space}{word}"]
    assert rows(tokenizer.fit_transform(texts)) == [[1, 2, 1], [3, 2]]
    assert tokenizer.word_index_ == {"good": 1, word: 2, "slow": 3}
    assert tokenizer.inverse_transform([[1, 2]]).tolist() == [f"good {word}"]


@LAW
@given(st.lists(st.text("ab,\xe9 \xa0\r\n\u200b", max_size=12), max_size=6))
def test_split_none_gives_the_words_that_spaces_would_separate(texts):
    spaced = [text.translate(dict.fromkeys(map(ord, "\xa0\r\n\u200b"), " ")) for text in texts]
    plain, anywhere = KerasTokenizerTransformer(), KerasTokenizerTransformer(split=None)
    expected = plain.fit_transform(["word", *spaced])
    found = anywhere.fit_transform(["word", *texts])
    assert rows(found) == rows(expected)
    assert anywhere.word_counts_ == plain.word_counts_


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d", "\xad", "-", "'"], ids=ascii)
def test_split_none_does_not_split_within_words(joiner):
    tokenizer = KerasTokenizerTransformer(split=None, filters="").fit([f"a{joiner}b c"])
    assert tokenizer.word_index_ == {f"a{joiner}b": 1, "c": 2}


def test_split_none_works_with_any_filters():
    for filters in ("", "\t", "x", "".join(map(chr, range(200, 400)))):  # few and many
        tokenizer = KerasTokenizerTransformer(filters=filters, split=None).fit(["a\xa0b\r\nc"])
        assert tokenizer.word_index_ == {"a": 1, "b": 2, "c": 3}
    with_x = KerasTokenizerTransformer(filters="x", split=None).fit(["axb\u200bé"])
    assert with_x.word_index_ == {"a": 1, "b": 2, "é": 3}


@pytest.mark.parametrize("space", sorted(set(SPACES) - {"\n", "\t"}), ids=ascii)
def test_white_space_within_words_warns_at_fit(space):
    texts = ["good food", f"good{space}food"]
    match = r"(25\.0|33\.3)% of the running words hold white space .* in text 1: .*split=None"
    with pytest.warns(UserWarning, match=match):
        tokenizer = KerasTokenizerTransformer().fit(texts)
    if space == "\xa0":
        assert tokenizer.word_index_ == {"good": 1, "food": 2, "good\xa0food": 3}  # as Keras


@pytest.mark.parametrize(
    ("parameters", "texts"),
    [
        ({}, ["good food\n\tslow service"]),
        ({}, ["word " * 99 + "two\xa0words"]),  # 1 % and no more
        ({"split": None}, ["good\xa0food"]),
        ({"split": ","}, ["New York,San\xa0José"]),  # which leaves spaces in tokens, too
        ({"filters": "\xa0"}, ["good\xa0food"]),
        ({"char_level": True}, ["good\xa0food"]),
        ({"vocabulary": ["good"]}, [""]),
    ],
)
def test_other_texts_give_no_warning(parameters, texts):
    KerasTokenizerTransformer(**parameters).fit(texts)  # a warning is an error in this suite


def test_the_warning_of_white_space_points_to_the_caller():
    with pytest.warns(UserWarning, match="hold white space") as caught:
        KerasTokenizerTransformer().fit(["good\xa0food"])
    assert caught[0].filename == __file__


def test_empty_input_can_be_transformed():
    X = KerasTokenizerTransformer().fit(TEXTS).transform([])
    assert isinstance(X, TokenIds)
    assert X.is_ragged
    assert X.shape == (0,)


# Back to words


def test_inverse_transform_drops_padding_and_gives_the_oov_token_for_unknown_words():
    X = [[3, 0, 99, -1, 0]]
    assert KerasTokenizerTransformer().fit(TEXTS).inverse_transform(X).tolist() == ["food"]
    with_oov = KerasTokenizerTransformer(oov_token="<oov>").fit(TEXTS)
    words = with_oov.inverse_transform(np.array(X))
    assert words.tolist() == ["service <oov> <oov>"]
    assert words.dtype == object
    assert type(words[0]) is str


def test_inverse_transform_uses_the_words_of_token_ids():
    tokenizer = KerasTokenizerTransformer().fit(["entirely other words"])
    X = KerasTokenizerTransformer(unknown="keep").fit(TEXTS).transform(["great food", ""])
    assert tokenizer.inverse_transform(X).tolist() == ["great food", ""]
    padded = PadTransformer(maxlen=4, padding="pre").fit_transform(X)
    assert tokenizer.inverse_transform(padded).tolist() == ["great food", ""]
    assert tokenizer.inverse_transform(np.asarray(padded)).tolist() == ["words", ""]


def test_a_frame_of_padded_ids_becomes_words_too():
    pipeline = make_pipeline(KerasTokenizerTransformer(), PadTransformer())
    frame = pipeline.set_output(transform="pandas").fit_transform(TEXTS)
    words = pipeline[0].inverse_transform(frame)
    assert words.tolist() == ["good food good service", "slow service"]


# Laws

WORDS = st.text("abcdeé😀\ud800\0", min_size=1, max_size=3)
SENTENCES = st.lists(st.lists(WORDS, max_size=6).map(" ".join), min_size=1, max_size=5).filter(any)
PARAMETERS = st.fixed_dictionaries(
    {
        "num_words": st.none() | st.integers(1, 6),
        "oov_token": st.none() | st.sampled_from(["a", "oov"]),
        "char_level": st.booleans(),
        "unknown": st.sampled_from(["drop", "keep"]),
    }
)


@LAW
@given(texts=SENTENCES, parameters=PARAMETERS)
def test_fit_transform_is_fit_then_transform(texts, parameters):
    at_once = KerasTokenizerTransformer(**parameters)
    X = at_once.fit_transform(texts)
    stepwise = KerasTokenizerTransformer(**parameters).fit(texts)
    Y = stepwise.transform(texts)
    assert rows(X) == rows(Y)
    assert X.vocabulary == Y.vocabulary
    assert at_once.vocabulary_ == stepwise.vocabulary_
    assert at_once.word_index_ == stepwise.word_index_
    assert at_once.word_counts_ == stepwise.word_counts_


@LAW
@given(texts=SENTENCES, later=SENTENCES, parameters=PARAMETERS)
def test_unknown_keep_drops_no_word(texts, later, parameters):
    tokenizer = KerasTokenizerTransformer(**{**parameters, "unknown": "keep"}).fit(texts)
    X = tokenizer.transform(later)
    words = X.vocabulary.words
    expected = [list(t) if tokenizer.char_level else t.split(" ") for t in later]
    assert [[words[i] for i in row] for row in X] == [list(filter(None, t)) for t in expected]
    new = words[X.vocabulary.n_known :]
    assert len(set(new)) == len(new)
    assert not set(new) & set(words[: X.vocabulary.n_known])
    assert X.vocabulary.extends(tokenizer.vocabulary_)


@LAW
@given(texts=SENTENCES, later=SENTENCES, parameters=PARAMETERS)
def test_known_ids_do_not_depend_on_the_other_texts_of_the_call(texts, later, parameters):
    tokenizer = KerasTokenizerTransformer(**parameters).fit(texts)
    together = tokenizer.transform(later)
    for row, text in zip(together, later, strict=True):
        [alone] = tokenizer.transform([text])
        known = np.minimum(row, tokenizer.n_tokens_)  # all unknown words are equal
        assert known.tolist() == np.minimum(alone, tokenizer.n_tokens_).tolist()


@LAW
@given(texts=SENTENCES, parameters=PARAMETERS, data=st.data())
def test_inverse_transform_and_transform_restore_known_ids(texts, parameters, data):
    tokenizer = KerasTokenizerTransformer(**parameters).fit(texts)
    words = tokenizer.vocabulary_.words
    known = [i for i, w in enumerate(words) if w and i != tokenizer.vocabulary_.oov_id]
    row = st.lists(st.sampled_from(known), max_size=5) if known else st.just([])
    ids = data.draw(st.lists(row, max_size=4))
    assert rows(tokenizer.transform(tokenizer.inverse_transform(ids))) == ids


@LAW
@given(texts=SENTENCES, later=SENTENCES)
def test_a_learned_vocabulary_can_be_passed(texts, later):
    learned = KerasTokenizerTransformer().fit(texts)
    for vocabulary in (learned.vocabulary_.words[1:], learned.word_index_):
        given_words = KerasTokenizerTransformer(vocabulary=vocabulary).fit(later)
        assert given_words.vocabulary_ == learned.vocabulary_
        assert rows(given_words.transform(later)) == rows(learned.transform(later))


# In scikit-learn


def test_tags_declare_texts_and_fit():
    tags = get_tags(KerasTokenizerTransformer())
    assert tags.input_tags.string
    assert not tags.input_tags.two_d_array
    assert tags.requires_fit


def test_clones_start_unfitted_with_equal_parameters():
    tokenizer = KerasTokenizerTransformer(5, "!", False, "_", True, "x", unknown="keep")
    cloned = clone(tokenizer.fit(["a b"]))
    assert cloned.get_params() == tokenizer.get_params()
    with pytest.raises(NotFittedError):
        cloned.transform(TEXTS)
    with pytest.raises(NotFittedError):
        cloned.inverse_transform([[1]])


@pytest.mark.parametrize("transform", [None, "default", "pandas"])
def test_set_output_does_not_change_the_container(transform):
    tokenizer = KerasTokenizerTransformer()
    assert tokenizer.set_output(transform=transform) is tokenizer
    assert isinstance(tokenizer.fit_transform(TEXTS), TokenIds)
    with config_context(transform_output="pandas"):
        assert isinstance(tokenizer.transform(TEXTS), TokenIds)


def test_a_pipeline_with_padding_supports_set_output():
    pipeline = make_pipeline(KerasTokenizerTransformer(), PadTransformer(maxlen=2))
    assert pipeline[0].get_feature_names_out().tolist() == ["token_ids"]
    frame = pipeline.set_output(transform="pandas").fit_transform(TEXTS)
    assert frame.columns.tolist() == pipeline.get_feature_names_out().tolist()
    assert frame.to_numpy().tolist() == [[1, 2], [4, 2]]  # the end of each text


def test_a_column_of_a_frame_can_be_selected():
    frame = pd.DataFrame({"stars": [1, 5], "text": TEXTS})
    make = make_pipeline(KerasTokenizerTransformer(), PadTransformer())
    X = ColumnTransformer([("text", make, "text")]).fit_transform(frame)
    assert isinstance(X, TokenIds)
    assert np.asarray(X).tolist() == [[1, 3, 1, 2], [4, 2, 0, 0]]


def test_joining_the_ids_of_two_tokenizers_is_an_error_with_a_hint():
    make = make_pipeline(KerasTokenizerTransformer(), PadTransformer())
    with pytest.raises(TypeError, match=r"ids of two tokenizers mean different words"):
        FeatureUnion([("a", make), ("b", clone(make))]).fit_transform(TEXTS)


class _WordsSeen(BaseEstimator):
    """Last step of a pipeline: records the words of its input."""

    def fit(self, X, y=None):
        self.words_ = X.vocabulary.words
        self.ids_ = np.asarray(X)
        return self


def test_equal_ids_of_different_words_never_share_a_cache_entry(tmp_path):
    def fit(texts):
        steps = [("tokens", KerasTokenizerTransformer()), ("pad", PadTransformer())]
        memory = joblib.Memory(tmp_path, verbose=0)
        words = Pipeline([*steps, ("last", _WordsSeen())], memory=memory).fit(texts)["last"]
        return words, len(list(tmp_path.rglob("output.pkl")))

    first, entries = fit(["good food", "good"])
    second, more_entries = fit(["bad wine", "bad"])
    again, same_entries = fit(["good food", "good"])
    assert np.array_equal(first.ids_, second.ids_)
    assert first.words_ == again.words_ == ("", "good", "food")
    assert second.words_ == ("", "bad", "wine")
    assert (entries, more_entries, same_entries) == (2, 4, 4)  # two cached steps per corpus


def test_a_fitted_tokenizer_can_be_pickled():
    tokenizer = KerasTokenizerTransformer(num_words=3, oov_token="<oov>").fit(TEXTS)
    restored = pickle.loads(pickle.dumps(tokenizer))
    assert rows(restored.transform(TEXTS)) == rows(tokenizer.transform(TEXTS))
    assert joblib.hash(restored) == joblib.hash(tokenizer)


def test_nothing_accumulates_between_fits():
    tokenizer = KerasTokenizerTransformer().fit(["other words"])
    again = tokenizer.fit(TEXTS)
    fresh = KerasTokenizerTransformer().fit(TEXTS)
    assert vars(again) == vars(fresh)


@pytest.mark.parametrize("X", [[], ["", "?!"], ["good", None], ["good", 3], "good"])
def test_a_failed_fit_leaves_the_old_state(X):
    tokenizer = KerasTokenizerTransformer().fit(TEXTS)
    before = copy.deepcopy(vars(tokenizer))
    with pytest.raises((ValueError, TypeError)):
        tokenizer.fit(X)
    assert vars(tokenizer) == before


def test_num_words_set_after_fit_does_not_change_the_vocabulary():
    tokenizer = KerasTokenizerTransformer().fit(TEXTS)
    tokenizer.set_params(num_words=2, oov_token="<oov>")
    assert rows(tokenizer.transform(TEXTS)) == [[1, 3, 1, 2], [4, 2]]


# Size


def tokenize_and_time(text):
    """Return the ids of a text, and the smallest processor time of three runs."""
    seconds = []
    for _ in range(3):
        start = time.process_time()
        X = KerasTokenizerTransformer().fit_transform([text])
        seconds.append(time.process_time() - start)
    return X, min(seconds)


@pytest.mark.parametrize("extra", ["", "\u00e9", "\ud800\0"], ids=["ascii", "latin", "odd"])
def test_time_is_proportional_to_the_length_of_a_document(extra):
    """10 MB take ten times as long as 1 MB; a hundred times would be quadratic."""
    X, seconds = tokenize_and_time("good food, " * 900_000 + extra)
    assert X.lengths.tolist() == [1_800_000 + bool(extra)]
    assert seconds < 30 * tokenize_and_time("good food, " * 90_000 + extra)[1]


# Bad input


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("num_words", 0),
        ("num_words", -1),
        ("num_words", 2.5),
        ("num_words", True),
        ("filters", None),
        ("lower", "yes"),
        ("split", ""),
        ("split", 3),
        ("char_level", 3),
        ("oov_token", 1),
        ("vocabulary", "words"),
        ("vocabulary", 7),
        ("unknown", "ignore"),
        ("encoding", None),
        ("decode_error", "loud"),
    ],
)
def test_a_parameter_out_of_range_is_refused_at_fit(parameter, value):
    tokenizer = KerasTokenizerTransformer(**{parameter: value})
    match = f"'{parameter}' parameter of KerasTokenizerTransformer"
    with pytest.raises(InvalidParameterError, match=match):
        tokenizer.fit(TEXTS)
    with pytest.raises(InvalidParameterError, match=match):
        tokenizer.fit_transform(TEXTS)


@pytest.mark.parametrize(
    ("vocabulary", "match"),
    [
        ([], "vocabulary is empty, expected at least one word"),
        ({}, "vocabulary is empty"),
        (["a", "b", "a"], "vocabulary holds 'a' twice, at positions 0 and 2"),
        (["a", 7], "vocabulary holds 7 of type int with id 2, expected a str"),
        (["", "a"], "vocabulary holds '' of type str with id 1.*padding, is not part"),
        ([None], "vocabulary holds None of type NoneType"),
        ({"a": 0}, "vocabulary gives 'a' the id 0, expected an int >= 1"),
        ({"a": -1}, "vocabulary gives 'a' the id -1"),
        ({"a": 1.0}, "vocabulary gives 'a' the id 1.0"),
        ({"a": True}, "vocabulary gives 'a' the id True"),
        ({"a": 1, "b": 1}, "vocabulary gives the id 1 to 'a' and 'b'"),
        ({"a": 1, "b": 3}, "vocabulary has no word for id 2, expected ids 1 to 2 without gaps"),
        ({7: 1}, "vocabulary holds 7 of type int"),
        ({"a", "b"}, "vocabulary is a set, expected words in the order of their ids"),
        (Vocabulary(("", "a"), 2), "vocabulary is a Vocabulary, expected words in the order"),
        ([["a"]], r"vocabulary holds \['a'\] of type list with id 1, expected a str"),
        (["a", {}], "vocabulary holds {} of type dict with id 2, expected a str"),
        (np.array([["a"]]), "vocabulary is a ndarray, expected words in the order"),
        (np.array("a"), "vocabulary is a ndarray, expected words in the order"),
        (pd.DataFrame({"a": ["b"]}), "vocabulary is a DataFrame, expected words in the order"),
    ],
)
def test_an_inconsistent_passed_vocabulary_is_refused(vocabulary, match):
    with pytest.raises(ValueError, match=match):
        KerasTokenizerTransformer(vocabulary=vocabulary).fit(TEXTS)


@pytest.mark.parametrize("X", [[""], ["", " \t\n", "?!."], ["  "]])
def test_texts_without_a_word_are_refused_at_fit(X):
    for oov_token in (None, "<oov>"):
        tokenizer = KerasTokenizerTransformer(oov_token=oov_token)
        with pytest.raises(ValueError, match=r"X holds no words: .*change filters and split"):
            tokenizer.fit(X)


@pytest.mark.parametrize("X", [[], np.array([], dtype=str), pd.Series([], dtype=object)])
def test_no_texts_are_refused_at_fit(X):
    with pytest.raises(ValueError, match="Found 0 samples in X, expected at least one text"):
        KerasTokenizerTransformer().fit(X)


@pytest.mark.parametrize(
    ("X", "error", "match"),
    [
        (["good", None], ValueError, "text 1 is missing"),
        (["good", float("nan")], ValueError, "text 1 is missing"),
        (["good", pd.NA], ValueError, "text 1 is missing"),
        (["good", 3], TypeError, "text 1 is of type int"),
        (["good", ["nested"]], TypeError, "text 1 is of type list"),
        (["good", b"\xff"], ValueError, "text 1 is of type bytes and cannot be read"),
        ("good food", ValueError, "X is one str"),
        (pd.DataFrame({"a": TEXTS, "b": TEXTS}), ValueError, "2 columns"),
        ({"good": 1}, TypeError, "X is a dict"),
        ({"good"}, TypeError, "X is a set"),
    ],
)
def test_other_input_than_texts_is_refused_at_fit_and_transform(X, error, match):
    with pytest.raises(error, match=match):
        KerasTokenizerTransformer().fit(X)
    with pytest.raises(error, match=match):
        KerasTokenizerTransformer().fit(TEXTS).transform(X)


def test_ids_are_refused_as_texts_and_texts_as_ids():
    tokenizer = KerasTokenizerTransformer()
    X = tokenizer.fit_transform(TEXTS)
    with pytest.raises(TypeError, match="X holds token ids, expected texts"):
        tokenizer.transform(X)
    with pytest.raises(ValueError, match="token ids expected, got texts"):
        tokenizer.inverse_transform(TEXTS)


@pytest.mark.filterwarnings("ignore:.*hold white space")
@pytest.mark.parametrize("text", ["lone \ud800 surrogate", "nul\0 \0", "😀 ok", "\ufeff bom"])
def test_odd_characters_are_words_like_others(text):
    X = KerasTokenizerTransformer().fit_transform([text, text])
    assert [X.vocabulary.words[i] for i in X[0]] == text.split(" ")


def test_texts_of_a_single_token_warn_with_char_level_as_hint():
    texts = [
        "この料理はとても美味しかったです",
        "店員の態度が悪くて残念でした",
        "また来たいと思います",
    ]
    with pytest.warns(UserWarning, match=r"single token, as 'この.*in text 0.*char_level=True"):
        KerasTokenizerTransformer().fit(texts * 7)


@pytest.mark.parametrize(
    ("texts", "params"),
    [
        (
            ["この料理はとても美味しかったです", "店員の態度が悪くて残念でした"],
            {"char_level": True},
        ),
        (["good", "bad", "fine"], {}),
        (["extraordinarily good", "incomprehensible nonsense", "extraordinarily"], {}),
        (["", "", "good food"], {}),
    ],
    ids=["characters", "short words", "several words", "empty"],
)
def test_other_texts_do_not_warn_of_single_tokens(texts, params, recwarn):
    KerasTokenizerTransformer(**params).fit(texts * 10)
    assert not recwarn


def test_few_texts_of_a_single_token_do_not_warn(recwarn):
    KerasTokenizerTransformer().fit(["incomprehensible", "extraordinarily"])
    assert not recwarn


# Chunks of texts


CHUNKS = st.lists(st.lists(st.text("ab ,c", max_size=8), min_size=1, max_size=4), min_size=1)


@LAW
@given(
    CHUNKS,
    st.sampled_from([None, 3]),
    st.sampled_from([None, "a", "<oov>"]),
    st.sampled_from([None, ["b", "ab"]]),
)
def test_partial_fit_on_chunks_equals_fit(chunks, num_words, oov, vocabulary):
    def tokenizer():
        return KerasTokenizerTransformer(num_words, oov_token=oov, vocabulary=vocabulary)

    texts = ["a b", *(text for chunk in chunks for text in chunk)]
    whole, parts = tokenizer().fit(texts), tokenizer().fit(["a b"])
    for chunk in chunks:
        assert parts.partial_fit(iter(chunk)) is parts
    assert list(parts.word_index_.items()) == list(whole.word_index_.items())
    assert list(parts.word_counts_.items()) == list(whole.word_counts_.items())
    assert parts.vocabulary_ == whole.vocabulary_
    assert (parts.n_tokens_, parts.n_documents_) == (whole.n_tokens_, whole.n_documents_)


def test_partial_fit_works_first_and_fit_starts_anew():
    tokenizer = KerasTokenizerTransformer().partial_fit(["b a a"])
    assert tokenizer.word_index_ == {"a": 1, "b": 2}
    tokenizer.partial_fit(["c c c"])
    assert tokenizer.word_index_ == {"a": 2, "b": 3, "c": 1}
    assert tokenizer.fit(["b"]).word_index_ == {"b": 1}


def test_a_chunk_that_is_refused_changes_nothing():
    tokenizer = KerasTokenizerTransformer().partial_fit(["b a a"])
    with pytest.raises(ValueError, match="missing"):
        tokenizer.partial_fit(["c c c", None])
    assert tokenizer.word_counts_ == {"b": 1, "a": 2}
    with pytest.raises(ValueError, match="no words"):
        KerasTokenizerTransformer().partial_fit(["", "..."])


# analyzer=


def test_an_analyzer_gets_the_raw_texts():
    tokenizer = KerasTokenizerTransformer(analyzer=str.split, split="")
    X = tokenizer.fit_transform(["Good, good food", "Good, food"])
    assert tokenizer.word_index_ == {"Good,": 1, "food": 2, "good": 3}
    assert rows(X) == [[1, 3, 2], [1, 2]]
    chunks = KerasTokenizerTransformer(analyzer=str.split)
    for text in ["Good, good food", "Good, food"]:
        chunks.partial_fit([text])
    assert chunks.word_index_ == tokenizer.word_index_
    assert not hasattr(tokenizer, "token_spans")
    generated = KerasTokenizerTransformer(analyzer=lambda text: iter([text, "", text]))
    assert rows(generated.fit_transform(["a b", ""])) == [[1, 1], []]


@pytest.mark.parametrize(
    ("analyzer", "match"),
    [
        (str.lower, "analyzer gave 'good food.* of type str for the text 'Good food"),
        (lambda text: [text, 3], "analyzer gave 3 of type int for the text"),
        (lambda text: [text.encode()], "of type bytes for the text"),
    ],
)
def test_an_analyzer_must_return_str(analyzer, match):
    with pytest.raises(TypeError, match=match):
        KerasTokenizerTransformer(analyzer=analyzer).fit(TEXTS)


def test_an_analyzer_that_returns_no_iterable_is_an_error():
    with pytest.raises(TypeError, match="analyzer gave None of type NoneType"):
        KerasTokenizerTransformer(analyzer=lambda text: None).fit(TEXTS)
