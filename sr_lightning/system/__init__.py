"""Files, downloads, hardware, processes and signals."""
