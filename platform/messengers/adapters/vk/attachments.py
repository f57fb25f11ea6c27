"""What hangs on a message that a person sent: files to fetch, and words for what is no file."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from messengers.content import AttachmentKind
from messengers.updates import RemoteFile


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Image(_Model):
    url: str = ""
    width: int = 0
    height: int = 0


class _Photo(_Model):
    sizes: list[_Image] = Field(default_factory=list)

    def largest(self) -> str:
        """Return the address of the largest size. Those that VK does not measure are small."""
        named = [size for size in self.sizes if size.url]
        return max(named, key=lambda size: size.width * size.height).url if named else ""


class _Document(_Model):
    title: str = ""
    ext: str = ""
    url: str = ""
    size: int = Field(default=0, ge=0)

    def name(self) -> str:
        ending = f".{self.ext}" if self.ext else ""
        return self.title if self.title.lower().endswith(ending.lower()) else f"{self.title}{ending}"


class _Voice(_Model):
    link_ogg: str = ""
    link_mp3: str = ""


class _Sticker(_Model):
    images: list[_Image] = Field(default_factory=list)


class _Graffiti(_Model):
    url: str = ""


class _Link(_Model):
    url: str = ""
    title: str = ""


class _Thing(_Model):
    """Something of VK's that has a page of its own."""

    id: int = 0
    owner_id: int = 0
    from_id: int = 0
    title: str = ""
    artist: str = ""
    question: str = ""

    def words(self, kind: str) -> str:
        name = " — ".join(part for part in (self.artist, self.title or self.question) if part)
        owner = self.owner_id or self.from_id
        page = f"https://vk.com/{kind}{owner}_{self.id}" if owner and self.id and kind in _PAGES else ""
        return " ".join(part for part in (name, page) if part) or f"[{kind}]"


_PAGES = frozenset({"video", "wall", "market", "poll", "story"})


class Attachment(_Model):
    """One attachment; the field named as its type holds it."""

    type: Annotated[str, Field(max_length=64)]
    photo: _Photo | None = None
    doc: _Document | None = None
    audio_message: _Voice | None = None
    sticker: _Sticker | None = None
    graffiti: _Graffiti | None = None
    link: _Link | None = None
    video: _Thing | None = None
    audio: _Thing | None = None
    wall: _Thing | None = None
    market: _Thing | None = None
    poll: _Thing | None = None
    story: _Thing | None = None

    def files(self) -> Iterator[RemoteFile]:
        """Return what can be fetched."""
        if self.photo and (url := self.photo.largest()):
            yield RemoteFile(AttachmentKind.IMAGE, url)
        if self.doc and self.doc.url:
            yield RemoteFile(AttachmentKind.DOCUMENT, self.doc.url, self.doc.name(), size=self.doc.size)
        if self.audio_message and (url := self.audio_message.link_ogg or self.audio_message.link_mp3):
            spoken = "audio/ogg" if self.audio_message.link_ogg else "audio/mpeg"
            yield RemoteFile(AttachmentKind.VOICE, url, content_type=spoken)
        if self.sticker and self.sticker.images:
            largest = max(self.sticker.images, key=lambda image: image.width)
            if largest.url:
                yield RemoteFile(AttachmentKind.IMAGE, largest.url)
        if self.graffiti and self.graffiti.url:
            yield RemoteFile(AttachmentKind.IMAGE, self.graffiti.url)

    def words(self) -> str:
        """Return what stands for what cannot be fetched: a name, an address."""
        if any(self.files()):
            return ""
        if self.link:
            return " ".join(part for part in (self.link.title, self.link.url) if part)
        thing = next(
            (one for one in (self.video, self.audio, self.wall, self.market, self.poll, self.story) if one), None
        )
        return thing.words(self.type) if thing else f"[{self.type}]"
