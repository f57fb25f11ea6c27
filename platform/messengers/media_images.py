"""Pictures made fit for every messenger: turned the way they were held, without what cameras note, small enough.

Called by `media` when a file comes in, and by `media_work` for the first picture of a video.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from django.utils.translation import gettext
from PIL import Image, ImageOps

from messengers.media_kinds import IMAGES, MediaRefusedError

BYTES = 5 * 1024 * 1024  # the smallest limit for photographs among the messengers is WhatsApp's
SIDE = 2560  # pixels; more is made smaller by the messengers themselves
THUMBNAIL = 320
# What Telegram asks of a photograph; what is not so travels as a document.
_SIDES_TOGETHER = 10_000
_RATIO = 20
_QUALITIES = (90, 82, 74)
# What an image carries beside its pixels and must keep: colours, and what is see-through.
_KEPT = ("icc_profile", "transparency")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored. `is_photo`: messengers show it as one."""

    content: bytes
    content_type: str
    width: int
    height: int
    is_photo: bool
    thumbnail: bytes


def clean(content: bytes) -> Picture:
    """Return the picture as it is stored; MediaRefusedError when it is damaged."""
    try:
        with Image.open(BytesIO(content), formats=list(IMAGES)) as image:
            image.verify()
        with Image.open(BytesIO(content), formats=list(IMAGES)) as image:
            image_format = image.format or ""
            # A moving picture would stand still afterwards, and cameras make none.
            if not getattr(image, "is_animated", False):
                content, image_format = _rewritten(image, content)
        with Image.open(BytesIO(content), formats=[image_format]) as image:
            width, height = image.size
            return Picture(content, IMAGES[image_format], width, height, _is_photo(width, height), thumbnail(image))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise MediaRefusedError("broken_image", gettext("The picture is damaged.")) from error


def thumbnail(image: Image.Image) -> bytes:
    """Return a small WebP of a picture, of a moving one its first moment."""
    image.seek(0)
    image.draft("RGB", (THUMBNAIL, THUMBNAIL))
    small = image.convert("RGBA" if _is_see_through(image) else "RGB")
    small.thumbnail((THUMBNAIL, THUMBNAIL))
    return _written(small, "WEBP", quality=78, method=2)


def _rewritten(image: Image.Image, content: bytes) -> tuple[bytes, str]:
    image_format = str(image.format)
    large = len(content) > BYTES or max(image.size) > SIDE
    if not large and not _tells_more(image):
        return content, image_format
    turned = ImageOps.exif_transpose(image)
    kept = {name: image.info[name] for name in _KEPT if name in image.info}
    if large:
        return _smaller(turned, image_format, kept)
    turned.info = {}
    return _written(turned, image_format, **kept, **_how(image_format, _QUALITIES[0])), image_format


def _tells_more(image: Image.Image) -> bool:
    """Say whether there is anything about the camera, the place or the author in it."""
    text = getattr(image, "text", None)  # PNG's own notes
    return bool(
        image.getexif() or text or {"exif", "xmp", "photoshop", "comment", "XML:com.adobe.xmp"} & set(image.info)
    )


def _smaller(image: Image.Image, image_format: str, kept: dict[str, Any]) -> tuple[bytes, str]:
    """Return it within the limits: first fewer pixels, then, where nothing is see-through, as a JPEG."""
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    if image_format == "GIF":
        return _written(image, "GIF", **kept), "GIF"
    see_through = _is_see_through(image)
    written = _written(image, image_format, **kept, **_how(image_format, _QUALITIES[0]))
    if len(written) <= BYTES:
        return written, image_format
    if not see_through:
        image, image_format = image.convert("RGB"), "JPEG"
    for quality in _QUALITIES:
        written = _written(image, image_format, icc_profile=kept.get("icc_profile"), **_how(image_format, quality))
        if len(written) <= BYTES:
            return written, image_format
    while len(written) > BYTES and min(image.size) > 1:
        image.thumbnail((image.width * 3 // 4, image.height * 3 // 4), Image.Resampling.LANCZOS)
        written = _written(image, image_format, **_how(image_format, _QUALITIES[-1]))
    return written, image_format


def _is_see_through(image: Image.Image) -> bool:
    return "A" in image.getbands() or "transparency" in image.info


def _how(image_format: str, quality: int) -> dict[str, Any]:
    return {"quality": quality} if image_format in {"JPEG", "WEBP"} else {}


def _written(image: Image.Image, image_format: str, **how: Any) -> bytes:
    image.info = {name: value for name, value in image.info.items() if name in _KEPT}
    out = BytesIO()
    image.save(out, image_format, **{name: value for name, value in how.items() if value is not None})
    return out.getvalue()


def _is_photo(width: int, height: int) -> bool:
    return width + height <= _SIDES_TOGETHER and max(width, height) <= _RATIO * min(width, height)
