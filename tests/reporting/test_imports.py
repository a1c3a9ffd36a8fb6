"""Import costs of pages."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["sr_lightning.visuals.html", "sr_lightning.reporting.significance"])
def test_pages_do_not_import_scipy_stats(module):
    """It takes a second to import, and only the tests of a report need it."""
    code = f"import sys, {module}; sys.exit('scipy.stats' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
