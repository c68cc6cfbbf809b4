"""
Learning curves
===============

Would more texts help? scikit-learn's learning curves of a network and of a linear model.
"""

# %%
# The whole pipeline is fitted on each part of the training data, including its vocabulary.

import matplotlib.pyplot as plt
import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import LearningCurveDisplay, StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    load_reviews,
)

texts, y = load_reviews(return_X_y=True)
classifiers = {
    "tf-idf + LR": make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)),
    "pooling": make_pipeline(
        KerasTokenizerTransformer(),
        PadTransformer(),
        KerasTextClassifier(
            PoolingNetwork(embedding_dim=30, dropout=0.5),
            epochs=20,
            optimizer__learning_rate=0.005,
            random_state=0,
        ),
    ),
}
folds = StratifiedShuffleSplit(n_splits=4, test_size=0.25, random_state=0)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.5), sharey=True, layout="constrained")
for ax, (name, classifier) in zip(axes, classifiers.items(), strict=True):
    LearningCurveDisplay.from_estimator(
        classifier,
        texts,
        y,
        cv=folds,
        train_sizes=np.array([0.2, 0.5, 1.0]),
        score_type="both",
        score_name="accuracy",
        ax=ax,
    )
    ax.set_title(name)

# %%
# Both fit their training texts almost perfectly. Where the lower curve still rises at the right,
# more texts will help. Where it is flat and far below the upper one, they will not help much, but
# pretrained vectors or another network may.

plt.show()
