"""scikit-learn's own suite: nothing fails or is skipped, except what `EXCEPTIONS` lists.

The data of the suite have meaningful columns, and some results are compared at 1e-7:
hence float64, and the whole batch in a step. It runs a single check on estimators of raw texts;
for those there is :mod:`sklearn_textnn.utils.estimator_checks`.
"""

import re
import sys
from collections import Counter
from pathlib import Path
from unittest import SkipTest

import numpy as np
import pytest
import sklearn
from sklearn.base import clone, is_classifier
from sklearn.datasets import make_blobs
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import SkipTestWarning
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags, shuffle
from sklearn.utils.estimator_checks import (
    _enforce_estimator_tags_X,
    estimator_checks_generator,
    parametrize_with_checks,
)
from sklearn.utils.fixes import parse_version

from sklearn_textnn import KerasTextClassifier
from sklearn_textnn.model_selection import EpochHalvingSearchCV, MultilabelThresholdClassifierCV
from sklearn_textnn.networks import (
    ConvolutionalNetwork,
    DenseNetwork,
    FlattenNetwork,
    PoolingNetwork,
)
from sklearn_textnn.pipelines import AveragingClassifier, LogCountRatioTransformer
from sklearn_textnn.preprocessing import PadTransformer
from sklearn_textnn.serving import freeze

PAGE = Path(__file__).parents[2] / "docs" / "promises.rst"


def classifier(network, **params):
    exact = {"dtype": "float64", "batch_size": "auto", "random_state": 0}
    return KerasTextClassifier(
        network, epochs=30, optimizer__learning_rate=0.05, **(exact | params)
    )


def from_the_frozen(method):
    def predict(self, X):
        return getattr(freeze(self), method)(X)

    return predict


class FrozenAfterFit(KerasTextClassifier):
    """Predicts with its FrozenTextClassifier, whose own `fit` raises an error."""

    predict = from_the_frozen("predict")
    predict_proba = from_the_frozen("predict_proba")
    predict_log_proba = from_the_frozen("predict_log_proba")
    decision_function = from_the_frozen("decision_function")


def frozen_after_fit(network):
    return FrozenAfterFit(**classifier(network).get_params(deep=False))


FLATTEN = FlattenNetwork(embedding_dim=4, units=8)
POOLING = PoolingNetwork(embedding_dim=4, units=4)
CONVOLUTION = ConvolutionalNetwork(embedding_dim=4, num_filters=8, kernel_size=2, units=None)
DENSE = DenseNetwork(units=16)

INSTANCES = {  # by their names on the page
    "``FlattenNetwork``": classifier(FLATTEN),
    "``ConvolutionalNetwork``": classifier(CONVOLUTION),
    "``DenseNetwork``": classifier(DENSE),
    "``PoolingNetwork``": classifier(POOLING),
    '``ConvolutionalNetwork``, ``handle_unknown="error"``': classifier(
        CONVOLUTION, handle_unknown="error"
    ),
    "``ConvolutionalNetwork``, ``early_stopping=True``": classifier(
        CONVOLUTION, early_stopping=True
    ),
    "``DenseNetwork``, ``early_stopping=True``": classifier(DENSE, early_stopping=True),
    "``DenseNetwork``, ``warm_start=True``": classifier(DENSE, warm_start=True),
    '``DenseNetwork``, ``class_weight="balanced"``': classifier(DENSE, class_weight="balanced"),
    "``DenseNetwork``, ``dropout=0.3``": classifier(DenseNetwork(units=16, dropout=0.3)),
    "``DenseNetwork``, ``n_members=2``": classifier(DENSE, n_members=2),
    "``KerasTextClassifier()``, all defaults": KerasTextClassifier(),
    "``FrozenTextClassifier`` of a ``ConvolutionalNetwork``": frozen_after_fit(CONVOLUTION),
    "``FrozenTextClassifier`` of a ``DenseNetwork``": frozen_after_fit(DENSE),
    "``PadTransformer()``": PadTransformer(),
    '``PadTransformer(maxlen=3, padding="pre")``': PadTransformer(maxlen=3, padding="pre"),
    '``PadTransformer(maxlen=0.5, truncating="post")``': PadTransformer(
        maxlen=0.5, truncating="post"
    ),
    "``LogCountRatioTransformer()``": LogCountRatioTransformer(),
    "``AveragingClassifier`` of two ``LogisticRegression``": AveragingClassifier(
        [("weak", LogisticRegression(C=0.1)), ("strong", LogisticRegression(C=10.0))]
    ),
    "``EpochHalvingSearchCV`` of a ``GradientBoostingClassifier``": EpochHalvingSearchCV(
        GradientBoostingClassifier(n_estimators=4, random_state=0),
        {"max_depth": [1, 2]},
        n_iter=2,
        factor=2,
        resource="n_estimators",
        warm_start=True,
        cv=2,
        error_score="raise",
    ),
    '``MultilabelThresholdClassifierCV``, ``scoring="f1"``': MultilabelThresholdClassifierCV(
        OneVsRestClassifier(LogisticRegression()), cv=2, random_state=0
    ),
}

