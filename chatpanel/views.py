"""The panel's page, and the endpoints that its island calls. Each reads the request, calls one function, answers."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chatpanel import (
    catching_up,
    contact_card,
    listing,
    live,
    page_data,
    payloads,
    presence,
    replying,
    rows,
    template_choice,
    thread,
)
from chatpanel.refusals import RefusedError, answers_in_json, invalid, read
from messengers import conversations, media
from messengers import cost as estimates
from messengers.changes import take_cursor
from messengers.content import Content
from messengers.models import Conversation, Media, MessageTemplate
from messengers.template_parts import GapsError
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Reply(_Body):
    """An answer: what it says, and what its writer had seen when he wrote it."""

    client_id: str = Field(min_length=8, max_length=64)
    subject: str = Field(default="", max_length=200)
    text: str = Field(default="", max_length=20_000)
    attachments: list[int] = Field(default_factory=list, max_length=10)
    seen_message: int | None = None
    known_assignee: int | None = None


class Draft(_Body):
    """What is being written."""

    text: str = Field(default="", max_length=20_000)
    attachments: list[int] = Field(default_factory=list, max_length=10)


class TemplateReply(_Body):
    """An approved message, and what its gaps are filled with."""

    client_id: str = Field(min_length=8, max_length=64)
    template: int
    values: dict[str, str] = Field(default_factory=dict, max_length=100)
    file: int | None = None
    seen_message: int | None = None
    known_assignee: int | None = None


class Note(_Body):
    """A line for colleagues."""

    client_id: str = Field(min_length=8, max_length=64)
    text: str = Field(min_length=1, max_length=4000)


class Takeover(_Body):
    """Whom the person saw answering."""

    known_assignee: int | None = None


class Assignment(_Body):
    """To whom; null for nobody in particular."""

    assignee: int | None


class Seen(_Body):
    """Up to which message."""

    message: int


@page(Permission.ANSWER_CHATS)
@require_GET
def panel(request: TenantRequest, conversation_id: int | None = None) -> HttpResponse:
    """Show the panel, perhaps with a conversation open. The island draws all of it."""
    if conversation_id is not None:
        get_object_or_404(Conversation, pk=conversation_id)
    return render(request, "chatpanel/panel.html", {"panel": page_data.panel(request, conversation_id)})


@page(Permission.ANSWER_CHATS)
@require_GET
@answers_in_json
def conversation_list(request: TenantRequest) -> HttpResponse:
    """Answer one page of the list, and the cursor from which changes to it will be told."""
    try:
        filters = listing.Filters.model_validate(request.GET.dict())
    except ValidationError as error:
        raise invalid({str(part["loc"][0]): part["msg"] for part in error.errors()}) from error
    cursor = take_cursor()
    found = listing.find(filters, request.user.pk)
    rows = [payloads.conversation(row) for row in found.conversations]
    return JsonResponse({"conversations": rows, "after": found.after, "cursor": cursor, "unread": live.unread()})


@page(Permission.ANSWER_CHATS)
@require_GET
@answers_in_json
def conversation(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Answer all that opening a conversation shows."""
    row = rows.described(conversation_id)
    return JsonResponse(
        {
            "conversation": payloads.conversation(row),
            "card": payloads.card(row),
            "viewers": presence.viewers(row.pk),
            **_history(row, None),
        }
    )


