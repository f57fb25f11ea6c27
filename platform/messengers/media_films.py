"""Films and sounds: how long, how large, a first picture; and sounds made into voice messages. Called by `media_work`.

Does it by a program, ffmpeg, that a Python package brings. It gets one file of a type that we have found out ourselves,
may open nothing else, and is ended when it takes too long.
"""

import re
import subprocess
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

from messengers.media_images import thumbnail

TIME_LIMIT = 60.0  # seconds for one run
_POSTER_SIDE = 1280
# What reads a type. A reader that was not named could be led to a list of addresses.
_READERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/webm": "matroska",
    "video/x-msvideo": "avi",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/aac": "aac",
    "audio/flac": "flac",
    "audio/amr": "amr",
    "audio/wav": "wav",
}
_DURATION = re.compile(rb"Duration: (\d+):(\d\d):(\d\d)\.(\d\d)")
_REACHED = re.compile(rb"time=(\d+):(\d\d):(\d\d)\.(\d\d)")
_VIDEO = re.compile(rb"Stream #.*: Video: (?!.*\(attached pic\))")


class FilmError(Exception):
    """The file cannot be read as what it seems to be."""


@dataclass(frozen=True, slots=True)
class Film:
    """What a film or a sound is. A sound has no picture: then `poster` is empty."""

    seconds: int
    width: int | None = None
    height: int | None = None
    poster: bytes = b""
    thumbnail: bytes = b""


def can_read(content_type: str) -> bool:
    """Say whether something can be found out about files of this type."""
    return content_type in _READERS


def measure(path: Path, content_type: str) -> Film:
    """Look at a film or a sound; FilmError when it is damaged."""
    told = _run(path, content_type).stderr
    seconds = _seconds(_DURATION.search(told))
    if seconds is None:  # a recorder does not know beforehand: read it to the end
        seconds = _reached(_run(path, content_type, "-map", "0:a:0?", "-map", "0:v:0?", "-f", "null", "-").stderr)
    if seconds is None:
        raise FilmError("unreadable")
    if not _VIDEO.search(told):
        return Film(seconds)
    return _with_poster(path, content_type, seconds)


def voice(path: Path, content_type: str) -> tuple[bytes, int]:
    """Return the sound as a voice message, Opus in Ogg, and its seconds; FilmError when there is no sound in it."""
    how = ("-map", "0:a:0", "-ac", "1", "-ar", "48000", "-c:a", "libopus", "-b:a", "32k", "-application", "voip")
    made = _run(path, content_type, "-vn", *how, "-map_metadata", "-1", "-f", "ogg", "pipe:1")
    seconds = _reached(made.stderr)
    if made.returncode or not made.stdout or seconds is None:
        raise FilmError("no_sound")
    return made.stdout, seconds


def _with_poster(path: Path, content_type: str, seconds: int) -> Film:
    # The pixels of some films are not square, and phones' lie on their side: as it is shown, so it is measured.
    shape = "thumbnail=30,scale=trunc(iw*sar/2)*2:ih,setsar=1"
    made = _run(
        path, content_type, "-an", "-sn", "-frames:v", "1", "-vf", shape, "-c:v", "png", "-f", "image2pipe", "pipe:1"
    )
    try:
        with Image.open(BytesIO(made.stdout), formats=["PNG"]) as frame:
            width, height = frame.size
            poster = frame.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise FilmError("no_picture") from error
    poster.thumbnail((_POSTER_SIDE, _POSTER_SIDE))
    written = BytesIO()
    poster.save(written, "JPEG", quality=85)
    return Film(seconds, width, height, written.getvalue(), thumbnail(poster))


def _run(path: Path, content_type: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    if content_type not in _READERS:
        raise FilmError("unknown_type")
    only_this_file = ("-nostdin", "-hide_banner", "-threads", "1", "-protocol_whitelist", "file,pipe")
    command = [get_ffmpeg_exe(), *only_this_file, "-f", _READERS[content_type], "-i", str(path), *arguments]
    try:
        return subprocess.run(command, capture_output=True, timeout=TIME_LIMIT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise FilmError("takes_too_long") from error


def _reached(told: bytes) -> int | None:
    found = list(_REACHED.finditer(told))
    return _seconds(found[-1]) if found else None


def _seconds(found: "re.Match[bytes] | None") -> int | None:
    """Return whole seconds, at least one: messengers take nought for a mistake."""
    if found is None:
        return None
    hours, minutes, seconds, hundredths = map(int, found.groups())
    return max(1, round(hours * 3600 + minutes * 60 + seconds + hundredths / 100))