_EQUIVALENCE = (
    "a sample of weight 2 is held out once or not at all, a repeated one may be split between "
    "training and validation; scikit-learn's meta-issue 16298"
)
_CONTINUED = "fit continues from the weights of the last one, as in MLPClassifier with warm_start"
_BALANCE = "calls partial_fit, which cannot balance classes that it has not seen yet"
_DROPPED = "units are dropped for each sample, so two samples of weight 1 are not one of weight 2"
_COLUMN = (
    "passes one column of labels other than 0 and 1, which is not an indicator; the error points "
    "to TunedThresholdClassifierCV for two classes"
)
EXCEPTIONS = {  # checks that cannot pass, and why
    "handle_unknown": {
        "check_class_weight_classifiers": (
            "passes negative ids despite the tag positive_only; no upstream issue known"
        ),
    },
    "early_stopping": {
        "check_sample_weight_equivalence_on_dense_data": _EQUIVALENCE,
        "check_sample_weight_equivalence_on_sparse_data": _EQUIVALENCE,
    },
    "warm_start": {
        "check_classifiers_multilabel_representation_invariance": _CONTINUED,
        "check_supervised_y_2d": _CONTINUED,
    },
    "class_weight": {
        "check_fit_score_takes_y": _BALANCE,
        "check_n_features_in_after_fitting": _BALANCE,
        "check_estimators_partial_fit_n_features": _BALANCE,
    },
    "model__dropout": {
        "check_sample_weight_equivalence_on_dense_data": _DROPPED,
        "check_sample_weight_equivalence_on_sparse_data": _DROPPED,
    },
}

BEFORE_1_7 = parse_version(sklearn.__version__) < parse_version("1.7")
EXCEPTIONS["scoring"] = dict.fromkeys(
    (
        "check_classifier_data_not_an_array",
        "check_classifier_not_supporting_multiclass",
        "check_classifiers_classes",
        "check_classifiers_one_label_sample_weights",
        "check_classifiers_train",
        "check_decision_proba_consistency",
        "check_estimator_sparse_array",
        "check_estimator_sparse_matrix",
        "check_estimators_dtypes",
        "check_fit2d_1feature",
    ),
    _COLUMN,
) | {"check_classifier_multioutput": "expects a threshold of 0.5 for every label"}

EQUIVALENT_WEIGHTS = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}


def exceptions_of(estimator):
    if isinstance(estimator, EpochHalvingSearchCV):
        return {}  # its warm_start is that of the inner estimator
    for name, value in (
        ("handle_unknown", "error"),
        ("early_stopping", True),
        ("warm_start", True),
        ("class_weight", "balanced"),
        ("model__dropout", 0.3),
        ("scoring", "f1"),
    ):
        if estimator.get_params().get(name) == value:
            return EXCEPTIONS[name]
    return {}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:X holds .* no token id:UserWarning")
