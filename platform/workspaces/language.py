"""Shows pages in the language that a person has chosen, on whatever device; visitors get their browser's.

Middleware: stands after Django's own, which looks at the cookie and the browser, and after the person is known.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

from workspaces.models import User

_KNOWN = {code for code, _name in settings.LANGUAGES}


class PersonLanguageMiddleware:
    """Activates the language of whoever has signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in the person's language."""
        # Without a session there is nobody to look up, and answers for visitors of other sites stay cacheable.
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            person = request.user
            if isinstance(person, User) and person.language in _KNOWN:
                translation.activate(person.language)
                request.LANGUAGE_CODE = person.language
        return self.get_response(request)
