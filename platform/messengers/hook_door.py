"""The address where messengers deliver their news: what is theirs is kept, and only then are they told that we have it.

`config.asgi` puts it beside Django, whose middleware a webhook needs nothing of. Requests that come at once are stored
together, each workspace's in one transaction. Where we cannot store, the answer is 503, and the messenger repeats.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from messengers import arrivals, expected_hooks
from messengers.adapter import ChannelFacts, IncomingRequest, Messenger, RefusedError
from messengers.hook_answers import HookAnswers
from messengers.hook_places import KEY, HookPlaces, Place
from messengers.hook_threads import AwayError, in_thread
from messengers.hook_writer import HookWriter
from messengers.registry import is_known, messenger

logger = logging.getLogger(__name__)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

PREFIX = "/hooks/"
BODY_LIMIT = 1024 * 1024
BODY_SECONDS = 15.0  # in which the whole body must have come
HELD_LIMIT = 64 * 1024 * 1024  # bytes of bodies that are held at once
_RETRY_AFTER = b"5"
_WARN_EVERY = 5.0


class _Answer(Exception):  # noqa: N818 - an answer, not a fault
    """What the messenger is told."""

    def __init__(self, status: int, body: bytes = b"", content_type: str = "text/plain") -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.content_type = content_type


class HookDoor:
    """The ASGI application behind `/hooks/<messenger>/<channel key>`."""

    def __init__(self) -> None:
        """Begin without knowing any channel."""
        self._places = HookPlaces()
        self._writer = HookWriter()
        self._answers = HookAnswers()
        self._held = 0
        self._silent_until = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._take(scope, receive)
        except _Answer as refusal:
            answer = refusal
        except AwayError as error:
            self._warn(error)
            answer = _Answer(503)
        headers = [(b"content-type", answer.content_type.encode()), (b"content-length", b"%d" % len(answer.body))]
        if answer.status == 503:
            headers.append((b"retry-after", _RETRY_AFTER))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    def _warn(self, error: AwayError) -> None:
        """Log that webhooks cannot be kept, now and then: they come by the thousand."""
        if time.monotonic() >= self._silent_until:
            logger.warning("Webhooks cannot be kept, their messengers will repeat them: %s", error)
            self._silent_until = time.monotonic() + _WARN_EVERY

    async def _take(self, scope: Scope, receive: Receive) -> _Answer:
        if scope["method"] not in ("GET", "POST"):
            raise _Answer(405)
        kind, _, key = scope["path"].removeprefix(PREFIX).partition("/")
        place = await self._places.find(kind, key)
        expected = await self._expected(kind, key) if place is None else None
        if place is None and expected is None:
            raise _Answer(404)
        headers = _Headers(scope)
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > BODY_LIMIT:
            raise _Answer(413)
        body = bytearray()
        try:
            await self._read(receive, body)
            query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
            request = IncomingRequest(scope["method"], headers, query, bytes(body))
            if place is None:
                assert expected is not None
                if answer := _shaken(messenger(kind), expected, request):
                    return answer
                place = await self._places.find(kind, key, anew=True)  # it may have been stored this very moment
            if place is None:
                # Nothing is kept for a channel that is not there yet: the messenger repeats what is no handshake.
                return _Answer(503)
            if answer := await self._handshake(place, request):
                return answer
            return await self._take_in(place, request)
        finally:
            self._held -= len(body)

    async def _read(self, receive: Receive, body: bytearray) -> None:
        """Read the body. What is held is counted over all requests, so that no crowd can fill the memory."""
        try:
            async with asyncio.timeout(BODY_SECONDS):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise _Answer(400)
                    chunk = message.get("body", b"")
                    body += chunk
                    self._held += len(chunk)
                    if len(body) > BODY_LIMIT:
                        raise _Answer(413)
                    if self._held > HELD_LIMIT:
                        raise _Answer(503)
                    more = message.get("more_body", False)
        except TimeoutError:
            raise _Answer(408) from None

    async def _take_in(self, place: Place, request: IncomingRequest) -> _Answer:
        place = await self._verified(place, request)
        if request.method == "POST":
            told = arrivals.read(place.adapter, place.facts, place.channel_id, request)
            for owner, mine in (await self._by_owner(place, request, told)).items():
                await self._writer.keep(owner, mine)
            if place.adapter.answers_apart:
                self._answers.say(place, told)
        return _acknowledged(place, request)

    async def _by_owner(
        self, place: Place, request: IncomingRequest, told: list[arrivals.Arrival]
    ) -> dict[int, list[arrivals.Arrival]]:
        """Return the updates by workspace. What is another account's goes to its channel, if it may have sent this."""
        owners: dict[int, list[arrivals.Arrival]] = {}
        for one in told:
            owner, mine = place, one
            if one.account and one.account != place.facts.account:
                other = await self._places.sibling(place, one.account)
                if other is not None and not _refusal(other, request):
                    owner, mine = other, replace(one, channel_id=other.channel_id)
            owners.setdefault(owner.workspace_id, []).append(mine)
        return owners

    async def _expected(self, kind: str, key: str) -> ChannelFacts | None:
        if not is_known(kind) or not KEY.fullmatch(key):
            return None
        return await in_thread(expected_hooks.find, kind, key)

    async def _handshake(self, place: Place, request: IncomingRequest) -> _Answer | None:
        """Answer a check of the address by what is known of the channel, or of what it is about to become."""
        refused, known = False, None
        try:
            known = place.adapter.handshake(place.facts, request)
            if known is None:
                return None
        except Exception:  # whatever a stranger makes it stumble over
            refused = True
        expected = await self._expected(place.adapter.kind, place.facts.key)
        answer = _shaken(place.adapter, expected, request) if expected else None
        if answer is None and refused:
            raise _Answer(403)
        return answer or (_Answer(*known) if known else None)

    async def _verified(self, place: Place, request: IncomingRequest) -> Place:
        """Return the place where the request is the messenger's own; its secret may have been changed just now."""
        if not _refusal(place, request):
            return place
        fresh = await self._places.look_again(place)
        if fresh is None:
            raise _Answer(404)
        if reason := _refusal(fresh, request):
            self._places.note_refusal(fresh, reason)
            raise _Answer(403)
        return fresh


class _Headers(dict[str, str]):
    """A request's headers, whose names may be asked for in any case."""

    def __init__(self, scope: Scope) -> None:
        super().__init__((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def _shaken(adapter: Messenger, channel: ChannelFacts, request: IncomingRequest) -> _Answer | None:
    """Return what a handshake is answered by these facts, if it is one and holds."""
    try:
        answer = adapter.handshake(channel, request)
    except Exception:
        return None
    return _Answer(*answer) if answer else None


def _refusal(place: Place, request: IncomingRequest) -> str:
    """Say why the request is not the messenger's; nothing when it is."""
    try:
        place.adapter.verify(place.facts, request)
    except RefusedError as refusal:
        return refusal.reason or "refused"
    except Exception as error:  # whatever a stranger makes it stumble over
        return type(error).__name__
    return ""


def _acknowledged(place: Place, request: IncomingRequest) -> _Answer:
    try:
        wanted = place.adapter.acknowledge(place.facts, request)
    except Exception:
        logger.exception("Channel %s got no answer of its own to a webhook; the update is kept", place.channel_id)
        wanted = None
    if wanted is None:
        return _Answer(200 if request.method == "POST" else 405)
    return _Answer(*wanted)
