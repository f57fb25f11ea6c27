"""The page for our own mistakes. It needs neither the database nor the session: they may be what is broken."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils import translation

from workspaces.access import public


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """Say in the reader's language that we failed, what is kept and what to do."""
    with translation.override(translation.get_language_from_request(request)):
        page = get_template("500.html").render({"language": translation.get_language()})
    return HttpResponse(page, status=500)
