"""The site chat's door: which channel is meant, whether this site may show it, who the visitor is, and not too often.

The site's page is a stranger: no cookies are used (so there is nothing to forge a request with), and each answer names
the one origin that may read it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TypeVar

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, ValidationError

from messengers.adapters.site_chat import SiteChatSettings
from messengers.models import Channel, Conversation
from messengers.site_chat import limits, sightings
from messengers.site_chat.chat import KIND, settings_of
from messengers.site_chat.limits import Limit
from messengers.site_chat.origins import is_allowed, is_site
from messengers.site_chat.visitor_tokens import ForgedTokenError, read_token
from workspaces.access import View, public
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import tenant

BODY_LIMIT = 32 * 1024
_PREFLIGHT_SECONDS = "7200"

_Body = TypeVar("_Body", bound=BaseModel)


class ChannelGoneError(Exception):
    """There is no such chat, or it is switched off."""


class RefusedOriginError(Exception):
    """The page stands on a site that is not on the channel's list."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request that was let in."""

    channel: Channel
    settings: SiteChatSettings
    origin: str
    address: str
    visitor: str = ""

    def conversation(self) -> Conversation | None:
        """Return the visitor's talk; None until his first visit has been taken in."""
        talks = Conversation.objects.select_related("identity")
        return talks.filter(channel=self.channel, identity__external_id=self.visitor).first()


class Problem(Exception):  # noqa: N818 - an answer, not a fault
    """Why a request gets no further: in words, with a code for the widget."""

    def __init__(self, status: int, code: str, text: str) -> None:
        """Keep what to answer."""
        super().__init__(text)
        self.status = status
        self.code = code
        self.text = text

    def response(self) -> JsonResponse:
        """Return the answer."""
        response = JsonResponse({"error": {"code": self.code, "message": self.text}}, status=self.status)
        if self.status == 429:
            response["Retry-After"] = "60"
        return response


Handler = Callable[..., HttpResponse]


def find_channel(key: str) -> tuple[int, int]:
    """Return (workspace id, channel id) of a public key, or raise ChannelGoneError."""
    found = ids_across_workspaces("channel_of_key", key)
    if not found:
        raise ChannelGoneError
    workspace_id, channel_id = found[0]
    return workspace_id, channel_id


def admit(channel_id: int, origin: str, page: str = "") -> tuple[Channel, SiteChatSettings]:
    """Return the chat, inside its workspace, if it works and may stand on this site."""
    channel = Channel.objects.filter(pk=channel_id, kind=KIND).first()
    if channel is None or channel.state == Channel.State.DISCONNECTED:
        raise ChannelGoneError
    settings = settings_of(channel)
    if not is_allowed(origin, settings.origins):
        if is_site(origin):
            sightings.refused(channel.pk, origin, page)
        raise RefusedOriginError
    return channel, settings


def open_to(method: str, limit: Limit, *, known: bool = True) -> Callable[[Handler], Handler]:
    """Declare a handler of the door for one method; with `known`, only for a visitor who shows his token."""

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def let_in(request: HttpRequest, visit: Visit) -> HttpResponse:
            if known:
                visit = _with_visitor(request, visit)
            _spend(limit, f"{visit.channel.pk}:{visit.visitor or visit.address}")
            return handler(request, visit)

        let_in.method = method  # type: ignore[attr-defined]
        return let_in

    return decorate


def entrance(*handlers: Handler) -> View:
    """Make the page of one address out of its handlers."""
    by_method: dict[str, Handler] = {handler.method: handler for handler in handlers}  # type: ignore[attr-defined]

    @public
    @csrf_exempt
    def page(request: HttpRequest, key: str) -> HttpResponse:
        origin = request.headers.get("Origin", "")
        try:
            workspace_id, channel_id = find_channel(key)
            with tenant(workspace_id):
                channel, settings = admit(channel_id, origin, request.headers.get("Referer", ""))
                visit = Visit(channel, settings, origin, request.META.get("REMOTE_ADDR", ""))
                response = _answer(request, visit, by_method)
        except ChannelGoneError:
            response = Problem(404, "no_channel", gettext("There is no such chat, or it is switched off.")).response()
        except RefusedOriginError:
            response = Problem(403, "origin_refused", _refusal(origin)).response()
        return _readable_by(origin, response)

    return page


def read_body(request: HttpRequest, model: type[_Body]) -> _Body:
    """Return the request's body, checked."""
    if int(request.headers.get("Content-Length") or 0) > BODY_LIMIT or len(request.body) > BODY_LIMIT:
        raise Problem(413, "too_large", gettext("This is too long to be sent."))
    try:
        return model.model_validate(json.loads(request.body))
    except (ValidationError, ValueError) as error:
        raise Problem(400, "malformed", gettext("The request cannot be read.")) from error


def _answer(request: HttpRequest, visit: Visit, by_method: dict[str, Handler]) -> HttpResponse:
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Access-Control-Allow-Methods"] = ", ".join(by_method)
        response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
        return response
    handler = by_method.get(request.method or "")
    if handler is None:
        return Problem(405, "method", gettext("This cannot be done here.")).response()
    try:
        _spend(limits.ADDRESS, visit.address)
        return handler(request, visit)
    except Problem as problem:
        return problem.response()


def _spend(limit: Limit, who: str) -> None:
    if not limits.spend(limit, who):
        raise Problem(429, "too_often", gettext("Too many requests. Wait a minute: what you wrote is kept."))


def _with_visitor(request: HttpRequest, visit: Visit) -> Visit:
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        visitor = read_token(visit.channel.key, token)
    except ForgedTokenError as error:
        raise Problem(401, "unknown_visitor", gettext("Open the chat again.")) from error
    return Visit(visit.channel, visit.settings, visit.origin, visit.address, visitor)


def _refusal(origin: str) -> str:
    if not origin:
        return gettext("The chat opens only on a site: this request does not say which.")
    return gettext("The chat may not be shown on %(origin)s: add the site in the channel's settings.") % {
        "origin": origin
    }


def _readable_by(origin: str, response: HttpResponse) -> HttpResponse:
    """Let the page read the answer. A refusal too: it holds nothing but words, and they help who builds the site."""
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Expose-Headers"] = "Retry-After"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    response["Vary"] = "Origin"
    response.setdefault("Cache-Control", "no-store")
    return response
