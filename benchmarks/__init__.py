"""Measurements of sklearn_textnn against what its users ran before; ``python -m benchmarks``."""
