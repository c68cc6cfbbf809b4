"""The closed table: the classes that a model file can hold, and what is learnt by each.

A file names a class by its key here. What a class is, and where it is imported from, stands here
and nowhere in the file; it is imported when a file that holds one is loaded.
"""

import dataclasses
from dataclasses import dataclass
from importlib import import_module

# What an estimator was told by set_output and set_{method}_request.
SETTINGS = ("_sklearn_output_config", "_metadata_request")


@dataclass(frozen=True)
class Entry:
    """A class that a model file can hold.

    Parameters
    ----------
    key : str
        Its name, in files and in its module.
    module : str
        Where it is imported from.
    is_estimator : bool, default=True
        Whether it has parameters and learns attributes; else it is a plain record.
    arguments : tuple of str, default=()
        What a record that is no dataclass is made of: attributes of the same names.
    fitted : tuple of str, default=()
        Attributes that all are there after fit, and none before.
    optional : tuple of str, default=()
        Attributes that may be there after fit.
    not_saved : tuple of str, default=()
        Attributes or fields that mean nothing in another process.
    takes_routed : bool, default=False
        Whether it takes parameters such as ``optimizer__learning_rate`` by name.
    """

    key: str
    module: str
    is_estimator: bool = True
    arguments: tuple = ()
    fitted: tuple = ()
    optional: tuple = ()
    not_saved: tuple = ()
    takes_routed: bool = False

    @property
    def cls(self):
        """The class, imported when it is asked for."""
        return getattr(import_module(self.module), self.key)

    @property
    def is_foreign(self):
        """Whether the class is scikit-learn's, which has versions of its own."""
        return self.module.startswith("sklearn.")

    def record_fields(self):
        """Return the names of the fields that a record must have, and of all that it may have."""
        if self.arguments:
            return self.arguments, self.arguments
        fields = [f for f in dataclasses.fields(self.cls) if f.name not in self.not_saved]
        needed = [f.name for f in fields if f.default is dataclasses.MISSING]
        return needed, [f.name for f in fields]


_WIDTH = ("n_features_in_", "feature_names_in_")

TABLE = {
    entry.key: entry
    for entry in (
        Entry("Pipeline", "sklearn.pipeline"),
        Entry(
            "CountVectorizer",
            "sklearn.feature_extraction.text",
            fitted=("vocabulary_",),
            optional=("fixed_vocabulary_",),
            not_saved=("_stop_words_id",),
        ),
        Entry(
            "TfidfVectorizer",
            "sklearn.feature_extraction.text",
            fitted=("vocabulary_", "_tfidf"),
            optional=("fixed_vocabulary_",),
            not_saved=("_stop_words_id",),
        ),
        Entry(
            "TfidfTransformer",
            "sklearn.feature_extraction.text",
            fitted=("n_features_in_",),
            optional=("idf_", "feature_names_in_"),
        ),
        Entry(
            "LogisticRegression",
            "sklearn.linear_model",
            fitted=("classes_", "coef_", "intercept_", "n_iter_", "n_features_in_"),
            optional=("feature_names_in_",),
        ),
        Entry(
            "KerasTokenizerTransformer",
            "sklearn_textnn.preprocessing",
            fitted=(
                "word_index_",
                "word_counts_",
                "n_tokens_",
                "vocabulary_",
                "n_documents_",
                "_cut",
            ),
        ),
        Entry(
            "PadTransformer",
            "sklearn_textnn.preprocessing",
            fitted=("maxlen_",),
            optional=_WIDTH,
        ),
        Entry("Vocabulary", "sklearn_textnn.preprocessing", is_estimator=False),
        Entry(
            "GloVeEmbedder",
            "sklearn_textnn.embeddings",
            fitted=(
                "vectors_",
                "vocabulary_",
                "embedding_matrix_",
                "coverage_",
                "oov_words_",
                "idf_",
                "pad_",
                "_lookup",
                "_covered",
            ),
            optional=("tokenizer_", "n_features_in_"),
        ),
        Entry("WordVectors", "sklearn_textnn.embeddings", is_estimator=False),
        Entry("Coverage", "sklearn_textnn.embeddings._coverage", is_estimator=False),
        Entry(
            "Lookup",
            "sklearn_textnn.embeddings._lookup",
            is_estimator=False,
            arguments=("vectors", "forms", "end"),
        ),
        Entry("DenseNetwork", "sklearn_textnn.networks"),
        Entry("FlattenNetwork", "sklearn_textnn.networks"),
        Entry("PoolingNetwork", "sklearn_textnn.networks"),
        Entry("ConvolutionalNetwork", "sklearn_textnn.networks"),
        Entry("NetworkSpec", "sklearn_textnn.networks", is_estimator=False),
        Entry(
            "KerasTextClassifier",
            "sklearn_textnn.classifiers",
            fitted=(
                "_reads",
                "_targets",
                "classes_",
                "vocabulary_",
                "spec_",
                "network_",
                "_state",
                "_grows",
                "n_iter_",
                "history_",
                "n_features_in_",
            ),
            optional=("feature_names_in_", "engine_"),
            not_saved=("_routed",),  # get_params has them
            takes_routed=True,
        ),
        Entry("Targets", "sklearn_textnn.classifiers._targets", is_estimator=False),
        Entry(
            "State",
            "sklearn_textnn.classifiers._states",
            is_estimator=False,
        ),
    )
}


def entry_of(thing):
    """Return the entry of an object's class, itself and no subclass; None where there is none."""
    entry = TABLE.get(type(thing).__name__)
    return entry if entry is not None and entry.cls is type(thing) else None
