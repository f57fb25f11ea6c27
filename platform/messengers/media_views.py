"""The one address by which files are read: signed, and harmless whatever is in the file."""

import re
from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.db.models.fields.files import FieldFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from messengers.media_addresses import BadAddressError, Part, read_address
from messengers.media_kinds import INLINE
from messengers.media_storage import PIECE, files
from messengers.models import Media
from workspaces.access import public
from workspaces.scope import tenant

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@public
@require_safe
def read_file(request: HttpRequest, word: str, file_name: str = "") -> HttpResponseBase:
    """Give the file that a signed address leads to. The name in it is for readers that look at addresses."""
    try:
        address = read_address(word, timezone.now())
    except BadAddressError as error:
        if error.expired:
            return _words(410, gettext("This link has expired. Reload the page it was on."))
        return _words(404, gettext("There is no such file."))
    with tenant(address.workspace_id):
        media = Media.objects.filter(pk=address.media_id).first()
    if media is None or not _stored(media, address.part).name:
        return _words(404, gettext("There is no such file."))
    try:
        return _protect(_answer(request, media, address.part), media, address.part)
    except OSError:
        return _words(404, gettext("There is no such file."))


class _Pieces(StreamingHttpResponse):
    """A file piece by piece. Django would read all of a plain iterator before the first byte leaves."""

    def __init__(self, pieces: Iterator[bytes], status: int) -> None:
        super().__init__(pieces, status=status)
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        following = sync_to_async(lambda: next(self._pieces, b""), thread_sensitive=False)
        while piece := await following():
            yield piece


def _stored(media: Media, part: Part) -> FieldFile:
    return {Part.WHOLE: media.file, Part.THUMBNAIL: media.thumbnail, Part.POSTER: media.poster}[part]


def _answer(request: HttpRequest, media: Media, part: Part) -> HttpResponseBase:
    stored = _stored(media, part)
    size = media.size if part is Part.WHOLE else stored.size
    wanted = _wanted_part(request.headers.get("Range", ""), size)
    if wanted is None:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    start, end = wanted
    whole = end - start == size
    if request.method == "HEAD":
        found: HttpResponseBase = HttpResponse(status=200 if whole else 206)
    else:
        pieces = files().pieces(str(stored.name), start, end)
        small = end - start <= PIECE
        status = 200 if whole else 206
        found = HttpResponse(b"".join(pieces), status=status) if small else _Pieces(pieces, status)
    found["Content-Length"] = str(end - start)
    if not whole:
        found["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return found


def _wanted_part(header: str, size: int) -> tuple[int, int] | None:
    """Return where the wanted bytes start and end; None when there are none such. Odd headers mean the whole."""
    match = _RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]):
        return 0, size
    if not match[1]:
        return max(0, size - int(match[2])), size
    start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    return (start, end) if start < end else None


def _protect(response: HttpResponseBase, media: Media, part: Part) -> HttpResponseBase:
    content_type = {Part.WHOLE: media.content_type, Part.THUMBNAIL: "image/webp", Part.POSTER: "image/jpeg"}[part]
    inline = content_type in INLINE
    response["Content-Type"] = content_type if inline else "application/octet-stream"
    response["Content-Disposition"] = content_disposition_header(not inline, media.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _words(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
