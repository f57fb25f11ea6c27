"""What the widget asks for. What a visitor does goes through `inbox`, as the updates of other messengers do."""

from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext

from messengers import changes, inbox, media
from messengers.content import Attachment
from messengers.models import Channel, Media, Message
from messengers.site_chat import history, limits, sightings
from messengers.site_chat.bodies import ReceiptsBody, SessionBody, WrittenBody, context_of
from messengers.site_chat.door import Problem, Visit, entrance, open_to, read_body
from messengers.site_chat.phones import PhoneError, normalise_phone
from messengers.site_chat.visitor_tokens import (
    ForgedTokenError,
    issue_ticket,
    issue_token,
    new_visitor,
    read_ticket,
    read_token,
)
from messengers.statuses import Status
from messengers.tasks import receive
from workspaces.after_commit import after_commit

_MULTIPART_ROOM = 64 * 1024
_KEPT_UNSENT = timedelta(days=2)  # an unsent message waits in the visitor's browser; his files wait here


@open_to("GET", limits.LOOKS, known=False)
def _config(request: HttpRequest, visit: Visit) -> HttpResponse:
    sightings.saw(visit.channel.pk, visit.origin, request.headers.get("Referer", ""))
    response = JsonResponse(_config_of(visit))
    response["Cache-Control"] = "private, max-age=300"
    return response


@open_to("POST", limits.SESSIONS, known=False)
def _session(request: HttpRequest, visit: Visit) -> HttpResponse:
    body = read_body(request, SessionBody)
    sightings.saw(visit.channel.pk, visit.origin, body.page)
    visitor = _returning(visit, body.token) or new_visitor()
    known = Visit(visit.channel, visit.settings, visit.origin, visit.address, visitor)
    cursor = str(changes.take_cursor())
    conversation = known.conversation()
    context = context_of(body)
    if conversation is None:
        _take_in(known, type="started", language=body.language, context=context)
    elif {**conversation.context, **context} != conversation.context:
        conversation.context = {**conversation.context, **context}
        conversation.save(update_fields=["context"])
    messages = history.newest(conversation) if conversation else []
    return JsonResponse(
        {
            "token": issue_token(visit.channel.key, visitor),
            "config": _config_of(visit),
            "messages": messages,
            "earlier": len(messages) == history.PAGE,
            "cursor": cursor,
            "socket": f"/ws/chat/{visit.channel.key}/",
        }
    )


@open_to("GET", limits.LOOKS)
def _messages(request: HttpRequest, visit: Visit) -> HttpResponse:
    conversation = visit.conversation()
    since, before = request.GET.get("since", ""), request.GET.get("before", "")
    if conversation is None:
        return JsonResponse({"messages": [], "cursor": since, "more": False})
    if before.isdecimal():
        messages = history.newest(conversation, int(before[:18]))
        return JsonResponse({"messages": messages, "earlier": len(messages) == history.PAGE})
    try:
        messages, cursor, more = history.changed(conversation, since)
    except changes.BadCursorError as error:
        raise Problem(400, "bad_cursor", gettext("Open the chat again.")) from error
    return JsonResponse({"messages": messages, "cursor": cursor, "more": more})


@open_to("GET", limits.LOOKS)
def _unread(request: HttpRequest, visit: Visit) -> HttpResponse:
    conversation = visit.conversation()
    return JsonResponse({"unread": history.unread(conversation) if conversation else 0})


@open_to("POST", limits.MESSAGES)
def _write(request: HttpRequest, visit: Visit) -> HttpResponse:
    body = read_body(request, WrittenBody)
    if body.button:
        return _press(visit, body)
    attachments = [_uploaded(visit, ticket) for ticket in body.files]
    phone = _phone(body.phone) if body.phone else ""
    _take_in(
        visit,
        type="message",
        client_id=body.client_id,
        text=phone or body.text,
        phone=phone,
        attachments=[attachment.model_dump(mode="json") for attachment in attachments],
    )
    return JsonResponse({"client_id": body.client_id}, status=202)


