"""Conversion of videos: time stamps, sound, colors and rotation are kept."""

import weakref
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sr_lightning.errors import InputError
from sr_lightning.upscale import main
from sr_lightning.video import convert, probe
from tests.support.photographs import save
from tests.support.videos import TIMES, av, film


def double(pixels: np.ndarray) -> np.ndarray:
    return pixels.repeat(2, 0).repeat(2, 1)


def read(path: Path) -> tuple[list[float], list[np.ndarray], list[bytes]]:
    """Return the times and pixels of the frames, and the packets of the sound."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    with av.open(str(path)) as file:
        sound = [bytes(packet) for packet in file.demux(audio=0) if packet.size]
    return [float(f.pts * f.time_base) for f in frames], [f.to_ndarray(format="rgb24") for f in frames], sound


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".webm"])
def test_time_stamps_sound_and_colors_are_kept(tmp_path, suffix):
    source = film(tmp_path / f"a{suffix}", codec="libvpx-vp9" if suffix == ".webm" else "mpeg4")
    assert probe(source).frames == len(TIMES)
    seen = []
    convert(source, tmp_path / f"b{suffix}", double, lambda: seen.append(1))
    (times, _, sound), (kept, after, copied) = read(source), read(tmp_path / f"b{suffix}")
    assert len(seen) == len(TIMES)
    assert np.diff(kept) == pytest.approx(np.diff(TIMES) / 25, abs=1e-3)
    assert np.diff(times) == pytest.approx(np.diff(kept), abs=1e-3)
    assert copied == sound
    assert after[0].shape == (48, 64, 3)
    with av.open(str(tmp_path / f"b{suffix}")) as file:
        frame = next(file.decode(video=0))
        assert (int(frame.colorspace), int(frame.color_range)) == (1, 1)
        shown = frame.reformat(format="rgb24", src_colorspace=1, src_color_range=1, dst_color_range=2).to_ndarray()
    assert np.abs(shown[8:40, 32:60].astype(int) - (220, 0, 0)).max() <= 6
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{suffix}", f"b{suffix}"]


def test_a_rotated_video_is_written_upright(tmp_path):
    convert(film(tmp_path / "a.mp4", turn=90), tmp_path / "b.mp4", lambda pixels: pixels)
    after = read(tmp_path / "b.mp4")[1][0]
    assert after.shape == (32, 24, 3)
    assert after[-4].max() < 40  # the black left side, rotated counterclockwise, is at the bottom
    assert after[4, :, 0].min() > 150


def test_odd_sizes_are_padded_to_even(tmp_path):
    convert(film(tmp_path / "a.mp4"), tmp_path / "b.mp4", lambda pixels: pixels[:23, :31])
    assert read(tmp_path / "b.mp4")[1][0].shape == (24, 32, 3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_damaged_video_is_an_input_error_and_leaves_no_output(tmp_path, suffix):
    intact = film(tmp_path / f"a{suffix}").read_bytes()
    for content in (b"", np.random.default_rng(0).bytes(5000), intact[: len(intact) // 2]):
        (tmp_path / f"a{suffix}").write_bytes(content)
        with pytest.raises(InputError) as caught:
            probe(tmp_path / f"a{suffix}")
        assert str(caught.value).startswith(str(tmp_path / f"a{suffix}"))
        if len(content) < len(intact) // 2 or suffix == ".mp4":
            with pytest.raises(InputError):
                convert(tmp_path / f"a{suffix}", tmp_path / f"b{suffix}", double)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]


def test_video_in_an_unknown_format_is_an_error_and_sound_is_dropped(tmp_path, caplog):
    """Dropped sound is logged."""
    intact = film(tmp_path / "a.mkv").read_bytes()
    assert (intact.count(b"V_MPEG4"), intact.count(b"A_AAC")) == (1, 1)
    (tmp_path / "a.mkv").write_bytes(intact.replace(b"V_MPEG4", b"V_NOBOD"))
    with pytest.raises(InputError, match=r"a\.mkv: its video format cannot be decoded"):
        probe(tmp_path / "a.mkv")
    (tmp_path / "a.mkv").write_bytes(intact.replace(b"A_AAC", b"A_NOB"))
    convert(tmp_path / "a.mkv", tmp_path / "b.mkv", double)
    assert len(read_pictures(tmp_path / "b.mkv")) == len(TIMES)
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == [
        "audio in an unknown format is not supported in .mkv; dropped"
    ]


def read_pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def test_an_interruption_leaves_no_output(tmp_path):
    def stop(pixels: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(film(tmp_path / "a.mp4"), tmp_path / "b.mp4", stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_the_command_upscales_videos_and_images(tmp_path, monkeypatch, capsys):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4")
    save(tmp_path / "in" / "b.png", 8, 9)
    (tmp_path / "in" / "damaged.mkv").write_bytes(b"damaged")
    monkeypatch.chdir(tmp_path)
    arguments = ["--weights", "bicubic", "--device", "cpu"]
    assert main(["in", *arguments, "--output", "out"]) == 1
    *problems, summary = capsys.readouterr().out.splitlines()
    assert summary == "2 of 3 files upscaled, 1 failed"
    assert [line.split(": ")[0] for line in problems] == ["in/damaged.mkv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mp4", "b.png"]
    assert read(tmp_path / "out" / "a.mp4")[1][0].shape == (96, 128, 3)
    with pytest.raises(SystemExit):
        main(["in/a.mp4", *arguments, "--output", "a.png"])
    assert "in/a.mp4: cannot be written as a.png; use one of .m4v, .mkv, .mov, .mp4, .webm" in capsys.readouterr().err


def test_without_pyav_the_error_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("sr_lightning.video.reader.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"a\.mp4: videos need the package av: pip install 'sr_lightning\[video\]'"):
        probe(tmp_path / "a.mp4")


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


def test_chapters_subtitles_and_attachments_are_kept_where_supported(tmp_path, caplog):
    """Matroska supports all of them; streams that MP4 does not support are dropped with a warning."""
    (tmp_path / "a.srt").write_text("1\n00:00:00,100 --> 00:00:00,400\nHello\n")
    title = {"id": 1, "start": 0, "end": 400, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}}
    with (
        av.open(str(film(tmp_path / "a.mkv"))) as file,
        av.open(str(tmp_path / "a.srt")) as words,
        av.open(str(tmp_path / "b.mkv"), "w") as out,
    ):
        streams = {stream: out.add_stream_from_template(stream) for stream in [*file.streams, *words.streams]}
        out.set_chapters([title])
        out.add_attachment("font.ttf", "font/ttf", b"0123")
        for packet in [*words.demux(), *file.demux()]:
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                out.mux(packet)
    convert(tmp_path / "b.mkv", tmp_path / "c.mkv", double)
    with av.open(str(tmp_path / "c.mkv")) as file:
        assert [bytes(packet) for packet in file.demux(subtitles=0) if packet.size] == [b"Hello"]
        assert [(chapter["start"], chapter["metadata"]["title"]) for chapter in file.chapters()] == [(0, "One")]
        assert [(attachment.name, attachment.data) for attachment in file.streams.attachments] == [
            ("font.ttf", b"0123")
        ]
    assert not caplog.records
    convert(tmp_path / "b.mkv", tmp_path / "c.mp4", double)
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == [
        "subtitle (srt) is not supported in .mp4; dropped",
        "font.ttf is not supported in .mp4; dropped",
    ]
    with av.open(str(tmp_path / "c.mp4")) as file:
        assert [chapter["metadata"]["title"] for chapter in file.chapters()] == ["One"]


def test_without_the_best_encoder_the_next_one_is_used_with_a_warning(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("av.codec.codecs_available", {"mpeg4"})
    convert(film(tmp_path / "a.mp4"), tmp_path / "b.mp4", double)
    assert read(tmp_path / "b.mp4")[1][0].shape == (48, 64, 3)
    assert "this PyAV has no libx264; encoding with mpeg4" in caplog.text
    with pytest.raises(InputError, match=r"b\.webm: this build of PyAV lacks the encoder libvpx-vp9"):
        convert(tmp_path / "a.mp4", tmp_path / "b.webm", double)


def test_only_a_few_frames_are_in_memory(tmp_path):
    """Those that the encoder buffers, regardless of the length of the video."""
    with av.open(str(tmp_path / "a.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
        for time in range(120):
            frame = av.VideoFrame.from_ndarray(np.full((24, 32, 3), time, np.uint8))
            frame.pts, frame.time_base = time, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    seen: list[weakref.ref] = []
    most = 0

    def change(pixels: np.ndarray) -> np.ndarray:
        nonlocal most
        seen.append(weakref.ref(pixels))
        most = max(most, sum(frame() is not None for frame in seen))
        return pixels

    convert(tmp_path / "a.mp4", tmp_path / "b.mp4", change)
    assert probe(tmp_path / "b.mp4").frames == len(seen) == 120
    assert most <= 4


def with_more(path: Path, cover: bool) -> Path:
    """Write `film` with a cover or a second video stream."""
    film(path.with_name("plain.mkv"))
    with av.open(str(path.with_name("plain.mkv"))) as file, av.open(str(path), "w", format="mp4") as out:
        streams = {stream: out.add_stream_from_template(stream) for stream in file.streams}
        more = out.add_stream("mjpeg" if cover else "mpeg4", rate=1)
        more.width, more.height, more.pix_fmt = 64, 64, "yuvj420p" if cover else "yuv420p"
        if cover:
            more.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8))
        picture.pts = 0
        out.mux([*more.encode(picture), *more.encode(None)])
        for packet in file.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                out.mux(packet)
    return path


@pytest.mark.parametrize("suffix", [".mp4", ".m4v"])
def test_a_cover_stays_a_cover(tmp_path, suffix, caplog):
    source = with_more(tmp_path / f"a{suffix}", cover=True)
    convert(source, tmp_path / f"b{suffix}", double)
    covers = []
    for path in (source, tmp_path / f"b{suffix}"):
        with av.open(str(path)) as file:
            assert [stream.type for stream in file.streams].count("video") == 2
            cover = next(stream for stream in file.streams if stream.disposition.name == "attached_pic")
            covers.append([bytes(packet) for packet in file.demux(cover) if packet.size])
    assert covers[0] == covers[1] != []
    assert read(tmp_path / f"b{suffix}")[1][0].shape == (48, 64, 3)
    assert not caplog.records
    convert(source, tmp_path / "b.mkv", double)
    assert [record.getMessage().split(": ", 1)[1] for record in caplog.records] == [
        "cover (mjpeg) is not supported in .mkv; dropped"
    ]


def test_a_second_video_stream_is_dropped_with_a_warning(tmp_path, caplog):
    convert(with_more(tmp_path / "a.mp4", cover=False), tmp_path / "b.mp4", double)
    assert "only the first video stream is upscaled; dropping another video (mpeg4)" in caplog.text
    with av.open(str(tmp_path / "b.mp4")) as file:
        assert [stream.type for stream in file.streams] == ["video", "audio"]


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
