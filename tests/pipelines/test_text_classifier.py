"""text_classifier, the baselines, and log-count ratios."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import loguniform
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.model_selection import RandomizedSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    WordVectors,
    compare_classifiers,
    load_reviews,
    persistence,
)
from sklearn_textnn.pipelines import (
    LogCountRatioTransformer,
    make_baselines,
    text_classifier,
)
from sklearn_textnn.serving import freeze

TEXTS, Y = load_reviews(source="films", return_X_y=True)
TEXTS, Y = TEXTS[:100], np.array(["bad", "good"])[Y[:100]]
VECTORS = WordVectors(
    [f"{word}" for word in ("the", "a", "film", "good", "bad", "dull", "and", "it", "is", "of")],
    np.random.default_rng(0).normal(size=(10, 4)),
)


def small(*args, **kwargs):
    classifier = text_classifier(*args, n_members=1, random_state=0, **kwargs)
    size = (
        "units" if classifier.get_params()["network"].steps[0][0] == "features" else "num_filters"
    )
    return classifier.set_params(**{"network__clf__epochs": 2, f"network__clf__model__{size}": 4})


@pytest.mark.parametrize("vectors", [None, VECTORS])
@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.filterwarnings("ignore:only .* of the running words:UserWarning")
def test_it_fits_raw_texts_and_is_saved(vectors, fast, tmp_path):
    classifier = small(vectors, fast=fast).fit(TEXTS, Y)
    assert [name for name, _ in classifier.estimators] == (
        ["tfidf", "network"] if fast else ["tfidf", "ratios", "network"]
    )
    persistence.save(classifier, tmp_path / "x.textnn")
    loaded = persistence.load(tmp_path / "x.textnn", vectors=vectors)
    new = [*TEXTS[:5], "", "never seen"]
    expected = classifier.predict_proba(new)
    np.testing.assert_array_equal(loaded.predict_proba(new), expected)
    np.testing.assert_array_equal(freeze(classifier).predict_proba(new), expected)


@pytest.fixture(scope="module")
def subwords():
    """Return the table of wordllama and its tokenizer."""
    if find_spec("wordllama") is None or find_spec("tokenizers") is None:
        pytest.skip("wordllama, which has the table, or tokenizers are not installed")
    folder = Path(find_spec("wordllama").origin).parent
    tokenizer = folder / "tokenizers" / "l2_supercat_tokenizer_config.json"
    table = folder / "weights" / "l2_supercat_256.safetensors"
    return table, WordVectors.read(table, tokenizer=tokenizer), tokenizer


def test_a_table_of_subwords(subwords, tmp_path):
    table, vectors, tokenizer = subwords
    classifier = small(vectors, tokenizer=tokenizer).fit(TEXTS, Y)
    network = classifier.estimators_[-1]
    assert [name for name, _ in network.steps] == ["tokens", "pad", "vectors", "clf"]
    assert network["vectors"].coverage_.tokens == 1
    new = [*TEXTS[:5], "", "unforeseeable"]
    expected = classifier.predict_proba(new)
    persistence.save(classifier, tmp_path / "x.textnn")
    loaded = persistence.load(tmp_path / "x.textnn", vectors=vectors)
    np.testing.assert_array_equal(loaded.predict_proba(new), expected)
    np.testing.assert_array_equal(freeze(classifier).predict_proba(new), expected)
    by_path = text_classifier(table, tokenizer=tokenizer)
    assert by_path.get_params()["network__vectors__vectors"] == vectors


def test_subword_vectors_and_tokenizer_are_both_required(subwords):
    table, vectors, tokenizer = subwords
    with pytest.raises(ValueError, match=r"'tokenizer'.*no vectors.*WordVectors\.read"):
        text_classifier(tokenizer=tokenizer)
    with pytest.raises(ValueError, match=r"'vectors'.*subwords such as '\u2581the'.*tokenizer="):
        text_classifier(vectors)
    with pytest.raises(ValueError, match=r"tokenizer=\.\.\."):
        small(table).fit(TEXTS, Y)


@pytest.mark.parametrize("kind", ["multiclass", "multilabel"])
def test_multiclass_and_multilabel_targets(kind):
    y = (
        np.arange(100) % 3
        if kind == "multiclass"
        else np.column_stack([Y == "good", np.arange(100) % 3 == 0])
    )
    found = small().fit(TEXTS, y.astype(int)).predict_proba(TEXTS)
    assert found.shape == (100, 3 if kind == "multiclass" else 2)


def test_the_same_seed_gives_the_same_bits():
    one, two = (small(fast=True).fit(TEXTS, Y).predict_proba(TEXTS) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_class_weights_reach_every_member():
    weighted = small(class_weight={"bad": 5, "good": 1}).fit(TEXTS, Y)
    by_sample = small().fit(TEXTS, Y, sample_weight=np.where(Y == "bad", 5, 1))
    plain = small().fit(TEXTS, Y)
    for one, other, without in zip(
        weighted.estimators_, by_sample.estimators_, plain.estimators_, strict=True
    ):
        found = one.predict_proba(TEXTS)
        np.testing.assert_array_equal(found, other.predict_proba(TEXTS))
        assert found[:, 0].mean() > without.predict_proba(TEXTS)[:, 0].mean()


GOOD = ["很好", "喜欢", "满意", "推荐", "漂亮", "好吃", "舒服", "值得"]
BAD = ["很差", "讨厌", "失望", "难吃", "太贵", "坏了", "浪费", "后悔"]
OTHERS = ["这个", "东西", "我们", "昨天", "今天", "店里", "服务", "价格", "味道", "觉得", "朋友"]


def write_reviews(n, seed):
    """Return texts without spaces, each a unique token, 68 % of them good."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < 0.68).astype(int)
    parts = [[*rng.choice(OTHERS, 5), *rng.choice(GOOD if good else BAD, 2)] for good in y]
    return ["".join(rng.permutation(words)) for words in parts], y


