"""SubwordTokenizerTransformer, and the tables of static sentence encoders."""

import json
import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_textnn import persistence
from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.inspection import explain_texts
from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    PadTransformer,
    SubwordTokenizerTransformer,
)

pytest.importorskip("tokenizers")
PIECES = ["[UNK]", "good", "bad", "food", "##ness", "##ly", "so", "[PAD]"]
MODEL = {
    "type": "WordPiece",
    "unk_token": "[UNK]",
    "continuing_subword_prefix": "##",
    "max_input_chars_per_word": 100,
    "vocab": {piece: i for i, piece in enumerate(PIECES)},
}
CONTENT = {"pre_tokenizer": {"type": "Whitespace"}, "model": MODEL}
TEXTS = ["good food", "badly so", "goodness", ""]


@pytest.fixture
def path(tmp_path):
    (tmp_path / "tokenizer.json").write_text(json.dumps(CONTENT))
    return tmp_path / "tokenizer.json"


@pytest.fixture
def table(tmp_path):
    matrix = np.random.default_rng(0).normal(size=(len(PIECES) + 2, 3)).astype(np.float16)
    save_file({"embedding.weight": matrix}, tmp_path / "model.safetensors")
    return tmp_path / "model.safetensors", matrix


def rows(X):
    return [row.tolist() for row in X]


def test_subwords_are_numbered_by_frequency_and_unknown_ones_kept(path):
    tokenizer = SubwordTokenizerTransformer(path)
    X = tokenizer.fit_transform(TEXTS)
    assert X.vocabulary.words == ("", "good", "food", "bad", "##ly", "so", "##ness")
    assert rows(X) == [[1, 2], [3, 4, 5], [1, 6], []]
    plain = KerasTokenizerTransformer(analyzer=tokenizer._cutter(), unknown="keep").fit(TEXTS)
    assert plain.word_index_ == tokenizer.word_index_
    later = tokenizer.transform(["good \ud800 zz"])
    assert later.vocabulary.words[7:] == ("[UNK]",)
    assert rows(later)[0][0] == 1
    chunks = SubwordTokenizerTransformer(path)
    for text in TEXTS:
        chunks.partial_fit([text])
    assert chunks.word_index_ == tokenizer.word_index_


def test_a_tokenizer_can_be_a_path_its_content_or_an_object(path):
    from tokenizers import Tokenizer

    forms = [str(path), path, json.dumps(CONTENT), Tokenizer.from_file(str(path))]
    fitted = [SubwordTokenizerTransformer(form).fit(TEXTS) for form in forms]
    path.unlink()
    for tokenizer in fitted:
        again = pickle.loads(pickle.dumps(tokenizer))
        assert rows(again.transform(TEXTS)) == [[1, 2], [3, 4, 5], [1, 6], []]
    with pytest.raises(FileNotFoundError) as caught:
        clone(fitted[0]).fit(TEXTS)
    assert "Tokenizer.from_pretrained(name)" in caught.value.__notes__[0]


def test_truncation_padding_and_special_tokens_are_left_out(path):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.enable_truncation(1)
    tokenizer.enable_padding(length=9)
    X = SubwordTokenizerTransformer(tokenizer).fit_transform(TEXTS)
    assert rows(X) == [[1, 2], [3, 4, 5], [1, 6], []]


def test_token_spans_and_inverse_transform(path):
    tokenizer = SubwordTokenizerTransformer(path)
    assert tokenizer.token_spans(["so goodness"]) == [[(0, 2), (3, 7), (7, 11)]]
    X = tokenizer.fit_transform(TEXTS)
    assert tokenizer.inverse_transform(X).tolist()[0] == "good food"


@pytest.mark.parametrize("tokenizer", ["{}", "{", '{"model": 3}', 3, None, ["a"]])
def test_an_invalid_tokenizer_is_an_error(tokenizer):
    transformer = SubwordTokenizerTransformer(tokenizer)
    with pytest.raises(ValueError, match="expected a tokenizer of the tokenizers library"):
        transformer.fit(TEXTS)
    assert not hasattr(transformer, "tokenizer_json_")


def test_an_unknown_model_of_the_library_is_an_error():
    with pytest.raises(ValueError, match="cannot read tokenizer"):
        SubwordTokenizerTransformer('{"model": {"type": "Other"}}').fit(TEXTS)


# Tables


