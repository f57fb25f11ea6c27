"""What a member does with one message that was sent: try again, change it, take it back, ask what became of it."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chatpanel import payloads, rows
from chatpanel.refusals import answers_in_json, invalid, read
from messengers import corrections, decisions, outbox
from messengers.content import Content
from messengers.decisions import Decision
from messengers.models import Attempt, Message
from workspaces.access import TenantRequest, page
from workspaces.roles import Permission


class Correction(BaseModel):
    """What a message that was sent shall say instead."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    text: str = Field(default="", max_length=20_000)


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def retry(request: TenantRequest, message_id: int) -> HttpResponse:
    """Try once more to send a message that did not arrive."""
    message = get_object_or_404(Message, pk=message_id)
    outbox.retry(message, request.user)
    return JsonResponse({"messages": rows.of_message(message_id)})


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def arrived(request: TenantRequest, message_id: int) -> HttpResponse:
    """Record that a message of which nobody knew has arrived after all: the person said so."""
    get_object_or_404(Message, pk=message_id)
    decisions.decide(decisions.these([message_id]), Decision.ARRIVED, request.user, request.workspace)
    return JsonResponse({"messages": rows.of_message(message_id)})


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def edit(request: TenantRequest, message_id: int) -> HttpResponse:
    """Change the words of a message that its reader has already."""
    message = get_object_or_404(Message.objects.select_related("variant"), pk=message_id)
    text = read(Correction, request.body).text
    try:
        content = Content.model_validate({**message.words, "text": text})
    except ValidationError as error:
        raise invalid({"text": _("A message cannot be empty. Delete it instead.")}) from error
    corrections.edit(message, content, request.user)
    return _corrected(message)


@page(Permission.ANSWER_CHATS)
@require_POST
@answers_in_json
def delete(request: TenantRequest, message_id: int) -> HttpResponse:
    """Take a message back."""
    message = get_object_or_404(Message, pk=message_id)
    corrections.delete(message, request.user)
    return _corrected(message)


@page(Permission.ANSWER_CHATS)
@require_GET
@answers_in_json
def attempts(request: TenantRequest, message_id: int) -> HttpResponse:
    """Answer every try to send a message."""
    message = get_object_or_404(Message, pk=message_id)
    tries = Attempt.objects.filter(message=message).order_by("number")
    return JsonResponse({"attempts": [payloads.attempt(one) for one in tries]})


def _corrected(message: Message) -> HttpResponse:
    return JsonResponse({"messages": rows.of_message(message.pk), **rows.of_conversation(message.conversation_id)})
