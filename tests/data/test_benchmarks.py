"""Find benchmarks by name or folder."""

import pytest

from sr_lightning.data import Files
from sr_lightning.data.benchmarks import find_benchmarks
from sr_lightning.errors import InputError
from tests.support import photographs


def test_benchmarks_are_found_by_name_or_folder(tmp_path):
    photographs.folder(tmp_path / "root" / "Set5" / "HR", count=2)
    photographs.folder(tmp_path / "root" / "Plain", count=3)
    folder_itself = str(photographs.folder(tmp_path / "mine", count=1))
    also_plain = str(photographs.folder(tmp_path / "other" / "Plain", count=2))
    benchmarks = find_benchmarks(["Set5", "Plain", folder_itself, also_plain], tmp_path / "root")
    counts = {name: len(files) for name, files in benchmarks.items()}
    assert counts == {"Set5": 2, "Plain": 3, f"{tmp_path.name}/mine": 1, "other/Plain": 2}  # equally long paths
    assert isinstance(benchmarks["Set5"], Files)
    with pytest.raises(InputError, match=r"benchmark Set6: no folder .*Set6.HR or .*Set6"):
        find_benchmarks(["Set6"], tmp_path / "root")
