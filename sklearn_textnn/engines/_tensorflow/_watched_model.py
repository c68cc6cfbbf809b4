"""A real model for callbacks, in step with a program's variables."""

import keras
import numpy as np

from .._models import build_model
from .._optimizers import learning_rate


class WatchedModel:
    """A real, compiled model that callbacks look at and change, between the epochs of a program.

    Parameters
    ----------
    plan : Plan
        What is trained.
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
        self.tell("on_train_begin")

    def _build_metrics(self, plan):
        """Let the model name its metrics, as it does in Keras' fit after the first batch."""
        one, outputs = plan.data.take(np.arange(1)), self.model.outputs[0]
        predicted = keras.ops.zeros((1, outputs.shape[-1]), outputs.dtype)
        self.model.compute_metrics(None, one.y, predicted, one.weight)
        self.model.reset_metrics()

    def tell(self, hook, *arguments):
        """Call a hook with the model up to date, then take over what it changed.

        Returns the logs of the last epoch, with what callbacks have added to them.
        """
        self.model.set_weights(self._run.weights())
        self.model.optimizer.iterations.assign(self._run.iterations())
        getattr(self._callbacks, hook)(*arguments)
        self._run.take_over(self.model.get_weights(), learning_rate(self.model.optimizer))
        history = self.model.history.history
        return {k: np.asarray(v[-1]).tolist() for k, v in history.items()}
