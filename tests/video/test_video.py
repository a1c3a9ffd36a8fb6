"""Conversion of videos: time stamps, sound, colors and rotation are kept."""

import weakref
from fractions import Fraction

import numpy as np
import pytest

from sr_lightning.errors import InputError
from sr_lightning.upscale import main
from sr_lightning.video import convert, probe
from tests.support.frames import double, read
from tests.support.photographs import save
from tests.support.videos import TIMES, av, film


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
