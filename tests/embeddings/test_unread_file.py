"""An embedder reads the words of its texts from a file, or all of it if that pays off."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone

from sklearn_textnn.embeddings import GloVeEmbedder, WordVectors, _unread_file
from sklearn_textnn.embeddings._read_file import VectorFile

TEXTS = ["good food", "bad bad soup", "good slow service"]
LATER = ["great news", "", "GREAT soup"]


@pytest.fixture
def path(written, tiny, as_file):
    """The five words in one of the formats, and a vector for unknown words."""
    return as_file(written([*tiny.words, "<unk>"], [*tiny.vectors, [7, 8]]))


@pytest.fixture
def wanted(monkeypatch):
    """Record which words each reading of a file looks for; None for all."""
    readings = []
    blocks = VectorFile.blocks

    def noted(file, word_filter):
        readings.append(word_filter._wanted)
        return blocks(file, word_filter)

    monkeypatch.setattr(VectorFile, "blocks", noted)
    return readings


def stores(home):
    return list((home / "vectors").glob("*.vectors"))


def test_the_first_fit_reads_the_words_of_its_texts(path, wanted, own_home):
    GloVeEmbedder(path, output="mean").fit(TEXTS).get_feature_names_out()
    assert wanted == [{b"good", b"food", b"bad", b"soup", b"slow", b"service"}]
    assert not stores(own_home)


@pytest.mark.parametrize("oov", ["zero", "unk", "mean", "random", ("casefold", "strip", "unk")])
@pytest.mark.parametrize("output", ["tensor", ("mean", "idf-mean")])
def test_the_result_is_that_of_the_whole_file(path, oov, output):
    whole = GloVeEmbedder(WordVectors.read(path, cache=False), output=output, oov=oov).fit(TEXTS)
    for _ in range(3):  # the last one from the store
        embedder = GloVeEmbedder(path, output=output, oov=oov)
        assert np.array_equal(embedder.fit_transform(TEXTS), whole.transform(TEXTS))
        for _ in range(2):
            assert np.array_equal(embedder.transform(LATER), whole.transform(LATER))
        assert embedder.coverage_ == whole.coverage_
        assert embedder.oov_words_ == whole.oov_words_


def test_a_file_that_is_used_repeatedly_is_parsed_once(path, wanted, own_home):
    embedder = GloVeEmbedder(path, output="mean")
    expected = embedder.fit(TEXTS).transform(LATER)
    for _ in range(10):
        assert np.array_equal(clone(embedder).fit(TEXTS).transform(LATER), expected)
        assert np.array_equal(embedder.transform(LATER), expected)
    assert wanted.count(None) == 1
    assert len(wanted) == _unread_file._MOST_SEARCHES + 1
    assert len(stores(own_home)) == 1


def test_an_existing_store_is_used(path, wanted):
    WordVectors.read(path)
    embedder = GloVeEmbedder(path).fit(TEXTS)
    embedder.transform(LATER)
    assert wanted == [None]
    assert isinstance(embedder.vectors_.vectors, np.memmap)


def test_a_pickle_is_a_reference_and_finds_later_words(path, wanted, own_home):
    embedder = GloVeEmbedder(path, output="mean").fit(TEXTS)
    expected = embedder.transform(LATER)
    pickled = pickle.dumps(embedder)
    assert wanted[-1] is None
    assert len(stores(own_home)) == 1
    assert b"great" not in pickled
    path.unlink()
    assert np.array_equal(pickle.loads(pickled).transform(LATER), expected)
    assert np.array_equal(embedder.transform(LATER), expected)


def test_without_a_store_a_pickle_holds_the_vectors(path, monkeypatch):
    monkeypatch.setenv("SKLEARN_TEXTNN_DATA", str(path / "below a file"))
    embedder = GloVeEmbedder(path, output="mean").fit(TEXTS)
    expected = embedder.transform(LATER)
    with pytest.warns(UserWarning, match="could not be cached"):
        pickled = pickle.dumps(embedder)
    path.unlink()
    assert np.array_equal(pickle.loads(pickled).transform(LATER), expected)


@pytest.mark.parametrize("most_searches", [0, 1, 4])
@pytest.mark.parametrize("change", ["content", "absence"])
def test_a_file_that_changed_since_fit_is_an_error(path, monkeypatch, change, most_searches):
    embedder = GloVeEmbedder(path, output="mean").fit(TEXTS)
    monkeypatch.setattr(_unread_file, "_MOST_SEARCHES", most_searches)
    if change == "content":
        path.write_bytes(path.read_bytes().replace(b"great", b"grand"))
    else:
        path.unlink()
    for use in (lambda: embedder.transform(LATER), lambda: embedder.vectors_.words):
        with pytest.raises((ValueError, FileNotFoundError), match=r"has changed|No such file"):
            use()
    assert embedder.transform(TEXTS).shape == (3, 2)  # whose vectors are in the matrix


def test_partly_read_vectors_behave_as_if_read_completely(path, tiny):
    vectors = GloVeEmbedder(path).fit(TEXTS).vectors_
    assert repr(vectors) == "<WordVectors: vectors.txt, not read completely>"
    assert len(vectors) == 6
    assert repr(vectors) == "<WordVectors: 6 words, 2 dimensions, vectors.txt>"
    for use in (
        lambda v: v == WordVectors.read(path),
        lambda v: v.dim == 2,
        lambda v: list(v)[:5] == list(tiny),
        lambda v: v["soup"].tolist() == [0.25, 1.5],
        lambda v: v.select(tiny.words) == tiny,
        lambda v: v.in_memory() == v and type(v.in_memory().vectors) is np.ndarray,
        lambda v: v.digest == WordVectors.read(path).digest,
    ):
        assert use(GloVeEmbedder(path).fit(TEXTS).vectors_)


# oov="unk"


@pytest.mark.parametrize("name", ["<unk>", "<UNK>", "[UNK]", "UNK", "unk"])
def test_unknown_words_get_the_unk_vector_of_the_file(tiny, name):
    vectors = WordVectors([*tiny.words, name], [*tiny.vectors, [7, 8]])
    embedder = GloVeEmbedder(vectors, oov=("casefold", "unk"), output="tensor").fit(TEXTS)
    assert embedder.transform(["slow good news"])[0].tolist() == [[7, 8], [1, 0], [7, 8]]
    assert embedder.oov_words_ == {"slow": 1, "service": 1}  # but they do not count as covered
    embedder.set_params(output="mean")
    assert embedder.transform(["slow good"]).tolist() == [[4, 4]]


def test_a_name_in_brackets_comes_before_a_word(tiny):
    vectors = WordVectors([*tiny.words, "unk", "<unk>"], [*tiny.vectors, [1, 2], [7, 8]])
    assert (
        GloVeEmbedder(vectors, oov="unk", output="mean").fit(TEXTS).transform(["slow"])[0, 0] == 7
    )


def test_oov_unk_without_such_a_vector_is_an_error_with_a_hint(tiny):
    message = 'have none of <unk>, <UNK>, .*; use oov="mean", "random" or "zero"'
    with pytest.raises(ValueError, match=message):
        GloVeEmbedder(tiny, oov="unk").fit(TEXTS)
