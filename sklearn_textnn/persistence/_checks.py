"""Whether the parts of a model fit each other: types, sizes and shapes, before anything is used."""

import typing
from dataclasses import replace
from numbers import Integral, Real

import numpy as np

from ._faults import ModelFormatError, expect, shown
from ._shapes import weight_shapes

_LARGEST = 2**31 - 1  # ids and sizes are of 32 bits


def check_params(entry, estimator):
    """Check the parameters of an estimator as its fit would, and what only a file can spoil."""
    estimator._validate_params()
    check = _PARAMS.get(entry.key)
    if check is not None:
        check(estimator)


def check_fitted(entry, estimator, fitted):
    """Check what an estimator has learnt.

    Parameters
    ----------
    entry : Entry
        Of its class.
    estimator : estimator
        With its parameters.
    fitted : dict of str to object
        Its attributes.

    Returns
    -------
    dict of str to object
        The attributes.
    """
    unknown = set(fitted) - {*entry.fitted, *entry.optional}
    expect(not unknown, f"it learns no attribute {shown(sorted(unknown))}")
    missing = [name for name in entry.fitted if name not in fitted]
    if len(missing) == len(entry.fitted):
        return fitted
    expect(not missing, f"it is half fitted: there is no {shown(missing)}")
    if "n_features_in_" in fitted:
        expect(_is_size(fitted["n_features_in_"]), "its n_features_in_ is no size")
    if "feature_names_in_" in fitted:
        names = fitted["feature_names_in_"]
        expect(_is_array(names, "O", 1), "its feature_names_in_ is no array of texts")
        expect(all(isinstance(n, str) for n in names), "its feature_names_in_ holds no texts")
        expect(len(names) == fitted.get("n_features_in_"), "its feature_names_in_ are too few")
    _FITTED[entry.key](estimator, fitted)
    return fitted


def check_record(entry, fields):
    """Check the fields of a record, those of a dataclass against its annotations."""
    hints = typing.get_type_hints(entry.cls)
    for name in set(fields) & set(hints):
        expect(
            _is_a(fields[name], hints[name]),
            f"{entry.key}.{name} is a {type(fields[name]).__name__}, expected {hints[name]}",
        )
    check = _RECORDS.get(entry.key)
    if check is not None:
        check(fields)


# Parameters


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
    pipeline._validate_steps()


def _check_vectorizer(vectorizer):
    expect(
        vectorizer.input == "content",
        f"its input is {shown(vectorizer.input)}, so that it would open the files that texts "
        'name; expected "content"',
    )


_PARAMS = {
    "Pipeline": _check_pipeline,
    "CountVectorizer": _check_vectorizer,
    "TfidfVectorizer": _check_vectorizer,
}

# What is learnt


def _check_tokenizer(tokenizer, fitted):
    words, n_tokens = fitted["vocabulary_"], fitted["n_tokens_"]
    expect(_is_of(words, "Vocabulary"), "its vocabulary_ is no Vocabulary")
    expect(len(words) == words.n_known == n_tokens, "its vocabulary_ has not n_tokens_ words")
    for name, lowest in (("word_index_", 1), ("word_counts_", 0)):
        expect(_is_counted(fitted[name], lowest), f"its {name} is no dict of str to int")
    expect(_is_size(fitted["_cut"]) and fitted["_cut"] <= n_tokens, "its _cut is no id")
    expect(_is_size(fitted["n_documents_"]), "its n_documents_ is no number of texts")


def _check_pad(pad, fitted):
    expect(_is_size(fitted["maxlen_"]), f"its maxlen_ is {shown(fitted['maxlen_'])}")


def _check_counts(vectorizer, fitted):
    words = fitted["vocabulary_"]
    expect(_is_counted(words, 0), "its vocabulary_ is no dict of str to int")
    expect(
        sorted(words.values()) == list(range(len(words))),
        "its vocabulary_ does not number the columns from 0 on",
    )
    expect(type(fitted.get("fixed_vocabulary_", True)) is bool, "its fixed_vocabulary_ is no bool")


def _check_tfidf(vectorizer, fitted):
    _check_counts(vectorizer, fitted)
    weights = fitted["_tfidf"]
    expect(_is_of(weights, "TfidfTransformer"), "its _tfidf is no TfidfTransformer")
    if vectorizer.use_idf:
        idf = vars(weights).get("idf_")
        expect(
            _is_array(idf, "f", 1) and len(idf) == len(fitted["vocabulary_"]),
            "its idf_ has not a weight for each word",
        )


