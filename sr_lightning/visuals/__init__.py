"""Comparison images and HTML pages."""
