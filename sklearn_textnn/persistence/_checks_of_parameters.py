"""Whether parameters are what fit would take, and hold nothing that they would run."""

import numpy as np

from .._compat import check_parameters, check_steps
from ._container import NUMBERS
from ._faults import expect, shown
from ._kinds import are_texts, is_network, is_plain, is_whole

# What names objects of Keras; in memory they can be objects, in a file they are names.
_NAMES = ("optimizer", "loss", "metrics", "callbacks")


def check_params(entry, estimator):
    """Check the parameters of an estimator as its fit would, and what only a file can spoil."""
    check_parameters(estimator)
    check = _PARAMS.get(entry.key)
    if check is not None:
        check(estimator)


def _check_pipeline(pipeline):
    expect(pipeline.memory is None, "its memory is a folder, expected memory=None")
    expect(
        all(isinstance(step, tuple) and len(step) == 2 for step in pipeline.steps),
        "its steps are no pairs of a name and an estimator",
    )
    for name, step in pipeline.steps:
        expect(isinstance(name, str), f"one of its steps is named {shown(name)}")
        expect(
            step is None or step == "passthrough" or hasattr(step, "get_params"),
            f"its step {shown(name)} is a {type(step).__name__}",
        )
    check_steps(pipeline)


def _check_vectorizer(vectorizer):
    expect(
        vectorizer.input == "content",
        f"its input is {shown(vectorizer.input)}, so that it would open the files that texts "
        'name; expected "content"',
    )
    for name in ("preprocessor", "tokenizer", "strip_accents", "analyzer"):
        value = getattr(vectorizer, name)  # a type of numbers could be called, too
        expect(value is None or isinstance(value, str), f"its {name} is a {type(value).__name__}")
    sizes = vectorizer.ngram_range
    expect(
        len(sizes) == 2 and all(map(is_whole, sizes)) and sizes[0] <= sizes[1],
        f"its ngram_range is {shown(sizes)}, expected two int, the smaller one first",
    )
    words = vectorizer.stop_words
    expect(not isinstance(words, list) or are_texts(words), "its stop_words are no texts")
    _check_dtype(vectorizer.dtype)


def _check_dtype(dtype):
    expect(
        isinstance(dtype, (str, type, np.dtype)) and np.dtype(dtype).name in NUMBERS,
        f"its dtype is {shown(dtype)}, expected a type of numbers",
    )


def _check_embedder(embedder):
    from ..embeddings import check_oov, check_output

    check_output(embedder.output)
    check_oov(embedder.oov)


def _check_classifier(classifier):
    """Refuse what Keras would make objects of, and call, when the classifier is fitted again."""
    model = classifier.model
    expect(model is None or is_network(model), f"its model is a {type(model).__name__}")
    params = classifier.get_params(deep=False)
    for name in _NAMES:
        names = params[name] if isinstance(params[name], (list, tuple)) else [params[name]]
        expect(
            params[name] is None or are_texts(names),
            f"its {name} is {shown(params[name])}, expected None, a name or a list of names",
        )
    for name, value in params.items():
        expect(
            "__" not in name or is_plain(value),
            f"its {name} is {shown(value)}, of which Keras might make an object and run it; "
            "expected a text, a number, None or a list of these",
        )


_PARAMS = {
    "CountVectorizer": _check_vectorizer,
    "GloVeEmbedder": _check_embedder,
    "KerasTextClassifier": _check_classifier,
    "Pipeline": _check_pipeline,
    "TfidfVectorizer": _check_vectorizer,
}