def test_a_table_and_its_tokenizer_are_word_vectors(path, table):
    from tokenizers import Tokenizer, models

    file, matrix = table
    vectors = WordVectors.read(file, tokenizer=path)
    assert list(vectors.words) == PIECES
    np.testing.assert_array_equal(vectors.vectors, matrix[: len(PIECES)].astype(np.float32))
    some = WordVectors.read(file, tokenizer=path, words=["bad", "none"])
    assert list(some.words) == ["bad"]
    unigrams = Tokenizer(models.Unigram([("a", -1.0), ("b", -2.0)], unk_id=0))
    unigrams.add_special_tokens(["<s>"])
    unigrams.save(str(path))
    assert list(WordVectors.read(file, tokenizer=path).words) == ["a", "b", "<s>"]


def test_a_table_and_tokenizer_that_do_not_match_are_an_error(path, table, tmp_path):
    file, matrix = table
    with pytest.raises(ValueError, match=r"a file of safetensors.*tokenizer="):
        WordVectors.read(file)
    file.with_name("other.json").write_text("[]")
    with pytest.raises(ValueError, match="expected a tokenizer of the tokenizers library"):
        WordVectors.read(file, tokenizer=file.with_name("other.json"))
    save_file({"m": matrix[:4]}, tmp_path / "short")
    with pytest.raises(ValueError, match=r"'\[PAD\]' the id 7, but the matrix.*has 4 rows"):
        WordVectors.read(tmp_path / "short", tokenizer=path)
    save_file({"m": matrix, "n": matrix}, tmp_path / "two")
    with pytest.raises(ValueError, match="holds 2 matrices, expected one"):
        WordVectors.read(tmp_path / "two", tokenizer=path)
    with pytest.raises(ValueError, match="Cannot read vectors"):
        WordVectors.read(path, tokenizer=path)
    with pytest.raises(FileNotFoundError):
        WordVectors.read(tmp_path / "none", tokenizer=path)


def network_on(path, vectors):
    from sklearn_textnn import KerasTextClassifier, PoolingNetwork

    return make_pipeline(
        SubwordTokenizerTransformer(str(path)),
        PadTransformer(),
        GloVeEmbedder(vectors),
        KerasTextClassifier(
            PoolingNetwork(units=None, dropout=0.0),
            epochs=20,
            optimizer__learning_rate=0.1,
            random_state=0,
        ),
    )


@pytest.mark.parametrize("trainable", [False, True])
def test_subword_pipelines_can_be_frozen_explained_and_saved(path, table, tmp_path, trainable):
    vectors = WordVectors.read(table[0], tokenizer=path)
    pipeline = network_on(path, vectors)
    pipeline.set_params(kerastextclassifier__model__trainable=trainable)
    texts, y = ["good food", "bad food", "goodness", "badness"] * 5, [1, 0, 1, 0] * 5
    assert pipeline.fit(texts, y).score(texts, y) == 1
    assert len(explain_texts(pipeline, ["so good"]).to_frame()) == 2
    persistence.save(pipeline, tmp_path / "model.textnn")
    loaded = persistence.load(tmp_path / "model.textnn", vectors=vectors)
    np.testing.assert_array_equal(loaded.predict_proba(texts), pipeline.predict_proba(texts))


def test_subword_pipelines_in_a_nested_search(path, table):
    vectors = WordVectors.read(table[0], tokenizer=path)
    pipeline = make_pipeline(
        SubwordTokenizerTransformer(path), GloVeEmbedder(vectors), LogisticRegression(C=100)
    )
    choices = {"gloveembedder__output": ["mean", "max", ("mean", "max")]}
    texts, y = ["good food", "bad food", "goodness", "badness"] * 5, [1, 0, 1, 0] * 5
    search = RandomizedSearchCV(pipeline, choices, n_iter=2, cv=2, random_state=0)
    assert cross_val_score(search, texts, y, cv=2, error_score="raise").min() == 1


@pytest.mark.slow
def test_the_table_of_wordllama():
    if find_spec("wordllama") is None:
        pytest.skip("wordllama, which has the table, is not installed")
    folder = Path(find_spec("wordllama").origin).parent
    tokenizer = folder / "tokenizers" / "l2_supercat_tokenizer_config.json"
    vectors = WordVectors.read(
        folder / "weights" / "l2_supercat_256.safetensors", tokenizer=tokenizer
    )
    assert (len(vectors), vectors.dim) == (32000, 256)
    texts = ["The soup was wonderful.", "A dreadful, salty soup!", "caf\u00e9 \U0001f600"]
    embedder = GloVeEmbedder(
        vectors, output="mean", tokenizer=SubwordTokenizerTransformer(tokenizer)
    ).fit(texts)
    assert embedder.coverage_.tokens == 1
    near = [word for word, _ in vectors.most_similar("\u2581good", n=20)]
    assert {"\u2581great", "\u2581nice"} & set(near)
