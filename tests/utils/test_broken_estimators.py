"""Every check can fail: for each, there is an estimator that only this check rejects.

The estimators in `HEALTHY` keep all promises. What is derived from them differs in one thing, and
the checks that see it are listed beside it: the one it is made for, with what it says, and `also`
those whose promise cannot hold without it. Where a promise can be broken in several ways, `FURTHER`
has the others.
"""

import copy
import itertools
import math
import random
import re
import threading
import warnings
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from sklearn_textnn._compat import FRAMES_KEEP_INDEX
from sklearn_textnn.utils._corpus import DEFAULT
from sklearn_textnn.utils.estimator_checks import check_text_estimator, text_checks


class TextReader(BaseEstimator):
    """Reads texts; subclasses break reading by overriding a method."""

    def read(self, X):
        if isinstance(X, (str, bytes)):
            raise ValueError("one text in place of a list")
        if isinstance(X, pd.DataFrame):
            X = X.to_numpy().copy()  # pandas' own is read-only
        if isinstance(X, np.ndarray):
            X = self.flat(X)
        return [self.text(text) for text in X]

    def flat(self, X):
        if X.ndim == 2 and X.shape[1] != 1:
            raise ValueError("several columns")
        return X.ravel()

    def text(self, text):
        if isinstance(text, bytes):
            return text.decode()
        if not isinstance(text, str):
            raise TypeError(f"a {type(text).__name__} is no text")
        return text

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.string, tags.input_tags.two_d_array = True, False
        return tags


class Words(TransformerMixin, TextReader):
    """Counts words."""

    def __init__(self, lower=True):
        self.lower = lower

    def fit(self, X, y=None):
        texts = self.read(X)
        if not texts:
            raise ValueError("no texts")
        self.learn(texts)
        return self

    def learn(self, texts):
        self.words_ = sorted({word for text in texts for word in self.split(text)})
        if not self.words_:
            raise ValueError("no words")

    def split(self, text):
        return (text.lower() if self.lower else text).split()

    def transform(self, X):
        check_is_fitted(self)
        return self.count(self.read(X))

    def count(self, texts):
        column = {word: i for i, word in enumerate(self.words_)}
        counts = np.zeros((len(texts), len(column)))
        for row, text in zip(counts, texts, strict=True):
            for word in self.split(text):
                if word in column:
                    row[column[word]] += 1
        return counts

    def get_feature_names_out(self, input_features=None):
        return np.array(self.words_, dtype=object)


