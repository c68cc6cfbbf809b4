"""fit_in_chunks: transformers and classifiers that are fitted on chunks of texts."""

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    load_reviews,
    persistence,
)
from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors
from sklearn_textnn.model_selection import fit_in_chunks

# In scikit-learn 1.6 HashingVectorizer does not declare that it needs no fit.
hashing_says_so = pytest.mark.needs("scikit-learn>=1.7")
TEXTS, Y = load_reviews(return_X_y=True)
TEXTS, Y = TEXTS[:240], Y[:240]
CHUNK = 60


def chunks():
    for start in range(0, len(TEXTS), CHUNK):
        yield TEXTS[start : start + CHUNK], Y[start : start + CHUNK]


def linear():
    return make_pipeline(HashingVectorizer(n_features=500), SGDClassifier(random_state=0))


def network(**parameters):
    classifier = KerasTextClassifier(PoolingNetwork(8), random_state=0, **parameters)
    return make_pipeline(KerasTokenizerTransformer(), PadTransformer(maxlen=20), classifier)


def test_it_equals_partial_fit_on_each_chunk():
    by_hand = SGDClassifier(random_state=0)
    vectorizer = HashingVectorizer(n_features=500)
    for _ in range(3):
        for texts, y in chunks():
            by_hand.partial_fit(vectorizer.transform(texts), y, classes=[0, 1])
    fitted = fit_in_chunks(linear(), chunks, epochs=3)
    np.testing.assert_array_equal(fitted[-1].coef_, by_hand.coef_)


def test_the_tokenizer_reads_all_chunks_before_the_classifier():
    pipeline = fit_in_chunks(network(), list(chunks()))
    whole = KerasTokenizerTransformer().fit(TEXTS)
    assert pipeline[0].word_index_ == whole.word_index_
    assert pipeline[-1].vocabulary_ == whole.vocabulary_
    assert pipeline[-1].n_iter_ == 4  # chunks
    assert pipeline.predict(TEXTS[:3]).shape == (3,)


def test_a_run_resumes_from_a_saved_pipeline_with_the_same_bits(tmp_path):
    def path(n_done):
        return tmp_path / f"{n_done}.textnn"

    def save(pipeline, n_done):
        persistence.save(pipeline, path(n_done))

    never_stopped = fit_in_chunks(network(), chunks, epochs=2, after_chunk=save)
    assert len(list(tmp_path.iterdir())) == 8
    for n_done in (1, 5):
        pipeline = persistence.load(path(n_done))
        assert pipeline[-1].n_iter_ == n_done
        fit_in_chunks(pipeline, chunks, epochs=2, n_done=n_done)
        for weights, expected in zip(
            pipeline[-1].weights_, never_stopped[-1].weights_, strict=True
        ):
            np.testing.assert_array_equal(weights, expected)


def test_fitting_again_starts_anew():
    pipeline = fit_in_chunks(linear(), [(["other words"] * 4, [0, 1, 2, 3])])
    fitted = fit_in_chunks(pipeline, chunks)
    assert fitted is pipeline
    np.testing.assert_array_equal(fitted[-1].coef_, fit_in_chunks(linear(), chunks)[-1].coef_)


def test_labels_that_the_first_chunk_does_not_hold_are_found():
    order = np.argsort(Y, kind="stable")
    by_label = [([TEXTS[i] for i in part], Y[part]) for part in np.split(order, 4)]
    assert fit_in_chunks(linear(), by_label)[-1].classes_.tolist() == [0, 1]
    assert fit_in_chunks(linear(), by_label, classes=[0, 1, 2])[-1].classes_.tolist() == [0, 1, 2]


def test_multilabel_targets():
    indicator = np.column_stack([Y, 1 - Y, Y])
    several = [(texts, indicator[i * CHUNK :][:CHUNK]) for i, (texts, _) in enumerate(chunks())]
    assert fit_in_chunks(network(), several).predict(TEXTS[:5]).shape == (5, 3)


def test_weights():
    weighted = [(texts, y, np.where(y == 1, 1.0, 0.0)) for texts, y in chunks()]
    counts = make_pipeline(HashingVectorizer(n_features=50, alternate_sign=False), MultinomialNB())
    assert fit_in_chunks(counts, weighted)[-1].class_count_.tolist() == [0, int(np.sum(Y))]


