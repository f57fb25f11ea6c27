"""Serves the texts of islands in one language. The address changes with them, so a browser may keep them for ever."""

import hashlib
from functools import cache

from django.apps import apps
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.i18n import JavaScriptCatalog

from config.environment import ROOT
from workspaces.access import public

_YEAR = 31_536_000


@public
def catalogue(request: HttpRequest, language: str) -> HttpResponse:
    """Answer with the script that gives islands their `gettext`."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    response = HttpResponse(_script(language), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = f"public, max-age={_YEAR}, immutable" if "v" in request.GET else "no-cache"
    return response


def catalogue_address() -> str:
    """Return the catalogue's address in the reader's language."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    return f"{reverse('catalogue', args=[language])}?v={_print(language)}"


@cache
def _print(language: str) -> str:
    return hashlib.sha256(_script(language)).hexdigest()[:12]


@cache
def _script(language: str) -> bytes:
    ours = [config.name for config in apps.get_app_configs() if str(ROOT) in config.path and ".venv" not in config.path]
    asked = HttpRequest()
    asked.method = "GET"
    with translation.override(language):
        answer = JavaScriptCatalog.as_view(packages=ours)(asked)
    assert isinstance(answer, HttpResponse)
    return answer.content
