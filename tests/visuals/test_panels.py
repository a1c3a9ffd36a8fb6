"""Grids of labeled images, maps in color, and JPEG."""

from io import BytesIO

import pytest
import torch
from PIL import Image

from sr_lightning.visuals.comparison import LINE, MARGIN
from sr_lightning.visuals.jpeg import jpeg
from sr_lightning.visuals.panels import diverging, panels


def test_each_image_is_enlarged_into_its_cell():
    small = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])  # gray
    wide = torch.tensor([1.0, 0.0, 0.0]).view(3, 1, 1).expand(3, 20, 40)
    picture = panels([("a", small), ("b", wide), ("c", small)], columns=2, side=40)
    step = 40 + MARGIN + LINE
    assert picture.shape == (3, MARGIN + 2 * step, MARGIN + 2 * (40 + MARGIN))
    assert picture[:, MARGIN + 5, MARGIN + 5].tolist() == [0, 0, 0]
    assert picture[:, MARGIN + 5, MARGIN + 35].tolist() == [1, 1, 1]
    assert picture[:, MARGIN + 20, MARGIN + 40 + MARGIN + 20].tolist() == [1, 0, 0]
    assert picture[:, MARGIN + 5, MARGIN + 40 + MARGIN + 20].tolist() == [1, 1, 1]  # the wide image is centered
    assert picture[:, MARGIN + step + 35, MARGIN + 35].tolist() == [0, 0, 0]  # below, on the left


def test_values_are_a_second_line_below_the_name():
    image = torch.rand(3, 8, 8)
    plain, captioned = (panels([("a", image)], side=32, values=values) for values in (None, {"a": "0.5"}))
    assert captioned.shape[-2] == plain.shape[-2] + LINE
    assert captioned[:, plain.shape[-2] - MARGIN :].lt(1).any()


def test_a_grid_needs_images_and_columns():
    with pytest.raises(ValueError, match="0 images"):
        panels([])
    with pytest.raises(ValueError, match="columns=0"):
        panels([("a", torch.zeros(3, 2, 2))], columns=0)


def test_zero_is_white_positive_red_and_negative_blue():
    colors = diverging(torch.tensor([[0.0, 2.0, -2.0, 1.0, -1.0]]), peak=2)[:, 0].T.tolist()
    assert colors == [[1, 1, 1], [1, 0, 0], [0, 0, 1], [1, 0.5, 0.5], [0.5, 0.5, 1]]
    assert diverging(torch.tensor([[0.5, -4.0]]))[:, 0, 1].tolist() == [0, 0, 1]  # the peak is the largest magnitude
    assert diverging(torch.zeros(1, 1)).tolist() == [[[1]], [[1]], [[1]]]


def test_a_jpeg_shows_the_picture():
    picture = torch.linspace(0, 1, 32).expand(3, 16, 32)
    decoded = Image.open(BytesIO(jpeg(picture, quality=95)))
    assert (decoded.format, decoded.size) == ("JPEG", (32, 16))
    assert abs(decoded.getpixel((16, 8))[0] / 255 - float(picture[0, 8, 16])) < 0.03
