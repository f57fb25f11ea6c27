"""Remembers which workspace a person was in, so that the start page leads back there. It decides nothing else."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

LAST = "last_workspace"


class LastWorkspaceMiddleware:
    """Notes the workspace of a page in the session, where it is another than before."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, and note the workspace."""
        response = self.get_response(request)
        workspace = getattr(request, "workspace", None)
        if workspace is not None and response.status_code == 200 and request.session.get(LAST) != workspace.slug:
            request.session[LAST] = workspace.slug
        return response
