"""Validation data, split off or passed, and early stopping."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics import log_loss

from sklearn_textnn.classifiers import _training

EAGER_TO_OVERFIT = {"epochs": 40, "optimizer__learning_rate": 0.3, "early_stopping": True}


@pytest.fixture(scope="module")
def noise():
    """Return labels that are independent of the documents."""
    return np.random.default_rng(1).integers(0, 2, 48)


@pytest.fixture
def split(monkeypatch):
    """Return a list to which every training appends its training and its validation data."""
    seen, train = [], _training.train

    def spy(plan):
        seen.append((plan.data, plan.validation))
        return train(plan)

    monkeypatch.setattr(_training, "train", spy)
    return seen


@pytest.fixture(scope="module")
def stopped(tiny, ids, noise):
    """Return a classifier that stopped early, validated on 16 of the 48 samples."""
    clf = tiny(**EAGER_TO_OVERFIT, n_iter_no_change=3)
    return clf.fit(ids[:32], noise[:32], X_val=ids[32:], y_val=noise[32:])


def test_training_stops_when_validation_loss_has_not_improved(stopped):
    losses = stopped.history_["val_loss"]
    assert len(losses) == stopped.n_iter_ < 40
    assert np.argmin(losses) == len(losses) - 1 - 3


def test_weights_are_those_of_the_best_epoch(stopped, ids, noise):
    losses = stopped.history_["val_loss"]
    final = log_loss(noise[32:], stopped.predict_proba(ids[32:]))
    assert final == pytest.approx(min(losses), abs=1e-5)
    assert losses[-1] > min(losses) + 1e-3


def test_weights_are_those_of_the_best_epoch_without_a_stop_too(tiny, ids, noise):
    clf = tiny(**EAGER_TO_OVERFIT, n_iter_no_change=1000).set_params(epochs=12)
    clf.fit(ids[:32], noise[:32], X_val=ids[32:], y_val=noise[32:])
    losses = clf.history_["val_loss"]
    assert len(losses) == 12
    assert min(losses) < losses[-1]
    final = log_loss(noise[32:], clf.predict_proba(ids[32:]))
    assert final == pytest.approx(min(losses), abs=1e-5)


def test_patience_is_n_iter_no_change(tiny, ids, noise):
    clf = tiny(**EAGER_TO_OVERFIT, n_iter_no_change=1)
    losses = clf.fit(ids[:32], noise[:32], X_val=ids[32:], y_val=noise[32:]).history_["val_loss"]
    assert np.argmin(losses) == len(losses) - 2


def test_the_validation_part_is_stratified_and_not_trained_on(tiny, ids, split):
    y = np.repeat([0, 1], [36, 12])
    for seed in range(4):
        clf = tiny(epochs=2, early_stopping=True, validation_fraction=0.25, random_state=seed)
        clf.fit(ids, y)
    for training, validation in split:
        assert np.bincount(validation.y.ravel().astype(int)).tolist() == [9, 3]
        assert np.bincount(training.y.ravel().astype(int)).tolist() == [27, 9]
        together = np.vstack([training.X, validation.X]).tolist()
        assert sorted(together) == sorted(ids.tolist())


def test_the_validation_part_depends_on_random_state(tiny, ids, labels, split):
    for seed in (0, 0, 1):
        tiny(epochs=2, early_stopping=True, random_state=seed, run_eagerly=True).fit(ids, labels)
    (_, first), (_, same), (_, other) = split
    np.testing.assert_array_equal(first.X, same.X)
    assert not np.array_equal(first.X, other.X)


def test_sample_weights_are_split_with_the_samples(tiny, ids, labels, split):
    weight = np.arange(1, 49)
    tiny(early_stopping=True, run_eagerly=True).fit(ids, labels, sample_weight=weight)
    ((training, validation),) = split
    assert training.weight.mean() == pytest.approx(1)  # scaled by those that are trained on
    together = np.sort(np.concatenate([training.weight, validation.weight]))
    np.testing.assert_allclose(together / together[0], weight, rtol=1e-6)


def test_multilabel_targets_can_stop_early(tiny, ids, indicator, split):
    clf = tiny(early_stopping=True, validation_fraction=0.25, run_eagerly=True).fit(ids, indicator)
    assert len(split[0][1].y) == 12
    assert "val_loss" in clf.history_


@pytest.mark.parametrize(
    ("y", "fraction"),
    [([0] + [1] * 47, 0.1), (np.arange(48) % 24, 0.1)],
    ids=["a class of one", "more classes than validation samples"],
)
def test_early_stopping_is_skipped_if_a_split_lacks_a_class(y, fraction, tiny, ids, split):
    clf = tiny(early_stopping=True, validation_fraction=fraction)
    with pytest.warns(UserWarning, match="early_stopping=True, but 48 samples cannot be split"):
        clf.fit(ids, y)
    ((training, validation),) = split
    assert validation is None
    assert len(training.y) == 48
    assert set(clf.history_) == {"loss", "accuracy"}


def test_one_epoch_needs_no_validation(tiny, ids, labels):
    clf = tiny(epochs=1, early_stopping=True, run_eagerly=True).fit(ids, labels)
    assert set(clf.history_) == {"loss", "accuracy"}


# Passed by the caller


def test_passed_validation_data_are_not_trained_on(tiny, ids, labels):
    clf = tiny(epochs=3).fit(ids[:32], labels[:32], X_val=ids[32:], y_val=labels[32:])
    plain = tiny(epochs=3).fit(ids[:32], labels[:32])
    np.testing.assert_array_equal(clf.weights_[0], plain.weights_[0])
    assert {k: len(v) for k, v in clf.history_.items()} == dict.fromkeys(
        ["loss", "accuracy", "val_loss", "val_accuracy"], 3
    )
    expected = log_loss(labels[32:], clf.predict_proba(ids[32:]))
    assert clf.history_["val_loss"][-1] == pytest.approx(expected, abs=1e-5)
    assert clf.history_["val_accuracy"][-1] == pytest.approx(clf.score(ids[32:], labels[32:]))


def test_passed_validation_data_replace_the_split(tiny, ids, labels, split):
    clf = tiny(early_stopping=True, run_eagerly=True)
    clf.fit(ids[:32], labels[:32], X_val=ids[32:], y_val=labels[32:])
    assert [len(data.y) for data in split[0]] == [32, 16]


def test_validation_features_may_be_sparse(tiny_dense, features, labels):
    X = sparse.csr_array(features)
    clf = tiny_dense().fit(X[:32], labels[:32], X_val=X[32:], y_val=labels[32:])
    dense = tiny_dense().fit(features[:32], labels[:32], X_val=features[32:], y_val=labels[32:])
    np.testing.assert_allclose(clf.history_["val_loss"], dense.history_["val_loss"], rtol=1e-6)


def test_a_pipeline_transforms_validation_texts(text_pipeline, texts, labels, metadata_routing):
    pipeline = text_pipeline()
    pipeline.transform_input = ["X_val"]
    pipeline[-1].set_fit_request(X_val=True, y_val=True)
    pipeline.fit(texts[:32], labels[:32], X_val=texts[32:], y_val=labels[32:])

    earlier, clf = pipeline[:-1], text_pipeline()[-1]
    clf.fit(
        earlier.transform(texts[:32]),
        labels[:32],
        X_val=earlier.transform(texts[32:]),
        y_val=labels[32:],
    )
    assert pipeline[-1].history_ == clf.history_
    assert len(clf.history_["val_loss"]) == 2


def test_untransformed_validation_texts_are_refused_with_a_hint(text_pipeline, texts, labels):
    pipeline = text_pipeline()
    with pytest.raises(ValueError, match="X_val holds texts, expected numbers") as caught:
        pipeline.fit(texts[:32], labels[:32], clf__X_val=texts[32:], clf__y_val=labels[32:])
    for hint in (
        "set_config(enable_metadata_routing=True)",
        'transform_input=["X_val"]',
        "set_fit_request(X_val=True, y_val=True)",
    ):
        assert hint in str(caught.value)


@pytest.mark.parametrize("given", ["X_val", "y_val"])
def test_x_val_and_y_val_are_both_required(given, tiny, ids, labels):
    part = {"X_val": ids, "y_val": labels}[given]
    with pytest.raises(ValueError, match="X_val and y_val go together"):
        tiny().fit(ids, labels, **{given: part})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y_val": [0, 2] * 24}, r"y_val contains classes .*: \[2\] \(first in row 1\)"),
        ({"y_val": ["0", "1"] * 24}, "y_val contains classes that are not in classes_"),
        ({"y_val": [0, 1]}, "X_val has .* samples, but y_val has 2"),
        ({"X_val": np.ones((48, 5), int)}, "X has 5 features, but .* is expecting 6"),
        ({"X_val": [[1], [2, 3]] * 24}, "X_val holds documents of different lengths.*PadTransf"),
    ],
    ids=["unseen label", "other type", "short", "width", "ragged"],
)
def test_bad_validation_data_are_errors(change, message, tiny, ids, labels):
    given = {"X_val": ids, "y_val": labels} | change
    with pytest.raises(ValueError, match=message):
        tiny().fit(ids, labels, **given)


def test_unknown_ids_of_validation_data_follow_handle_unknown(tiny, ids, labels):
    X_val = ids + 4
    tiny(run_eagerly=True).fit(ids, labels, X_val=X_val, y_val=labels)
    with pytest.raises(ValueError, match="X_val holds token id"):
        tiny(handle_unknown="error").fit(ids, labels, X_val=X_val, y_val=labels)
