"""What a file is, by its content alone, and which files are not taken. Called by `media`, and by what makes copies."""

from io import BytesIO
from pathlib import PurePosixPath
from zipfile import BadZipFile, ZipFile

from django.utils.translation import gettext
from PIL import Image

SIZE_LIMIT = 20 * 1024 * 1024
PIXEL_LIMIT = 50_000_000
UNKNOWN = "application/octet-stream"
IMAGES = {"PNG": "image/png", "JPEG": "image/jpeg", "GIF": "image/gif", "WEBP": "image/webp"}
_OPEN_XML = "application/vnd.openxmlformats-officedocument."
# Where in the file, the bytes that stand there, what that makes it.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (8, b"AVI ", "video/x-msvideo"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"fLaC", "audio/flac"),
    (0, b"#!AMR", "audio/amr"),
    (8, b"WAVE", "audio/wav"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
)
# What is inside an archive that is really a document.
_INSIDE_ZIP = (
    ("word/", f"{_OPEN_XML}wordprocessingml.document"),
    ("xl/", f"{_OPEN_XML}spreadsheetml.sheet"),
    ("ppt/", f"{_OPEN_XML}presentationml.presentation"),
)
INLINE = frozenset({*IMAGES.values(), *(kind for *_, kind in _SIGNATURES if kind.startswith(("audio/", "video/")))})

# Files that run when an agent opens them: by their endings, which decide on his machine, and by their content.
REFUSED_SUFFIXES = (
    *(".exe", ".msi", ".bat", ".cmd", ".com", ".scr", ".pif", ".cpl", ".lnk", ".ps1"),
    *(".vbs", ".js", ".jse", ".wsf", ".hta", ".jar", ".reg", ".apk"),
)
_PROGRAMS = (
    b"MZ",  # Windows
    b"\x7fELF",  # Linux
    *(b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"),  # macOS, Java
    b"L\x00\x00\x00\x01\x14\x02\x00",  # a Windows shortcut
)
_PROGRAMS_IN_ZIP = ("AndroidManifest.xml", "META-INF/MANIFEST.MF")


class MediaRefusedError(Exception):
    """A file that is not stored. `code` is for programs, the text for the person."""

    def __init__(self, code: str, text: str) -> None:
        """Keep both."""
        super().__init__(text)
        self.code = code
        self.text = text


def check_size(size: int) -> None:
    """Raise MediaRefusedError for what is empty or too large."""
    if not size:
        raise MediaRefusedError("empty_file", gettext("The file is empty."))
    if size > SIZE_LIMIT:
        raise MediaRefusedError("file_too_large", gettext("The file is larger than 20 MB."))


def check_harmless(name: str, content: bytes) -> None:
    """Raise MediaRefusedError for a program, whatever it is called."""
    is_program = content.startswith(_PROGRAMS) or (content.startswith(b"#!") and not content.startswith(b"#!AMR"))
    inside = _names_in_zip(content)
    if name.lower().endswith(REFUSED_SUFFIXES) or is_program or any(one in inside for one in _PROGRAMS_IN_ZIP):
        raise MediaRefusedError("file_refused", gettext("Programs cannot be sent. Put the file into an archive."))


def sniff(content: bytes, name: str = "") -> str:
    """Return the type that the content has. The name tells words from words: a table is a text to its bytes."""
    try:
        with Image.open(BytesIO(content), formats=list(IMAGES)) as image:
            if image.width * image.height > PIXEL_LIMIT:
                raise MediaRefusedError("image_too_large", gettext("The picture has too many pixels."))
            return IMAGES[image.format or ""]
    except (OSError, SyntaxError, KeyError, ValueError, Image.DecompressionBombError):
        pass
    for offset, mark, content_type in _SIGNATURES:
        if content[offset : offset + len(mark)] == mark:
            return _document_in(content) if content_type == "application/zip" else content_type
    return _words(content, name)


def kind_of(content_type: str) -> str:
    """Return what a file of this type is to the person who gets it."""
    kind = content_type.partition("/")[0]
    return kind if kind in {"image", "video", "audio"} else "document"


def is_voice(content: bytes) -> bool:
    """Say whether messengers play this as a voice message: Opus in Ogg."""
    return content.startswith(b"OggS") and b"OpusHead" in content[:256]


def _names_in_zip(content: bytes) -> list[str]:
    if not content.startswith(b"PK\x03\x04"):
        return []
    try:
        with ZipFile(BytesIO(content)) as archive:
            return archive.namelist()
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        return []


def _document_in(content: bytes) -> str:
    names = _names_in_zip(content)
    if "[Content_Types].xml" in names:
        for folder, content_type in _INSIDE_ZIP:
            if any(name.startswith(folder) for name in names):
                return content_type
    return "application/zip"


def _words(content: bytes, name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in {".txt", ".csv"} or b"\x00" in content[:4096]:
        return UNKNOWN
    return "text/csv" if suffix == ".csv" else "text/plain"
