"""Benchmarks of sklearn_textnn against alternatives; run ``python -m benchmarks``."""
