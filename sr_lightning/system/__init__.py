"""Files, downloads, hardware and processes: what the other packages need of the machine."""
