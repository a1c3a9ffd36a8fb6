"""Import costs of pages."""

import subprocess
import sys


def test_pages_do_not_import_scipy_stats():
    """It takes a second to import, and pages only draw given numbers."""
    code = "import sys, sr_lightning.visuals.html; sys.exit('scipy.stats' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
