"""Checks of the device's results; each returns rows of the correctness table."""
