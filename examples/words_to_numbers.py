"""Three ways to turn words into numbers, on five sentences.

1. Counts: how often each word of the vocabulary occurs in a text.
2. One-hot vectors: a column for each word.
3. Padded ids: each word is a number, each text a row of the same length.

None of them needs TensorFlow:

    python examples/words_to_numbers.py
"""

import argparse
import textwrap

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import LabelEncoder, OneHotEncoder

from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer

SENTENCES = [
    "The soup was cold.",
    "The soup was good, really good.",
    "Good soup, not cold.",
    "Cold soup, not good!",
    "The waiter was really friendly.",
]

NEW_SENTENCE = "The dessert was good."


def show_counts():
    """Print a row per sentence, a column per word."""
    vectorizer = CountVectorizer()
    counts = vectorizer.fit_transform(SENTENCES)  # (n_samples, n_words), sparse
    headline("1. Counts: CountVectorizer")
    print_vocabulary(vectorizer.vocabulary_)
    words = vectorizer.get_feature_names_out()
    print_matrix(counts.toarray(), rows=SENTENCES, columns=words)
    print()
    print(f"A new sentence, {NEW_SENTENCE!r}; 'dessert' has no column and is left out:")
    print(vectorizer.transform([NEW_SENTENCE]).toarray())
    remark(
        "Good for LogisticRegression and other linear models, and for DenseNetwork: fast, and hard "
        "to beat on little data. The order is lost: the third and the fourth sentence are equal."
    )


def show_one_hot():
    """Print a row per word of one sentence, a column per word of the vocabulary."""
    tokenize = CountVectorizer().build_analyzer()
    encoder = LabelEncoder().fit([word for text in SENTENCES for word in tokenize(text)])
    one_hot = OneHotEncoder(categories=[np.arange(len(encoder.classes_))], sparse_output=False)
    headline("2. One-hot vectors: LabelEncoder and OneHotEncoder")
    print_vocabulary({word: i for i, word in enumerate(encoder.classes_)})
    words = tokenize(SENTENCES[1])
    labels = encoder.transform(words)  # (n_words_of_the_text,)
    print(f"{SENTENCES[1]!r} as labels: {labels}")
    vectors = one_hot.fit_transform(labels.reshape(-1, 1))  # (n_words_of_the_text, n_words)
    print_matrix(vectors.astype(int), rows=words, columns=encoder.classes_)
    remark(
        "Good for a few categories without an order: a city, a source, a label. For texts it keeps "
        "the order, but a row is as long as the vocabulary, all words are equally far apart, and a "
        "new word such as 'dessert' is an error."
    )


def show_ids():
    """Print a row per sentence, a column per position in the text."""
    tokenizer = KerasTokenizerTransformer()
    ragged = tokenizer.fit_transform(SENTENCES)  # (n_samples,) rows of different lengths
    pad = PadTransformer()
    ids = pad.fit_transform(ragged)  # (n_samples, maxlen)
    headline("3. Ids with padding: KerasTokenizerTransformer and PadTransformer")
    print_vocabulary(tokenizer.word_index_)
    print("The most frequent word is 1; 0 is no word but padding. Before padding:")
    for row in ragged:
        print(f"  {np.asarray(row).tolist()}")
    print()
    print(f"After padding to the longest sentence, {pad.maxlen_} words:")
    print_matrix(np.asarray(ids), rows=SENTENCES, columns=range(1, pad.maxlen_ + 1))
    print()
    print(f"A new sentence, {NEW_SENTENCE!r}; 'dessert' has no id and is dropped:")
    print(np.asarray(pad.transform(tokenizer.transform([NEW_SENTENCE]))))
    remark(
        "Good for networks that learn a vector per word: PoolingNetwork, ConvolutionalNetwork. The "
        "order is kept: the third and the fourth sentence differ. The ids are names, not "
        "quantities, so they are of no use to a linear model."
    )


def headline(text):
    """Print a title."""
    print(f"\n{text}\n{'-' * len(text)}")


def remark(text):
    """Print what a representation is good for."""
    print("\n" + textwrap.fill(text, 96))


def print_vocabulary(index):
    """Print words and their numbers, lowest number first."""
    pairs = sorted(index.items(), key=lambda pair: pair[1])
    print("Vocabulary: " + ", ".join(f"{word} {int(number)}" for word, number in pairs))
    print()


def print_matrix(matrix, rows, columns):
    """Print an array with its rows and columns named."""
    print(f"Array of shape {matrix.shape}:")
    print(pd.DataFrame(matrix, index=list(rows), columns=list(columns)).to_string())


def main(argv=None):
    """Show all three."""
    argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    ).parse_args(argv)
    print("Five sentences:")
    for sentence in SENTENCES:
        print(f"  {sentence}")
    show_counts()
    show_one_hot()
    show_ids()


if __name__ == "__main__":
    main()
