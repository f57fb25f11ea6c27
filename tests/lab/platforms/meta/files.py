"""Files of one lab's Meta: what accounts upload, what people send, faces. They lie at addresses that need no token."""

from dataclasses import dataclass

from lab.samples import Sample

KINDS = {"photo": "image", "video": "video", "audio": "audio", "voice": "audio", "document": "file"}
LIMITS = {"image": 8, "video": 25, "audio": 25, "file": 25}  # MB
# What Instagram takes.
TYPES = {
    "image": {"image/png", "image/jpeg", "image/gif"},
    "audio": {"audio/aac", "audio/x-m4a", "audio/m4a", "audio/mp4", "audio/wav", "audio/x-wav", "video/mp4"},
    "video": {"video/mp4", "video/ogg", "video/avi", "video/x-msvideo", "video/quicktime", "video/webm"},
    "file": {"application/pdf"},
}


@dataclass(frozen=True, slots=True)
class Stored:
    """A file and its number. `kind` is Meta's word for what it is."""

    number: int
    kind: str
    name: str
    content_type: str
    data: bytes


class Files:
    """All files of one platform."""

    def __init__(self, platform: str) -> None:
        self.platform = platform
        self.by_number: dict[int, Stored] = {}

    def add(self, kind: str, given: Sample) -> Stored:
        """Keep a file."""
        number = len(self.by_number) + 1
        stored = self.by_number[number] = Stored(number, kind, given.name, given.content_type, given.data)
        return stored

    def path(self, number: int) -> str:
        """Return where a file lies."""
        return f"/{self.platform}/cdn/{number}/{self.by_number[number].name}"
