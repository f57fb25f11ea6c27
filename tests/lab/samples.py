"""Files for who has none at hand: a small one of every kind that people send."""

import io
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw


@dataclass(frozen=True, slots=True)
class Sample:
    """A file."""

    name: str
    content_type: str
    data: bytes


File = Sample | Path | bytes | None  # given as one likes; None: one of ours

_NAMES = {
    "photo": ("photo.jpg", "image/jpeg"),
    "sticker": ("sticker.webp", "image/webp"),
    "video": ("video.mp4", "video/mp4"),
    "animation": ("animation.mp4", "video/mp4"),
    "video_note": ("round.mp4", "video/mp4"),
    "audio": ("song.mp3", "audio/mpeg"),
    "voice": ("voice.ogg", "audio/ogg"),
    "document": ("notes.txt", "text/plain"),
}
# The first bytes by which each kind is known.
_OPENINGS = {
    "video/mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00\x00\x00\x08free",
    "audio/mpeg": b"ID3\x04\x00\x00\x00\x00\x00\x00\xff\xfb\x90\x00" + b"\x00" * 413,
    "audio/ogg": b"OggS\x00\x02" + b"\x00" * 22 + b"\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00",
    "text/plain": "Заметки: зёрна, молоко, корица.\n".encode(),
}


def sample(kind: str, given: File = None) -> Sample:
    """Return what was given as a file of this kind, or one of our own."""
    name, content_type = _NAMES[kind]
    match given:
        case Sample():
            return given
        case Path():
            guessed = mimetypes.guess_type(given.name)[0]
            return Sample(given.name, guessed or content_type, given.read_bytes())
        case bytes():
            return Sample(name, content_type, given)
    if content_type.startswith("image/"):
        return Sample(name, content_type, picture(content_type.partition("/")[2]))
    return Sample(name, content_type, _OPENINGS[content_type])


def face(number: int) -> bytes:
    """Return a portrait; every number has its own colours."""
    image = Image.new("RGB", (320, 320), f"hsl({number * 67 % 360}, 45%, 78%)")
    draw = ImageDraw.Draw(image)
    coat, hair = f"hsl({number * 131 % 360}, 40%, 45%)", ("#3b2a20", "#7a4a21", "#c99a4b", "#222831")[number % 4]
    draw.ellipse((40, 220, 280, 460), fill=coat)
    draw.ellipse((90, 50, 230, 210), fill=hair)
    draw.ellipse((102, 74, 218, 240), fill="#f2cfb3")
    for left in (130, 174):
        draw.ellipse((left, 136, left + 16, 152), fill="#2b2b2b")
    draw.arc((134, 158, 186, 204), 20, 160, fill="#a5533d", width=6)
    written = io.BytesIO()
    image.save(written, "jpeg")
    return written.getvalue()


def picture(form: str = "jpeg", size: tuple[int, int] = (640, 420), colour: str = "#c9834b") -> bytes:
    """Return a picture of a cup."""
    image = Image.new("RGB", size, "#f3e9dc")
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.rectangle((0, height * 0.72, width, height), fill="#d9c7af")
    draw.rounded_rectangle((width * 0.34, height * 0.36, width * 0.6, height * 0.76), 28, fill=colour)
    draw.ellipse((width * 0.56, height * 0.42, width * 0.7, height * 0.62), outline=colour, width=16)
    for at in (0.42, 0.5):
        draw.arc((width * at, height * 0.14, width * (at + 0.06), height * 0.32), 200, 20, fill="#8a6a4f", width=6)
    written = io.BytesIO()
    image.save(written, form)
    return written.getvalue()
