"""
Compare classifiers
===================

Several classifiers on the same outer folds, by nested cross-validation.
"""

# %%
# Two classifiers and a search
# ----------------------------
#
# Each classifier takes texts. The search runs from scratch within the training part of each outer
# fold, so its choice is scored on texts that it has not seen.

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import Pipeline, make_pipeline

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    compare_classifiers,
    load_reviews,
)
from sklearn_textnn.inspection import ComparisonDisplay

texts, y = load_reviews(source="restaurants", return_X_y=True)
pooling = Pipeline(
    [
        ("tokens", KerasTokenizerTransformer()),
        ("pad", PadTransformer()),
        (
            "clf",
            KerasTextClassifier(
                PoolingNetwork(embedding_dim=30),
                epochs=15,
                optimizer__learning_rate=0.005,
                random_state=0,
            ),
        ),
    ]
)
grid = {"clf__model__pooling": ["max", "average"]}
comparison = compare_classifiers(
    {
        "tf-idf + LR": make_pipeline(TfidfVectorizer(), LogisticRegression(C=10)),
        "tf-idf + naive Bayes": make_pipeline(TfidfVectorizer(), MultinomialNB()),
        "pooling": GridSearchCV(pooling, grid, cv=2),
    },
    texts,
    y,
    cv=5,
    random_state=0,
)
print(comparison)

# %%
# As a plot
# ---------
#
# Each dot is a fold; thin lines connect the same fold across classifiers. Where the lines cross,
# chance matters as much as the classifier.

_ = ComparisonDisplay.from_comparison(comparison).plot()

# %%
# Differences and their intervals
# -------------------------------
#
# Folds share training data, so an interval that treats them as independent is too narrow;
# ``differences`` corrects for this.

comparison.differences("tf-idf + LR").round(3)
