"""Functions on image tensors, and the random number streams of the package."""