def _check_weights(transformer, fitted):
    idf = fitted.get("idf_")
    if transformer.use_idf:
        expect(
            _is_array(idf, "f", 1) and len(idf) == fitted["n_features_in_"],
            "its idf_ has not a weight for each column",
        )


def _check_regression(regression, fitted):
    classes, coef, intercept = (fitted[name] for name in ("classes_", "coef_", "intercept_"))
    _check_classes(classes)
    n_rows = 1 if len(classes) == 2 else len(classes)
    expect(
        _is_array(coef, "f", 2) and coef.shape == (n_rows, fitted["n_features_in_"]),
        f"its coef_ is no array of shape ({n_rows}, {fitted['n_features_in_']})",
    )
    expect(_is_array(intercept, "f", 1) and len(intercept) == n_rows, "its intercept_ does not fit")
    expect(_is_array(fitted["n_iter_"], "iu", 1), "its n_iter_ is no array of int")


def _check_embedder(embedder, fitted):
    words, vectors, matrix = (fitted[k] for k in ("vocabulary_", "vectors_", "embedding_matrix_"))
    for name, kind in (
        ("vocabulary_", "Vocabulary"),
        ("vectors_", "WordVectors"),
        ("coverage_", "Coverage"),
        ("pad_", "PadTransformer"),
        ("_lookup", "Lookup"),
    ):
        expect(_is_of(fitted[name], kind), f"its {name} is no {kind}")
    n_known = words.n_known
    expect(len(words) == n_known, "its vocabulary_ holds words that are not known")
    expect(
        matrix.dtype == np.float32 and matrix.shape == (n_known, vectors.dim),
        f"its embedding_matrix_ is no array of shape ({n_known}, {vectors.dim})",
    )
    for name, kinds in (("idf_", "f"), ("_covered", "b")):
        expect(
            _is_array(fitted[name], kinds, 1) and len(fitted[name]) == n_known,
            f"its {name} has not a number for each word",
        )
    expect(_is_counted(fitted["oov_words_"], 0), "its oov_words_ is no dict of str to int")
    expect(hasattr(fitted.get("tokenizer_", embedder), "transform"), "its tokenizer_ is none")
    expect(fitted["_lookup"].vectors is vectors, "it looks words up in other vectors")
    expect(hasattr(fitted["pad_"], "maxlen_"), "its pad_ is not fitted")
    fitted["embedding_matrix_"] = _read_only(matrix)


def _check_classifier(classifier, fitted):
    spec, targets, state = (fitted[name] for name in ("spec_", "_targets", "_state"))
    for name, kind in (("spec_", "NetworkSpec"), ("_targets", "Targets"), ("_state", "State")):
        expect(_is_of(fitted[name], kind), f"its {name} is no {kind}")
    reads = getattr(fitted["network_"], "reads", None)
    expect(reads in ("ids", "features"), "its network_ is no network")
    expect(fitted["_reads"] == reads, "its network reads something else than the classifier")
    width = spec.maxlen if reads == "ids" else spec.n_features
    expect(width == fitted["n_features_in_"], "its spec_ has another width than n_features_in_")
    expect(targets.n_outputs == spec.n_outputs, "its spec_ has not an output for each class")
    expect(np.array_equal(fitted["classes_"], targets.classes), "its classes_ are not its targets")
    words = fitted["vocabulary_"]
    if words is not None:
        expect(_is_of(words, "Vocabulary"), "its vocabulary_ is no Vocabulary")
        expect(words.n_known <= (spec.n_tokens or 0), "its vocabulary_ is larger than its table")
    expect(_is_history(fitted["history_"]), "its history_ is no dict of lists of numbers")
    expect(_is_whole(fitted["n_iter_"]), "its n_iter_ is no int")
    expect(fitted["_grows"] is state.grows, "its _grows is not that of its weights")
    _check_state(fitted["network_"], spec, targets, state)


def _check_state(network, spec, targets, state):
    """Compare the weights with the network, first by its description, then by building it."""
    shapes = [weight.shape for weight in state.weights]
    expected = weight_shapes(network, spec)
    expect(
        sorted(shapes) == sorted(expected),
        f"its weights have the shapes {shown(shapes)}, expected {shown(expected)} for its "
        f"{type(network).__name__}",
    )
    expect(
        all(weight.dtype == spec.dtype for weight in state.weights),
        f"its weights are not all of {spec.dtype}",
    )
    found = _outline(network, spec)
    for i in found.state.tables:
        shape = found.state.weights[i].shape
        found.state.weights[i] = np.broadcast_to(np.float32(0), (spec.n_tokens, *shape[1:]))
    expect(
        shapes == [weight.shape for weight in found.state.weights]
        and [*state.tables] == [*found.state.tables],
        "its weights are in another order than the network's",
    )
    expect(
        [(a.shape, a.dtype) for a in state.seeds]
        == [(a.shape, a.dtype) for a in found.state.seeds],
        "its random layers have other states than the network's",
    )
    targets.check_units(found.units)
    state.architecture = found.state.architecture
    state.weights = [_read_only(weight) for weight in state.weights]


