"""X: token ids and features, and the error of every fault."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.exceptions import NotFittedError

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.networks import ConvolutionalNetwork, FlattenNetwork, PoolingNetwork
from sklearn_textnn.preprocessing import TokenIds, Vocabulary

BIG = 2**40


@pytest.fixture(scope="module")
def on_plain_ids(tiny, ids, labels):
    return tiny().fit(ids, labels)


@pytest.fixture(scope="module")
def strict(tiny, ids, labels):
    return tiny(handle_unknown="error").fit(ids, labels)


# Forms of X


@pytest.mark.parametrize(
    "form",
    [
        np.ndarray.tolist,
        lambda X: X.astype(np.int64),
        lambda X: X.astype(np.uint8),
        lambda X: X.astype(float),
        lambda X: X.astype(object),
        pd.DataFrame,
        np.asfortranarray,
    ],
    ids=["list", "int64", "uint8", "float", "object", "frame", "fortran"],
)
def test_ids_give_the_same_result_in_any_container(form, on_plain_ids, tiny, ids, labels):
    np.testing.assert_array_equal(
        on_plain_ids.predict_proba(form(ids)), on_plain_ids.predict_proba(ids)
    )
    clf = tiny().fit(form(ids), labels)
    np.testing.assert_array_equal(clf.weights_[0], on_plain_ids.weights_[0])


def test_ids_with_and_without_words_train_the_same(fitted, tiny, ids, labels):
    plain = tiny(epochs=3).fit(ids, labels)
    np.testing.assert_array_equal(plain.weights_[0], fitted.weights_[0])
    assert plain.vocabulary_ is None
    assert fitted.vocabulary_.words[2] == "good"


def test_the_table_has_a_row_for_known_words_that_do_not_occur(tiny, labels):
    words = Vocabulary(("", *"abcdefgh"), n_known=9)
    X = TokenIds(np.array([[1, 2], [2, 1]]), words)
    assert tiny().initialize(X, [0, 1]).weights_[0].shape[0] == 9


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_sparse_and_dense_features_give_the_same(form, tiny_dense, features, labels):
    dense = tiny_dense().fit(features, labels)
    clf = tiny_dense().fit(form(features), labels)
    for a, b in zip(clf.weights_, dense.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)
    np.testing.assert_allclose(
        clf.predict_proba(form(features)), dense.predict_proba(features), atol=1e-6
    )


@pytest.mark.parametrize("run_eagerly", [False, True], ids=["default", "eager"])
def test_sparse_features_are_made_dense_in_batches_only(run_eagerly, tiny_dense, monkeypatch):
    rows_at_once = []
    for cls in (sparse.csr_array, sparse.csr_matrix):
        for name in ("toarray", "todense"):
            method = getattr(cls, name)

            def spy(self, *args, method=method, **kwargs):
                rows_at_once.append(self.shape[0])
                return method(self, *args, **kwargs)

            monkeypatch.setattr(cls, name, spy)
    rng = np.random.default_rng(0)
    X = sparse.csr_array(rng.random((1500, 7)) * (rng.random((1500, 7)) < 0.3))
    y = np.arange(1500) % 2
    clf = tiny_dense(epochs=1, batch_size=100, run_eagerly=run_eagerly, early_stopping=True)
    clf.fit(X, y).predict(X)
    assert max(rows_at_once, default=0) <= 512


# Texts, ragged rows, features for ids and ids for features


@pytest.mark.parametrize(
    "X",
    [
        ["good food", "bad food"],
        np.array(["good food", "bad food"]),
        np.array(["good food", "bad food"], dtype=object),
        pd.Series(["good food", "bad food"]),
        pd.DataFrame({"text": ["good food", "bad food"]}),
        [["good", "food"], ["bad", "food"]],
        "good food",
        b"good food",
    ],
    ids=["list", "str", "object", "series", "frame", "words", "one text", "bytes"],
)
def test_raw_texts_are_refused_with_the_missing_step(X, tiny, tiny_dense, fitted):
    with pytest.raises(ValueError, match=r"X holds texts.*KerasTokenizerTransformer\(\) and Pad"):
        tiny().fit(X, [0, 1])
    with pytest.raises(ValueError, match=r"X holds texts.*CountVectorizer"):
        tiny_dense().fit(X, [0, 1])
    with pytest.raises(ValueError, match="X holds texts"):
        fitted.predict(X)


@pytest.mark.parametrize(
    "X",
    [
        [[1, 2], [1]],
        [[1, 2], []],
        np.array([[1, 2], [1]], dtype=object),
        TokenIds(np.array([1, 2, 1]), Vocabulary(("", "a", "b"), 3), offsets=np.array([0, 2, 3])),
    ],
    ids=["list", "empty row", "object", "TokenIds"],
)
def test_ragged_ids_are_refused_with_pad_transformer_as_hint(X, tiny, fitted):
    with pytest.raises(ValueError, match=r"X holds documents of different lengths.*PadTransformer"):
        tiny().fit(X, [0, 1])
    with pytest.raises(ValueError, match="PadTransformer"):
        fitted.predict(X)


def test_token_ids_are_refused_as_features(tiny_dense, tokens, labels):
    with pytest.raises(ValueError, match=r"X holds token ids, but the network reads features. Use"):
        tiny_dense().fit(tokens, labels)


@pytest.mark.parametrize("network", [PoolingNetwork(3), ConvolutionalNetwork(3), FlattenNetwork(3)])
def test_sparse_counts_are_refused_as_ids(network, features, labels):
    with pytest.raises(TypeError, match=r"X is a sparse matrix.*Use DenseNetwork"):
        KerasTextClassifier(network).fit(sparse.csr_array(features), labels)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_numbers_that_are_not_finite_are_refused(value, tiny, tiny_dense, features, labels):
    X = features.copy()
    X[3, 1] = value
    for clf in (tiny(), tiny_dense()):
        with pytest.raises(ValueError, match=r"Input X contains (NaN|infinity)"):
            clf.fit(X, labels)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.zeros((0, 6), int), r"Found array with 0 sample\(s\)"),
        (np.zeros((3, 0), int), r"Found array with 0 feature\(s\)"),
        (np.zeros(6, int), "Expected 2D array, got 1D array"),
        (np.zeros((2, 2, 2, 2)), "dim 4"),
    ],
    ids=["no rows", "no columns", "1-D", "4-D"],
)
def test_bad_shapes_give_scikit_learns_errors(X, message, tiny, fitted):
    with pytest.raises(ValueError, match=message):
        tiny().fit(X, [0, 1, 0][: len(X)])
    with pytest.raises(ValueError, match=message):
        fitted.predict(X)


def test_another_width_is_refused(fitted, tiny_dense, ids, features, labels):
    with pytest.raises(
        ValueError, match="X has 5 features, but KerasTextClassifier is expecting 6"
    ):
        fitted.predict(ids[:, :5])
    clf = tiny_dense(run_eagerly=True).fit(features, labels)
    with pytest.raises(
        ValueError, match="X has 4 features, but KerasTextClassifier is expecting 5"
    ):
        clf.predict_proba(sparse.csr_array(features[:, :4]))


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_predicting_before_fit_gives_not_fitted_error(method, tiny, ids):
    with pytest.raises(NotFittedError, match="This KerasTextClassifier instance is not fitted yet"):
        getattr(tiny(), method)(ids)


@pytest.mark.parametrize("name", ["model_", "weights_"])
def test_nothing_is_learned_before_fit(name, tiny):
    with pytest.raises(NotFittedError):
        getattr(tiny(), name)


# Unknown ids


@pytest.mark.parametrize("unknown", [6, 100, -1, -100, BIG, -BIG, 2**70, 1e30])
def test_an_unknown_id_becomes_padding(unknown, on_plain_ids):
    given = on_plain_ids.predict_proba([[1, unknown, 3, 0, 0, 0]])
    np.testing.assert_array_equal(given, on_plain_ids.predict_proba([[1, 0, 3, 0, 0, 0]]))


@pytest.mark.parametrize("unknown", [6, -1, BIG])
def test_an_unknown_id_becomes_the_oov_id_if_there_is_one(unknown, tiny, ids, labels):
    words = Vocabulary(("", "<oov>", "good", "bad", "fine", "poor"), n_known=6, oov_id=1)
    clf = tiny().fit(TokenIds(ids, words), labels)
    given = clf.predict_proba([[2, unknown, 3, 0, 0, 0]])
    np.testing.assert_array_equal(given, clf.predict_proba([[2, 1, 3, 0, 0, 0]]))


@pytest.mark.parametrize("unknown", [6, 100, -1, BIG])
def test_an_unknown_id_can_be_an_error(unknown, strict):
    message = rf"X holds token id {unknown} in row 1, but the table has 6 rows \(ids 0 to 5\)"
    with pytest.raises(ValueError, match=message):
        strict.predict([[1, 2, 3, 4, 5, 0], [1, unknown, 3, 0, 0, 0]])


@pytest.mark.parametrize("clf", ["on_plain_ids", "strict"])
@pytest.mark.parametrize(("fraction", "whole"), [(2.7, 2), (0.4, 0), (-0.4, 0)])
def test_fractions_are_cut_off_with_a_warning(fraction, whole, clf, request):
    clf = request.getfixturevalue(clf)
    with pytest.warns(UserWarning, match=f"X holds {fraction} in row 0, which is no token id"):
        given = clf.predict_proba([[1, fraction, 3, 0, 0, 0]])
    np.testing.assert_array_equal(given, clf.predict_proba([[1, whole, 3, 0, 0, 0]]))


def test_n_tokens_determines_unknown_ids_at_fit(tiny, ids, labels):
    cut = tiny(n_tokens=4).fit(ids, labels)
    zeroed = tiny(n_tokens=4).fit(np.where(ids < 4, ids, 0), labels)
    np.testing.assert_array_equal(cut.weights_[0], zeroed.weights_[0])
    with pytest.raises(ValueError, match="but the table has 4 rows"):
        tiny(n_tokens=4, handle_unknown="error").fit(ids, labels)


def test_negative_ids_at_fit_are_unknown(tiny, ids, labels):
    given = tiny().fit(np.where(ids == 3, -7, ids), labels)
    zeroed = tiny().fit(np.where(ids == 3, 0, ids), labels)
    np.testing.assert_array_equal(given.weights_[0], zeroed.weights_[0])
    with pytest.raises(ValueError, match="X holds token id -7"):
        tiny(handle_unknown="error").fit(np.where(ids == 3, -7, ids), labels)


def test_an_id_that_needs_a_huge_table_is_refused(tiny, ids, labels):
    X = ids.astype(np.int64)
    X[5, 0] = BIG
    message = f"X holds token id {BIG} in row 5, which would take a table of {BIG + 1} rows.*n_tok"
    with pytest.raises(ValueError, match=message):
        tiny().fit(X, labels)
    assert len(tiny(n_tokens=6).initialize(X, labels).weights_[0]) == 6


@pytest.mark.parametrize("network", [PoolingNetwork(3), ConvolutionalNetwork(3), FlattenNetwork(3)])
def test_a_document_of_padding_gets_finite_probabilities(network, tiny, ids, labels):
    clf = tiny(model=network).fit(ids, labels)
    probabilities = clf.predict_proba(np.zeros((2, 6), int))
    assert np.isfinite(probabilities).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-6)


def test_a_network_trained_on_padding_predicts_the_class_shares(tiny):
    clf = tiny(run_eagerly=True).fit(np.zeros((4, 3), int), [0, 1, 1, 1])
    assert clf.predict_proba(np.zeros((1, 3), int))[0, 1] == pytest.approx(0.75, abs=0.02)


# Vocabularies


@pytest.mark.parametrize(
    "words",
    [
        Vocabulary(("", "food", "good", "bad", "poor", "fine"), n_known=6),
        Vocabulary(("", "food", "good", "bad", "fine"), n_known=5),
        Vocabulary(("", "food", "good", "bad", "fine", "poor", "new"), n_known=7),
        Vocabulary(("", "food", "good", "bad", "fine", "poor"), n_known=6, oov_id=1),
    ],
    ids=["order", "fewer", "more known", "oov"],
)
def test_another_vocabulary_at_predict_is_refused(words, fitted):
    X = TokenIds(np.array([[1, 2, 3, 0, 0, 0]]), words)
    with pytest.raises(ValueError, match=r"X comes with another vocabulary.*a Pipeline does"):
        fitted.predict(X)


@pytest.mark.parametrize("n_tokens", [None, 20])
def test_later_words_are_unknown(n_tokens, tiny, tokens, labels):
    """Even if n_tokens leaves room: no prediction depends on the other texts of the call."""
    clf = tiny(n_tokens=n_tokens).fit(tokens, labels)
    grown = Vocabulary((*tokens.vocabulary.words, "new", "newer"), n_known=6)
    first, second, without = (
        clf.predict_proba(TokenIds(np.array([[1, unknown, 3, 0, 0, 0]]), grown))
        for unknown in (6, 7, 0)
    )
    np.testing.assert_array_equal(first, without)
    np.testing.assert_array_equal(second, without)


def test_an_equal_vocabulary_is_accepted(fitted, tokens):
    words = Vocabulary(tuple(tokens.vocabulary.words), n_known=6)
    X = TokenIds(np.asarray(tokens), words)
    np.testing.assert_array_equal(fitted.predict_proba(X), fitted.predict_proba(tokens))


def test_plain_ids_are_accepted_after_ids_with_words(fitted, tokens):
    expected = fitted.predict_proba(tokens)
    np.testing.assert_array_equal(fitted.predict_proba(np.asarray(tokens)), expected)
