"""Several networks in one classifier, early stopping by any scorer, and training on all data."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.metrics import f1_score, make_scorer
from sklearn.model_selection import RandomizedSearchCV, cross_val_score

from sklearn_textnn.classifiers import KerasTextClassifier
from sklearn_textnn.networks import PoolingNetwork
from sklearn_textnn.persistence import load, save


@pytest.fixture(scope="module")
def ids():
    rng = np.random.default_rng(0)
    X = rng.integers(1, 30, size=(60, 6))
    return X, np.where((X < 8).any(axis=1), "yes", "no")


def small(**params):
    network = PoolingNetwork(embedding_dim=4, units=3, dropout=0.2, word_dropout=0.1)
    defaults = {"epochs": 3, "random_state": 3, "optimizer__learning_rate": 0.05}
    return KerasTextClassifier(network, n_tokens=30, **(defaults | params))


@pytest.fixture(scope="module")
def fitted(ids):
    return small(n_members=3).fit(*ids)


def test_members_have_the_successive_seeds_of_one_random_state(ids, fitted):
    state = np.random.RandomState(3)
    singles = [small(random_state=state).fit(*ids) for _ in range(3)]
    mean = np.mean([single.predict_proba(ids[0]) for single in singles], axis=0)
    np.testing.assert_array_equal(fitted.predict_proba(ids[0]), mean)
    assert len({single.predict_proba(ids[0]).tobytes() for single in singles}) == 3
    weights = [w for single in singles for w in single.weights_]
    for one, other in zip(fitted.weights_, weights, strict=True):
        np.testing.assert_array_equal(one, other)


def test_members_trained_in_parallel_are_the_same(ids, fitted):
    threaded = small(n_members=3, n_jobs=2).fit(*ids)
    np.testing.assert_array_equal(threaded.predict_proba(ids[0]), fitted.predict_proba(ids[0]))


def test_a_single_network_equals_the_first_member(ids, fitted):
    single = small().fit(*ids)
    first = fitted.members_[0]
    np.testing.assert_array_equal(single.predict_proba(ids[0]), first.predict_proba(ids[0]))
    assert single.history_ == first.history_


def test_nested_search_over_n_members(ids):
    network = PoolingNetwork(embedding_dim=4)
    clf = KerasTextClassifier(network, epochs=2, n_tokens=30, random_state=3)
    search = RandomizedSearchCV(clf, {"n_members": [1, 3]}, n_iter=2, cv=2, random_state=0)
    assert cross_val_score(search, *ids, cv=2, error_score="raise").shape == (2,)
    search.fit(*ids)
    assert len(search.best_estimator_.members_) == search.best_params_["n_members"]


def test_history_has_a_prefix_per_member(ids, fitted):
    assert [*fitted.history_][:2] == ["member_0_loss", "member_0_accuracy"]
    assert fitted.history_["member_2_loss"] == fitted.members_[2].history_["loss"]
    assert fitted.n_iter_ == 3


def test_the_keras_model_averages_the_members(ids, fitted):
    model = fitted.model_
    np.testing.assert_allclose(
        np.asarray(model(ids[0].astype("int32")))[:, 0],
        fitted.predict_proba(ids[0])[:, 1],
        atol=1e-6,
    )
    for one, other in zip(model.get_weights(), fitted.weights_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_members_are_saved(ids, fitted, tmp_path):
    save(fitted, tmp_path / "model.zip")
    again = load(tmp_path / "model.zip")
    np.testing.assert_array_equal(again.predict_proba(ids[0]), fitted.predict_proba(ids[0]))
    assert len(again.members_) == 3


def test_partial_fit_continues_every_member(ids):
    clf = small(n_members=2)
    for _ in range(2):
        clf.partial_fit(*ids, classes=["no", "yes"])
    state = np.random.RandomState(3)
    singles = [small(random_state=state) for _ in range(2)]
    for single in singles:
        single.partial_fit(*ids, classes=["no", "yes"])
    for single in singles:
        single.partial_fit(*ids)
    mean = np.mean([single.predict_proba(ids[0]) for single in singles], axis=0)
    np.testing.assert_array_equal(clf.predict_proba(ids[0]), mean)


def test_warm_start_can_add_members(ids):
    clf = small(n_members=1, warm_start=True).fit(*ids)
    clf.set_params(n_members=2).fit(*ids)
    assert [member.n_iter_ for member in clf.members_] == [6, 3]


@pytest.mark.parametrize("run_eagerly", [False, True])
@pytest.mark.parametrize("scoring", ["f1_macro", make_scorer(f1_score, pos_label="yes")])
def test_early_stopping_restores_the_best_score(ids, scoring, run_eagerly):
    X, y = ids
    clf = small(early_stopping=True, scoring=scoring, epochs=6, run_eagerly=run_eagerly)
    clf.fit(X[:40], y[:40], X_val=X[40:], y_val=y[40:])
    scores = clf.history_["val_score"]
    assert len(scores) == clf.n_iter_
    predicted = clf.predict(X[40:])
    own = {"average": "macro"} if scoring == "f1_macro" else {"pos_label": "yes"}
    assert f1_score(y[40:], predicted, **own) == max(scores)


def test_the_loss_as_a_scorer_stops_where_the_loss_does(ids):
    params = {"early_stopping": True, "epochs": 8, "n_iter_no_change": 2}
    by_loss = small(**params).fit(*ids)
    by_scorer = small(scoring="neg_log_loss", **params).fit(*ids)
    assert by_loss.n_iter_ == by_scorer.n_iter_
    np.testing.assert_allclose(
        by_scorer.history_["val_score"], -np.array(by_loss.history_["val_loss"]), rtol=1e-4
    )
    np.testing.assert_array_equal(by_loss.predict_proba(ids[0]), by_scorer.predict_proba(ids[0]))


@pytest.mark.parametrize("n_labels", [0, 3])
def test_scorers_get_the_labels_of_every_kind_of_target(ids, n_labels):
    X = ids[0]
    y = (X[:, :n_labels] < 15).astype(int) if n_labels else np.array(list("abc"))[X[:, 0] % 3]
    scoring = "f1_micro" if n_labels else "roc_auc_ovr"
    clf = small(early_stopping=True, scoring=scoring, validation_fraction=0.3).fit(X, y)
    assert len(clf.history_["val_score"]) == clf.n_iter_


def test_a_scorer_gets_the_weights_of_the_samples(ids):
    seen = []

    def scorer(estimator, X, y, sample_weight):
        seen.append(sample_weight)
        return 0.5

    clf = small(early_stopping=True, scoring=scorer, epochs=2)
    clf.fit(*ids, sample_weight=np.arange(1, 61))
    assert seen[0].shape == (6,)


def test_unknown_scorers_are_refused(ids):
    clf = small(early_stopping=True, scoring="beauty")
    with pytest.raises(ValueError, match="beauty"):
        clf.fit(*ids)


def test_refit_trains_on_all_data_for_the_epochs_found(ids):
    params = {"early_stopping": True, "epochs": 8, "n_iter_no_change": 2}
    searched = small(**params).fit(*ids)
    again = small(train_on_all=True, **params).fit(*ids)
    best = int(np.argmin(searched.history_["val_loss"])) + 1
    assert again.n_iter_ == best
    assert again.history_ == searched.history_
    plain = small(epochs=best).fit(*ids)
    np.testing.assert_array_equal(again.predict_proba(ids[0]), plain.predict_proba(ids[0]))


def test_auto_epochs_are_600_steps_but_8_to_40_epochs(ids):
    X, y = ids
    assert small(epochs="auto").fit(X, y).n_iter_ == 40  # two batches of 32
    assert small(epochs="auto", batch_size=1).fit(X, y).n_iter_ == 10
    many = np.tile(X, (10, 1))
    assert small(epochs="auto", batch_size=1).fit(many, np.tile(y, 10)).n_iter_ == 8


def test_members_are_single_networks(ids, fitted):
    assert not hasattr(clone(fitted), "weights_")
    assert [member.n_members for member in fitted.members_] == [1, 1, 1]
