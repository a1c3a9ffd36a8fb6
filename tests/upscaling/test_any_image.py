"""One call for tensors, arrays, Pillow images and paths: the result has the type, shape and depth of the input."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

import sr_lightning
from sr_lightning import image
from sr_lightning.errors import InputError
from sr_lightning.generators import Interpolation
from sr_lightning.ops.resize import bicubic_to
from sr_lightning.upscaling import upscale_image
from tests.support.photographs import pixels

RGB = pixels(10, 14)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("channels", [None, 1, 2, 3, 4])
def test_arrays_keep_type_channels_and_values(dtype, channels):
    array = RGB[:, :, 0] if channels is None else np.concatenate([RGB, RGB], 2)[:, :, :channels]
    largest = 1 if dtype in (np.float32, np.float64) else np.iinfo(dtype).max
    array = np.ascontiguousarray((array / 255 * largest).astype(dtype))
    if largest == 1 and channels in (2, 4):
        with pytest.raises(ValueError, match=r"array of float\d\d: shape must be .* with C in 1, 3, got"):
            upscale_image(array, "bicubic")
        return
    enlarged = upscale_image(array, "bicubic", precision="float32")
    assert enlarged.dtype == dtype
    assert enlarged.shape == (40, 56, *array.shape[2:])
    planes = torch.from_numpy(np.atleast_3d(array).astype(np.float32) / largest).permute(2, 0, 1)
    colors = planes[: 1 if len(planes) < 3 else 3]
    if len(planes) in (1, 3):  # transparency changes the color of hidden pixels
        expected = bicubic_to(colors, 40, 56).clamp(0, 1).permute(1, 2, 0).numpy() * largest
        np.testing.assert_allclose(
            np.atleast_3d(enlarged), expected, atol=max(largest * 1e-5, 0 if largest == 1 else 1)
        )


@pytest.mark.parametrize("shape", [(3, 5, 7), (1, 5, 7), (2, 3, 5, 7)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.uint8])
def test_tensors_keep_type_and_batch(shape, dtype):
    tensor = torch.rand(shape)
    tensor = (tensor * 255).to(dtype) if dtype == torch.uint8 else tensor.to(dtype)
    enlarged = upscale_image(tensor, Interpolation("nearest", 2), precision="float32")
    assert enlarged.dtype == dtype
    expected = tensor.repeat_interleave(2, -1).repeat_interleave(2, -2)  # gray is the mean of three equal channels
    torch.testing.assert_close(enlarged, expected, rtol=0, atol=0 if shape[-3] == 3 or dtype == torch.uint8 else 1e-6)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1", "CMYK", "I;16", "F"])
def test_pillow_images_of_every_mode(mode):
    source = Image.fromarray(RGB)
    if mode == "I;16":
        source = Image.fromarray(RGB[:, :, 0].astype(np.uint16) * 257)
    elif mode == "F":
        source = Image.fromarray(RGB[:, :, 0] / np.float32(255))
    else:
        source = source.convert(mode)
    enlarged = upscale_image(source, "nearest")
    assert isinstance(enlarged, Image.Image)
    assert enlarged.size == (56, 40)
    assert enlarged.mode == {"P": "RGB", "1": "L", "CMYK": "RGB", "F": "I;16"}.get(mode, mode)
    if mode in ("L", "RGB", "LA", "RGBA", "I;16"):
        assert np.array_equal(np.asarray(enlarged)[::4, ::4], np.asarray(source))


def test_a_path_and_a_pillow_image_are_upright_and_keep_their_profile(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    file = tmp_path / "phone.png"
    Image.fromarray(RGB).save(file, exif=exif, icc_profile=profile, dpi=(300, 300))
    with Image.open(file) as opened:
        results = [
            upscale_image(opened, "nearest"),
            upscale_image(file, "nearest"),
            upscale_image(str(file), "nearest"),
        ]
    for enlarged in results:
        assert enlarged.size == (40, 56)
        assert np.array_equal(np.asarray(enlarged)[::4, ::4], np.rot90(RGB, -1))
        assert enlarged.info["icc_profile"] == profile
        assert enlarged.info["dpi"] == pytest.approx((300, 300), abs=0.1)


def test_outscale_resizes_the_output():
    assert upscale_image(RGB, "bicubic", outscale=2.5).shape == (25, 35, 3)
    tensor = torch.rand(3, 10, 14)
    enlarged = upscale_image(tensor, "bicubic", outscale=2.5, precision="float32")
    expected = bicubic_to(bicubic_to(tensor, 40, 56).clamp(0, 1), 25, 35).clamp(0, 1)
    torch.testing.assert_close(enlarged, expected)


@pytest.mark.parametrize(
    ("argument", "error", "message"),
    [
        (RGB.tolist(), TypeError, "image must be a Tensor, an array, a PIL image or a path, got list"),
        (
            RGB.astype(np.float32),
            ValueError,
            "must be floating point in [0, 1], got values from 117 to 253; divide images in [0, 255] by 255",
        ),
        (torch.full((3, 4, 4), torch.nan), ValueError, "image contains NaN; it must be floating point in [0, 1]"),
        (RGB.astype(np.int32), ValueError, "must be floating point in [0, 1] or uint8 or uint16, got int32"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), ValueError, "must be floating point in [0, 1] or uint8, got int64"),
        (torch.zeros(4, 4), ValueError, "tensor: shape must be (C, H, W) or (B, C, H, W), got (4, 4)"),
        (RGB.transpose(2, 0, 1), ValueError, "array of uint8: shape must be (H, W) or (H, W, C) with C in 1, 2, 3, 4"),
        (RGB[:0], ValueError, "got (0, 14, 3)"),
        ("missing.png", InputError, "missing.png: cannot be opened"),
    ],
)
def test_other_input_is_refused(argument, error, message):
    with pytest.raises(error) as raised:
        upscale_image(argument, "bicubic")
    assert message in str(raised.value)


def test_the_default_network_comes_with_the_package():
    enlarged = sr_lightning.upscale_image(RGB)
    assert enlarged.shape == (40, 56, 3)
    bicubic = image.to_pil(image.from_pil(Image.fromarray(RGB))).resize((56, 40), Image.Resampling.BICUBIC)
    assert np.abs(enlarged.astype(int) - np.asarray(bicubic)).mean() < 25
