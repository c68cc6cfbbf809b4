"""Code of users is traced, and never shares a program with other code."""

import keras
import numpy as np
import pytest

from sklearn_textnn.networks import PoolingNetwork

from .conftest import IDS, assert_same_training, fitted, with_keras

FEATURES = IDS.astype(float) / 12
SMALL = PoolingNetwork(embedding_dim=4, units=3)
FACTOR = 1.0


def functional(*layers, regularizer=None, constraint=None, dtype="float64"):
    """Return a function that builds a new model of some layers at each call."""

    def make(meta):
        x = inputs = keras.Input((6,), dtype=dtype)
        for layer in layers:
            x = layer()(x)
        head = keras.layers.Dense(
            1,
            "sigmoid",
            dtype=dtype,
            kernel_regularizer=regularizer,
            kernel_constraint=constraint,
        )
        return keras.Model(inputs, head(x))

    return make


def assert_traced(network, X=FEATURES, atol=1e-12, **parameters):
    """Check that a program trains and predicts as Keras does; return the classifier."""
    ours = fitted(network, X=X, **parameters)
    assert ours.engine_ == "TensorFlow program"
    assert_same_training(ours, with_keras(network, X=X, **parameters), atol)
    expected = ours.model_.predict(X, verbose=0)
    np.testing.assert_allclose(ours.predict_proba(X)[:, 1:], expected, atol=1e-7)
    return ours


def assert_differ(*classifiers):
    first, *others = [c.predict_proba(FEATURES) for c in classifiers]
    for other in others:
        assert not np.allclose(first, other)


def power_layer(power):
    class Power(keras.layers.Layer):
        def call(self, x):
            return x**power

    return lambda: Power(dtype="float64")


class Scale(keras.layers.Layer):
    """A layer whose config does not contain its factor."""

    def __init__(self, factor):
        super().__init__(dtype="float64")
        self.factor = factor

    def call(self, x):
        return self.factor * x

    def get_config(self):
        return {}


class GlobalScale(keras.layers.Layer):
    def call(self, x):
        return FACTOR * x


class Weighted(keras.layers.Layer):
    """A layer with weights, and with layers inside."""

    def __init__(self, units):
        super().__init__(dtype="float32")
        self.inner = [keras.layers.Dense(units, "tanh", dtype="float32")]

    def build(self, shape):
        self.kernel = self.add_weight(
            shape=(shape[-1],), initializer="ones", regularizer=keras.regularizers.L2(0.1)
        )

    def call(self, x, training=False):
        return self.inner[0](x * self.kernel)


# Layers


def test_a_redefined_class_gets_another_program():
    assert_differ(*(assert_traced(functional(power_layer(power))) for power in (1, 2, 3)))


def test_attributes_outside_the_config_are_part_of_the_key():
    assert_differ(
        *(assert_traced(functional(lambda f=factor: Scale(f))) for factor in (0.5, 2.0, np.ones(6)))
    )


def test_globals_are_part_of_the_key(monkeypatch):
    first = assert_traced(functional(lambda: GlobalScale(dtype="float64")))
    monkeypatch.setitem(globals(), "FACTOR", 3.0)
    assert_differ(first, assert_traced(functional(lambda: GlobalScale(dtype="float64"))))


def test_replaced_methods_are_part_of_the_key(monkeypatch):
    first = assert_traced(functional(lambda: Scale(2.0)))
    monkeypatch.setattr(Scale, "call", lambda self, x: x - self.factor)
    assert_differ(first, assert_traced(functional(lambda: Scale(2.0))))


class Named(keras.layers.Layer):
    """A layer with an attribute that Keras' models also have, and a dtype."""

    def __init__(self, loss, dtype):
        super().__init__(dtype=dtype)
        self.loss = loss

    def call(self, x):
        return keras.ops.cast(keras.ops.cast(x, self.compute_dtype) ** self.loss, "float64")


def test_attributes_and_dtypes_are_part_of_the_key():
    made = [(1.5, "float64"), (2.5, "float64"), (1.5, "float16")]
    assert_differ(*(assert_traced(functional(lambda a=a: Named(*a))) for a in made))


def test_layers_with_weights_and_layers_inside_are_traced():
    networks = [functional(lambda u=units: Weighted(u), dtype="float32") for units in (2, 3)]
    assert_differ(*(assert_traced(n, dtype="float32", atol=1e-5) for n in networks))


def test_the_key_of_a_lambda_layer_is_its_code_and_closure():
    def power(p):
        return functional(lambda: keras.layers.Lambda(lambda x: x**p, dtype="float64"))

    assert_differ(assert_traced(power(1)), assert_traced(power(2)))


def test_the_key_of_a_custom_activation_is_its_code():
    def activated(p):
        return functional(lambda: keras.layers.Dense(3, lambda x: x**p, dtype="float64"))

    assert_differ(assert_traced(activated(2)), assert_traced(activated(3)))


class OwnModel(keras.Model):
    """A subclassed model without a training step of its own."""

    def __init__(self, power):
        super().__init__()
        self.power = power
        self.head = keras.layers.Dense(1, "sigmoid", dtype="float64")

    def call(self, x):
        return self.head(x**self.power)


def subclassed(power):
    def make(meta):
        model = OwnModel(power)
        model(keras.Input((6,), dtype="float64"))
        return model

    return make


def test_a_subclassed_model_is_traced():
    # Keras' fit computes the loss of a model without outputs in single precision
    assert_differ(*(assert_traced(subclassed(power), atol=1e-8) for power in (1, 2)))


class OwnFunctional(keras.Model):
    """A functional model whose config is its arguments."""

    def __init__(self, power):
        inputs = keras.Input((6,), dtype="float64")
        head = keras.layers.Dense(1, "sigmoid", dtype="float64")
        super().__init__(inputs, head(inputs**power))


