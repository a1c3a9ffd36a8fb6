"""The published architectures, recognised by the names and shapes of their weights."""
