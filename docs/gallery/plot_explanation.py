"""
Why this class?
===============

Which words of a text speak for which class, and what a class looks like to the classifier.
"""

# %%
# A classifier
# ------------
#
# Any classifier of texts that has ``predict_proba`` will do. This one is a pipeline that ends in a
# convolutional network.

import matplotlib.pyplot as plt
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    ConvolutionalNetwork,
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    load_reviews,
)
from sklearn_textnn.inspection import WordEffectsDisplay, explain_texts, word_effects

reviews = load_reviews()
labels = reviews.target_names[reviews.target]
train, test, y_train, y_test = train_test_split(
    reviews.data, labels, test_size=150, stratify=labels, random_state=0
)
network = KerasTextClassifier(
    ConvolutionalNetwork(30, 30, kernel_size=(1, 2), dropout=0.5, word_dropout=0.2),
    epochs=20,
    optimizer__learning_rate=0.005,
    random_state=0,
)
pipeline = make_pipeline(KerasTokenizerTransformer(), PadTransformer(), network)
pipeline.fit(train, y_train).score(test, y_test)

# %%
# One text
# --------
#
# :func:`~sklearn_textnn.inspection.explain_texts` leaves out one word after the other and asks the
# classifier again. In a notebook, and here, the words that speak for the predicted class are blue
# and those against it are vermilion; the stronger the colour, the more they add.

text = "The food was great, but the service was terrible and slow. I am disappointed!"
explanation = explain_texts(pipeline, [text])[0]
explanation

# %%
# The same as a picture, and as a table with the position of each word in the text.

_ = explanation.plot()

# %%

explanation.to_frame()

# %%
# Networks of token ids can share the log-odds among the words instead, by integrated gradients. The
# values then sum to the log-odds, less those of a text whose word vectors are zeros.

explain_texts(pipeline, [text], method="gradients")[0]

# %%
# Both classes
# ------------
#
# :class:`~sklearn_textnn.inspection.WordEffectsDisplay` shows the words that add most to each
# class, on the mean of the held-out texts that hold them. The thin line is the standard deviation
# over these texts, the number beside it how many they are.

effects = word_effects(pipeline, test, min_texts=3)
_ = WordEffectsDisplay(effects).plot()

# %%
# The numbers behind it are an ordinary table.

effects.groupby("class").head(3)

# %%
# Words without a meaning of their own are a warning: 450 sentences are few, and a network that has
# met a word in sentences of one class only takes it for a sign of this class.

plt.show()
