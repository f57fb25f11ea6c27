"""The reader's language and theme, changed from the menu of any page."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from workspaces.access import public, signed_in
from workspaces.models import User


@public
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Remember the reader's language: for a person in his profile, for everybody in a cookie."""
    language = request.POST.get("language", "")
    response = _back(request)
    if language not in dict(settings.LANGUAGES) or not check_for_language(language):
        return response
    if isinstance(request.user, User):
        request.user.language = language
        request.user.save(update_fields=["language"])
    translation.activate(language)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, samesite="Lax", secure=request.is_secure()
    )
    return response


@signed_in
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Remember a person's theme."""
    theme = request.POST.get("theme", "")
    if isinstance(request.user, User) and theme in User.Theme.values:
        request.user.theme = theme
        request.user.save(update_fields=["theme"])
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("next") or request.META.get("HTTP_REFERER", "")
    safe = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return HttpResponseRedirect(wanted if safe else "/")