def test_a_functional_subclass_is_traced():
    made = [assert_traced(lambda meta, p=power: OwnFunctional(p)) for power in (1, 2)]
    assert_differ(*made)


def test_a_program_is_shared_by_fits_of_the_same_code():
    from .conftest import kept_programs

    networks = [
        functional(lambda: Scale(2.0)),
        functional(lambda: keras.layers.Lambda(lambda x: x**2, dtype="float64")),
        subclassed(2),
        lambda meta: OwnFunctional(2),
    ]
    for n_programs, network in enumerate(networks, start=1):
        for seed in range(2):
            fitted(network, X=FEATURES, random_state=seed, epochs=1)
        assert len(kept_programs()) == n_programs


# Regularizers and constraints


class Wall(keras.regularizers.Regularizer):
    def __init__(self, strength):
        self.strength = strength

    def __call__(self, x):
        return self.strength * keras.ops.sum(x**4)


class Below(keras.constraints.Constraint):
    def __init__(self, most):
        self.most = most

    def __call__(self, w):
        return keras.ops.clip(w, -self.most, self.most)


def test_custom_regularizers_and_constraints_are_traced():
    single = {"dtype": "float32"}  # in double precision Keras' fit cannot add penalties to a loss
    walls = [functional(regularizer=Wall(strength), **single) for strength in (0.1, 1.0)]
    assert_differ(*(assert_traced(wall, atol=1e-5, **single) for wall in walls))
    for most in (0.01, 0.3):
        clf = assert_traced(functional(constraint=Below(most)), optimizer__learning_rate=0.1)
        assert np.abs(clf.weights_[0]).max() <= most


# Losses and metrics


class Focal(keras.losses.Loss):
    """A loss whose config does not contain its exponent."""

    def __init__(self, gamma=1.0, **kwargs):
        super().__init__(**kwargs)
        self.gamma = gamma

    def call(self, y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** self.gamma, axis=-1)


def loss_of(gamma):
    def loss(y_true, y_pred):
        return keras.ops.mean(keras.ops.abs(y_true - y_pred) ** gamma, axis=-1)

    return loss


def test_custom_losses_are_traced():
    made = [assert_traced(SMALL, X=IDS, loss=Focal, loss__gamma=g) for g in (1.0, 3.0)]
    made += [assert_traced(SMALL, X=IDS, loss=loss_of(g)) for g in (2.0, 4.0)]
    outputs = [c.predict_proba(IDS) for c in made]
    assert len(np.unique(outputs, axis=0)) == 4


def test_a_redefined_loss_gets_another_program():
    space = {"keras": keras}
    made = []
    for power in (1, 3):
        exec(f"def loss(y, p): return keras.ops.mean(keras.ops.abs(y - p) ** {power}, -1)", space)
        made.append(assert_traced(SMALL, X=IDS, loss=space["loss"]).predict_proba(IDS))
    assert not np.allclose(*made)


class Share(keras.metrics.Metric):
    """The share of outputs above a limit that its config does not contain."""

    def __init__(self, limit=0.5, name="share", **kwargs):
        super().__init__(name=name, **kwargs)
        self.limit = limit
        self.above = self.add_weight(name="above", initializer="zeros")
        self.seen = self.add_weight(name="seen", initializer="zeros")

    def update_state(self, y_true, y_pred, sample_weight=None):
        above = keras.ops.cast(y_pred > self.limit, self.dtype)
        self.above.assign_add(keras.ops.sum(above))
        self.seen.assign_add(keras.ops.cast(keras.ops.size(above), self.dtype))

    def result(self):
        return self.above / self.seen


def metric_of(limit):
    def share(y_true, y_pred):
        return keras.ops.cast(y_pred > limit, "float32")

    return share


def test_custom_metrics_are_traced():
    for limit in (0.4, 0.6):
        for metrics in (
            {"metrics": [Share], "metrics__limit": limit},
            {"metrics": [metric_of(limit)]},
        ):
            clf = assert_traced(SMALL, X=IDS, epochs=1, **metrics)
            assert "share" in clf.history_


# Code that needs Python at each step


class OwnStep(keras.Model):
    def train_step(self, data):
        return super().train_step(data)


class OwnLoss(keras.Model):
    def compute_loss(self, *args, **kwargs):
        return 2 * super().compute_loss(*args, **kwargs)


@pytest.mark.parametrize(
    ("cls", "reason"),
    [(OwnStep, "a train_step of its own"), (OwnLoss, "a compute_loss of its own")],
)
def test_a_custom_training_step_is_trained_by_keras(cls, reason):
    def make(meta):
        inputs = keras.Input((6,), dtype="float64")
        return cls(inputs, keras.layers.Dense(1, "sigmoid", dtype="float64")(inputs))

    clf = fitted(make, X=FEATURES)
    assert clf.engine_.startswith("keras.Model.fit, since the model has " + reason)


class SeesBatches(keras.callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None):
        pass


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"callbacks": SeesBatches}, "a callback looks at every batch"),
        ({"run_eagerly": True}, "run_eagerly=True"),
        ({"fit__steps_per_epoch": 2}, "fit__steps_per_epoch"),
        ({"optimizer": keras.optimizers.SGD(use_ema=True)}, "more than a step (use_ema)"),
    ],
)
def test_engine_states_why_keras_trains(parameters, reason, capsys):
    clf = fitted(SMALL, epochs=1, verbose=2, **parameters)
    assert clf.engine_.startswith("keras.Model.fit, since ")
    assert reason in clf.engine_
    assert capsys.readouterr().out.count(clf.engine_) == 1
