"""What is said of a training that came to no end."""

import numpy as np

from ..engines import learning_rate


def check_finite(training, plan):
    """Raise a ValueError where training has diverged."""
    history, fault = training.history, None
    losses = [*history.get("loss", []), *history.get("val_loss", [])]
    if not np.all(np.isfinite(losses)):
        fault = f"the loss became {losses[-1]} in"
    elif not all(np.isfinite(weight).all() for weight in training.state.weights):
        fault = "the weights are not finite after"
    if fault:
        raise ValueError(
            f"Training diverged: {fault} epoch {len(history['loss'])}. Lower "
            f"optimizer__learning_rate (now {learning_rate(plan.optimizer)}), scale the features, "
            "or set optimizer__clipnorm."
        )
