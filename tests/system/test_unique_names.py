"""Short names that distinguish items."""

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr_lightning.system.unique_names import unique_names, unique_paths


@pytest.mark.parametrize(
    ("items", "names"),
    [
        (["a/x", "b/y"], ["x", "y"]),  # the first naming suffices
        (["a/x", "b/x"], ["a/x", "b/x"]),
        (["x", "x", "x-2"], ["x", "x-3", "x-2"]),  # no naming distinguishes them
        (["HR", "b/y"], ["HR-2", "b/y"]),
        ([], []),
    ],
)
def test_the_first_naming_that_distinguishes_all_items_is_used(items, names):
    assert unique_names(items, [lambda item: item.split("/")[-1], str], reserved=["HR"]) == names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["/n/a.pth", "/n/b.pth"], ["a", "b"]),
        (["/n/a.pth", "/n/a.safetensors"], ["a.pth", "a.safetensors"]),
        (["../n/a.pth", "../m/a.pth"], ["n/a", "m/a"]),
        (["old/photos", "photos"], ["old/photos", "photos"]),
        (["../a", "a"], ["a", "a-2"]),
    ],
)
def test_paths_get_the_shortest_names_that_distinguish_them(paths, names):
    assert unique_paths([PurePath(path) for path in paths]) == names


PARTS = st.sampled_from(["a", "b", "a.png", "a.jpg", "a-2", "..", "/", "HR"])


@given(st.lists(st.lists(PARTS, min_size=1, max_size=4), max_size=6), st.booleans())
def test_names_of_paths_are_unique_relative_and_below_their_folder(paths, suffix):
    names = unique_paths([PurePath(*parts) for parts in paths], ["HR"], suffix=suffix)
    assert len({*names, "HR"}) == len(paths) + 1
    for name in names:
        assert not PurePath(name).is_absolute()
        assert ".." not in PurePath(name).parts
