"""Colors, bit depth and transparency of videos."""

from fractions import Fraction

import numpy as np
import pytest

from sr_lightning.video import convert
from tests.support.frames import double
from tests.support.videos import av


@pytest.mark.parametrize(("matrix", "span"), [(5, 1), (5, 2), (1, 1), (1, 2)])
def test_every_matrix_and_range_becomes_bt709(tmp_path, matrix, span):
    """Matrix 5 is BT.601 and 1 is BT.709; range 1 is limited and 2 is full."""
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"crf": "4"})
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = matrix, span
        red = av.VideoFrame.from_ndarray(np.full((24, 32, 3), (220, 20, 10), np.uint8))
        frame = red.reformat(format="yuv420p", src_color_range=2, dst_colorspace=matrix, dst_color_range=span)
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        out.mux([*stream.encode(frame), *stream.encode(None)])
    convert(tmp_path / "a.mkv", tmp_path / "b.mkv", lambda pixels: pixels)
    with av.open(str(tmp_path / "b.mkv")) as file:
        frame = next(file.decode(video=0))
    assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
    shown = frame.reformat(format="rgb24", src_colorspace=1, src_color_range=1, dst_color_range=2).to_ndarray()
    assert np.abs(shown.astype(int) - (220, 20, 10)).max() <= 3


def test_ten_bits_and_wide_gamuts_are_kept(tmp_path):
    """HDR in BT.2020 (9) with PQ (16) and 10 bits, compared by the levels in the stream."""
    levels = (430, 530, 610)
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        stream = out.add_stream("libx265", rate=25, options={"x265-params": "lossless=1:log-level=none:bframes=0"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = 9, 9, 16, 1
        planes = [np.full((64 >> (i > 0), 64 >> (i > 0)), level, np.uint16) for i, level in enumerate(levels)]
        frame = av.VideoFrame.from_ndarray(
            np.concatenate([p.reshape(-1) for p in planes]).reshape(96, 64), "yuv420p10le"
        )
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        out.mux([*stream.encode(frame), *stream.encode(None)])
    convert(tmp_path / "a.mkv", tmp_path / "b.mp4", lambda pixels: pixels)
    with av.open(str(tmp_path / "b.mp4")) as file:
        context = file.streams.video[0].codec_context
        frame = next(file.decode(video=0))
        assert frame.format.name == "yuv420p10le"
        tags = context.colorspace, context.color_primaries, context.color_trc, context.color_range
        assert tuple(map(int, tags)) == (9, 9, 16, 1)
    written = frame.to_ndarray().reshape(-1).astype(int)
    medians = [np.median(part) for part in np.split(written, [4096, 5120])]
    assert medians == pytest.approx(levels, abs=2)


def test_transparency_is_dropped_with_a_warning(tmp_path, caplog):
    """Both for formats with alpha and for VP9; the output does not declare alpha."""
    for name, codec, kind in (("a.webm", "libvpx-vp9", "yuva420p"), ("a.mkv", "ffv1", "yuva420p")):
        caplog.clear()
        with av.open(str(tmp_path / name), "w") as out:
            stream = out.add_stream(codec, rate=25)
            stream.width, stream.height, stream.pix_fmt = 32, 24, kind
            frame = av.VideoFrame.from_ndarray(np.full((24, 32, 4), 90, np.uint8), format="rgba")
            frame.pts, frame.time_base = 0, Fraction(1, 25)
            out.mux([*stream.encode(frame), *stream.encode(None)])
        convert(tmp_path / name, tmp_path / f"b{name}", double)
        assert f"{name}: transparency is not supported and is dropped" in caplog.text
        with av.open(str(tmp_path / f"b{name}")) as file:
            assert "alpha_mode" not in {key.lower() for key in file.streams[0].metadata}
