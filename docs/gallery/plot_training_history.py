"""
How the training went
=====================

Loss and accuracy over the epochs, of training and validation data, and where to stop.
"""

# %%
# A network that may train for too long
# -------------------------------------
#
# ``early_stopping=True`` sets a part of the training data aside, looks at it after each epoch, and
# goes back to the epoch that was best there.

from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    load_reviews,
)
from sklearn_textnn.inspection import HistoryDisplay

texts, y = load_reviews(return_X_y=True)
classifier = KerasTextClassifier(
    PoolingNetwork(embedding_dim=30),
    epochs=40,
    early_stopping=True,
    validation_fraction=0.2,
    n_iter_no_change=8,
    optimizer__learning_rate=0.005,
    random_state=0,
)
pipeline = make_pipeline(KerasTokenizerTransformer(), PadTransformer(), classifier).fit(texts, y)
display = HistoryDisplay.from_estimator(pipeline).plot()

# %%
# Read it like this: while both losses fall, more epochs help. Where the training loss goes on
# falling and the other rises, the network learns its sentences by heart.

print(f"{display.n_epochs} epochs were trained, the best was the {display.best_epoch}th.")

# %%
# The figures are in ``history_``, a dict of lists as Keras has it.

import pandas as pd

pd.DataFrame(pipeline[-1].history_).tail(3).round(3)