@hashing_says_so
def test_progress(capsys):
    fit_in_chunks(linear(), chunks, epochs=2, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[5].startswith("epoch 2/2, chunk 1: 60 texts, ")
    fit_in_chunks(network(), chunks, verbose=1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 8
    assert lines[3].startswith("kerastokenizertransformer, chunk 3: 60 texts, ")


@hashing_says_so
def test_a_refused_chunk_does_not_change_the_pipeline():
    class Interrupted(BaseException):
        pass

    def stopped():
        yield from list(chunks())[:2]
        if stops:
            raise Interrupted
        yield from list(chunks())[2:]

    def refused(n):
        texts, y = next(chunks())
        good = [(texts, np.where(y == 1, 1.0, 0.0)) for texts, y in chunks()]
        return [*good[:n], (texts, [np.nan] * len(y)), *good[n:]]

    pipeline = fit_in_chunks(linear(), chunks)
    before = pipeline[-1].coef_.copy()
    for n in (0, 2):
        with pytest.raises(ValueError, match="NaN") as error:
            fit_in_chunks(pipeline, refused(n), classes=[0.0, 1.0])
        if n == 0:
            assert np.array_equal(pipeline[-1].coef_, before)
            assert len(error.value.__notes__) == 1  # where it was, and nothing about n_done
            assert "epoch 1/1, chunk 0" in error.value.__notes__[0]
    assert "as the first 2 chunks left it; n_done=2" in error.value.__notes__[-1]
    two = fit_in_chunks(linear(), list(chunks())[:2])
    assert np.array_equal(pipeline[-1].coef_, two[-1].coef_)

    stops, pipeline = False, linear()
    whole = fit_in_chunks(linear(), stopped, classes=[0, 1])
    stops = True
    with pytest.raises(Interrupted) as error:
        fit_in_chunks(pipeline, stopped, classes=[0, 1])
    assert "n_done=2 continues" in error.value.__notes__[-1]
    stops = False
    fit_in_chunks(pipeline, stopped, classes=[0, 1], n_done=2)
    assert np.array_equal(pipeline[-1].coef_, whole[-1].coef_)


@pytest.mark.parametrize(
    ("pipeline", "data", "message"),
    [
        (linear, lambda: iter(chunks()), "read only once"),
        (linear, lambda: [], "no chunks"),
        (
            linear,
            lambda: [TEXTS],
            r"Chunk 0 is a list of length 240, expected a tuple \(te",
        ),
        (linear, lambda: [*chunks(), np.eye(2)], "Chunk 4 is of type ndarray, expected a tuple"),
        (linear, lambda: [*chunks(), (TEXTS, Y, Y, Y)], "Chunk 4 is a tuple of length 4, expected"),
        (linear, lambda: [*chunks(), (TEXTS,)], "Chunk 4 is a tuple of length 1, expected a tuple"),
        (
            linear,
            lambda: [*chunks(), ("good", [1, 0, 1, 0])],
            r"texts of chunk 4 is one str, 'good', expected a list.*pass \(\[text\], \[label\]\)",
        ),
        (linear, lambda: [("bad food", 0)], "texts of chunk 0 is one str, 'bad food'"),
        (linear, lambda: [(["bad", "food"], "no")], "y of chunk 0 is one str, 'no'"),
        (linear, lambda: [*chunks(), (TEXTS, Y[:7])], "Chunk 4 has 240 texts and 7 labels"),
        (
            lambda: make_pipeline(CountVectorizer(), SGDClassifier()),
            chunks,
            "'countvectorizer'.*no partial_fit",
        ),
        (
            lambda: make_pipeline(HashingVectorizer(), TfidfTransformer(), SGDClassifier()),
            chunks,
            "'tfidftransformer'",
        ),
        (
            lambda: make_pipeline(HashingVectorizer(), LogisticRegression()),
            chunks,
            "'logisticregression', a LogisticRegression, has no partial_fit",
        ),
        (
            lambda: make_pipeline(KerasTokenizerTransformer(), PadTransformer(), SGDClassifier()),
            chunks,
            r"PadTransformer\(maxlen=40\)",
        ),
    ],
)
def test_unsupported_pipelines_are_errors_before_fitting(pipeline, data, message):
    pipeline = pipeline()
    before = [vars(step).copy() for step in pipeline]
    with pytest.raises(ValueError, match=message):
        fit_in_chunks(pipeline, data() if data is not chunks else data)
    assert [vars(step) for step in pipeline] == before


def test_pretrained_vectors_in_chunks():
    """The embedder reads all chunks before the classifier; the table still grows by later words."""
    words = sorted({word for text in TEXTS for word in text.lower().split()} | {"unforeseen"})
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 4)))

    def pipeline():
        return make_pipeline(
            KerasTokenizerTransformer(unknown="keep"),
            PadTransformer(maxlen=20),
            GloVeEmbedder(vectors, oov="random"),
            KerasTextClassifier(PoolingNetwork(4), random_state=0),
        )

    fitted = fit_in_chunks(pipeline(), chunks, epochs=2)
    by_hand = pipeline()
    X = by_hand[:-1].fit(TEXTS).transform(TEXTS)
    for _ in range(2):
        for start in range(0, len(TEXTS), CHUNK):
            rows = slice(start, start + CHUNK)
            by_hand[-1].partial_fit(X[rows], Y[rows], classes=[0, 1])
    for a, b in zip(fitted[-1].weights_, by_hand[-1].weights_, strict=True):
        np.testing.assert_array_equal(a, b)
    later = ["unforeseen", "good unforeseen"]
    np.testing.assert_array_equal(fitted.predict_proba(later), by_hand.predict_proba(later))
    assert fitted.predict_proba(["unforeseen"])[0, 0] != fitted.predict_proba([""])[0, 0]


def test_mean_vectors_in_chunks():
    words = sorted({word for text in TEXTS for word in text.lower().split()})
    vectors = WordVectors(words, np.random.default_rng(0).normal(size=(len(words), 4)))
    steps = GloVeEmbedder(vectors, output="idf-mean"), SGDClassifier(random_state=0)
    fitted = fit_in_chunks(make_pipeline(*steps), chunks)
    whole = GloVeEmbedder(vectors, output="idf-mean").fit(TEXTS)
    np.testing.assert_array_equal(fitted[0].transform(TEXTS), whole.transform(TEXTS))


@hashing_says_so
def test_n_done_must_be_the_number_of_chunks_that_were_seen():
    with pytest.raises(NotFittedError):
        fit_in_chunks(linear(), chunks, n_done=1)
    pipeline = fit_in_chunks(linear(), chunks)
    fit_in_chunks(pipeline, chunks, n_done=4)  # all are done
    with pytest.raises(ValueError, match="n_done=5, but there are 4 chunks in 1 epochs"):
        fit_in_chunks(pipeline, chunks, n_done=5)


@hashing_says_so
def test_a_single_class_in_classes_is_named():
    with pytest.raises(ValueError, match=r"classes holds only \[0\]"):
        fit_in_chunks(network(), chunks, classes=[0])
