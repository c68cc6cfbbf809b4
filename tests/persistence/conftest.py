"""Texts of eight words, pipelines fitted on them, and tools to forge files."""

import json
import shutil
import warnings
import zipfile
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import sklearn
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import (
    CountVectorizer,
    HashingVectorizer,
    TfidfTransformer,
    TfidfVectorizer,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer

from sklearn_textnn import persistence
from sklearn_textnn.model_selection import MultilabelThresholdClassifierCV
from sklearn_textnn.pipelines import AveragingClassifier, LogCountRatioTransformer
from sklearn_textnn.preprocessing import (
    KerasTokenizerTransformer,
    NgramTransformer,
    PadTransformer,
    SubwordTokenizerTransformer,
)

FIXTURES = Path(__file__).parent / "fixtures"
WORDS = ["good", "fine", "tasty", "bad", "poor", "stale", "food", "place"]


PIECES = ["[UNK]", *WORDS[:4], "p", "##o", "##r", "f", "##d"]
SUBWORDS = json.dumps(
    {
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {
            "type": "WordPiece",
            "unk_token": "[UNK]",
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": {piece: i for i, piece in enumerate(PIECES)},
        },
    }
)


def make_texts():
    rng = np.random.default_rng(3)
    return [" ".join(rng.choice(WORDS, size=rng.integers(1, 7))) for _ in range(24)]


TEXTS = make_texts()
SCORES = np.array([sum((w in WORDS[:3]) - (w in WORDS[3:6]) for w in t.split()) for t in TEXTS])
TWO = (SCORES > 0).astype(int)
THREE = np.array(["bad", "even", "good"])[np.sign(SCORES) + 1]
INDICATOR = np.column_stack([SCORES >= 0, SCORES <= 0, SCORES == 0]).astype(int)


def make_network(model, **params):
    from sklearn_textnn.classifiers import KerasTextClassifier

    return KerasTextClassifier(model, **({"epochs": 1, "random_state": 0} | params))


def of_ids(model, **params):
    """Return a pipeline from texts over ids to a network."""
    return make_pipeline(
        KerasTokenizerTransformer(oov_token="?"), PadTransformer(), make_network(model, **params)
    )


@cache
def word_vectors():
    from sklearn_textnn.embeddings import WordVectors

    rng = np.random.default_rng(5)
    return WordVectors([*WORDS[1:], "great"], rng.normal(size=(len(WORDS), 3)))


def light_pipelines():
    """Fit pipelines without networks."""
    nested = Pipeline(
        [
            ("text", make_pipeline(CountVectorizer(), TfidfTransformer())),
            ("clf", LogisticRegression()),
        ]
    )
    columns = ColumnTransformer([("words", FunctionTransformer(), [0]), ("rest", "drop", [1])])
    hashed = make_union(HashingVectorizer(n_features=8), make_pipeline(CountVectorizer(), columns))
    few = TfidfVectorizer(min_df=2, max_df=0.9, ngram_range=(1, 2), dtype=np.float32)
    return {
        "tf-idf": make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, TWO),
        "few words, three classes": make_pipeline(few, LogisticRegression()).fit(TEXTS, THREE),
        "nested, bool labels": nested.fit(TEXTS, TWO == 1),
        "a step that is passed": Pipeline(
            [("counts", CountVectorizer()), ("none", "passthrough"), ("clf", LogisticRegression())]
        ).fit(TEXTS, THREE.astype(object)),
        "a union": make_pipeline(hashed, LogisticRegression()).fit(TEXTS, TWO),
    }


def network_pipelines():
    """Fit a network of each class, with every kind of target."""
    from sklearn_textnn.networks import (
        ConvolutionalNetwork,
        DenseNetwork,
        FlattenNetwork,
        PoolingNetwork,
    )
    from sklearn_textnn.serving import freeze

    two_sizes = ConvolutionalNetwork(3, num_filters=2, kernel_size=(1, 2), units=None)
    pooling = PoolingNetwork(3, pooling=("max", "average"), units=2, dropout=0.2)
    continued = make_pipeline(CountVectorizer(), make_network(DenseNetwork(3, dropout=0.5)))
    continued.fit(TEXTS, TWO)
    continued[-1].partial_fit(continued[0].transform(TEXTS), TWO)
    ratios = make_pipeline(CountVectorizer(), LogCountRatioTransformer(), LogisticRegression())
    averaged = AveragingClassifier([("ratios", ratios), ("network", of_ids(pooling))])
    of_three = of_ids(two_sizes, class_weight={"bad": 2}).fit(TEXTS, THREE)
    return {
        "frozen": freeze(of_three),
        "pooling": of_ids(pooling, optimizer__learning_rate=0.01).fit(TEXTS, TWO),
        "the default": of_ids(None, dtype="float64", optimizer="sgd").fit(TEXTS, THREE),
        "flatten": of_ids(FlattenNetwork(3, units=2)).fit(TEXTS, INDICATOR),
        "convolution": of_three,
        "dense": make_pipeline(
            TfidfVectorizer(), make_network(DenseNetwork((3, 2)), class_weight={1.0: 2, 2.0: 1})
        ).fit(TEXTS, TWO + 1.0),
        "continued": continued,
        "averaged": averaged.fit(TEXTS, INDICATOR),
        "subwords": make_pipeline(
            SubwordTokenizerTransformer(SUBWORDS), PadTransformer(), make_network(pooling)
        ).fit(TEXTS, TWO),
        "thresholds": MultilabelThresholdClassifierCV(of_ids(pooling), cv=2, random_state=0).fit(
            TEXTS, INDICATOR
        ),
        "n-grams": make_pipeline(
            KerasTokenizerTransformer(unknown="keep"),
            NgramTransformer(char_ngram_range=(2, 3), n_buckets=16),
            PadTransformer(),
            make_network(pooling),
        ).fit(TEXTS, TWO),
    }


