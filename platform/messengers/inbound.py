"""What an update does: who it is from, what is said, what changes. `inbox` calls `handle` inside its transaction."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import singledispatch
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from messengers import account_changes, conversations, held, identities, media, presses, receipts, signals
from messengers.content import Content
from messengers.models import Channel, Conversation, Media, Message
from messengers.statuses import Status
from messengers.updates import (
    AccountChanged,
    ButtonPressed,
    MemberWrote,
    MessageDeleted,
    MessageEdited,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    TemplateChanged,
    Update,
)

FILES = 10  # of one message: see `content.Content`


class TooEarlyError(Exception):
    """News of a message whose outcome we have not written down yet."""


def gather(channel: Channel, updates: Sequence[Update]) -> None:
    """Look up at once what `handle` will want to know of each of these updates. Call it where rows are held."""
    identities.gather(channel, [update.sender for update in updates if update.sender is not None])
    presses.gather(_talks(channel, [update.sender for update in updates if isinstance(update, MessageReceived)]))
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
    _hear(update, channel, update.content, update.files, update.album[:64])


@handle.register
def _button(update: ButtonPressed, channel: Channel) -> None:
    _hear(update, channel, Content.plain(update.text if update.text.strip() else update.button_id))


def _hear(
    update: MessageReceived | ButtonPressed,
    channel: Channel,
    content: Content | None,
    files: Sequence[RemoteFile] = (),
    album: str = "",
) -> None:
    now = timezone.now()
    at = min(update.at or now, now)
    met = _meet(channel, update.sender, identities.WROTE, at)
    conversation = conversations.lock(met.conversation.pk)
    if update.external_id and _is_repeat(channel, update.external_id):
        return
    expected = media.expect(channel, files) if files else []
    if expected:
        content = _with_files(content, expected)
        if album and _joined(conversation, album, content, expected):
            return
    if content is None:
        raise ValueError("missing words")
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
        album=album,
    )
    if expected:
        Media.objects.filter(pk__in=[file.pk for file in expected]).update(message=message)
    if isinstance(update, MessageReceived) and not files:
        update = presses.typed(conversation, update, message.pk) or update
    conversations.heard(conversation, message)
    signals.message_received.tell(message=message, conversation=conversation, update=update)


def _with_files(content: Content | None, files: Sequence[Media]) -> Content:
    attachments = [media.as_attachment(file) for file in files]
    return content.model_copy(update={"attachments": attachments}) if content else Content(attachments=attachments)


def _joined(conversation: Conversation, album: str, content: Content, files: Sequence[Media]) -> bool:
    """Add the files to the message with which their album began. False when they begin it."""
    of_album = Message.objects.select_for_update().filter(conversation=conversation, album=album)
    first = of_album.filter(direction=Message.Direction.IN).order_by("pk").first()
    if first is None:
        return False
    said = Content.model_validate(first.content)
    attachments = [*said.attachments, *content.attachments]
    if len(attachments) > FILES:
        return False
    change = {"attachments": attachments, "text": said.text or content.text}
    first.content = said.model_copy(update=change).model_dump(mode="json")
    first.save(update_fields=["content"])
    Media.objects.filter(pk__in=[file.pk for file in files]).update(message=first)
    signals.message_changed.tell(message_ids=[first.pk])
    return True


@handle.register
def _written(update: MemberWrote, channel: Channel) -> None:
    """Keep what a member wrote elsewhere as a message that was sent: the talk is read here, too."""
    met = identities.meet(channel, update.sender)
    conversation = conversations.lock(met.conversation.pk)
    if update.external_id and receipts.is_ours(met.identity, update.external_id):
        return
    if receipts.is_spoken_to(met.identity):
        raise TooEarlyError("it may be the message that is on its way now, which we do not know by its name yet")
    if update.perhaps_ours and receipts.was_spoken_to(met.identity, update.at):
        return  # the names of parts are known when the last has left, and of many long ones not all
    expected = media.expect(channel, update.files) if update.files else []
    content = _with_files(update.content, expected) if expected else update.content
    if content is None:
        raise ValueError("missing words")
    at = min(update.at, timezone.now())
    message = Message.objects.create(
        conversation=conversation,
        channel=channel,
        identity=conversation.identity,
        direction=Message.Direction.OUT,
        content=content.model_dump(mode="json"),
        status=Status.SENT,
        source=Message.Source.MEMBER,
        external_id=update.external_id,
        created_at=at,
        sent_at=at,
    )
    if expected:
        Media.objects.filter(pk__in=[file.pk for file in expected]).update(message=message)
    conversations.said(conversation, message)
    signals.message_status_changed.tell(message_ids=[message.pk], status=Status.SENT)


@handle.register
def _edited(update: MessageEdited, channel: Channel) -> None:
    message = _changed(update, channel)
    if message is None or (message.edited_at is not None and message.edited_at > update.at):
        return
    said = Content.model_validate(message.content)
    change = {"text": update.content.text, "location": update.content.location or said.location}
    message.content = said.model_copy(update=change).model_dump(mode="json")
    message.edited_at = update.at
    message.save(update_fields=["content", "edited_at"])
    signals.message_changed.tell(message_ids=[message.pk])


@handle.register
def _deleted(update: MessageDeleted, channel: Channel) -> None:
    message = _changed(update, channel)
    if message is None:
        return
    message.deleted_at = message.deleted_at or update.at
    message.save(update_fields=["deleted_at"])
    signals.message_changed.tell(message_ids=[message.pk])


def _changed(update: MessageEdited | MessageDeleted, channel: Channel) -> Message | None:
    """Return the person's message that he changed, locked; None for one that we never had, or only as part of an album.

    What he wrote before is handled before, so there is nothing to wait for.
    """
    talk = conversations.lock(identities.meet(channel, update.sender).conversation.pk)
    theirs = _heard(channel).select_for_update().filter(conversation=talk, external_id=update.external_id)
    return theirs.first()


@handle.register
def _started(update: Started, channel: Channel) -> None:
    context = {**update.context, "start": update.payload} if update.payload else update.context
    at = min(update.at or timezone.now(), timezone.now())
    met = _meet(channel, update.sender, identities.STARTED, at, context)
    conversation = conversations.lock(met.conversation.pk)
    conversations.came(conversation, at)
    signals.contact_started.tell(conversation=conversation, update=update, first=met.first)


@handle.register
def _subscription(update: SubscriptionChanged, channel: Channel) -> None:
    met = identities.meet(channel, update.sender)
    if identities.change_state(met.identity, update.state, _moment(update.at)):
        signals.identity_changed.tell(identity=met.identity, update=update)


@handle.register
def _receipt(update: ReceiptReceived, channel: Channel) -> None:
    identity = identities.meet(channel, update.sender).identity if update.sender else None
    if identity and (update.upto or update.until) and receipts.is_spoken_to(identity):
        raise TooEarlyError("a message that is still on its way may be meant, too")
    if unknown := receipts.apply(channel, [update], identity):
        raise TooEarlyError(", ".join(unknown))


@handle.register
def _template(update: TemplateChanged, channel: Channel) -> None:
    account_changes.note_template(update, channel)


@handle.register
def _account(update: AccountChanged, channel: Channel) -> None:
    account_changes.note_account(update, channel)


def _talks(channel: Channel, senders: Sequence[Sender]) -> Iterator[Conversation]:
    for sender in senders:
        if talk := identities.held_talk(channel, sender):
            yield talk


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


def _moment(told: datetime | None) -> datetime:
    """Return when it was: now, by the second, where nobody says. What follows in this second shall not look older."""
    return told or timezone.now().replace(microsecond=0)


def _free_client_id(conversation_id: int, client_id: str) -> str:
    """Return the id that the person's side made up, unless a message has it already: it is only an echo."""
    taken = client_id and Message.objects.filter(conversation_id=conversation_id, client_id=client_id).exists()
    return "" if taken else client_id[:64]
