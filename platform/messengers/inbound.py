"""What an update does: who it is from, what is said, what changes. `inbox` calls `handle` inside its transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import singledispatch
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from messengers import conversations, held, identities, receipts, signals
from messengers.adapter import (
    ButtonPressed,
    MessageReceived,
    ReceiptReceived,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)
from messengers.content import Content
from messengers.models import Channel, Message
from messengers.statuses import Status


class TooEarlyError(Exception):
    """News of a message whose outcome we have not written down yet."""


def gather(channel: Channel, updates: Sequence[Update]) -> None:
    """Look up at once what `handle` will want to know of each of these updates. Call it where rows are held."""
    identities.gather(channel, [update.sender for update in updates if update.sender is not None])
    names = {update.external_id for update in updates if isinstance(update, MessageReceived | ButtonPressed)} - {""}
    known = set(_heard(channel).filter(external_id__in=names).values_list("external_id", flat=True)) if names else set()
    for name in names:
        held.note(("heard", channel.pk, name), name in known)


@singledispatch
def handle(update: Update, channel: Channel) -> None:
    """Do what one parsed update says."""
    raise TypeError(f"Nobody handles {type(update).__name__}")


@handle.register
def _message(update: MessageReceived, channel: Channel) -> None:
    if update.content is None:
        raise ValueError("missing words")
    _hear(update, channel, update.content)


@handle.register
def _button(update: ButtonPressed, channel: Channel) -> None:
    _hear(update, channel, Content.plain(update.text or update.button_id))


def _hear(update: MessageReceived | ButtonPressed, channel: Channel, content: Content) -> None:
    now = timezone.now()
    at = min(update.at or now, now)
    met = _meet(channel, update.sender, identities.WROTE, at)
    conversation = conversations.lock(met.conversation.pk)
    if update.external_id and _is_repeat(channel, update.external_id):
        return
    message = Message.objects.create(
        conversation=conversation,
        channel=channel,
        identity=conversation.identity,
        direction=Message.Direction.IN,
        content=content.model_dump(mode="json"),
        status=Status.RECEIVED,
        source=Message.Source.CONTACT,
        external_id=update.external_id,
        client_id=_free_client_id(conversation.pk, update.client_id),
        created_at=at,
    )
    conversations.heard(conversation, message)
    signals.message_received.tell(message=message, conversation=conversation, update=update)


@handle.register
def _started(update: Started, channel: Channel) -> None:
    met = _meet(channel, update.sender, identities.STARTED, update.at, update.context)
    conversation = conversations.lock(met.conversation.pk)
    signals.contact_started.tell(conversation=conversation, update=update, first=met.first)


@handle.register
def _subscription(update: SubscriptionChanged, channel: Channel) -> None:
    met = identities.meet(channel, update.sender)
    if identities.change_state(met.identity, update.state, update.at):
        signals.identity_changed.tell(identity=met.identity, update=update)


@handle.register
def _receipt(update: ReceiptReceived, channel: Channel) -> None:
    identity = identities.meet(channel, update.sender).identity if update.sender else None
    if unknown := receipts.apply(channel, [update], identity):
        raise TooEarlyError(", ".join(unknown))


def _is_repeat(channel: Channel, external_id: str) -> bool:
    known = held.fact(("heard", channel.pk, external_id))  # of two in one transaction the second is looked up anew
    return _heard(channel).filter(external_id=external_id).exists() if known is None else bool(known)


def _heard(channel: Channel) -> QuerySet[Message]:
    return Message.objects.filter(channel=channel, direction=Message.Direction.IN)


def _meet(
    channel: Channel, sender: Sender, did: str, at: datetime, context: Mapping[str, Any] | None = None
) -> identities.Met:
    met = identities.meet(channel, sender, context=context)
    if identities.change_state(met.identity, did, at):
        signals.identity_changed.tell(identity=met.identity, update=None)
    return met


def _free_client_id(conversation_id: int, client_id: str) -> str:
    """Return the id that the person's side made up, unless a message has it already: it is only an echo."""
    taken = client_id and Message.objects.filter(conversation_id=conversation_id, client_id=client_id).exists()
    return "" if taken else client_id[:64]
