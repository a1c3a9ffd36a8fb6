"""The work of the commands, apart from their parsers, so that ``--help`` does not import torch."""
