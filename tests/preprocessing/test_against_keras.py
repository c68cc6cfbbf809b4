"""The transformers compared with Keras' Tokenizer and pad_sequences."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer

LAW = settings(max_examples=200, deadline=None, database=None)

# Few characters, so that words repeat; then any character, lone surrogates included.
CHARACTERS = st.sampled_from("ab AB.,!\t\n\r\x1c\0\x85éßİΣς　😀\ud800") | st.characters(
    exclude_categories=()
)
TEXTS = st.lists(st.text(CHARACTERS, max_size=12), min_size=1, max_size=6)
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "num_words": st.none() | st.integers(1, 8),
        "filters": st.text(CHARACTERS, max_size=8),
        "lower": st.booleans(),
        "split": st.text(CHARACTERS, min_size=1, max_size=2),
        "char_level": st.booleans(),
        "oov_token": st.none() | st.sampled_from(["<oov>", "a", ""]) | st.text(CHARACTERS),
    },
)


@pytest.fixture(scope="module")
def keras_tokenizer():
    """Keras' legacy class, which TensorFlow still carries."""
    tf = pytest.importorskip("tensorflow")
    if not hasattr(tf.keras.preprocessing, "text"):
        pytest.skip("this TensorFlow no longer has the legacy Tokenizer")
    return tf.keras.preprocessing.text.Tokenizer


@pytest.fixture(scope="module")
def pad_sequences():
    return pytest.importorskip("keras").utils.pad_sequences


@pytest.mark.filterwarnings("ignore:.*hold white space")
@LAW
@given(texts=TEXTS, later=TEXTS, parameters=PARAMETERS)
@example(texts=["a b b", "b c"], later=["b a x"], parameters={"oov_token": "b"})
@example(texts=["a a b b b c"], later=["c b x"], parameters={"oov_token": "c", "num_words": 2})
@example(texts=["a b"], later=["b"], parameters={"num_words": 1})
@example(texts=["a b"], later=["b"], parameters={"num_words": 1, "oov_token": "x"})
@example(texts=["a-b+c é"], later=["+"], parameters={"filters": "+-", "split": "-+"})
@example(texts=["a\rb  c", "a\x1cb", "\v", " \f "], later=["a b", "\r"], parameters={})
@example(texts=["a\rb c\x1f", "a  b"], later=["a\tb"], parameters={"filters": "\r"})
@example(texts=["aé-+b"], later=["é+b"], parameters={"filters": "-+", "split": "-+"})
def test_ids_are_those_of_keras_tokenizer(keras_tokenizer, texts, later, parameters):
    theirs = keras_tokenizer(**parameters)
    theirs.fit_on_texts(texts)
    ours = KerasTokenizerTransformer(**parameters)
    if not theirs.word_counts:
        with pytest.raises(ValueError, match="X holds no words"):
            ours.fit(texts)
        return
    X = ours.fit_transform(texts)
    assert list(ours.word_index_.items()) == list(theirs.word_index.items())
    assert list(ours.word_counts_.items()) == list(theirs.word_counts.items())
    assert ours.n_documents_ == theirs.document_count
    for ids, plain in (
        (X, texts),
        (ours.transform(texts), texts),
        (ours.transform(later), later),
    ):
        assert [row.tolist() for row in ids] == theirs.texts_to_sequences(plain)
        assert ids.vocabulary is ours.vocabulary_
        assert np.all(ids.ids < ours.n_tokens_)
    words = ours.vocabulary_.words
    assert [words[i] for i in X.ids] == [theirs.index_word[i] for i in X.ids.tolist()]
    most = min(parameters.get("num_words") or np.inf, max(theirs.index_word) + 1)
    assert ours.n_tokens_ == max(most, theirs.word_index.get(ours.oov_token, 0) + 1)


@pytest.mark.filterwarnings("ignore:.*hold white space")
@LAW
@given(
    texts=TEXTS,
    rows=st.lists(st.lists(st.integers(-2, 12).filter(bool), max_size=6), max_size=4),
    num_words=st.none() | st.integers(1, 8),
    oov_token=st.none() | st.sampled_from(["<oov>", "a", "b"]),
)
def test_words_are_those_of_keras_tokenizer(keras_tokenizer, texts, rows, num_words, oov_token):
    theirs = keras_tokenizer(num_words=num_words, oov_token=oov_token)
    theirs.fit_on_texts(["a b", *texts])
    ours = KerasTokenizerTransformer(num_words=num_words, oov_token=oov_token)
    ours.fit(["a b", *texts])
    assert ours.inverse_transform(rows).tolist() == theirs.sequences_to_texts(rows)


@LAW
@given(
    rows=st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=8), min_size=1, max_size=6),
    maxlen=st.none() | st.integers(1, 10),
    padding=st.sampled_from(["pre", "post"]),
    truncating=st.sampled_from(["pre", "post"]),
)
def test_padding_is_that_of_keras(pad_sequences, rows, maxlen, padding, truncating):
    theirs = pad_sequences(
        rows,
        maxlen=maxlen or max(1, *map(len, rows), 1),  # Keras' None may give no column at all
        padding=padding,
        truncating=truncating,
    )
    ours = PadTransformer(maxlen=maxlen, padding=padding, truncating=truncating)
    assert np.array_equal(ours.fit_transform(rows), theirs)
