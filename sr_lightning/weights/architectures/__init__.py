"""Published architectures, recognized by the names and shapes of their weights."""
