"""From raw texts through scikit-learn's own cross-validation and searches."""

import numpy as np
import pytest
from joblib.externals.loky import get_reusable_executor
from scipy.stats import loguniform
from sklearn.exceptions import FitFailedWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import (
    GridSearchCV,
    RandomizedSearchCV,
    StratifiedKFold,
    cross_val_predict,
    cross_val_score,
)
from sklearn.pipeline import make_pipeline

from sklearn_textnn.networks import ConvolutionalNetwork, DenseNetwork, PoolingNetwork

GRID = {
    "tokens__num_words": [4, None],
    "pad__maxlen": [3, 6],
    "clf__model": [PoolingNetwork(3, units=2), ConvolutionalNetwork(3, num_filters=2, units=None)],
    "clf__optimizer__learning_rate": loguniform(1e-3, 1e-1),
    "clf__epochs": [1, 2],
}


@pytest.fixture(scope="module")
def search(text_pipeline):
    """Return a maker of small random searches over tokenizer, network and training."""

    def make(**params):
        return RandomizedSearchCV(
            text_pipeline(), GRID, **({"n_iter": 3, "cv": 2, "random_state": 0} | params)
        )

    return make


def test_nested_cross_validation_works_on_raw_texts(search, texts, labels):
    accuracies = cross_val_score(search(), texts, labels, cv=2, error_score="raise")
    assert accuracies.shape == (2,)
    assert np.all((accuracies >= 0) & (accuracies <= 1))


@pytest.fixture
def workers():
    """End the worker processes, each with a TensorFlow of its own, after use."""
    yield
    get_reusable_executor().shutdown(wait=True)


@pytest.mark.slow
def test_worker_processes_give_the_same_scores(search, text_pipeline, texts, labels, workers):
    serial = cross_val_score(search(n_iter=2), texts, labels, cv=2)
    parallel = cross_val_score(search(n_iter=2), texts, labels, cv=2, n_jobs=2)
    np.testing.assert_array_equal(parallel, serial)

    how = {"cv": 2, "method": "predict_proba"}
    serial = cross_val_predict(text_pipeline(), texts, labels, **how)
    parallel = cross_val_predict(text_pipeline(), texts, labels, **how, n_jobs=2)
    np.testing.assert_allclose(parallel, serial, atol=1e-5)


def test_folds_of_raw_texts_are_stratified(text_pipeline, texts, labels):
    """An int for cv means stratified folds, as it does for every classifier."""
    pipeline = text_pipeline(epochs=1)
    by_number = cross_val_predict(pipeline, texts, labels, cv=3, method="predict_proba")
    folds = StratifiedKFold(3)
    stratified = cross_val_predict(pipeline, texts, labels, cv=folds, method="predict_proba")
    np.testing.assert_array_equal(by_number, stratified)


def test_each_fold_learns_its_own_vocabulary(text_pipeline, texts, labels):
    texts = [f"{text} word{i}" for i, text in enumerate(texts)]
    sizes, folds = [], list(StratifiedKFold(2).split(texts, labels))

    def look(pipeline, X, y):
        sizes.append((pipeline[-1].weights_[0].shape[0], set(pipeline[0].word_index_)))
        return 0.0

    cross_val_score(text_pipeline(epochs=1), texts, labels, cv=folds, scoring=look)
    for (rows, words), (training, _) in zip(sizes, folds, strict=True):
        assert words == {word for i in training for word in texts[i].split()}
        assert rows == len(words) + 1


def test_the_best_candidate_has_the_best_parameters(search, texts, labels):
    found = search().fit(texts, labels)
    clf, chosen = found.best_estimator_[-1], found.best_params_
    assert clf.n_iter_ == chosen["clf__epochs"]
    assert clf.network_.get_params() == chosen["clf__model"].get_params()
    assert clf.weights_[0].shape[0] == (chosen["tokens__num_words"] or 6)
    assert clf.n_features_in_ == chosen["pad__maxlen"]
    assert found.predict(texts).shape == (48,)
    np.testing.assert_array_equal(found.classes_, [0, 1])


@pytest.mark.parametrize("scoring", ["roc_auc", "neg_log_loss", "f1", "average_precision"])
def test_scorers_that_need_probabilities_work(scoring, text_pipeline, texts, labels):
    scores = cross_val_score(
        text_pipeline(), texts, labels, cv=2, scoring=scoring, error_score="raise"
    )
    assert np.isfinite(scores).all()


def test_a_pipeline_of_counts_and_a_dense_network(tiny, texts, three_labels):
    pipeline = make_pipeline(CountVectorizer(), tiny(model=DenseNetwork(units=4), epochs=60))
    pipeline.set_params(kerastextclassifier__optimizer__learning_rate=0.05)
    assert pipeline.fit(texts, three_labels).score(texts, three_labels) > 0.8


def test_a_failed_candidate_does_not_stop_a_search(text_pipeline, texts, labels):
    search = GridSearchCV(text_pipeline(epochs=1), {"clf__epochs": [0, 1]}, cv=2)
    with (
        pytest.warns(FitFailedWarning, match="The 'epochs' parameter of KerasTextClassifier"),
        pytest.warns(UserWarning, match="test scores are non-finite"),
    ):
        search.fit(texts, labels)
    assert search.best_params_ == {"clf__epochs": 1}
    assert np.isnan(search.cv_results_["mean_test_score"][0])
