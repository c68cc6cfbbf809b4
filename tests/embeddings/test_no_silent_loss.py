"""Vectors stay with their words throughout scikit-learn, or an error is raised."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    KFold,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import shuffle

from sklearn_textnn.embeddings import EmbeddedTokens, GloVeEmbedder, WordVectors
from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer

TOKENS = ("good", "great", "bad", "food", "soup", "the", "slow")
NO_WORDS = r"token ids without words.*set_output\(transform=\"default\"\)"


@pytest.fixture(scope="module")
def texts():
    """Return 40 texts of 1 to 5 words; "the" and "slow" have no vector."""
    rng = np.random.default_rng(0)
    drawn = [rng.choice(TOKENS, size=rng.integers(1, 6)).tolist() for _ in range(40)]
    return np.array([" ".join(words) for words in drawn], dtype=object)


@pytest.fixture(scope="module")
def y(texts):
    return np.array([int("bad" in text) for text in texts])


@pytest.fixture(scope="module")
def other(tiny):
    """The same words with other vectors."""
    return WordVectors(tiny.words, tiny.vectors[::-1] * 3)


@pytest.fixture
def from_file(tiny, tmp_path):
    """Return the path of a file with the vectors of tiny."""
    path = tmp_path / "vectors.txt"
    rows = zip(tiny.words, tiny.vectors.tolist(), strict=True)
    path.write_text("".join(f"{word} {a} {b}\n" for word, (a, b) in rows))
    return path


def pooled(vectors):
    return make_pipeline(GloVeEmbedder(vectors, output=("mean", "max")), LogisticRegression())


def tokens_of(texts, **params):
    tokenizer = KerasTokenizerTransformer(**params)
    return make_pipeline(tokenizer, PadTransformer()).fit_transform(texts)


def sequences(vectors):
    """Sum the vectors of a sequence in a step of another library."""
    steps = [
        ("embed", GloVeEmbedder(vectors)),
        ("sum", FunctionTransformer(np.sum, kw_args={"axis": 1})),
        ("clf", LogisticRegression()),
    ]
    return Pipeline(steps)


# Vectors are preserved


def test_selecting_rows_before_or_after_embedding_is_the_same(tiny, texts):
    X = tokens_of(texts)
    embedder = GloVeEmbedder(tiny).fit(X)
    rows = np.random.default_rng(1).permutation(40)[:17]
    tensor = np.asarray(embedder.transform(X))
    for part in (embedder.transform(X)[rows], embedder.transform(X[rows])):
        assert isinstance(part, EmbeddedTokens)
        assert np.array_equal(part, tensor[rows])
    assert np.array_equal(
        shuffle(embedder.transform(X), random_state=0), shuffle(tensor, random_state=0)
    )


@pytest.mark.parametrize("make", [pooled, sequences])
def test_a_cached_pipeline_recomputes_with_other_vectors(tiny, other, texts, y, make, tmp_path):
    memory = joblib.Memory(tmp_path, verbose=0)
    for vectors in (tiny, other, tiny):
        expected = make(vectors).fit(texts, y).predict_proba(texts)
        cached = make(vectors).set_params(memory=memory).fit(texts, y)
        assert np.array_equal(cached.predict_proba(texts), expected)
    different = make(tiny).fit(texts, y).predict_proba(texts)
    assert not np.allclose(make(other).fit(texts, y).predict_proba(texts), different)


def test_a_cached_embedding_is_not_used_for_other_words(tiny, texts, tmp_path):
    """Ids are equal but words are not: good and bad are swapped."""
    swap = {"good": "bad", "bad": "good"}
    swapped = [" ".join(swap.get(word, word) for word in text.split()) for text in texts]
    one, two = tokens_of(texts), tokens_of(swapped)
    assert np.array_equal(one, two)
    pipeline = make_pipeline(
        GloVeEmbedder(tiny, output="mean"),
        FunctionTransformer(),
        memory=joblib.Memory(tmp_path, verbose=0),
    )
    for X in (one, two, one):
        expected = GloVeEmbedder(tiny, output="mean").fit_transform(X)
        assert np.array_equal(pipeline.fit_transform(X), expected)


@pytest.mark.parametrize("make", [pooled, sequences])
def test_a_pickle_predicts_as_the_original(from_file, texts, y, make):
    pipeline = make(from_file).fit(texts, y)
    restored = pickle.loads(pickle.dumps(pipeline))
    later = ["great soup", "new bad words", ""]
    assert np.array_equal(restored.predict_proba(later), pipeline.predict_proba(later))


def test_workers_give_the_scores_of_one_process(tiny, other, from_file, texts, y):
    pipelines = [pooled(tiny), pooled(other), sequences(from_file)]
    arguments = {"cv": 2, "scoring": "neg_log_loss"}  # which differs between the two
    serial = [cross_val_score(pipeline, texts, y, **arguments) for pipeline in pipelines]
    parallel = [
        cross_val_score(pipeline, texts, y, n_jobs=2, **arguments) for pipeline in pipelines
    ]
    assert np.allclose(parallel, serial, rtol=1e-9)
    assert len(np.unique(serial)) == 6


@pytest.mark.parametrize(
    "wrap",
    [
        lambda pipeline: GridSearchCV(pipeline, {"clf__C": [1.0]}, cv=2),
        lambda pipeline: VotingClassifier([("one", pipeline)], voting="soft"),
        lambda pipeline: CalibratedClassifierCV(pipeline, cv=2, ensemble=False),
    ],
    ids=["GridSearchCV", "VotingClassifier", "CalibratedClassifierCV"],
)
def test_meta_estimators_that_select_rows_preserve_the_words(tiny, texts, y, wrap):
    from_ids = wrap(sequences(tiny)).fit(tokens_of(texts), y)
    from_texts = wrap(sequences(tiny)).fit(texts, y)
    later = texts[:9]
    ids = tokens_of(texts)[:9]
    assert np.allclose(from_ids.predict_proba(ids), from_texts.predict_proba(later), rtol=1e-6)


def test_two_pooled_embedders_can_be_joined(tiny, other, texts):
    union = make_union(GloVeEmbedder(tiny, output="mean"), GloVeEmbedder(other, output="max"))
    parts = [
        GloVeEmbedder(tiny, output="mean").fit_transform(texts),
        GloVeEmbedder(other, output="max").fit_transform(texts),
    ]
    assert np.array_equal(union.fit_transform(texts), np.hstack(parts))
    names = union.get_feature_names_out()
    assert names[[0, 2]].tolist() == [
        "gloveembedder-1__vector_mean_0",
        "gloveembedder-2__vector_max_0",
    ]
    frame = union.set_output(transform="pandas").fit_transform(texts)
    assert frame.columns.tolist() == names.tolist()


def test_two_columns_of_text_can_be_pooled(tiny, texts):
    frame = pd.DataFrame({"title": texts, "stars": 3, "body": texts[::-1]})
    embedder = GloVeEmbedder(tiny, output="mean")
    columns = ColumnTransformer([(c, clone(embedder), c) for c in ("title", "body")])
    expected = np.hstack([embedder.fit_transform(texts), embedder.fit_transform(texts[::-1])])
    assert np.array_equal(columns.fit_transform(frame), expected)


def test_texts_can_be_bagged(tiny, texts, y):
    bagging = BaggingClassifier(pooled(tiny), n_estimators=2, random_state=0)
    assert bagging.fit(texts[:, None], y).score(texts[:, None], y) > 0.8


# Where words are lost, an error is raised


def test_a_union_refuses_a_sequence(tiny, other, texts):
    for second in ("sequence", "tensor", "mean"):
        union = make_union(GloVeEmbedder(tiny), GloVeEmbedder(other, output=second))
        # the second as scikit-learn 1.6 does not look at dimensions
        refusal = "3 dimensions, but expected 2|cannot stand beside other columns"
        with pytest.raises((ValueError, TypeError), match=refusal):
            union.fit_transform(texts)


def test_a_sequence_beside_predictions_is_an_error_with_a_hint(tiny, texts, y):
    X = GloVeEmbedder(tiny).fit_transform(texts)
    total = FunctionTransformer(np.sum, kw_args={"axis": 1})
    stacking = StackingClassifier(
        [("one", make_pipeline(total, LogisticRegression()))], passthrough=True, cv=2
    )
    with pytest.raises(TypeError, match="got 2 blocks, embedded tokens among them"):
        stacking.fit(X, y)


def test_a_column_transformer_refuses_a_sequence(tiny, texts):
    frame = pd.DataFrame({"text": texts})
    with pytest.raises(ValueError, match="should be 2D"):
        ColumnTransformer([("embed", GloVeEmbedder(tiny), "text")]).fit_transform(frame)


def test_ids_that_lost_their_words_in_a_column_transformer_are_an_error(tiny, texts):
    X = tokens_of(texts)
    columns = ColumnTransformer([("embed", GloVeEmbedder(tiny, output="mean"), [0, 1])])
    with pytest.raises(ValueError, match=NO_WORDS):
        columns.fit_transform(X)


def test_ids_that_lost_their_words_in_bagging_are_an_error(tiny, texts, y):
    bagging = BaggingClassifier(pooled(tiny), n_estimators=2)
    with pytest.raises(ValueError, match=NO_WORDS):
        bagging.fit(tokens_of(texts), y)


def test_bagging_refuses_a_sequence(tiny, texts, y):
    X = GloVeEmbedder(tiny).fit_transform(texts)
    with pytest.raises(ValueError, match="dim 3"):
        BaggingClassifier(LogisticRegression()).fit(X, y)


@pytest.mark.parametrize("output", ["sequence", "mean"])
def test_ids_that_lost_their_words_in_a_frame_are_an_error(tiny, texts, output):
    steps = [KerasTokenizerTransformer(), PadTransformer(), GloVeEmbedder(tiny, output=output)]
    pipeline = make_pipeline(*steps).set_output(transform="pandas")
    with pytest.raises(ValueError, match=NO_WORDS):
        pipeline.fit_transform(texts)
    mended = make_pipeline(*steps).set_output(transform="default").fit_transform(texts)
    assert len(mended) == 40


def test_a_step_that_drops_the_words_is_an_error(tiny, texts):
    steps = [KerasTokenizerTransformer(), PadTransformer(), FunctionTransformer(np.asarray)]
    with pytest.raises(ValueError, match=NO_WORDS):
        make_pipeline(*steps, GloVeEmbedder(tiny)).fit(texts)


def test_ids_of_another_fold_are_an_error(tiny, texts, y):
    pipeline = pooled(tiny).fit(tokens_of(texts[:30]), y[:30])
    with pytest.raises(ValueError, match="vocabulary"):
        pipeline.predict(tokens_of(texts[::-1], num_words=5))


# Nothing is learned from a word of a test fold


def learned(embedder):
    return {
        "matrix": embedder.embedding_matrix_.tolist(),
        "vocabulary": embedder.vocabulary_,
        "coverage": embedder.coverage_,
        "oov_words": list(embedder.oov_words_.items()),
        "idf": embedder.idf_.tolist(),
        "maxlen": embedder.pad_.maxlen_,
    }


@pytest.mark.parametrize("oov", ["zero", "mean", ("casefold", "random")], ids=str)
def test_nothing_is_learned_from_the_texts_of_a_test_fold(tiny, texts, y, oov):
    """Replacing the test texts of a fold changes nothing that it learns, nor its predictions."""
    folds = KFold(4)
    pipeline = make_pipeline(GloVeEmbedder(tiny, oov=oov, output="idf-mean"), LogisticRegression())
    fitted = cross_validate(pipeline, texts, y, cv=folds, return_estimator=True)["estimator"]
    for estimator, (train, test) in zip(fitted, folds.split(texts), strict=True):
        changed = texts.copy()
        changed[test] = "great soup and many words that no other text holds slow slow slow"
        again = cross_validate(pipeline, changed, y, cv=[(train, test)], return_estimator=True)[
            "estimator"
        ][0]
        assert learned(again[0]) == learned(estimator[0])
        assert np.array_equal(again.predict_proba(texts), estimator.predict_proba(texts))


def test_nothing_is_learned_from_ids_that_a_fold_leaves_out(tiny, texts, y):
    """Ids made before the folds come with all words, but only those that occur in a fold count."""
    X = tokens_of(texts)
    train = np.flatnonzero([("slow" not in text) and ("soup" not in text) for text in texts])
    embedder = GloVeEmbedder(tiny).fit(X[train])
    assert "slow" in embedder.vocabulary_.words
    assert embedder.oov_words_.keys() == {"the"}
    rows = [embedder.vocabulary_.words.index(word) for word in ("slow", "soup")]
    assert np.allclose(embedder.idf_[rows], np.log(1 + len(train)) + 1)