@page(Permission.ANSWER_CHATS)
@require_GET
@answers_in_json
def older(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Answer the page of the thread above a message."""
    row = rows.described(conversation_id)
    before = request.GET.get("before", "")
    if not before.isdecimal():
        raise invalid({"before": _("A message's number is needed.")})
    return JsonResponse(_history(row, int(before)))


@page(Permission.ANSWER_CHATS)
@require_GET
@answers_in_json
def since(request: TenantRequest) -> HttpResponse:
    """Answer what was missed, for panels whose socket is closed."""
    cursor, open_one = request.GET.get("cursor", ""), request.GET.get("conversation", "")
    if not cursor.isdecimal():
        raise invalid({"cursor": _("A cursor is needed.")})
    presence.panel_is_open(request.workspace.pk)
    return JsonResponse(catching_up.missed(int(cursor), int(open_one) if open_one.isdecimal() else None))


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def reply(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Send an answer."""
    rows.described(conversation_id)
    asked = read(Reply, request.body)
    message = replying.reply(
        conversation_id,
        request.user,
        _content(asked.text, asked.attachments, asked.subject),
        client_id=asked.client_id,
        seen_message_id=asked.seen_message,
        known_assignee=asked.known_assignee,
    )
    return JsonResponse({"messages": rows.of_message(message.pk), **rows.of_conversation(conversation_id)}, status=201)


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def cost(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Answer what a draft would cost, if it were sent; null where answers cost nothing."""
    row = rows.described(conversation_id)
    asked = read(Draft, request.body)
    told = estimates.estimate(row.channel, _content(asked.text, asked.attachments), row.identity.external_id)
    return JsonResponse({"cost": payloads.cost(told) if told else None})


@page(Permission.ANSWER_CHATS)
@require_GET
@answers_in_json
def templates(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Answer the approved messages that may be sent here."""
    row = rows.described(conversation_id)
    return JsonResponse({"templates": template_choice.offered(row)})


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def send_template(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Send an approved message."""
    row = rows.described(conversation_id)
    asked = read(TemplateReply, request.body)
    template = MessageTemplate.objects.filter(pk=asked.template, channel=row.channel).first()
    if template is None:
        raise RefusedError("template_gone", _("The messenger does not have this template any more."))
    file = Media.objects.filter(pk=asked.file).first() if asked.file else None
    try:
        said = template_choice.content(row, template, asked.values, file)
    except GapsError as error:
        raise invalid(template_choice.words(error)) from error
    message = replying.reply(
        conversation_id,
        request.user,
        said,
        client_id=asked.client_id,
        seen_message_id=asked.seen_message,
        known_assignee=asked.known_assignee,
    )
    return JsonResponse({"messages": rows.of_message(message.pk), **rows.of_conversation(conversation_id)}, status=201)


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def note(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Leave a note for colleagues."""
    rows.described(conversation_id)
    asked = read(Note, request.body)
    line = replying.note(conversation_id, request.user, asked.text, client_id=asked.client_id)
    return JsonResponse({"events": [payloads.event(line)]}, status=201)


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def take_over(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Take the conversation over from the bot, or knowingly from a colleague."""
    rows.described(conversation_id)
    asked = read(Takeover, request.body)
    replying.take_over(conversation_id, request.user, known_assignee=asked.known_assignee)
    return JsonResponse(rows.of_conversation(conversation_id))


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def assign(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Give the conversation to a colleague."""
    rows.described(conversation_id)
    asked = read(Assignment, request.body)
    replying.assign(conversation_id, request.user, asked.assignee)
    return JsonResponse(rows.of_conversation(conversation_id))


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def give_back(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Let the bot answer again."""
    rows.described(conversation_id)
    replying.give_back(conversation_id, request.user)
    return JsonResponse(rows.of_conversation(conversation_id))


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def close(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Close the conversation."""
    rows.described(conversation_id)
    replying.close(conversation_id, request.user)
    return JsonResponse(rows.of_conversation(conversation_id))


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def reopen(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Open it again."""
    rows.described(conversation_id)
    replying.reopen(conversation_id, request.user)
    return JsonResponse(rows.of_conversation(conversation_id))


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def seen(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Record how far the thread was seen."""
    row = rows.described(conversation_id)
    conversations.mark_seen(row, read(Seen, request.body).message)
    return JsonResponse(rows.of_conversation(conversation_id))


@page(Permission.EDIT_CONTACTS)
@require_POST
@answers_in_json
def contact(request: TenantRequest, conversation_id: int) -> HttpResponse:
    """Correct the contact's name, phone or e-mail."""
    row = rows.described(conversation_id)
    correction = read(contact_card.Correction, request.body)
    region = "RU" if request.workspace.language == "ru" else "US"
    try:
        contact_card.correct(row, correction, request.user, region=region)
    except contact_card.WrongFieldsError as error:
        raise invalid(error.fields) from error
    return JsonResponse(rows.of_conversation(conversation_id))


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def upload(request: TenantRequest) -> HttpResponse:
    """Store a file that an answer will carry."""
    file = request.FILES.get("file")
    if file is None:
        raise invalid({"file": _("Choose a file.")})
    try:
        stored = media.store(file, request.user)
    except media.MediaRefusedError as error:
        raise RefusedError(error.code, error.text, status=400) from error
    return JsonResponse({"id": stored.pk, **payloads.attachment(media.as_attachment(stored))}, status=201)


def _history(row: Conversation, before: int | None) -> dict[str, Any]:
    found = thread.history(row, before)
    return {
        "messages": payloads.messages(found.messages),
        "events": [payloads.event(line) for line in found.events],
        "before": found.before,
    }


def _content(text: str, attachments: Sequence[int], subject: str = "") -> Content:
    files = {file.pk: file for file in Media.objects.filter(pk__in=attachments)}
    if set(attachments) - set(files):
        raise invalid({"attachments": _("A file is not there any more: attach it once more.")})
    if not (text or files):
        raise invalid({"text": _("There is nothing to send yet.")})
    return Content.plain(text, subject=subject, attachments=[media.as_attachment(files[pk]) for pk in attachments])
