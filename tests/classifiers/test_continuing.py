"""Continued training: partial_fit, with its optimizer, and warm_start, with its words."""

import copy
import pickle

import numpy as np
import pytest

from sklearn_textnn.classifiers import clear_program_cache
from sklearn_textnn.engines import plain_keras
from sklearn_textnn.networks import ConvolutionalNetwork, PoolingNetwork
from sklearn_textnn.preprocessing import TokenIds, Vocabulary

PERMUTED = ("", "poor", "fine", "food", "bad", "good")  # the six words, other ids


@pytest.fixture(scope="module")
def droppy(tiny):
    """Return a maker of classifiers with Adam and dropout, which both have state to continue."""
    network = ConvolutionalNetwork(
        embedding_dim=3, num_filters=4, kernel_size=2, units=2, activation="tanh", dropout=0.4
    )

    def make(**params):
        return tiny(**({"model": network, "optimizer__learning_rate": 0.05} | params))

    return make


@pytest.fixture(scope="module")
def permuted(ids, vocabulary):
    """Return the same documents with other ids for the same words."""
    new_id = [PERMUTED.index(word) for word in vocabulary.words]
    return TokenIds(np.array(new_id, dtype=np.int32)[ids], Vocabulary(PERMUTED, n_known=6))


def word_vectors(clf):
    return dict(zip(clf.vocabulary_.words, clf.weights_[0], strict=True))


def assert_same(one, other):
    for a, b in zip(one.weights_, other.weights_, strict=True):
        np.testing.assert_array_equal(a, b)


# partial_fit


def test_first_partial_fit_needs_classes(tiny, ids, labels):
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        tiny().partial_fit(ids, labels)


def test_classes_are_those_passed_to_partial_fit(tiny, ids):
    clf = tiny().partial_fit(ids[:8], ["good", "bad"] * 4, classes=["good", "bad", "even"])
    assert clf.classes_.tolist() == ["bad", "even", "good"]
    assert clf.predict_proba(ids).shape == (48, 3)


def test_a_batch_may_hold_a_single_class(tiny, ids):
    clf = tiny(optimizer__learning_rate=0.1).partial_fit(ids[:8], [1] * 8, classes=[0, 1])
    before = clf.predict_proba(ids)[:, 0].mean()
    clf.partial_fit(ids[:8], [0] * 8)
    assert clf.predict_proba(ids)[:, 0].mean() > before


def test_a_batch_of_one_class_may_have_weights(tiny, ids):
    clf = tiny(run_eagerly=True, class_weight={1: 2})
    clf.partial_fit(ids[:8], [1] * 8, classes=[0, 1], sample_weight=np.ones(8))
    assert clf.n_iter_ == 1
    with pytest.raises(ValueError, match=r"at least one non-zero|with a positive weight"):
        clf.partial_fit(ids[:8], [1] * 8, sample_weight=np.zeros(8))


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_partial_fit_twice_is_a_fit_of_two_epochs(run_eagerly, droppy, ids, labels):
    clf = droppy(run_eagerly=run_eagerly).partial_fit(ids, labels, classes=[0, 1])
    clf.partial_fit(ids, labels)
    whole = droppy(run_eagerly=run_eagerly, epochs=2).fit(ids, labels)
    assert_same(clf, whole)
    assert clf.history_ == whole.history_
    assert clf.n_iter_ == 2


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_pickling_between_two_calls_changes_no_bit(run_eagerly, droppy, ids, labels):
    through = droppy(run_eagerly=run_eagerly).partial_fit(ids, labels, classes=[0, 1])
    through = pickle.loads(pickle.dumps(through)).partial_fit(ids, labels)
    straight = droppy(run_eagerly=run_eagerly).partial_fit(ids, labels, classes=[0, 1])
    straight.partial_fit(ids, labels)
    assert_same(through, straight)


def test_partial_fit_continues_the_optimizer(droppy, ids, labels):
    """The optimizer is new after fit, and continued after partial_fit; all else is equal."""
    carried_on = droppy().partial_fit(ids, labels, classes=[0, 1])
    fresh = droppy(epochs=1).fit(ids, labels)
    assert_same(carried_on, fresh)
    carried_on.partial_fit(ids, labels)
    fresh.partial_fit(ids, labels)
    assert not np.allclose(carried_on.weights_[0], fresh.weights_[0], atol=1e-3)


