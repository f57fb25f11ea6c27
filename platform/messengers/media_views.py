"""The one address by which files are read: signed, and harmless whatever is in the file."""

import re

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from messengers.media import INLINE, BadAddressError, read_address
from messengers.models import Media
from workspaces.access import public
from workspaces.scope import tenant

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


@public
@require_safe
def read_file(request: HttpRequest, word: str) -> HttpResponseBase:
    """Give the file that a signed address leads to."""
    try:
        address = read_address(word, timezone.now())
    except BadAddressError as error:
        if error.expired:
            return _words(410, gettext("This link has expired. Reload the page it was on."))
        return _words(404, gettext("There is no such file."))
    with tenant(address.workspace_id):
        media = Media.objects.filter(pk=address.media_id).first()
    if media is None or not media.file.storage.exists(str(media.file.name)):
        return _words(404, gettext("There is no such file."))
    return _protect(_answer(request, media), media)


def _answer(request: HttpRequest, media: Media) -> HttpResponse:
    size = media.file.size
    part = _wanted_part(request.headers.get("Range", ""), size)
    if part is None:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    start, end = part
    whole = end - start == size
    with media.file.open("rb") as file:
        file.seek(start)
        response = HttpResponse(file.read(end - start), status=200 if whole else 206)
    if not whole:
        response["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    return response


def _wanted_part(header: str, size: int) -> tuple[int, int] | None:
    """Return where the wanted bytes start and end; None when there are none such. Odd headers mean the whole."""
    match = _RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]):
        return 0, size
    if not match[1]:
        return max(0, size - int(match[2])), size
    start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    return (start, end) if start < end else None


def _protect(response: HttpResponse, media: Media) -> HttpResponse:
    inline = media.content_type in INLINE
    response["Content-Type"] = media.content_type if inline else "application/octet-stream"
    response["Content-Disposition"] = content_disposition_header(not inline, media.name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, max-age=86400, immutable"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


def _words(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