class Voter(ClassifierMixin, TextReader):
    """Naive Bayes of counted words."""

    def fit(self, X, y, sample_weight=None):
        return self.train(Words().fit(texts := self.read(X)), texts, y, sample_weight)

    def train(self, words, texts, y, sample_weight=None):
        y, weights = np.asarray(y), np.ones(len(texts)) if sample_weight is None else sample_weight
        if y.shape != (len(texts),) or len(weights) != len(texts) or pd.isna(y).any():
            raise ValueError("expected one label and one weight per text")
        self.check_labels(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        counts = np.ones((len(self.classes_), len(words.words_)))
        np.add.at(counts, codes, words.transform(texts) * np.reshape(weights, (-1, 1)))
        self.votes_ = np.log(counts / counts.sum(axis=1, keepdims=True))
        self.words_ = words
        return self

    def check_labels(self, y):
        check_classification_targets(y)

    def scores(self, X):
        check_is_fitted(self)
        return self.words_.transform(self.read(X)) @ self.votes_.T

    def predict(self, X):
        best = self.scores(X).argmax(axis=1)
        return self.classes_[best]

    def predict_proba(self, X):
        return softmax(self.scores(X), axis=1)

    def predict_log_proba(self, X):
        return np.log(self.predict_proba(X))

    def decision_function(self, X):
        scores = self.scores(X)
        return scores[:, 1] - scores[:, 0] if scores.shape[1] == 2 else scores


class WordsAndVotes(TransformerMixin, Voter):
    """Counts words, and votes."""

    def transform(self, X):
        check_is_fitted(self)
        return self.words_.transform(self.read(X))

    def get_feature_names_out(self, input_features=None):
        return self.words_.get_feature_names_out()


class Length(TransformerMixin, TextReader):
    """Counts characters, and needs no fit."""

    def fit(self, X, y=None):
        return self

    def transform(self, X):
        return np.array([[float(len(text))] for text in self.read(X)]).reshape(-1, 1)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        return tags


class MissingIsEmpty(Words):
    """Declares by its tag that texts may be missing."""

    def text(self, text):
        return super().text("" if not isinstance(text, list) and pd.isna(text) else text)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags


class RandomProjection(Words):
    """Declares by its tag that fits differ."""

    def learn(self, texts):
        super().learn(texts)
        self.scales_ = np.random.default_rng().uniform(1, 2, size=len(self.words_))

    def count(self, texts):
        return super().count(texts) * self.scales_

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.non_deterministic = True
        return tags


class Sentences(Length):
    """Returns a list of lists of words."""

    def transform(self, X):
        return [[part.split() for part in text.split(".")] for text in self.read(X)]


class Lower(Length):
    """Returns an array of str, whose dtype has the length of the longest."""

    def transform(self, X):
        return np.array([text.lower() for text in self.read(X)], dtype=str)


class FirstWords(Length):
    """Returns a frame with a number, a str, and NA if there is no word."""

    def transform(self, X):
        texts = self.read(X)
        words = pd.array([(text.split() or [None])[0] for text in texts], dtype="string")
        index = X.index if isinstance(X, pd.Series) else None
        return pd.DataFrame({"n": [len(text) for text in texts], "first": words}, index=index)


class NamedLabels(Voter):
    """Accepts only labels of type str."""

    def check_labels(self, y):
        if not all(isinstance(label, str) for label in y):
            raise ValueError("expected labels that are str")


HEALTHY = [Words(), Voter(), WordsAndVotes(), Length()]
HEALTHY_KINDS = [
    MissingIsEmpty(),
    make_pipeline(MissingIsEmpty(), MultinomialNB()),
    RandomProjection(),
    make_pipeline(RandomProjection(), MultinomialNB()),
    Sentences(),
    Lower(),
    FirstWords(),
]


# Parameters


class CopiesItsParameter(Words):
    def __init__(self, stop_words=()):
        self.stop_words = list(stop_words)
        self.lower = True


class PreparesInTheConstructor(Words):
    def __init__(self, lower=True):
        self.lower = lower
        self.cache = {}


class SetParamsReturnsNothing(Words):
    def set_params(self, **params):
        super().set_params(**params)


class SetsAnything(Words):
    def set_params(self, **params):
        vars(self).update(params)
        return self


class ShowsItsWords(Words):
    def __repr__(self):
        return f"ShowsItsWords({self.words_[:3]})"


class TagsDependOnFit(Words):
    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = hasattr(self, "words_")
        return tags


class TagsAreADict(Words):
    def __sklearn_tags__(self):
        return {"input_tags": "text"}

    def transform(self, X):  # scikit-learn's check_is_fitted needs the tags
        if not hasattr(self, "words_"):
            raise NotFittedError("call fit")
        return self.count(self.read(X))


class MixinTooLate(TextReader, ClassifierMixin):
    fit, train, scores = Voter.fit, Voter.train, Voter.scores
    predict, predict_proba, check_labels = Voter.predict, Voter.predict_proba, Voter.check_labels


class PicklesOnlyWhatWasLearned(Words):
    def __getstate__(self):
        state = super().__getstate__()
        return state if hasattr(self, "words_") else {"_sklearn_version": "0"}


class ClonesWhatWasLearned(Words):
    def __sklearn_clone__(self):
        return copy.deepcopy(self)


# Fitting


class FitReturnsACopy(Words):
    def fit(self, X, y=None):
        return copy.copy(super().fit(X))


class CallsTheTargetOtherwise(Words):
    def fit(self, X, target=None):
        return super().fit(X)


class SettlesItsParameter(Words):
    def __init__(self, lower=None):
        self.lower = lower

    def learn(self, texts):
        self.lower = True
        super().learn(texts)


class LowersTheCallersList(Words):
    def read(self, X):
        texts = super().read(X)
        if isinstance(X, list):
            X[:] = [text.lower() for text in texts]
        return texts


SCALES = itertools.count(1)


class ScalesAtRandom(Words):
    def learn(self, texts):
        super().learn(texts)
        self.scale_ = next(SCALES)  # not random: two draws may happen to be close

    def count(self, texts):
        return super().count(texts) * self.scale_


class NeverForgets(Words):
    def learn(self, texts):
        before = getattr(self, "words_", [])
        super().learn(texts)
        self.words_ = sorted({*before, *self.words_})


class KeepsOldClasses(Voter):
    def train(self, words, texts, y, sample_weight=None):
        before = getattr(self, "classes_", np.array([], dtype=int))
        super().train(words, texts, y, sample_weight)
        if before.dtype == self.classes_.dtype:
            both = np.union1d(before, self.classes_)
            votes = np.full((len(both), len(words.words_)), self.votes_.min() - 9)
            votes[np.searchsorted(both, self.classes_)] = self.votes_
            self.classes_, self.votes_ = both, votes
        return self


class LearnsForTheWholeClass(Words):
    learned = {}

    def learn(self, texts):
        super().learn(texts)
        self.learned["words"] = self.words_

    def count(self, texts):
        mine, self.words_ = self.words_, self.learned["words"]
        try:
            return super().count(texts)
        finally:
            self.words_ = mine


class CopiesTheSurface(Words):
    def learn(self, texts):
        before = getattr(self, "words_", [])
        super().learn(texts)
        before[:], self.words_ = self.words_, before

    def __deepcopy__(self, memo):
        return copy.copy(self)


class SetsWhatLooksLikeAParameter(Words):
    def learn(self, texts):
        super().learn(texts)
        self.n_texts = len(texts)


class FailsBeforeFit(Words):
    def transform(self, X):
        return self.count(self.read(X))


class HidesThatItIsFitted(Words):
    def __sklearn_is_fitted__(self):
        return False

    def transform(self, X):
        if not hasattr(self, "words_"):
            raise NotFittedError("call fit")
        return self.count(self.read(X))


class LengthThatLearns(Length):
    def fit(self, X, y=None):
        self.longest_ = max(map(len, self.read(X)))
        return self

    def transform(self, X):
        return super().transform(X) / getattr(self, "longest_", 1)


class PicklesOnlyItsParameters(Words):
    def __getstate__(self):
        return {k: v for k, v in super().__getstate__().items() if k != "words_"}


class LearnsFromNothing(Words):
    def fit(self, X, y=None):
        self.words_ = []
        return self if len(X) == 0 else super().fit(X)


class DividesByLogOfSamples(Words):
    def learn(self, texts):
        super().learn(texts)
        self.scale_ = 1 / math.log(len(texts))


class AveragesNoWords(Words):
    def learn(self, texts):
        self.mean_ = np.mean([len(word) for text in texts for word in self.split(text)])
        super().learn(texts)


class WantsWordsInEveryText(Words):
    def learn(self, texts):
        if not all(self.split(text) for text in texts):
            raise ValueError("an empty text")
        super().learn(texts)


class DrawsFromTheGlobalState(Words):
    def learn(self, texts):
        random.random()
        super().learn(texts)


class SeedsInTheConstructor(Words):
    def __init__(self, lower=True):
        np.random.seed(0)  # noqa: NPY002
        self.lower = lower


class SilencesWarnings(Words):
    def learn(self, texts):
        warnings.filterwarnings("ignore", message="a warning of somebody else")
        super().learn(texts)


MEETING = threading.Barrier(2, timeout=10)


def through_shared_memory(owner, texts):
    """Pass texts through an attribute of the class, as a careless scratch variable does."""
    owner.scratch = texts
    if threading.current_thread() is not threading.main_thread():
        MEETING.wait()  # until another thread has arrived here
    return owner.scratch


class FitsThroughSharedMemory(Words):
    def learn(self, texts):
        super().learn(through_shared_memory(FitsThroughSharedMemory, texts))


# Inputs


class RefusesTuples(Words):
    def read(self, X):
        if isinstance(X, tuple):
            raise TypeError("a tuple")
        return super().read(X)


class RefusesObjects(Words):
    def flat(self, X):
        if X.dtype == object and X.ndim == 1:
            raise TypeError("objects")
        return super().flat(X)


class RefusesStrArrays(Words):
    def flat(self, X):
        if X.dtype.kind == "U":
            raise TypeError("an array of str dtype")
        return super().flat(X)


class WritesIntoTheArray(Words):
    def flat(self, X):
        X[:1] = X[:1]
        return super().flat(X)


class LooksUpByLabel(Words):
    def read(self, X):
        if isinstance(X, pd.Series) and X.dtype == object:
            X = [X[i] for i in range(len(X))]
        return super().read(X)


class RefusesPandasStrings(Words):
    def read(self, X):
        if isinstance(X, pd.Series) and X.dtype != object:
            raise TypeError("not of dtype object")
        return super().read(X)


class ReadsTwice(Words):
    def read(self, X):
        if hasattr(X, "__next__"):
            assert all(isinstance(text, str) for text in X)
        return super().read(X)


class FitsTwiceOver(Words):
    def fit(self, X, y=None):
        super().fit(X)
        n_texts = 1 + sum(1 for _ in X) if hasattr(X, "__next__") else 1 + len(self.read(X))
        self.scale_ = 1 / n_texts
        return self

    def count(self, texts):
        return super().count(texts) * self.scale_


class ReadsNamesOfColumns(Words):
    def read(self, X):
        return super().read(list(X) if isinstance(X, pd.DataFrame) else X)


class TakesTheFirstColumn(Words):
    def flat(self, X):
        return X.reshape(len(X), -1)[:, 0]


class ReadsLetters(Words):
    def read(self, X):
        return super().read(list(X) if isinstance(X, str) else X)


class ReadsMissingAsEmpty(Words):
    def text(self, text):
        return super().text("" if not isinstance(text, list) and pd.isna(text) else text)


class LearnsFromMissing(Words):
    def fit(self, X, y=None):
        if isinstance(X, list):
            X = ["" if not isinstance(text, list) and pd.isna(text) else text for text in X]
        return super().fit(X)


class MissingIsImprobable(Voter):
    def predict_proba(self, X):
        if isinstance(X, list):
            X = ["" if not isinstance(text, list) and pd.isna(text) else text for text in X]
        return super().predict_proba(X)


class LettersInFitTransform(Words):
    def fit_transform(self, X, y=None):
        return super().fit_transform(list(X) if isinstance(X, str) else X)


class ReadsNumbers(Words):
    def text(self, text):
        number = isinstance(text, (int, float, np.integer)) and text == text
        return super().text(str(text) if number else text)


class JoinsWords(Words):
    def text(self, text):
        return super().text(" ".join(text) if isinstance(text, list) else text)


class ReadsTheReprOfBytes(Words):
    def text(self, text):
        return super().text(str(text) if isinstance(text, bytes) else text)


class AveragesKnownWords(Words):
    def count(self, texts):
        counts = super().count(texts)
        filled = [bool(self.split(text)) for text in texts]
        counts[filled] /= counts[filled].sum(axis=1, keepdims=True)
        return counts


class WarnsOfEmptyTexts(Words):
    def count(self, texts):
        counts = super().count(texts)
        np.float64(1) / np.array([float(len(text.strip())) for text in texts])
        return counts


class KnowsPlaneZero(Words):
    def text(self, text):
        text = super().text(text)
        if any(ord(letter) > 0xFFFF for letter in text):
            raise ValueError("beyond plane 0")
        return text


class EncodesTexts(Words):
    def split(self, text):
        return super().split(text.encode().decode())


class Recurses(Words):
    def split(self, text):
        def first_and_rest(words):
            return [words[0], *first_and_rest(words[1:])] if words else []

        words = super().split(text)
        first_and_rest(words[:5000])
        return words


class LooksAtTheFirstText(Words):
    def count(self, texts):
        assert texts[0] is not None
        return super().count(texts)


# Outputs


class DropsDuplicates(Words):
    def count(self, texts):
        return super().count(list(dict.fromkeys(texts)))


class ScalesByTheCall(Words):
    def count(self, texts):
        counts = super().count(texts)
        return counts / max(1, counts.max(initial=0))


class SumsWithReduceat(Words):
    def count(self, texts):
        lengths = [[float(len(word)) for word in self.split(text)] for text in texts]
        starts = np.cumsum([0, *map(len, lengths)])[:-1]  # of an empty text: that of the next one
        return np.add.reduceat(np.concatenate([*lengths, [0.0]]), starts)[:, None]

    def get_feature_names_out(self, input_features=None):
        return np.array(["letters"], dtype=object)


class CachesBySet(Words):
    remembered = {}

    def count(self, texts):
        key = tuple(self.words_), frozenset(texts), len(texts)
        return self.remembered.setdefault(key, super().count(texts))


class RemembersTheCall(Words):
    def count(self, texts):
        self.last_ = texts
        return super().count(texts)


class InfiniteForKnownTexts(Words):
    def learn(self, texts):
        super().learn(texts)
        self.texts_ = set(texts)

    def count(self, texts):
        counts = super().count(texts)
        counts[[text in self.texts_ for text in texts]] = np.inf
        return counts


class GrowsWithTheCall(Words):
    def count(self, texts):
        counts = super().count(texts)
        return counts if counts.any() or not texts else np.pad(counts, [(0, 0), (0, 1)])


class SavesMemoryForOne(Words):
    def count(self, texts):
        counts = super().count(texts)
        return counts.astype(np.float32) if len(texts) == 1 else counts


class TransformsTrainingTextsOtherwise(Words):
    def fit_transform(self, X, y=None):
        return self.fit(X).transform(X) > 0


class ForgetsToBeFitted(Words):
    def fit_transform(self, X, y=None):
        return clone(self).fit(X).transform(X)


class CallsThroughSharedMemory(Words):
    def count(self, texts):
        return super().count(through_shared_memory(CallsThroughSharedMemory, texts))


class NamesTooFew(Words):
    def get_feature_names_out(self, input_features=None):
        return super().get_feature_names_out()[:-1]


class NamesWithoutArgument(Words):
    def get_feature_names_out(self):
        return np.array(self.words_, dtype=object)


class RoundsInFrames(Words):
    def set_output(self, *, transform=None):
        self._frame = transform == "pandas"
        return self

    def transform(self, X):
        counts = super().transform(X)
        return self.frame(counts, X) if getattr(self, "_frame", False) else counts

    def frame(self, counts, X):
        return pd.DataFrame(counts.clip(max=1), X.index, self.words_)


class FramesWithRowNumbers(Words):
    def transform(self, X):
        return pd.DataFrame(super().transform(X), columns=self.words_).reset_index(drop=True)


class FitTransformGivesNoFrame(RoundsInFrames):
    def frame(self, counts, X):
        return pd.DataFrame(counts, X.index, self.words_)

    def fit_transform(self, X, y=None):
        return Words.transform(self.fit(X), X)


# Classifiers


class ClassesByAppearance(Voter):
    def train(self, words, texts, y, sample_weight=None):
        super().train(words, texts, y, sample_weight)
        order = self.classes_.searchsorted(list(dict.fromkeys(y)))
        self.classes_, self.votes_ = self.classes_[order], self.votes_[order]
        return self


class Abstains(Voter):
    def predict(self, X):
        texts = self.read(X)
        predicted = super().predict(texts)
        if set(self.classes_) == {0, 1}:
            predicted[["sorry" in text for text in texts]] = -1
        return predicted


class HalfProbabilities(Voter):
    def predict_proba(self, X):
        return super().predict_proba(X) / 2


class MixesUpColumns(Voter):
    def predict_proba(self, X):
        return super().predict_proba(X)[:, ::-1]


class DecidesTheOtherWay(Voter):
    def decision_function(self, X):
        return -super().decision_function(X)


class PredictsPositions(Voter):
    def predict(self, X):
        predicted = super().predict(X)
        return predicted if predicted.dtype.kind != "U" else self.classes_.searchsorted(predicted)


class KnowsStrArraysOnly(Voter):
    def check_labels(self, y):
        if y.dtype == object:
            raise TypeError("labels that are objects")
        super().check_labels(y)


class PredictsFloats(Voter):
    def predict(self, X):
        predicted = super().predict(X)
        return predicted.astype(float) if predicted.dtype.kind in "iu" else predicted


class BoolsBecomeNumbers(Voter):
    def train(self, words, texts, y, sample_weight=None):
        y = np.asarray(y)
        return super().train(words, texts, y + 0 if y.dtype == bool else y, sample_weight)


class LearnsFractions(Voter):
    def check_labels(self, y):
        pass


class LogarithmsOfBaseTwo(Voter):
    def predict_log_proba(self, X):
        return np.log2(self.predict_proba(X))


class LooksUpLabelsByLabel(Voter):
    def fit(self, X, y, sample_weight=None):
        y = [y[i] for i in range(len(y))] if isinstance(y, pd.Series) else y
        return super().fit(X, y, sample_weight)


class NeedsNoLabels(Voter):
    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X, np.zeros(len(X)) if y is None else y, sample_weight)


