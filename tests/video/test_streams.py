"""Sound, subtitles, chapters, attachments and covers are copied; other streams are dropped with a warning."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sr_lightning.errors import InputError
from sr_lightning.video import convert, probe
from tests.support.frames import double, read
from tests.support.videos import TIMES, av, film


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
