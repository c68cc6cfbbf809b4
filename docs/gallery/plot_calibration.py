"""
Can I act on the probabilities?
===============================

Of the texts with a probability of 0.8, eight of ten should be positive. Scikit-learn draws whether
they are, and mends it.
"""

# %%
# A network that trained for too long
# -----------------------------------
#
# Networks that train on become surer and surer without becoming better. Held-out probabilities come
# from ``cross_val_predict``.

import matplotlib.pyplot as plt
from sklearn.calibration import CalibratedClassifierCV, CalibrationDisplay
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline

from sklearn_textnn import (
    KerasTextClassifier,
    KerasTokenizerTransformer,
    PadTransformer,
    PoolingNetwork,
    load_reviews,
)

texts, y = load_reviews(return_X_y=True)
network = make_pipeline(
    KerasTokenizerTransformer(),
    PadTransformer(),
    KerasTextClassifier(
        PoolingNetwork(embedding_dim=30),
        epochs=60,
        optimizer__learning_rate=0.01,
        random_state=0,
    ),
)
calibrated = CalibratedClassifierCV(network, method="sigmoid", ensemble=False, cv=4)
fig, ax = plt.subplots(figsize=(5, 5), layout="constrained")
for name, classifier in {"network": network, "calibrated network": calibrated}.items():
    p = cross_val_predict(classifier, texts, y, cv=4, method="predict_proba")[:, 1]
    CalibrationDisplay.from_predictions(y, p, n_bins=8, strategy="quantile", name=name, ax=ax)
    print(
        f"{name}: accuracy {accuracy_score(y, p > 0.5):.3f}, log loss {log_loss(y, p):.3f}, "
        f"Brier score {brier_score_loss(y, p):.3f}"
    )

# %%
# Where a line is flatter than the dotted one, the classifier is too sure. Calibration hardly
# changes which text is likelier positive than another; it changes what the number means.
#
# ``method="temperature"`` of scikit-learn 1.8 and later divides the log-odds by one number, which
# suits networks and several classes. It calls ``decision_function``, which this classifier has.

plt.show()
