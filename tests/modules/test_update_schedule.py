"""The schedule of updates of generator and discriminator."""

import pytest

from sr_lightning.modules.update_schedule import UpdateSchedule


@pytest.mark.parametrize(
    ("settings", "generator", "discriminator"),
    [
        ({}, "111111", "111111"),
        ({"discriminator_every": 2}, "111111", "010101"),
        ({"discriminator_start": 2}, "111111", "001111"),
        ({"discriminator_start": 2, "discriminator_every": 2}, "111111", "000101"),
        ({"generator_start": 3}, "000111", "111111"),
        ({"generator_start": 3, "discriminator_every": 2}, "000111", "111101"),
    ],
)
def test_updates_of_the_first_six_iterations(settings, generator, discriminator):
    schedule = UpdateSchedule(**settings)
    updates = [schedule.updates(iteration) for iteration in range(6)]
    assert "".join(str(int(each.generator)) for each in updates) == generator
    assert "".join(str(int(each.discriminator)) for each in updates) == discriminator
    counts = [schedule.discriminator_updates(iteration) for iteration in range(6)]
    assert counts == [discriminator[: iteration + 1].count("1") for iteration in range(6)]