@pytest.mark.filterwarnings("ignore:early_stopping=True, but .* cannot be split:UserWarning")
# check_cv casts y before the inner estimator of a search refuses inf
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
@parametrize_with_checks(list(INSTANCES.values()), expected_failed_checks=exceptions_of)
def test_scikit_learns_checks_pass(estimator, check):
    name = getattr(check, "func", check).__name__
    if BEFORE_1_7 and isinstance(estimator, MultilabelThresholdClassifierCV):
        pytest.skip("passes classes to a multilabel classifier")
    if BEFORE_1_7 and name == "check_positive_only_tag_during_fit":
        pytest.skip("subtracts a float from ids in place")
    if BEFORE_1_7 and name in exceptions_of(estimator) and name in EQUIVALENT_WEIGHTS:
        pytest.skip("some instances pass it by chance")
    if name in EQUIVALENT_WEIGHTS and getattr(estimator, "dtype", None) == "float32":
        # it compares at 1e-7, where the last bit of a float32 depends on the order of a sum
        estimator = clone(estimator).set_params(dtype="float64")
    try:
        check(estimator)
    except SkipTest as reason:
        raise AssertionError("a check that is skipped is none that passed") from reason


def test_an_empty_run_is_an_error():
    """So that a tag cannot disable all checks unnoticed."""

    class SeesTexts(PadTransformer):
        def __sklearn_tags__(self):
            tags = super().__sklearn_tags__()
            tags.input_tags.two_d_array = False
            return tags

    with pytest.raises(SkipTestWarning):
        list(estimator_checks_generator(SeesTexts()))


@pytest.mark.parametrize("estimator", INSTANCES.values(), ids=INSTANCES)
def test_no_tag_avoids_a_check(estimator):
    tags = get_tags(estimator)
    assert not tags._skip_test
    assert not tags.non_deterministic
    assert not tags.no_validation
    if isinstance(estimator, KerasTextClassifier):
        pools = estimator.model is None or isinstance(estimator.model, PoolingNetwork)
        assert tags.classifier_tags.poor_score == pools
    elif is_classifier(estimator):
        assert not tags.classifier_tags.poor_score


def test_the_page_states_how_many_checks_run(capsys):
    counts = {
        name: sum(1 for _ in estimator_checks_generator(estimator))
        for name, estimator in INSTANCES.items()
    }
    with capsys.disabled():  # stderr, since parallel workers of pytest have no stdout
        for name, count in counts.items():
            print(f"{count} checks of scikit-learn on {name.replace('`', '')}", file=sys.stderr)
    page = PAGE.read_text(encoding="utf-8")
    stated = {
        name: int(count)
        for name, count in re.findall(r"\* - (``.+)\n\s+- (\d+)\n", page)
        if name in INSTANCES
    }
    pytest.importorskip("sklearn", "1.9", reason="the page counts the checks of 1.9")
    assert stated == counts


@pytest.mark.parametrize(
    ("name", "reason"), [pair for table in EXCEPTIONS.values() for pair in table.items()]
)
def test_the_page_names_every_exception(name, reason):
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"``{name}``" in page
    numbers = re.findall(r"\d{4,}", reason)
    assert all(f"#{number}" in page for number in numbers)


# Why PoolingNetwork declares a poor score


def best_share(X, y, rows):
    """Return the best accuracy of a rule that depends only on `rows`."""
    groups = {}
    for row, label in zip(rows(X).tolist(), y.tolist(), strict=True):
        groups.setdefault(tuple(row), Counter())[label] += 1
    return sum(max(labels.values()) for labels in groups.values()) / len(y)


def test_rules_that_ignore_positions_cannot_reach_the_score_of_the_suite():
    """The data of `check_classifiers_train`: three blobs, two columns rounded to ids.

    A rule that ignores the order of the ids in a row reaches an accuracy of 0.697 at most; one that
    uses it can reach 0.92. The check requires more than 0.83.
    """
    X, y = make_blobs(n_samples=300, random_state=0)
    X, y = shuffle(X, y, random_state=7)
    ids = _enforce_estimator_tags_X(classifier(POOLING), StandardScaler().fit_transform(X))
    assert best_share(ids, y, lambda X: np.sort(X, axis=1)) == pytest.approx(0.697, abs=1e-3)
    assert best_share(ids, y, lambda X: X) == pytest.approx(0.923, abs=1e-3)
