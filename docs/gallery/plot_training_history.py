"""
Training history
================

Loss and accuracy over the epochs, on training and validation data, and where to stop.
"""

# %%
# Early stopping
# --------------
#
# ``early_stopping=True`` holds out a part of the training data, evaluates it after each epoch, and
# restores the best epoch.

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
# While both losses fall, more epochs help. Where the training loss keeps falling and the validation
# loss rises, the network overfits.

print(f"{display.n_epochs} epochs were trained, the best was the {display.best_epoch}th.")

# %%
# The values are in ``history_``, a dict of lists as in Keras.

import pandas as pd

pd.DataFrame(pipeline[-1].history_).tail(3).round(3)
