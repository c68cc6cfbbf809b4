"""Steps of Adam in a compiled program that are faster than Keras'."""

import keras
import tensorflow as tf

from .._lazy_adam import LazyAdam, is_token_table, lazy_step


def is_plain_adam(optimizer, variables):
    """Return whether `fused_adam` can take the steps of an optimizer."""
    return (
        type(optimizer) is keras.optimizers.Adam
        and not optimizer.amsgrad
        and optimizer.weight_decay is None
        and _has_no_limits(optimizer, variables)
    )


def steps_rows(optimizer, variables):
    """Return whether `step_rows` can take the steps of an optimizer."""
    return isinstance(optimizer, LazyAdam) and _has_no_limits(optimizer, variables)


def _has_no_limits(optimizer, variables):
    clips = optimizer.clipnorm, optimizer.clipvalue, optimizer.global_clipnorm
    return clips == (None, None, None) and all(v.constraint is None for v in variables)


def fused_adam(optimizer, gradients, variables, moments):
    """Take a step of Adam in one kernel per variable: Kingma and Ba (2015), as in Keras.

    Parameters
    ----------
    optimizer : keras.optimizers.Adam
        Provides the settings and the number of steps.
    gradients : list of tensor
        Dense gradients.
    variables, moments : list
        The variables, and the momentum and velocity of each.
    """
    dtype = gradients[0].dtype
    t = tf.cast(optimizer.iterations.value + 1, dtype)
    betas = optimizer.beta_1, optimizer.beta_2
    # Keras rounds the betas to float32 before it takes their powers, in float64 too
    powers = [tf.cast(tf.constant(beta, tf.float32), dtype) ** t for beta in betas]
    rate = tf.cast(tf.convert_to_tensor(optimizer.learning_rate), dtype)
    for gradient, variable, (momentum, velocity) in zip(gradients, variables, moments, strict=True):
        tf.raw_ops.ResourceApplyAdam(
            var=variable.value.handle,
            m=momentum.value.handle,
            v=velocity.value.handle,
            beta1_power=powers[0],
            beta2_power=powers[1],
            lr=rate,
            beta1=tf.constant(betas[0], dtype),
            beta2=tf.constant(betas[1], dtype),
            epsilon=tf.constant(optimizer.epsilon, dtype),
            grad=gradient,
        )
    optimizer.iterations.assign_add(1)


def step_rows(optimizer, gradients, variables, moments):
    """Take LazyAdam's step in the rows of a batch; return the variables that remain."""
    left = []
    for gradient, variable, slots in zip(gradients, variables, moments, strict=True):
        if not (is_token_table(variable) and isinstance(gradient, tf.IndexedSlices)):
            left.append((gradient, variable, slots))
            continue
        rows, places = tf.unique(gradient.indices)
        summed = tf.math.unsorted_segment_sum(gradient.values, places, tf.size(rows))
        touched = tf.reduce_any(summed != 0, axis=1)
        rows, summed = tf.boolean_mask(rows, touched), tf.boolean_mask(summed, touched)
        before = [slot.value.sparse_read(rows) for slot in slots]
        *after, step = lazy_step(optimizer, summed, *before, optimizer.learning_rate)
        for slot, value in zip(slots, after, strict=True):
            slot.value.scatter_update(tf.IndexedSlices(value, rows))
        variable.value.scatter_sub(tf.IndexedSlices(step, rows))
    return [list(column) for column in zip(*left, strict=True)] or [[], [], []]