class StopsAtTheShorter(Voter):
    def train(self, words, texts, y, sample_weight=None):
        texts = [text for text, _ in zip(texts, y, strict=False)]
        return super().train(words, texts, y[: len(texts)], sample_weight)


class SkipsMissingLabels(Voter):
    def train(self, words, texts, y, sample_weight=None):
        if y is None:
            raise ValueError("no y")
        given = ~pd.isna(np.asarray(y))
        if given.all():
            return super().train(words, texts, y, sample_weight)
        return super().train(words, np.array(texts)[given], y[given])


class PredictsZeroForOneClass(Voter):
    def predict(self, X):
        predicted = super().predict(X)
        return predicted * 0 if len(self.classes_) == 1 else predicted


class KnowsTwoClasses(Voter):
    def train(self, words, texts, y, sample_weight=None):
        y = y if y is None or len(set(y)) < 3 else np.minimum(y, 1)
        return super().train(words, texts, y, sample_weight)


class ScoresErrors(Voter):
    def score(self, X, y):
        return 1 - super().score(X, y)


class NeedsManyTexts(Voter):
    def train(self, words, texts, y, sample_weight=None):
        if len(texts) < 16:
            raise ValueError("not enough texts")
        return super().train(words, texts, y, sample_weight)


class ScalesWeights(Voter):
    def train(self, words, texts, y, sample_weight=None):
        if sample_weight is not None:
            sample_weight = np.asarray(sample_weight) / np.sum(sample_weight)
        return super().train(words, texts, y, sample_weight)