def _press(visit: Visit, body: WrittenBody) -> HttpResponse:
    assert body.button is not None
    conversation = visit.conversation()
    shown = history.one(conversation, body.button.message_id) if conversation else None
    offered = [] if shown is None else [*shown.get("buttons", []), *_card_buttons(shown)]
    pressed = next((button for button in offered if button.get("id") == body.button.id), None)
    if pressed is None:
        raise Problem(404, "no_button", gettext("This button is no longer there."))
    client_id = f"{history.PRESS}{body.button.message_id:03d}"
    _take_in(
        visit,
        type="button",
        client_id=client_id,
        message_id=body.button.message_id,
        button_id=body.button.id,
        text=pressed["text"],
    )
    return JsonResponse({"client_id": client_id}, status=202)


def _card_buttons(shown: dict[str, Any]) -> list[dict[str, Any]]:
    return [button for card in shown.get("cards", []) for button in card["buttons"]]


@open_to("POST", limits.FILES)
def _upload(request: HttpRequest, visit: Visit) -> HttpResponse:
    if int(request.headers.get("Content-Length") or 0) > media.SIZE_LIMIT + _MULTIPART_ROOM:
        raise Problem(413, "file_too_large", gettext("The file is larger than 20 MB."))
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise Problem(400, "malformed", gettext("The request cannot be read."))
    try:
        stored = media.store(file, unsent_until=timezone.now() + _KEPT_UNSENT)
    except media.MediaRefusedError as error:
        raise Problem(413 if error.code == "file_too_large" else 415, error.code, error.text) from error
    return JsonResponse(
        {
            "id": issue_ticket(visit.visitor, stored.pk),
            "kind": stored.kind,
            "name": stored.name,
            "size": stored.size,
            "url": media.signed_url(stored),
        },
        status=201,
    )


@open_to("POST", limits.RECEIPTS)
def _receipts(request: HttpRequest, visit: Visit) -> HttpResponse:
    body = read_body(request, ReceiptsBody)
    conversation = visit.conversation()
    if conversation is not None:
        own = Message.objects.filter(conversation=conversation, direction=Message.Direction.OUT)
        for status, told in ((Status.READ, body.read), (Status.DELIVERED, body.delivered)):
            if ids := sorted(own.filter(pk__in=told).values_list("pk", flat=True)):
                _take_in(visit, type="receipt", status=status.value, message_ids=ids)
    return HttpResponse(status=202)


config = entrance(_config)
session = entrance(_session)
messages = entrance(_messages, _write)
unread = entrance(_unread)
files = entrance(_upload)
receipts = entrance(_receipts)


def _take_in(visit: Visit, **body: Any) -> None:
    """Put what the visitor did through the door in; a repeat is known by its id and dropped."""
    update_id = inbox.store(visit.channel, {**body, "visitor": visit.visitor, "at": timezone.now().isoformat()})
    if update_id is not None:
        # Without the broker the update waits in its row until the sweep finds it.
        where = {"workspace_id": visit.channel.workspace_id}
        after_commit(receive.apply_async, (update_id,), where, retry=False)


def _config_of(visit: Visit) -> dict[str, Any]:
    return config_of(visit.channel, visit.settings.model_dump())


def config_of(channel: Channel, settings: dict[str, Any]) -> dict[str, Any]:
    """Return what the widget must know to look right."""
    return {
        "title": settings["title"] or channel.name,
        "greeting": settings["greeting"],
        "offline": settings["offline_text"],
        "color": settings["color"],
        "position": settings["position"],
        "language": settings["language"],
    }


def _returning(visit: Visit, token: str) -> str:
    try:
        return read_token(visit.channel.key, token) if token else ""
    except ForgedTokenError:
        return ""


def _uploaded(visit: Visit, ticket: str) -> Attachment:
    try:
        stored = media.claim(read_ticket(visit.visitor, ticket))
    except (ForgedTokenError, Media.DoesNotExist) as error:
        raise Problem(404, "no_file", gettext("The file is gone. Send it again.")) from error
    return media.as_attachment(stored)


def _phone(typed: str) -> str:
    try:
        return normalise_phone(typed)
    except PhoneError as error:
        raise Problem(400, "bad_phone", gettext("This is not a whole phone number.")) from error
