"""
Calibration
===========

Of the texts with a probability of 0.8, eight in ten should be positive. scikit-learn plots whether
they are, and corrects it.
"""

# %%
# An overfitted network
# ---------------------
#
# A network that trains for too long becomes more confident, but not more accurate. The held-out
# probabilities are from ``cross_val_predict``.

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
# Where a line is flatter than the dotted one, the classifier is overconfident. Calibration hardly
# changes the ranking of the texts, only their probabilities.
#
# ``method="temperature"`` (scikit-learn 1.8 and later) divides the log-odds by one number, which
# suits networks and several classes. It uses ``decision_function``.

plt.show()