class StretchesWeights(Voter):
    def train(self, words, texts, y, sample_weight=None):
        if sample_weight is not None:
            sample_weight = np.resize(sample_weight, len(texts))
        return super().train(words, texts, y, sample_weight)


class IgnoresWeights(Voter):
    def train(self, words, texts, y, sample_weight=None):
        super().train(words, texts, y, sample_weight)  # refuses what does not fit
        return super().train(words, texts, y)


class LooksUpWeightsByLabel(Voter):
    def train(self, words, texts, y, sample_weight=None):
        if isinstance(sample_weight, pd.Series):
            sample_weight = [sample_weight[i] for i in range(len(texts))]
        return super().train(words, texts, y, sample_weight)


class NormsTheCallersWeights(Voter):
    def train(self, words, texts, y, sample_weight=None):
        super().train(words, texts, y, sample_weight)
        if isinstance(sample_weight, np.ndarray):
            sample_weight /= sample_weight.mean()
        return self


class Broken(NamedTuple):
    estimator: BaseEstimator
    says: str  # in the exception
    also: tuple = ()  # other checks that fail, without "check_"


HAS_STRING_SERIES = pd.Series(["text"]).dtype != object  # as of pandas 3
ALL_BUT_CLONEABLE = tuple(name.removeprefix("check_") for name in text_checks(Words()))[1:]
COMPARE_TWO_FITS = (
    *("pickle_before_fit", "fit_forgets", "concurrent_fits", "fit_transform", "set_output"),
    *("tuple", "object_array", "str_array", "read_only_array", "series", "string_series"),
    *("generator_at_fit", "one_column", "bytes", "works_in_a_pipeline"),
)
BROKEN = {
    "cloneable": Broken(CopiesItsParameter(), "Cannot clone", ALL_BUT_CLONEABLE),
    "constructor_only_stores": Broken(PreparesInTheConstructor(), "'cache'"),
    "parameters_round_trip": Broken(SetParamsReturnsNothing(), "set_params returns a NoneType"),
    "unknown_parameter_is_refused": Broken(SetsAnything(), "no_such_parameter was accepted"),
    "repr": Broken(ShowsItsWords(), "words_"),
    "tags": Broken(TagsDependOnFit(), "fit changes the tags"),
    "classifier_is_tagged": Broken(MixinTooLate(), "estimator_type is None"),
    "pickle_before_fit": Broken(PicklesOnlyWhatWasLearned(), "lower"),
    "clone_of_fitted_is_unfitted": Broken(ClonesWhatWasLearned(), "a clone keeps .'words_'"),
    "fit_returns_self": Broken(FitReturnsACopy(), "expected itself"),
    "fit_takes_y": Broken(CallsTheTargetOtherwise(), "unexpected keyword argument 'y'"),
    "fit_keeps_parameters": Broken(SettlesItsParameter(), "fit changes parameters"),
    "input_is_left_alone": Broken(LowersTheCallersList(), "in a list have changed"),
    "fit_repeats_itself": Broken(ScalesAtRandom(), "fitted twice", COMPARE_TWO_FITS),
    "fit_forgets": Broken(NeverForgets(), "fitted on other texts and labels before"),
    "instances_share_nothing": Broken(
        LearnsForTheWholeClass(),
        "after another one was fitted",
        ("deepcopy_is_independent", "concurrent_fits"),
    ),
    "deepcopy_is_independent": Broken(CopiesTheSurface(), "after its copy was fitted"),
    "learned_attributes_end_in_underscore": Broken(SetsWhatLooksLikeAParameter(), "'n_texts'"),
    "not_fitted_error": Broken(FailsBeforeFit(), "no attribute 'words_'"),
    "check_is_fitted": Broken(HidesThatItIsFitted(), "not fitted yet", ("works_in_a_pipeline",)),
    "stateless_needs_no_fit": Broken(LengthThatLearns(), "after fit"),
    "pickle_after_fit": Broken(
        PicklesOnlyItsParameters(), "not fitted yet", ("deepcopy_is_independent",)
    ),
    "no_texts_at_fit": Broken(LearnsFromNothing(), "an empty list of texts was accepted"),
    "one_text_at_fit": Broken(DividesByLogOfSamples(), "division by zero"),
    "only_empty_texts_at_fit": Broken(AveragesNoWords(), "Mean of empty slice"),
    "some_empty_texts_at_fit": Broken(WantsWordsInEveryText(), "an empty text"),
    "random_state_is_left_alone": Broken(DrawsFromTheGlobalState(), "Python"),
    "process_is_left_alone": Broken(SilencesWarnings(), "warnings filters"),
    "concurrent_fits": Broken(FitsThroughSharedMemory(), "fitted beside another"),
    "tuple": Broken(RefusesTuples(), "a tuple"),
    "object_array": Broken(RefusesObjects(), "objects", ("input_is_left_alone",)),
    "str_array": Broken(RefusesStrArrays(), "str dtype", ("read_only_array",)),
    "read_only_array": Broken(WritesIntoTheArray(), "read-only"),
    "series": Broken(LooksUpByLabel(), "0"),
    "string_series": Broken(RefusesPandasStrings(), "not of dtype object", ("set_output",)),
    "generator": Broken(ReadsTwice(), "from a generator: 0 rows"),
    "generator_at_fit": Broken(FitsTwiceOver(), "fitted on a generator"),
    "one_column": Broken(ReadsNamesOfColumns(), "a frame with one column: 1 rows"),
    "two_columns_are_refused": Broken(TakesTheFirstColumn(), "two columns was accepted"),
    "single_str_is_refused": Broken(ReadsLetters(), "in place of a list was accepted"),
    "missing_text_is_refused": Broken(ReadsMissingAsEmpty(), "None as a text was accepted"),
    "number_is_refused": Broken(ReadsNumbers(), "3 as a text was accepted"),
    "list_of_words_is_refused": Broken(JoinsWords(), "a list of words as a text was accepted"),
    "bytes": Broken(ReadsTheReprOfBytes(), "from bytes"),
    "unseen_words": Broken(AveragesKnownWords(), "NaN or infinity in row 0", ("long_text",)),
    "empty_text": Broken(WarnsOfEmptyTexts(), "divide by zero"),
    "unicode": Broken(KnowsPlaneZero(), "beyond plane 0"),
    "odd_characters": Broken(EncodesTexts(), "surrogates not allowed"),
    "long_text": Broken(Recurses(), "recursion"),
    "no_texts_after_fit": Broken(LooksAtTheFirstText(), "index out of range"),
    "rows_match_texts": Broken(DropsDuplicates(), "gives 16 rows for 32 texts"),
    "rows_are_independent": Broken(ScalesByTheCall(), "of the texts .* alone"),
    "order_of_rows": Broken(CachesBySet(), "in another order"),
    "asking_changes_nothing": Broken(RemembersTheCall(), "adds .'last_'"),
    "output_is_finite": Broken(
        InfiniteForKnownTexts(),
        "NaN or infinity in row 0 of training",
        ("one_text_at_fit", "some_empty_texts_at_fit", "unicode", "odd_characters"),
    ),
    "columns_are_fixed": Broken(
        GrowsWithTheCall(), "columns for unseen words", ("rows_are_independent",)
    ),
    "types_are_fixed": Broken(SavesMemoryForOne(), "types vary: .*float32"),
    "fit_transform": Broken(TransformsTrainingTextsOtherwise(), "against transform"),
    "works_in_a_pipeline": Broken(ForgetsToBeFitted(), "not fitted yet"),
    "concurrent_calls": Broken(CallsThroughSharedMemory(), "in one of four threads"),
    "feature_names_out": Broken(NamesTooFew(), "names for .* columns"),
    "set_output": Broken(RoundsInFrames(), "after set_output"),
    "classes": Broken(ClassesByAppearance(), "expected .0 1."),
    "predictions_are_labels": Broken(
        Abstains(), "predict gives .*-1", ("prediction_is_most_probable", "decision_function")
    ),
    "probabilities": Broken(HalfProbabilities(), "do not sum to 1"),
    "log_probabilities": Broken(LogarithmsOfBaseTwo(), "predict_log_proba and"),
    "prediction_is_most_probable": Broken(MixesUpColumns(), "predict_proba disagree"),
    "decision_function": Broken(DecidesTheOtherWay(), "decision_function disagree"),
    "str_labels": Broken(PredictsPositions(), "which is no label"),
    "bool_labels": Broken(BoolsBecomeNumbers(), "predict gives int64, expected bool"),
    "containers_of_y": Broken(LooksUpLabelsByLabel(), "0"),
    "missing_y_is_refused": Broken(NeedsNoLabels(), "fit without y was accepted"),
    "short_y_is_refused": Broken(StopsAtTheShorter(), "15 labels for 16 texts was accepted"),
    "nan_in_y_is_refused": Broken(SkipsMissingLabels(), "NaN as a label was accepted"),
    "continuous_y_is_refused": Broken(LearnsFractions(), "a y of fractions was accepted"),
    "one_class": Broken(PredictsZeroForOneClass(), "a class other than the only one"),
    "three_classes": Broken(KnowsTwoClasses(), "classes_ is .0 1."),
    "score_is_accuracy": Broken(ScoresErrors(), "score gives .*, expected"),
    "cross_validation": Broken(NeedsManyTexts(), "not enough texts"),
    "equal_weights": Broken(ScalesWeights(), "with weights of 1"),
    "short_weights_are_refused": Broken(StretchesWeights(), "one weight too few was accepted"),
    "weights_matter": Broken(IgnoresWeights(), "weights make no difference"),
    "containers_of_weights": Broken(LooksUpWeightsByLabel(), "0"),
}
FURTHER = [
    ("tags", Broken(TagsAreADict(), "are a dict", ("check_is_fitted", "works_in_a_pipeline"))),
    ("fit_forgets", Broken(KeepsOldClasses(), "fitted on other texts and labels before")),
    ("random_state_is_left_alone", Broken(SeedsInTheConstructor(), "numpy")),
    ("missing_text_is_refused", Broken(LearnsFromMissing(), "fit: None as a text was")),
    ("missing_text_is_refused", Broken(MissingIsImprobable(), "predict_proba after fit: None")),
    ("single_str_is_refused", Broken(LettersInFitTransform(), "fit_transform: one str")),
    ("rows_are_independent", Broken(SumsWithReduceat(), "of the texts .* alone")),
    ("feature_names_out", Broken(NamesWithoutArgument(), "takes 1 positional argument but 2")),
    ("set_output", Broken(FramesWithRowNumbers(), "another index than X")),
    ("set_output", Broken(FitTransformGivesNoFrame(), "give .'DataFrame', 'ndarray'.")),
    ("str_labels", Broken(KnowsStrArraysOnly(), "labels that are objects")),
    ("predictions_are_labels", Broken(PredictsFloats(), "predict gives float64 for int64")),
    ("containers_of_weights", Broken(NormsTheCallersWeights(), "in a ndarray have changed")),
]


