"""
Explain predictions
===================

Which words of a text speak for which class, and which words the classifier relies on.
"""

# %%
# A classifier
# ------------
#
# Any text classifier with ``predict_proba`` works. This one is a pipeline that ends in a
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
# :func:`~sklearn_textnn.inspection.explain_texts` leaves out one word at a time and predicts again.
# In a notebook, and here, words for the predicted class are blue and words against it vermilion;
# the stronger the colour, the larger the effect.

text = "The food was great, but the service was terrible and slow. I am disappointed!"
explanation = explain_texts(pipeline, [text])[0]
explanation

# %%
# The same as a plot, and as a table with the position of each word in the text.

_ = explanation.plot()

# %%

explanation.to_frame()

# %%
# Networks of token ids can also distribute the log-odds over the words, by integrated gradients.
# The values then sum to the log-odds minus those of a text whose word vectors are zeros.

explain_texts(pipeline, [text], method="gradients")[0]

# %%
# Both classes
# ------------
#
# :class:`~sklearn_textnn.inspection.WordEffectsDisplay` shows the words with the largest mean
# effect for each class, over the held-out texts that contain them. The thin line is the standard
# deviation over these texts, the number next to it their count.

effects = word_effects(pipeline, test, min_texts=3)
_ = WordEffectsDisplay(effects).plot()

# %%
# The values are an ordinary table.

effects.groupby("class").head(3)

# %%
# Words without a sentiment of their own are a warning: 450 sentences are few, and a network takes a
# word that occurs in one class only for evidence of this class.

plt.show()
