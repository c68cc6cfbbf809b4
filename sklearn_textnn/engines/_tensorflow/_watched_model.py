"""Keras model for callbacks, synchronized with the variables of a program."""

import keras
import numpy as np

from .._models import build_model
from .._optimizers import learning_rate


class WatchedModel:
    """Compiled Keras model that callbacks read and change between the epochs of a program.

    Parameters
    ----------
    plan : Plan
        The plan being trained.
    run : Run
        Its fit.
    """

    def __init__(self, plan, run):
        self._run = run
        self.model = build_model(plan.network, plan.spec, run.weights())
        optimizer = type(plan.optimizer).from_config(plan.optimizer.get_config())
        self.model.compile(
            optimizer,
            loss=plan.loss,
            weighted_metrics=[type(m).from_config(m.get_config()) for m in plan.metrics],
            auto_scale_loss=False,
            jit_compile=False,
        )
        self.model.optimizer.build(self.model.trainable_variables)
        self._build_metrics(plan)
        self._callbacks = keras.callbacks.CallbackList(
            plan.callbacks,
            add_history=True,
            model=self.model,
            epochs=plan.first_callback_epoch + plan.epochs,
            steps=-(-len(plan.data) // plan.batch_size),
            verbose=plan.verbose,
        )
        self.model.stop_training = False
        self.call_hook("on_train_begin")

    def _build_metrics(self, plan):
        """Build the metrics, whose names Keras' fit sets after the first batch."""
        one, outputs = plan.data.take(np.arange(1)), self.model.outputs[0]
        predicted = keras.ops.zeros((1, outputs.shape[-1]), outputs.dtype)
        self.model.compute_metrics(None, one.y, predicted, one.weight)
        self.model.reset_metrics()

    def call_hook(self, hook, *arguments):
        """Call a hook on the updated model, then copy its changes.

        Returns the logs of the last epoch, with what callbacks have added.
        """
        self.model.set_weights(self._run.weights())
        self.model.optimizer.iterations.assign(self._run.iterations())
        getattr(self._callbacks, hook)(*arguments)
        self._run.take_over(self.model.get_weights(), learning_rate(self.model.optimizer))
        history = self.model.history.history
        return {k: np.asarray(v[-1]).tolist() for k, v in history.items()}
