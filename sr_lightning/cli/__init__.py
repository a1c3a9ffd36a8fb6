"""Command-line parts that several commands share."""