@pytest.mark.filterwarnings("ignore:Half of the texts or more are a single token:UserWarning")
def test_texts_of_a_single_unseen_token():
    X, y = write_reviews(200, 0)
    new, y_new = write_reviews(200, 1)
    larger = y_new.mean()
    steps = KerasTokenizerTransformer(), PadTransformer(), KerasTextClassifier(random_state=0)
    assert make_pipeline(*steps).fit(X, y).score(new, y_new) >= larger
    for fast in (True, False):
        classifier = text_classifier(fast=fast, random_state=0).fit(X, y)
        assert classifier.score(new, y_new) > larger + 0.1


def test_nested_search_over_its_members():
    search = RandomizedSearchCV(
        small(fast=True),
        {"tfidf__clf__C": loguniform(1, 100), "network__clf__model__units": [2, 4]},
        n_iter=2,
        cv=2,
        random_state=0,
    )
    assert cross_val_score(search, TEXTS, Y, cv=2).shape == (2,)


@pytest.mark.filterwarnings("ignore:only .* of the running words:UserWarning")
def test_baselines_can_be_compared(tmp_path):
    baselines = make_baselines(VECTORS, class_weight="balanced")
    comparison = compare_classifiers(baselines, TEXTS, Y, cv=2, random_state=0)
    assert comparison.classifiers == list(baselines)
    for i, pipeline in enumerate(baselines.values()):
        persistence.save(pipeline.fit(TEXTS, Y), tmp_path / f"{i}.textnn")
        loaded = persistence.load(tmp_path / f"{i}.textnn", vectors=VECTORS)
        np.testing.assert_array_equal(loaded.predict(TEXTS), pipeline.predict(TEXTS))


def test_baselines_refuse_weights_keyed_by_label():
    with pytest.raises(ValueError, match=r"class_weight.*AveragingClassifier"):
        make_baselines(class_weight={"bad": 5, "good": 1})


def test_averaging_and_baselines_need_no_tensorflow():
    code = (
        "import sys\n"
        "sys.modules['tensorflow'] = sys.modules['keras'] = None\n"
        "from sklearn_textnn.pipelines import AveragingClassifier, make_baselines\n"
        "model = AveragingClassifier([('lr', make_baselines()['tf-idf + LR'])])\n"
        "print(model.fit(['good', 'bad'], [1, 0]).predict(['good']))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.stdout == "[1]\n", run.stderr


# Log-count ratios


def test_the_ratio_is_that_of_the_paper():
    counts = CountVectorizer().fit(TEXTS)
    X = counts.transform(TEXTS)
    weights = LogCountRatioTransformer(alpha=0.5).fit(X, Y)
    dense, word = X.toarray(), counts.vocabulary_["film"]
    p, q = (0.5 + dense[label == Y].sum(axis=0) for label in ("good", "bad"))
    expected = np.log((p / p.sum()) / (q / q.sum()))
    np.testing.assert_allclose(weights.log_count_ratio_, [expected], rtol=1e-12)
    np.testing.assert_allclose(weights.transform(X).toarray(), dense * expected, rtol=1e-12)
    assert weights.log_count_ratio_[0, word] == pytest.approx(expected[word])


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_the_output_has_a_block_per_class(container):
    X = np.array([[2, 0, 1], [0, 1, 1], [0, 0, 1]])
    weights = LogCountRatioTransformer().fit(container(X), ["a", "b", "c"])
    several = LogCountRatioTransformer().fit(container(X), np.eye(3, dtype=int))
    assert weights.log_count_ratio_.shape == (3, 3)
    np.testing.assert_array_equal(weights.log_count_ratio_, several.log_count_ratio_)
    found = weights.transform(container(X))
    found = found.toarray() if sparse.issparse(found) else found
    np.testing.assert_allclose(found[:, :3], X * weights.log_count_ratio_[0])
    assert len(weights.get_feature_names_out()) == 9


def test_float32_input_gives_float32_output():
    X = CountVectorizer(dtype=np.float32).fit_transform(TEXTS)
    single, double = (LogCountRatioTransformer().fit(part, Y) for part in (X, X.astype(float)))
    np.testing.assert_array_equal(single.log_count_ratio_, double.log_count_ratio_)
    found = single.transform(X)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.toarray(), double.transform(X).toarray(), rtol=1e-6)


def test_negative_counts_are_refused():
    with pytest.raises(ValueError, match="Negative values"):
        LogCountRatioTransformer().fit([[1.0, -1.0], [0.0, 1.0]], [0, 1])