def vector_pipelines():
    """Fit pipelines with pretrained vectors."""
    from sklearn_textnn.embeddings import GloVeEmbedder
    from sklearn_textnn.networks import ConvolutionalNetwork, PoolingNetwork

    vectors = word_vectors()
    tokens = KerasTokenizerTransformer(unknown="keep"), PadTransformer()
    pooled = GloVeEmbedder(vectors, output=("mean", "idf-mean"), oov=("casefold", "random"))
    both = make_network(ConvolutionalNetwork(num_filters=2, kernel_size=2, trainable="both"))
    kept = make_network(PoolingNetwork(units=2, trainable=False))
    tensors = GloVeEmbedder(vectors, output="tensor"), make_network(PoolingNetwork(units=2))
    return {
        "pooled vectors": make_pipeline(pooled, LogisticRegression()).fit(TEXTS, TWO),
        "two copies": make_pipeline(*tokens, GloVeEmbedder(vectors), both).fit(TEXTS, TWO),
        "kept vectors": make_pipeline(*tokens, GloVeEmbedder(vectors), kept).fit(TEXTS, THREE),
        "tensor": make_pipeline(*tensors).fit(TEXTS, TWO),
    }


class Fitted:
    """Fitted pipelines by name; a group is fitted at the first access, and must not be changed.

    The groups: what needs no TensorFlow, networks, pretrained vectors.
    """

    light = (
        "tf-idf",
        "few words, three classes",
        "nested, bool labels",
        "a step that is passed",
        "a union",
    )
    networks = (
        "pooling",
        "the default",
        "flatten",
        "convolution",
        "dense",
        "continued",
        "averaged",
        "thresholds",
        "n-grams",
        "subwords",
        "thresholds",
        "frozen",
    )
    vectors = "pooled vectors", "two copies", "kept vectors", "tensor"
    makers = {light: light_pipelines, networks: network_pipelines, vectors: vector_pipelines}
    names = (*light, *networks, *vectors)

    def __init__(self):
        self._made = {}

    def __call__(self, name):
        if name not in self._made:
            make = next(make for names, make in self.makers.items() if name in names)
            self._made |= make()
        return self._made[name]


def pytest_generate_tests(metafunc):
    """Parametrize `example` with the names of all pipelines."""
    if "example" in metafunc.fixturenames:
        metafunc.parametrize("example", Fitted.names)


@pytest.fixture(scope="session")
def fitted():
    return Fitted()


@pytest.fixture(scope="session")
def texts():
    return TEXTS


@pytest.fixture(scope="session")
def two():
    return TWO


@pytest.fixture(scope="session")
def three():
    return THREE


@pytest.fixture(scope="session")
def network():
    """Return a maker of classifiers that train for one epoch."""
    return make_network


@pytest.fixture(scope="session")
def vectors():
    return word_vectors()


@pytest.fixture
def saved(fitted, tmp_path):
    """Return a function that saves a fitted pipeline and returns the path."""

    def save(name, **kwargs):
        path = tmp_path / f"{name}.textnn"
        persistence.save(fitted(name), path, **kwargs)
        return path

    return save


@pytest.fixture
def saved_v1(tmp_path):
    """Return a function that copies a file of version 1 and returns the path."""

    def copy(name):
        return Path(shutil.copy(FIXTURES / f"v1-{name}.textnn", tmp_path / f"{name}.textnn"))

    return copy


@pytest.fixture
def metadata_routing():
    with sklearn.config_context(enable_metadata_routing=True):
        yield


# Forging files


@pytest.fixture(scope="session")
def members_of():
    """Return a function from a path to the content of its members."""

    def read(path):
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return read


@pytest.fixture(scope="session")
def zipped():
    """Return a function from pairs of name and content to a zip, with duplicate names if needed."""

    def pack(members, compression=zipfile.ZIP_STORED):
        file = BytesIO()
        with zipfile.ZipFile(file, "w", compression) as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of duplicate names
            for name, content in members:
                archive.writestr(zipfile.ZipInfo(name), content, compress_type=compression)
        return file.getvalue()

    return pack


@pytest.fixture(scope="session")
def forge(members_of, zipped):
    """Return a function that changes the description in a file, with valid checksums.

    The change is made in place, to the whole description or to the first part of a class.
    """

    def write(path, change, of=None):
        members = members_of(path)
        description = json.loads(members["model.json"])
        change(description if of is None else find_node(description, of))
        members["model.json"] = json.dumps(description).encode()
        path.write_bytes(zipped(members.items()))
        return path

    return write


def find_node(description, key):
    """Return the first estimator or record of a class, or None."""
    if isinstance(description, dict):
        if description.get("class") == key:
            return description
        description = list(description.values())
    if isinstance(description, list):
        found = (find_node(item, key) for item in description)
        return next((node for node in found if node is not None), None)
    return None
