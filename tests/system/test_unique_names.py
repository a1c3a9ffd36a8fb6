"""Short names that distinguish items."""

import pytest

from sr_lightning.evaluation.names import unique_names


@pytest.mark.parametrize(
    ("items", "names"),
    [
        (["a/x", "b/y"], ["x", "y"]),  # the first naming suffices
        (["a/x", "b/x"], ["a/x", "b/x"]),
        (["x", "x"], ["x", "x"]),  # no naming distinguishes them
        ([], []),
    ],
)
def test_the_first_naming_that_distinguishes_all_items_is_used(items, names):
    assert unique_names(items, [lambda item: item.split("/")[-1], str]) == names
