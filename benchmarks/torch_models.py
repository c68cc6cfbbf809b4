"""The same network in PyTorch: with skorch, and in a plain loop.

Neither is a dependency, and together they take 8 GB: ``pip install skorch torch``. TensorFlow and
PyTorch crash in one process, so nothing here imports Keras, and ``torch_child.py`` runs it.
"""

import numpy as np
import torch
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from skorch import NeuralNetBinaryClassifier
from torch import nn

from sklearn_textnn.preprocessing import KerasTokenizerTransformer, PadTransformer

from . import sizes

torch.set_num_threads(1)  # as for operations of TensorFlow


class TorchNetwork(nn.Module):
    """The layers of ``models.create_model``, up to the logit."""

    def __init__(self, n_tokens, embedding_dim, num_filters, kernel_size):
        super().__init__()
        self.embedding = nn.Embedding(n_tokens, embedding_dim)
        self.convolution = nn.Conv1d(embedding_dim, num_filters, kernel_size)
        self.hidden = nn.Linear(num_filters, 10)
        self.output = nn.Linear(10, 1)

    def forward(self, ids):
        windows = self.convolution(self.embedding(ids).transpose(1, 2)).relu()
        return self.output(self.hidden(windows.amax(dim=2)).relu()).squeeze(1)


def skorch_classifier(n_tokens, *, epochs, network):
    """Return the usual skorch classifier, without the validation that the other sides lack."""
    return NeuralNetBinaryClassifier(
        TorchNetwork,
        module__n_tokens=n_tokens,
        **{f"module__{name}": value for name, value in network.items()},
        optimizer=torch.optim.Adam,
        lr=0.001,
        batch_size=sizes.BATCH_SIZE,
        max_epochs=epochs,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )


def skorch_pipeline(texts, y, *, epochs):
    """Fit a pipeline on texts, with the transformers of the other sides."""
    steps = make_pipeline(
        KerasTokenizerTransformer(num_words=sizes.NUM_WORDS),
        PadTransformer(maxlen=sizes.MAXLEN),
        FunctionTransformer(np.asarray, kw_args={"dtype": "int64"}),
    )
    ids = steps.fit_transform(texts)
    clf = skorch_classifier(int(ids.max()) + 1, epochs=epochs, network=sizes.MIDDLE)
    return make_pipeline(*(step for _, step in steps.steps), clf.fit(ids, y))


def train_in_a_loop(ids, y, *, epochs, network):
    """Train in a plain loop: no metrics, no history, batches sliced from one tensor."""
    ids, y = torch.as_tensor(ids), torch.as_tensor(y, dtype=torch.float32)
    model = TorchNetwork(int(ids.max()) + 1, **network)
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=0.001), nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        for rows in torch.randperm(len(y)).split(sizes.BATCH_SIZE):
            optimizer.zero_grad()
            loss(model(ids[rows]), y[rows]).backward()
            optimizer.step()
    return model
