"""Sizes that all sides share, without imports."""

MAXLEN = 100
NUM_WORDS = 5000
BATCH_SIZE = 10
# Sizes of the network: the middle of the grid that is searched, and the one that the tutorial
# trains by itself.
MIDDLE = {"embedding_dim": 50, "num_filters": 64, "kernel_size": 5}
TUTORIAL = {"embedding_dim": 100, "num_filters": 128, "kernel_size": 5}
