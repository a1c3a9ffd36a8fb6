"""Checks that a device computes what it should; each returns rows of the correctness table."""
