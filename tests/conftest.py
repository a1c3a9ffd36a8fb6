"""Where the tests find what is not in the repository."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of photographs, weights and golden values; beside the checkout, or $SR_SHARED."""
    folder = Path(os.environ.get("SR_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        message = f"{folder} is not there: set SR_SHARED to the folder of test data"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return folder
