"""How long "auto" is: the size of a batch, and the number of epochs."""

_LARGEST_BATCH = 200  # as in scikit-learn's MLPClassifier
_STEPS = 600  # a rule of thumb: docs/design/0009 has the little that was measured of it
_FEWEST_EPOCHS, _MOST_EPOCHS = 8, 40


def count_batch(batch_size, n_samples):
    """Return how many samples a training step sees."""
    return min(_LARGEST_BATCH if batch_size == "auto" else int(batch_size), n_samples)


def count_epochs(epochs, batch_size, n_samples):
    """Return how often each sample is seen: often enough for 600 steps, and 8 to 40 times."""
    if epochs != "auto":
        return epochs
    steps = -(-n_samples // count_batch(batch_size, n_samples))
    return min(max(-(-_STEPS // steps), _FEWEST_EPOCHS), _MOST_EPOCHS)
