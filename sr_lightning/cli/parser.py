"""Argument parser of the commands that do not use Hydra."""

import argparse
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Reports an invalid argument in one line, without the usage, and exits with status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")