def failures(estimator):
    results = check_text_estimator(estimator, on_fail=None)
    return {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}


def test_every_check_has_an_estimator_that_breaks_its_promise():
    assert {f"check_{name}" for name in BROKEN} == set(text_checks())


@pytest.mark.parametrize("estimator", HEALTHY, ids=repr)
def test_healthy_estimators_pass_all_checks(estimator):
    assert failures(estimator) == {}


def test_every_check_runs_on_a_healthy_estimator():
    all_but_one = set(text_checks(WordsAndVotes()))
    assert set(text_checks()) - all_but_one == {"check_stateless_needs_no_fit"}
    assert "check_stateless_needs_no_fit" in text_checks(Length())


@pytest.mark.parametrize("estimator", HEALTHY_KINDS, ids=repr)
def test_estimators_with_tags_for_unusual_behavior_pass(estimator):
    assert failures(estimator) == {}


def test_a_classifier_may_require_str_labels():
    labels = np.where(DEFAULT.y, "good", "bad")
    check_text_estimator(NamedLabels(), texts=DEFAULT.texts, y=labels)


@pytest.mark.parametrize(
    ("name", "broken"),
    [*BROKEN.items(), *FURTHER],
    ids=lambda value: value if isinstance(value, str) else type(value.estimator).__name__,
)
def test_a_broken_estimator_fails_its_check(name, broken):
    if isinstance(broken.estimator, FramesWithRowNumbers) and not FRAMES_KEEP_INDEX:
        pytest.skip("in scikit-learn 1.6 frames have row numbers anyway")
    found = failures(broken.estimator)
    error = found.pop(f"check_{name}")
    assert re.search(broken.says, str(error), flags=re.DOTALL), error
    if FRAMES_KEEP_INDEX and HAS_STRING_SERIES:  # else other checks meet other data
        assert set(found) == {f"check_{other}" for other in broken.also}