def test_the_learning_rate_can_be_changed_from_call_to_call(droppy, ids, labels):
    clf = droppy().partial_fit(ids, labels, classes=[0, 1])
    before = clf.weights_
    clf.set_params(optimizer__learning_rate=1e-9).partial_fit(ids, labels)
    for a, b in zip(before, clf.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("run_eagerly", [False, True])
def test_another_optimizer_is_refused_by_partial_fit(run_eagerly, droppy, ids, labels):
    clf = droppy(run_eagerly=run_eagerly).partial_fit(ids, labels, classes=[0, 1])
    before = clf.weights_
    with pytest.raises(ValueError, match="continues with the optimizer state of the previous call"):
        clf.set_params(optimizer="sgd").partial_fit(ids, labels)
    assert clf.weights_ is before


def test_partial_fit_continues_from_fit(tiny, ids, labels):
    clf = tiny(epochs=2).fit(ids, labels).partial_fit(ids, labels)
    assert clf.n_iter_ == 3
    assert {name: len(values) for name, values in clf.history_.items()} == {
        "loss": 3,
        "accuracy": 3,
    }


def test_fit_after_partial_fit_starts_anew(tiny, ids, labels):
    clf = tiny().partial_fit(ids[:9], labels[:9], classes=[0, 1]).fit(ids, labels)
    assert_same(clf, tiny().fit(ids, labels))
    assert clf.n_iter_ == 2


def test_multilabel_targets_can_be_learned_in_batches(tiny, ids, indicator):
    clf = tiny().partial_fit(ids, indicator, classes=[0, 1, 2])
    clf.partial_fit(ids[:4], np.zeros((4, 3), int))
    assert clf.predict(ids).shape == (48, 3)


@pytest.mark.parametrize(
    ("y", "params", "message"),
    [
        (["a", "c"], {}, r"y contains classes that are not in classes_: \['c'\] \(first in row 1"),
        (["a", "b"], {"classes": ["a", "c"]}, r"classes is \['a', 'c'\], but the first call"),
        (np.eye(2, dtype=int), {}, "need the targets of the earlier training, classes"),
    ],
    ids=["label", "classes", "indicator"],
)
def test_continuing_with_other_targets_is_refused(y, params, message, tiny, ids):
    clf = tiny(run_eagerly=True).partial_fit(ids[:2], ["a", "b"], classes=["a", "b"])
    with pytest.raises(ValueError, match=message):
        clf.partial_fit(ids[:2], y, **params)


def test_labels_beyond_classes_are_refused_at_the_first_call(tiny, ids):
    clf = tiny()
    with pytest.raises(ValueError, match=r"not in classes_: \[2\] \(first in row 2\)"):
        clf.partial_fit(ids[:3], [0, 1, 2], classes=[0, 1])
    assert not clf.__sklearn_is_fitted__()


def test_balanced_weights_need_all_labels(tiny, ids, labels):
    with pytest.raises(ValueError, match="'balanced' needs all labels at once"):
        tiny(class_weight="balanced").partial_fit(ids, labels, classes=[0, 1])


def test_the_table_of_plain_ids_is_fixed_by_n_tokens(tiny, ids, labels):
    roomy = tiny(n_tokens=12, run_eagerly=True).partial_fit(ids, labels, classes=[0, 1])
    later = roomy.partial_fit(ids + 10, labels)  # ids from 12 upward are unknown
    assert len(later.weights_[0]) == 12


@pytest.mark.parametrize("how", ["partial_fit", "warm_start"])
def test_ids_beyond_the_table_of_the_first_call_are_refused(how, tiny, ids, labels):
    clf = tiny(warm_start=True, run_eagerly=True)
    go_on = clf.fit if how == "warm_start" else clf.partial_fit
    clf.partial_fit(ids, labels, classes=[0, 1])
    before = clf.weights_
    with pytest.raises(ValueError, match=r"token id 11 in row 0, .* 6 tokens.* Set n_tokens"):
        go_on(ids + 10, labels)
    clf.set_params(n_tokens=20)  # too late: the size of the table is fixed
    with pytest.raises(ValueError, match=r"Set n_tokens .* before the first call"):
        go_on(ids + 10, labels)
    assert clf.weights_ is before
    go_on(ids, labels)
    assert np.isfinite(clf.predict_proba(ids + 10)).all()  # a prediction maps them to unknown


def test_partial_fit_matches_rows_by_word(droppy, tokens, permuted, labels):
    """Weights and optimizer state are matched by word, so other ids have no effect."""
    moved = droppy(dtype="float64").partial_fit(tokens, labels, classes=[0, 1])
    moved.partial_fit(permuted, labels)
    stayed = droppy(dtype="float64").partial_fit(tokens, labels, classes=[0, 1])
    stayed.partial_fit(tokens, labels)
    vectors = word_vectors(stayed)
    for word, vector in word_vectors(moved).items():
        np.testing.assert_allclose(vector, vectors[word], rtol=1e-9, err_msg=word)
    np.testing.assert_allclose(moved.predict_proba(permuted), stayed.predict_proba(tokens))


@pytest.mark.parametrize("n_tokens", [None, 12])
def test_new_words_get_fresh_rows(n_tokens, tiny, tokens, labels):
    words = Vocabulary(("", "new", "good", "bad", "newer"), n_known=5)
    X = TokenIds(np.array([[1, 2, 4], [3, 1, 4]], dtype=np.int32), words)
    short = TokenIds(np.asarray(tokens)[:, :3], tokens.vocabulary)
    clf = tiny(n_tokens=n_tokens, optimizer__learning_rate=1e-6)
    clf.partial_fit(short, labels, classes=[0, 1])
    old = dict(zip(tokens.vocabulary.words, clf.weights_[0], strict=False))
    clf.partial_fit(X, [1, 0])
    new = dict(zip(words.words, clf.weights_[0], strict=False))
    assert len(clf.weights_[0]) == (n_tokens or 5)
    for word in ("good", "bad"):
        np.testing.assert_allclose(new[word], old[word], atol=1e-5)
    assert all(np.abs(new["new"] - vector).max() > 1e-3 for vector in old.values())


# warm_start


def test_warm_start_continues(tiny, ids, labels):
    clf = tiny(warm_start=True, epochs=2).fit(ids, labels)
    before = clf.weights_
    clf.set_params(optimizer__learning_rate=1e-7).fit(ids, labels)
    for a, b in zip(before, clf.weights_, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)
    assert clf.n_iter_ == 4
    assert len(clf.history_["loss"]) == 4


def test_fit_without_warm_start_starts_anew(tiny, ids, labels):
    clf = tiny().fit(ids[:20], labels[:20]).fit(ids, labels)
    assert_same(clf, tiny().fit(ids, labels))
    assert clf.n_iter_ == 2


def test_warm_start_resets_the_optimizer_even_after_partial_fit(tiny, ids, labels):
    clf = tiny(warm_start=True).partial_fit(ids, labels, classes=[0, 1])
    reference = tiny(warm_start=True, epochs=1).fit(ids, labels)
    assert_same(clf.fit(ids, labels), reference.set_params(epochs=2).fit(ids, labels))
    other = clf.set_params(optimizer="sgd").fit(ids, labels)
    assert other.n_iter_ == 5


def test_warm_start_matches_rows_by_word(tiny, tokens, permuted, labels):
    clf = tiny(warm_start=True, epochs=3, optimizer__learning_rate=0.1).fit(tokens, labels)
    before = word_vectors(clf)
    clf.set_params(optimizer__learning_rate=1e-7, epochs=1).fit(permuted, labels)
    assert clf.vocabulary_.words == PERMUTED
    for word, vector in word_vectors(clf).items():
        np.testing.assert_allclose(vector, before[word], atol=1e-5, err_msg=word)


def test_plain_ids_continue_with_the_earlier_table_and_words(tiny, tokens, ids, labels):
    clf = tiny(warm_start=True, run_eagerly=True).fit(tokens, labels)
    clf.fit(ids[:, :], labels)
    assert clf.vocabulary_ is tokens.vocabulary


@pytest.mark.parametrize(
    "change",
    [
        {"model__pooling": ("max", "average")},  # the other way round
        {"model__dropout": 0.5},
        {"dtype": "float64"},
        {"model__dropout": 0.5, "dtype": "float64"},
    ],
    ids=repr,
)
def test_warm_start_continues_with_the_current_network(change, tiny, ids, labels):
    """The program of the earlier network is not used, although its weights have the same shapes."""
    clf = tiny(warm_start=True).fit(ids, labels)
    clf.set_params(**change).fit(ids, labels)
    with plain_keras():
        reference = tiny(warm_start=True).fit(ids, labels)
        reference.set_params(**change).fit(ids, labels)
        expected = reference.predict_proba(ids)
    found = clf.predict_proba(ids)
    assert found.dtype == expected.dtype == clf.dtype
    np.testing.assert_allclose(found, expected, atol=1e-6)
    clear_program_cache()
    np.testing.assert_array_equal(clf.predict_proba(ids), found)


def test_partial_fit_continues_in_another_precision(tiny, ids, labels):
    clf = tiny().partial_fit(ids, labels, classes=[0, 1])
    clf.set_params(dtype="float64").partial_fit(ids, labels)
    reference = tiny().partial_fit(ids, labels, classes=[0, 1]).partial_fit(ids, labels)
    assert {w.dtype.name for w in clf.weights_} == {"float64"}
    np.testing.assert_allclose(clf.predict_proba(ids), reference.predict_proba(ids), atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": ["a", "b"]}, r"need the targets of the earlier training, classes \[0, 1\]; y holds"),
        ({"y": [0, 1, 2] * 16}, r"y holds classes \[0, 1, 2\]"),
        ({"model": PoolingNetwork(4, units=2)}, "continue with the same network"),
    ],
    ids=["labels", "more labels", "network"],
)
def test_warm_start_refuses_incompatible_changes(change, message, tiny, ids, labels):
    clf = copy.deepcopy(tiny(warm_start=True, run_eagerly=True).fit(ids, labels))
    y = change.pop("y", labels)
    with pytest.raises(ValueError, match=message):
        clf.set_params(**change).fit(ids, np.resize(y, 48))
    assert clf.classes_.tolist() == [0, 1]
    assert clf.predict(ids).shape == (48,)