def _outline(network, spec):
    """Build the network, with a table of few rows: what it is does not depend on how many."""
    from ..classifiers._training import outline

    small = spec if spec.n_tokens is None else replace(spec, n_tokens=min(spec.n_tokens, 2))
    return outline(network, small)


def _read_only(array):
    view = array.view()
    view.setflags(write=False)  # predictions would not follow a change
    return view


_FITTED = {
    "CountVectorizer": _check_counts,
    "GloVeEmbedder": _check_embedder,
    "KerasTextClassifier": _check_classifier,
    "KerasTokenizerTransformer": _check_tokenizer,
    "LogisticRegression": _check_regression,
    "PadTransformer": _check_pad,
    "TfidfTransformer": _check_weights,
    "TfidfVectorizer": _check_tfidf,
}

# Records


def _check_words(fields):
    expect(all(type(word) is str for word in fields["words"]), "a vocabulary holds no words")


def _check_targets(fields):
    _check_classes(fields["classes"])


def _check_spec(fields):
    for name in ("n_outputs", "n_tokens", "maxlen", "n_features", "vector_dim"):
        expect(fields.get(name) is None or _is_size(fields[name]), f"a network's {name} is no size")
    for name in ("table", "fixed_rows"):
        expect(fields.get(name) is None, f"a trained network still has its {name}")
    for name, known in (
        ("dtype", ("float32", "float64")),
        ("output_activation", ("sigmoid", "softmax")),
    ):
        given = fields.get(name, known[0])
        expect(given in known, f"a network's {name} is {shown(given)}")


def _check_arrays(fields):
    for name in ("weights", "seeds", "slots"):
        arrays = fields.get(name, ())
        expect(all(_is_array(a, "biuf") for a in arrays), f"{name} of a network are no arrays")
    for name, arrays in (("tables", "weights"), ("slot_tables", "slots")):
        n = len(fields.get(arrays, ()))
        expect(
            all(_is_whole(i) and i < n for i in fields.get(name, ())),
            f"{name} of a network are no places among its {arrays}",
        )


def _check_lookup(fields):
    from ..embeddings._lookup import ENDS, FORMS

    expect(_is_of(fields["vectors"], "WordVectors"), "its vectors are none")
    expect(
        fields["end"] in ENDS and set(fields["forms"]) <= {*FORMS}, "it looks up in no known way"
    )


_RECORDS = {
    "Lookup": _check_lookup,
    "NetworkSpec": _check_spec,
    "State": _check_arrays,
    "Targets": _check_targets,
    "Vocabulary": _check_words,
}

# What values are


def _is_a(value, hint):
    if type(value) is bool:
        return hint is bool
    return isinstance(value, (list, tuple) if hint is list else hint)


def _is_whole(value):
    return isinstance(value, Integral) and not isinstance(value, bool) and 0 <= value <= _LARGEST


def _is_size(value):
    return _is_whole(value) and value > 0


def _is_counted(value, lowest):
    """Whether a value is a dict of str to whole numbers; there may be very many."""
    if not isinstance(value, dict) or not set(map(type, value)) <= {str}:
        return False
    counts = value.values()
    if not all(issubclass(kind, Integral) and kind is not bool for kind in {*map(type, counts)}):
        return False
    return not counts or (lowest <= min(counts) and max(counts) <= _LARGEST)


def _is_array(value, kinds, ndim=None):
    return (
        isinstance(value, (np.ndarray, np.generic))
        and value.dtype.kind in kinds
        and (ndim is None or value.ndim == ndim)
    )


def _is_of(value, key):
    """Whether a value is of a class of the table, of which there is one of each name."""
    return type(value).__name__ == key


def _is_history(value):
    return isinstance(value, dict) and all(
        isinstance(name, str)
        and isinstance(losses, list)
        and all(isinstance(loss, Real) for loss in losses)
        for name, losses in value.items()
    )


def _check_classes(classes):
    if not (_is_array(classes, "biufUO", 1) and len(classes) > 1):
        raise ModelFormatError("its classes are no array of two labels or more")
