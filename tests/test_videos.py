"""Videos through a change of their frames: times, sound, colours and turns."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sr_lightning.errors import InputError
from sr_lightning.upscale import main
from sr_lightning.videos import convert, facts
from tests.photographs import save

av = pytest.importorskip("av")
TIMES = [0, 1, 2, 4, 8, 9, 12, 20]  # of 25 a second


def film(path: Path, colour: tuple[int, int, int] = (220, 0, 0), codec: str = "mpeg4", turn: int = 0) -> Path:
    """8 frames of one colour, 32x24, at uneven times, with a second of sound."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 24, "yuv420p"
        stream.bit_rate = 2_000_000
        if turn:
            stream.set_display_rotation(turn)
        sound = out.add_stream("libopus" if path.suffix == ".webm" else "aac", rate=48000, layout="mono")
        picture = np.full((24, 32, 3), colour, np.uint8)
        picture[:, :8] = 0
        for time in TIMES:
            frame = av.VideoFrame.from_ndarray(picture)
            frame.pts, frame.time_base = time, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        noise = np.random.default_rng(0).normal(0, 0.1, (1, 48000)).astype(np.float32)
        wave = av.AudioFrame.from_ndarray(noise, format="fltp", layout="mono")
        wave.sample_rate = 48000
        resampler = av.AudioResampler(format=sound.format, layout="mono", rate=48000)
        for part in resampler.resample(wave):
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    return path


def doubled(pixels: np.ndarray) -> np.ndarray:
    return pixels.repeat(2, 0).repeat(2, 1)


def read(path: Path) -> tuple[list[float], list[np.ndarray], list[bytes]]:
    """Times and pixels of the frames, and the packets of the sound."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    with av.open(str(path)) as file:
        sound = [bytes(packet) for packet in file.demux(audio=0) if packet.size]
    return [float(f.pts * f.time_base) for f in frames], [f.to_ndarray(format="rgb24") for f in frames], sound


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".webm"])
def test_times_sound_and_colours_are_kept(tmp_path, suffix):
    source = film(tmp_path / f"a{suffix}", codec="libvpx-vp9" if suffix == ".webm" else "mpeg4")
    assert facts(source).frames == len(TIMES)
    seen = []
    convert(source, tmp_path / f"b{suffix}", doubled, lambda: seen.append(1))
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


def test_a_turned_video_is_written_upright(tmp_path):
    convert(film(tmp_path / "a.mp4", turn=90), tmp_path / "b.mp4", lambda pixels: pixels)
    after = read(tmp_path / "b.mp4")[1][0]
    assert after.shape == (32, 24, 3)
    assert after[-4].max() < 40  # the black left side, turned counterclockwise, is below
    assert after[4, :, 0].min() > 150


def test_an_odd_side_is_made_even(tmp_path):
    convert(film(tmp_path / "a.mp4"), tmp_path / "b.mp4", lambda pixels: pixels[:23, :31])
    assert read(tmp_path / "b.mp4")[1][0].shape == (24, 32, 3)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_damaged_video_is_one_line_and_leaves_nothing(tmp_path, suffix):
    whole = film(tmp_path / f"a{suffix}").read_bytes()
    for content in (b"", np.random.default_rng(0).bytes(5000), whole[: len(whole) // 2]):
        (tmp_path / f"a{suffix}").write_bytes(content)
        with pytest.raises(InputError) as caught:
            facts(tmp_path / f"a{suffix}")
        assert str(caught.value).startswith(str(tmp_path / f"a{suffix}"))
        if len(content) < len(whole) // 2 or suffix == ".mp4":
            with pytest.raises(InputError):
                convert(tmp_path / f"a{suffix}", tmp_path / f"b{suffix}", doubled)
    assert [path.name for path in tmp_path.iterdir()] == [f"a{suffix}"]


def test_an_interruption_leaves_nothing(tmp_path):
    def stop(pixels: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        convert(film(tmp_path / "a.mp4"), tmp_path / "b.mp4", stop)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_the_command_takes_videos_beside_pictures(tmp_path, monkeypatch, capsys):
    (tmp_path / "in").mkdir()
    film(tmp_path / "in" / "a.mp4")
    save(tmp_path / "in" / "b.png", 8, 9)
    (tmp_path / "in" / "torn.mkv").write_bytes(b"torn")
    monkeypatch.chdir(tmp_path)
    arguments = ["--weights", "bicubic", "--device", "cpu"]
    assert main(["in", *arguments, "--output", "out"]) == 1
    *problems, summary = capsys.readouterr().out.splitlines()
    assert summary == "2 of 3 files upscaled, 1 could not be"
    assert [line.split(": ")[0] for line in problems] == ["in/torn.mkv"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.mp4", "b.png"]
    assert read(tmp_path / "out" / "a.mp4")[1][0].shape == (96, 128, 3)
    with pytest.raises(SystemExit):
        main(["in/a.mp4", *arguments, "--output", "a.png"])
    assert "in/a.mp4: cannot become a.png; let it end in one of .mkv, .mov, .mp4, .webm" in capsys.readouterr().err


def test_without_pyav_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("sr_lightning.videos.reading.find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"a\.mp4: videos need a package more: pip install 'sr_lightning\[video\]'"):
        facts(tmp_path / "a.mp4")


@pytest.mark.parametrize(("matrix", "span"), [(5, 1), (5, 2), (1, 1), (1, 2)])
def test_every_matrix_and_range_becomes_bt709(tmp_path, matrix, span):
    """BT.601 is 5 and BT.709 is 1; limited is 1 and full is 2."""
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