# warm_start="total"


@pytest.mark.parametrize("optimizer", ["adam", "rmsprop"])
@pytest.mark.parametrize("run_eagerly", [False, True])
def test_fits_with_growing_epochs_equal_one_fit(optimizer, run_eagerly, droppy, ids, labels):
    weight = np.linspace(0.5, 2, len(labels))
    params = {"optimizer": optimizer, "run_eagerly": run_eagerly, "class_weight": "balanced"}
    clf = droppy(warm_start="total", **params)
    for epochs in (1, 3, 3, 4):
        clf.set_params(epochs=epochs).fit(ids, labels, weight)
        assert clf.n_iter_ == epochs
    whole = droppy(epochs=4, **params).fit(ids, labels, weight)
    assert_same(clf, whole)
    assert clf.history_ == whole.history_
    assert clf.engine_ == whole.engine_


def test_members_continue_separately_and_new_ones_start(droppy, ids, labels):
    clf = droppy(warm_start="total", epochs=1, n_members=2).fit(ids, labels)
    clf.set_params(epochs=3, n_members=3).fit(ids, labels)
    whole = droppy(epochs=3, n_members=2).fit(ids, labels)
    for a, b in zip(clf.weights_, whole.weights_, strict=False):
        np.testing.assert_array_equal(a, b)
    assert [member.n_iter_ for member in clf.members_] == [3, 3, 3]


def test_fewer_epochs_than_were_trained_are_an_error(tiny, ids, labels):
    clf = tiny(warm_start="total", epochs=2).fit(ids, labels)
    before = clf.weights_
    with pytest.raises(ValueError, match="epochs=1, but 2 epochs were trained before"):
        clf.set_params(epochs=1).fit(ids, labels)
    assert clf.weights_ is before


def test_warm_start_total_refuses_early_stopping(tiny, ids, labels):
    with pytest.raises(ValueError, match="early_stopping ends it"):
        tiny(warm_start="total", early_stopping=True).fit(ids, labels)
