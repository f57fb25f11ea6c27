"""The widget's two files: the loader at an address that never changes, the panel at one that follows its content.

They are served apart from the pages' static files, because other sites load them: each answer says that they may.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from workspaces.access import public

_PLACE = b"__PANEL__"


@dataclass(frozen=True, slots=True)
class _Script:
    plain: bytes
    packed: bytes
    digest: str


@public
@require_safe
def loader(request: HttpRequest) -> HttpResponse:
    """Give the script of the snippet, which knows where the panel is today."""
    panel = _built("panel.js")
    address = reverse("site_chat_panel", args=[panel.digest])
    script = _built("loader.js", address)
    response = _answer(request, script)
    response["Cache-Control"] = "public, max-age=300"
    response["ETag"] = f'"{script.digest}"'
    if request.headers.get("If-None-Match") in {response["ETag"], f"W/{response['ETag']}"}:
        response.status_code, response.content = 304, b""
    return response


@public
@require_safe
def panel(request: HttpRequest, digest: str) -> HttpResponse:
    """Give the panel. A loader of yesterday may ask for yesterday's: today's serves it too, but is not kept for it."""
    script = _built("panel.js")
    response = _answer(request, script)
    current = digest == script.digest
    response["Cache-Control"] = "public, max-age=31536000, immutable" if current else "no-store"
    return response


def _answer(request: HttpRequest, script: _Script) -> HttpResponse:
    packed = "gzip" in request.headers.get("Accept-Encoding", "")
    response = HttpResponse(script.packed if packed else script.plain, content_type="text/javascript; charset=utf-8")
    if packed:
        response["Content-Encoding"] = "gzip"
    patch_vary_headers(response, ["Accept-Encoding"])
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _built(name: str, panel_address: str = "") -> _Script:
    file = settings.WIDGET_DIR / name
    try:
        changed_at = file.stat().st_mtime_ns
    except FileNotFoundError as error:
        raise Http404("The widget is not built: run `make install`.") from error
    return _read(file, changed_at, panel_address)


@lru_cache(maxsize=8)
def _read(file: Path, changed_at: int, panel_address: str) -> _Script:
    plain = file.read_bytes().replace(_PLACE, panel_address.encode())
    return _Script(plain, gzip.compress(plain, 9), hashlib.sha256(plain).hexdigest()[:16])
