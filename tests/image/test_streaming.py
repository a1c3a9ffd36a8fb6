"""Images that are written in bands are the files that are written from memory."""

import io
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from sr_lightning import image
from sr_lightning.image import Bands, Metadata, Picture
from sr_lightning.image.streaming import paeth, regroup
from tests.image.test_picture import SRGB
from tests.support.photographs import pixels

HEIGHT, WIDTH = 531, 37
RGBA = np.concatenate([pixels(HEIGHT, WIDTH), pixels(HEIGHT, WIDTH, seed=1)[:, :, :1]], 2)
METADATA = Metadata(icc=SRGB, dpi=(300, 300), color_space={"gAMA": b"\0\0\xb1\x8f"}, text={"Title": "Ünïcode"})


def channels_of(count: int) -> np.ndarray:
    return {1: RGBA[:, :, :1], 2: RGBA[:, :, 2:], 3: RGBA[:, :, :3], 4: RGBA}[count]


def bands_of(values: np.ndarray, heights: list[int], metadata: Metadata) -> Bands:
    edges = np.cumsum([0, *heights, len(values)])
    rows = (values[start:end] for start, end in pairwise(edges) if end > start)
    return Bands(*values.shape, 8 * values.itemsize, metadata, rows)


@pytest.mark.parametrize("depth", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
def test_lossless_bands_are_the_picture(suffix, channels, depth, tmp_path):
    values = channels_of(channels)
    values = values.astype(np.uint16) * 257 + 5 if depth == 16 else values
    image.write_bands(tmp_path / f"a{suffix}", bands_of(values, [1, 200, 63, 64], METADATA))
    back = image.read_picture(tmp_path / f"a{suffix}")
    assert back.pixels.dtype == values.dtype
    assert np.array_equal(back.pixels, values)
    assert back.metadata.icc == (SRGB if channels > 2 else None)
    assert back.metadata.dpi == pytest.approx((300, 300), abs=0.1)
    if suffix == ".png":
        assert back.metadata.color_space == METADATA.color_space
        assert back.metadata.text == METADATA.text


@pytest.mark.parametrize("heights", [[531], [100, 300], [256, 256], [8] * 66])
@pytest.mark.parametrize("channels", [1, 3])
def test_jpeg_bands_decode_to_what_pillow_writes_in_one_go(channels, heights, tmp_path):
    values = channels_of(channels)
    image.write_bands(tmp_path / "a.jpg", bands_of(values, heights, METADATA))
    with Image.open(tmp_path / "a.jpg") as file:
        assert file.size == (WIDTH, HEIGHT)
        assert file.info["dpi"] == (300, 300)
    expected = image.decode(image.encode(Picture(values), ".jpg"), "a").pixels
    assert np.array_equal(image.read_picture(tmp_path / "a.jpg").pixels, expected)


@pytest.mark.parametrize("suffix", [".webp", ".bmp"])
def test_other_formats_are_written_from_memory(suffix, tmp_path):
    image.write_bands(tmp_path / f"a{suffix}", bands_of(channels_of(3), [100], Metadata()))
    expected = image.decode(image.encode(Picture(channels_of(3)), suffix), "a").pixels
    assert np.array_equal(image.read_picture(tmp_path / f"a{suffix}").pixels, expected)


def test_regrouped_bands_have_the_same_rows():
    rows = [RGBA[:1], RGBA[1:150], RGBA[150:]]
    groups = list(regroup(iter(rows), 64))
    assert [len(group) for group in groups] == [64] * 8 + [19]
    assert np.array_equal(np.concatenate(groups), RGBA)


def test_the_paeth_filter_is_that_of_the_specification():
    """Worked example: the predictor is the neighbor that is nearest to left + above - upper left."""
    values = np.array([[10, 20, 250], [12, 26, 3]], np.uint8)
    filtered = paeth(values, np.zeros((1, 3), np.uint8), 1)
    assert filtered.tolist() == [[4, 10, 10, 230], [4, 2, 6, 9]]


def test_an_error_while_bands_are_computed_leaves_no_file(tmp_path):
    def failing():
        yield RGBA[:64]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        image.write_bands(tmp_path / "a.png", Bands(*RGBA.shape, 8, Metadata(), failing()))
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_bands_is_valid_for_other_decoders(tmp_path):
    image.write_bands(tmp_path / "a.png", bands_of(RGBA, [531], METADATA))
    with Image.open(io.BytesIO((tmp_path / "a.png").read_bytes())) as file:
        file.verify()  # checks the checksums of all chunks
