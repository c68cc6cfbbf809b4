"""Whether what is learnt fits together: types, sizes and shapes, before anything is used.

Nothing is changed here; what a file does not hold is added in ``_restoring.py``.
"""

import typing
from numbers import Real

import numpy as np

from ._faults import ModelFormatError, expect, shown
from ._kinds import are_texts, is_a, is_array, is_counted, is_network, is_of, is_size, is_whole
from ._shapes import weight_shapes


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
    """
    unknown = set(fitted) - {*entry.fitted, *entry.optional}
    expect(not unknown, f"it learns no attribute {shown(sorted(unknown))}")
    missing = [name for name in entry.fitted if name not in fitted]
    if len(missing) == len(entry.fitted):
        expect(not fitted, f"it is half fitted: there is nothing but {shown(sorted(fitted))}")
        return
    expect(not missing, f"it is half fitted: there is no {shown(missing)}")
    if "n_features_in_" in fitted:
        expect(is_size(fitted["n_features_in_"]), "its n_features_in_ is no size")
    if "feature_names_in_" in fitted:
        names = fitted["feature_names_in_"]
        expect(is_array(names, "O", 1), "its feature_names_in_ is no array of texts")
        expect(are_texts(names), "its feature_names_in_ holds no texts")
        expect(len(names) == fitted.get("n_features_in_"), "its feature_names_in_ are too few")
    _FITTED[entry.key](estimator, fitted)


def check_record(entry, fields):
    """Check the fields of a record, those of a dataclass against its annotations."""
    hints = typing.get_type_hints(entry.cls)
    for name in set(fields) & set(hints):
        expect(
            is_a(fields[name], hints[name]),
            f"{entry.key}.{name} is a {type(fields[name]).__name__}, expected {hints[name]}",
        )
    check = _RECORDS.get(entry.key)
    if check is not None:
        check(fields)


# What is learnt


def _check_tokenizer(tokenizer, fitted):
    words, n_tokens = fitted["vocabulary_"], fitted["n_tokens_"]
    expect(is_of(words, "Vocabulary"), "its vocabulary_ is no Vocabulary")
    expect(len(words) == words.n_known == n_tokens, "its vocabulary_ has not n_tokens_ words")
    for name, lowest in (("word_index_", 1), ("word_counts_", 0)):
        expect(is_counted(fitted[name], lowest), f"its {name} is no dict of str to int")
    expect(is_size(fitted["_cut"]) and fitted["_cut"] <= n_tokens, "its _cut is no id")
    expect(is_size(fitted["n_documents_"]), "its n_documents_ is no number of texts")


def _check_pad(pad, fitted):
    expect(is_size(fitted["maxlen_"]), f"its maxlen_ is {shown(fitted['maxlen_'])}")


def _check_counts(vectorizer, fitted):
    words = fitted["vocabulary_"]
    expect(is_counted(words, 0), "its vocabulary_ is no dict of str to int")
    expect(
        sorted(words.values()) == list(range(len(words))),
        "its vocabulary_ does not number the columns from 0 on",
    )
    expect(type(fitted.get("fixed_vocabulary_", True)) is bool, "its fixed_vocabulary_ is no bool")


def _check_tfidf(vectorizer, fitted):
    _check_counts(vectorizer, fitted)
    weights = fitted["_tfidf"]
    expect(is_of(weights, "TfidfTransformer"), "its _tfidf is no TfidfTransformer")
    if vectorizer.use_idf:
        idf = vars(weights).get("idf_")
        expect(
            is_array(idf, "f", 1) and len(idf) == len(fitted["vocabulary_"]),
            "its idf_ has not a weight for each word",
        )


def _check_weights(transformer, fitted):
    idf = fitted.get("idf_")
    if transformer.use_idf:
        expect(
            is_array(idf, "f", 1) and len(idf) == fitted["n_features_in_"],
            "its idf_ has not a weight for each column",
        )


def _check_regression(regression, fitted):
    classes, coef, intercept = (fitted[name] for name in ("classes_", "coef_", "intercept_"))
    _check_classes(classes)
    n_rows = 1 if len(classes) == 2 else len(classes)
    expect(
        is_array(coef, "f", 2) and coef.shape == (n_rows, fitted["n_features_in_"]),
        f"its coef_ is no array of shape ({n_rows}, {fitted['n_features_in_']})",
    )
    expect(is_array(intercept, "f", 1) and len(intercept) == n_rows, "its intercept_ does not fit")
    expect(is_array(fitted["n_iter_"], "iu", 1), "its n_iter_ is no array of int")


def _check_embedder(embedder, fitted):
    words, vectors, matrix = (fitted[k] for k in ("vocabulary_", "vectors_", "embedding_matrix_"))
    for name, kind in (
        ("vocabulary_", "Vocabulary"),
        ("vectors_", "WordVectors"),
        ("coverage_", "Coverage"),
        ("pad_", "PadTransformer"),
        ("_lookup", "Lookup"),
    ):
        expect(is_of(fitted[name], kind), f"its {name} is no {kind}")
    n_known = words.n_known
    expect(len(words) == n_known, "its vocabulary_ holds words that are not known")
    expect(
        matrix.dtype == np.float32 and matrix.shape == (n_known, vectors.dim),
        f"its embedding_matrix_ is no array of shape ({n_known}, {vectors.dim})",
    )
    for name, kinds in (("idf_", "f"), ("_covered", "b")):
        expect(
            is_array(fitted[name], kinds, 1) and len(fitted[name]) == n_known,
            f"its {name} has not a number for each word",
        )
    expect(is_counted(fitted["oov_words_"], 0), "its oov_words_ is no dict of str to int")
    expect(hasattr(fitted.get("tokenizer_", embedder), "transform"), "its tokenizer_ is none")
    expect(fitted["_lookup"].vectors is vectors, "it looks words up in other vectors")
    expect(hasattr(fitted["pad_"], "maxlen_"), "its pad_ is not fitted")


def _check_classifier(classifier, fitted):
    spec, targets, state = (fitted[name] for name in ("spec_", "_targets", "_state"))
    for name, kind in (("spec_", "NetworkSpec"), ("_targets", "Targets"), ("_state", "State")):
        expect(is_of(fitted[name], kind), f"its {name} is no {kind}")
    expect(is_network(fitted["network_"]), "its network_ is no network")
    reads = fitted["network_"].reads
    expect(fitted["_reads"] == reads, "its network reads something else than the classifier")
    width = spec.maxlen if reads == "ids" else spec.n_features
    expect(width == fitted["n_features_in_"], "its spec_ has another width than n_features_in_")
    expect(targets.n_outputs == spec.n_outputs, "its spec_ has not an output for each class")
    expect(np.array_equal(fitted["classes_"], targets.classes), "its classes_ are not its targets")
    words = fitted["vocabulary_"]
    if words is not None:
        expect(is_of(words, "Vocabulary"), "its vocabulary_ is no Vocabulary")
        expect(words.n_known <= (spec.n_tokens or 0), "its vocabulary_ is larger than its table")
    expect(_is_history(fitted["history_"]), "its history_ is no dict of lists of numbers")
    expect(is_whole(fitted["n_iter_"]), "its n_iter_ is no int")
    expect(fitted["_grows"] is state.grows, "its _grows is not that of its weights")
    _check_state(fitted["network_"], spec, state)


def _check_state(network, spec, state):
    """Compare the weights with the network by its description, which allocates nothing."""
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
    expect(are_texts(fields["words"]), "a vocabulary holds no words")


def _check_targets(fields):
    _check_classes(fields["classes"])


def _check_spec(fields):
    for name in ("n_outputs", "n_tokens", "maxlen", "n_features", "vector_dim"):
        expect(fields.get(name) is None or is_size(fields[name]), f"a network's {name} is no size")
    for name in ("table", "fixed_rows"):
        expect(fields.get(name) is None, f"a trained network still has its {name}")
    for name, known in (
        ("dtype", ("float32", "float64")),
        ("output_activation", ("sigmoid", "softmax")),
    ):
        given = fields.get(name, known[0])
        expect(given in known, f"a network's {name} is {shown(given)}")


def _check_arrays(fields):
    arrays = [array for name in ("weights", "seeds", "slots") for array in fields.get(name, ())]
    expect(len({*map(id, arrays)}) == len(arrays), "two weights of a network are one array")
    for name in ("weights", "seeds", "slots"):
        arrays = fields.get(name, ())
        expect(all(is_array(a, "biuf") for a in arrays), f"{name} of a network are no arrays")
    for name, arrays in (("tables", "weights"), ("slot_tables", "slots")):
        n = len(fields.get(arrays, ()))
        expect(
            all(is_whole(i) and i < n for i in fields.get(name, ())),
            f"{name} of a network are no places among its {arrays}",
        )


def _check_lookup(fields):
    from ..embeddings import ENDS, FORMS

    expect(is_of(fields["vectors"], "WordVectors"), "its vectors are none")
    expect(len(fields["vectors"]), "its vectors are of no words, and have no mean")
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


# What both need


def _is_history(value):
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(losses, list) and all(map(_is_measured, losses))
        for name, losses in value.items()
    )


def _is_measured(value):
    """Whether a value is a number, or a list of them, as some metrics have one for each class."""
    return isinstance(value, Real) or (
        isinstance(value, list) and all(isinstance(number, Real) for number in value)
    )


def _check_classes(classes):
    if not (is_array(classes, "biufUO", 1) and len(classes) > 1):
        raise ModelFormatError("its classes are no array of two labels or more")
