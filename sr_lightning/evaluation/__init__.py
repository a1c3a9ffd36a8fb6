"""Evaluation of networks on benchmarks."""
