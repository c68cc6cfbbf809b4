"""Adam for large vocabularies, whose steps cost as much as the batch, not the vocabulary."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="sklearn_textnn")
class LazyAdam(keras.optimizers.Adam):
    """Adam that updates only those token vectors that the batch contains.

    Adam moves all rows of a token table at every step, since the momentum of a word outlasts the
    batch that contained it; with 100,000 words this is most of the work. This optimizer updates a
    row, its momentum and its velocity only if the gradient of the row is not zero. All other
    variables take Adam's step. It is a different optimizer, with different results: rare words move
    further than with Adam. The steps are fast in the compiled programs of KerasTextClassifier;
    ``keras.Model.fit`` takes the same steps at the cost of Adam's.

    Parameters
    ----------
    learning_rate : float, default=0.001
        Step size.
    beta_1, beta_2 : float, default=0.9, 0.999
        Decay rates of momentum and velocity; the bias correction counts all steps.
    epsilon : float, default=1e-7
        Added to the root of the velocity.
    name : str, default="lazy_adam"
        Name of the optimizer.
    **kwargs : dict
        Other arguments of ``keras.optimizers.Adam``, except ``amsgrad`` and ``weight_decay``.

    Raises
    ------
    ValueError
        If Keras does not run on TensorFlow, or if `amsgrad` or `weight_decay` is set.

    References
    ----------
    Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.

    Examples
    --------
    >>> from sklearn_textnn.classifiers import KerasTextClassifier, LazyAdam
    >>> clf = KerasTextClassifier(optimizer=LazyAdam, optimizer__learning_rate=0.01)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        name="lazy_adam",
        **kwargs,
    ):
        if keras.config.backend() != "tensorflow":
            raise ValueError(
                f"LazyAdam works on TensorFlow only, and Keras runs on {keras.config.backend()}, "
                "where a step of it would save nothing. Use optimizer='adam'."
            )
        for refused in ("amsgrad", "weight_decay"):
            if kwargs.pop(refused, None):
                raise ValueError(
                    f"LazyAdam does not support {refused}: rows of words that are not in a batch "
                    "stay unchanged. Use optimizer='adam'."
                )
        super().__init__(learning_rate, beta_1, beta_2, epsilon, name=name, **kwargs)
        self.moments = {}

    def add_variable_from_reference(self, reference_variable, *args, **kwargs):
        """Add momentum or velocity of a variable."""
        slot = super().add_variable_from_reference(reference_variable, *args, **kwargs)
        self.moments.setdefault(_key(reference_variable), []).append(slot)
        return slot

    def update_step(self, gradient, variable, learning_rate):
        """Take one step of one variable."""
        if not is_token_table(variable):
            super().update_step(gradient, variable, learning_rate)
            return
        gradient = ops.convert_to_tensor(gradient)
        momentum, velocity = self.moments[_key(variable)]
        new = lazy_step(self, gradient, momentum, velocity, learning_rate)
        touched = ops.any(ops.not_equal(gradient, 0), axis=-1, keepdims=True)
        self.assign(momentum, ops.where(touched, new[0], momentum))
        self.assign(velocity, ops.where(touched, new[1], velocity))
        self.assign_sub(variable, ops.where(touched, new[2], ops.zeros_like(new[2])))


def _key(variable):
    """Return an identifier of a variable, the same for its Keras and its TensorFlow form."""
    return str(id(variable.value if isinstance(variable, keras.Variable) else variable))


def is_token_table(variable):
    """Return whether a variable is the table of an Embedding layer."""
    return getattr(variable, "path", variable.name).split(":")[0].endswith("embeddings")


def lazy_step(optimizer, gradient, momentum, velocity, learning_rate):
    """Compute new momentum, new velocity and the step for some rows.

    Parameters
    ----------
    optimizer : keras.optimizers.Adam
        Provides betas, epsilon and the number of steps so far.
    gradient, momentum, velocity : tensor of shape (n_rows, dim)
        Those of the same rows.
    learning_rate : tensor
        Step size.

    Returns
    -------
    tuple of tensor
        (momentum, velocity, what to subtract from the rows).
    """
    dtype = gradient.dtype
    t = ops.cast(optimizer.iterations + 1, dtype)
    powers = [ops.power(ops.cast(b, dtype), t) for b in (optimizer.beta_1, optimizer.beta_2)]
    rate = ops.cast(learning_rate, dtype) * ops.sqrt(1 - powers[1]) / (1 - powers[0])
    momentum = momentum + (gradient - momentum) * (1 - optimizer.beta_1)
    velocity = velocity + (gradient * gradient - velocity) * (1 - optimizer.beta_2)
    return momentum, velocity, rate * momentum / (ops.sqrt(velocity) + optimizer.epsilon)
