"""TensorFlow's compiled programs."""
