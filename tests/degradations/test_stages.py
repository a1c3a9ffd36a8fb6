"""Settings of stages are checked."""

import pytest

from sr_lightning.degradations import JPEG, Blur, Noise, Resize


@pytest.mark.parametrize(
    ("part", "settings", "message"),
    [
        (JPEG, {"probability": 1.5, "quality": [30, 95]}, "probability must be within 0 and 1, got 1.5"),
        (JPEG, {"probability": 1, "quality": [95, 30]}, "quality must be two ascending numbers"),
        (JPEG, {"probability": 1, "quality": [0, 30]}, "quality must be .* at least 1 and at most 100"),
        (JPEG, {"probability": 1, "quality": [30.5, 95]}, "quality must be integers"),
        (
            Blur,
            {"probability": 1, "kinds": {"box": 1}, "size": [7, 21]},
            "kinds: unknown option box; choose from gaussian_isotropic",
        ),
        (Blur, {"probability": 1, "kinds": {"sinc": 0}, "size": [7, 21]}, "kinds must have weights"),
        (Blur, {"probability": 1, "kinds": {"sinc": 1}, "size": [8, 21]}, "size must be odd"),
        (
            Resize,
            {"probability": 1, "directions": {"up": 1}, "factor": [0.5, 0.9], "modes": {"area": 1}},
            "factor must contain 1",
        ),
        (Noise, {"probability": 1, "gaussian": 1, "sigma": [-1, 3], "scale": [0, 1], "gray": 0}, "sigma must be"),
    ],
)
def test_invalid_settings_are_errors(part, settings, message):
    with pytest.raises(ValueError, match=message):
        part(**settings)
