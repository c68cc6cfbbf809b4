"""
Analyse errors
==============

The texts with the worst predictions, and which kinds of texts they are.
"""

# %%
# The worst first
# ---------------
#
# :func:`~sklearn_textnn.inspection.error_table` predicts each text with a classifier that has not
# seen it. Many of the first rows may be wrong labels, or truly ambiguous sentences.

import matplotlib.pyplot as plt
import pandas as pd

from sklearn_textnn import load_reviews
from sklearn_textnn.inspection import error_table
from sklearn_textnn.pipelines import make_baselines

reviews = load_reviews()
texts, labels = reviews.data, reviews.target_names[reviews.target]
classifier = make_baselines()["tf-idf + LR"]
table = error_table(classifier, texts, labels, cv=5, columns={"source": reviews.source})
pd.set_option("display.max_colwidth", None)
table[["text", "label", "probability", "unknown"]].head(8).round(2)

# %%
# Slices
# ------
#
# With pandas, slice the table by length, by the share of words unseen in training, or by your own
# column. Bars are two standard errors.

slices = {
    "words": pd.qcut(table["n_words"], 4),
    "unknown words": pd.cut(table["unknown"], [-0.01, 0.05, 0.1, 0.2, 1]),
    "source": table["source"],
}
fig, axes = plt.subplots(1, 3, figsize=(10, 4), sharey=True, layout="constrained")
for ax, (name, by) in zip(axes, slices.items(), strict=True):
    shares = table.groupby(by, observed=True)["correct"].agg(["mean", "sem"])
    ax.errorbar(range(len(shares)), shares["mean"], yerr=2 * shares["sem"], fmt="o", capsize=3)
    ax.set_xticks(range(len(shares)), shares.index.astype(str), rotation=30, ha="right")
    ax.set_xlabel(name)
axes[0].set_ylabel("share of correct predictions")
plt.show()
