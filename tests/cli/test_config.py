"""Checks of configured values."""

import pytest
from omegaconf import OmegaConf

from sr_lightning.cli.config import check_values, integer, nonnegative_number, one_of, positive_number
from sr_lightning.errors import InputError


@pytest.mark.parametrize(
    ("check", "accepted", "rejected"),
    [
        (integer(1), [1, 10**6], [0, -1, 1.0, True, "1", None]),
        (positive_number(), [1e-9, 1], [0, -1, True, "1", None, float("nan")]),
        (nonnegative_number(), [0, 0.0, 1], [-1e-9, False, True, "1", None, float("nan")]),
        (one_of(None, True, 1, "auto"), [None, True, 1, "auto"], [False, 0, 1.0, "1", "none"]),
    ],
)
def test_checks_accept_values_of_their_range_and_type_only(check, accepted, rejected):
    test, _ = check
    assert [test(value) for value in accepted] == [True] * len(accepted)
    assert [test(value) for value in rejected] == [False] * len(rejected)


def test_the_message_names_key_value_and_expected_values():
    config = OmegaConf.create({"data": {"crop": 0}, "resident": None})
    with pytest.raises(InputError, match=r"^data\.crop=0: must be a whole number of at least 1$"):
        check_values(config, {"data.crop": integer(1)})
    with pytest.raises(InputError, match=r"^resident=null: must be one of true, auto$"):
        check_values(config, {"resident": one_of(True, "auto")})


def test_a_missing_key_is_not_checked():
    check_values(OmegaConf.create({"data": {}}), {"data.crop": integer(1), "generator.width": integer(1)})
