"""Scores of networks on benchmarks."""
