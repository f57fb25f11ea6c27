"""Changing and taking back what was sent, where the messenger can. The chat panel calls this, inside `tenant()`.

The messenger is asked first, and what it did is written down then. Meanwhile no row is locked, so that receipts come
through; who wants to correct the same message in that time is refused.
"""

import asyncio
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.utils import timezone

from messengers import conversations, fit, media, signals, statements
from messengers.adapter import (
    ChannelBroken,
    Messenger,
    Outcome,
    Outgoing,
    Rejected,
    RetryAt,
    Sent,
    Steps,
    Uncertain,
    Unreachable,
)
from messengers.channels import facts
from messengers.content import Content
from messengers.driver import open_driver
from messengers.models import Channel, Message
from messengers.registry import messenger
from messengers.statuses import Status
from workspaces.audit import record
from workspaces.models import User
from workspaces.scope import current_workspace_id

PATIENCE = 10.0  # seconds
ARRIVED = (Status.SENT, Status.DELIVERED, Status.READ)


class CorrectionRefusedError(Exception):
    """Nothing is changed here. `reason` is a code, `told` what the messenger said of it, if it was the messenger."""

    def __init__(self, reason: str, told: str = "") -> None:
        """Keep both."""
        super().__init__(reason)
        self.reason = reason
        self.told = told


def is_correctable(message: Message) -> bool:
    """Say whether a message stands with the person as one message of ours: then the messenger may be asked."""
    return (
        message.direction == Message.Direction.OUT
        and message.status in ARRIVED
        and message.deleted_at is None
        and message.parts_sent <= 1
    )


def edit(message: Message, content: Content, user: User) -> Message:
    """Change the words of a message that this member wrote; raise CorrectionRefusedError when that is not possible."""
    row, adapter = _claimed(message)
    if row.author_id != user.pk:
        raise CorrectionRefusedError("not_yours")
    if not adapter.capabilities.edits:
        raise CorrectionRefusedError("cannot")
    was = Content.model_validate(row.words)
    if content == was:
        return row
    part = _part(was, content, adapter)
    outgoing = Outgoing(row.pk, row.identity.external_id, part, f"{row.pk}-0")
    _ask(adapter.edit(facts(row.channel), outgoing, row.external_id))
    locked = _lock(row)
    locked.content = content.model_dump(mode="json")
    locked.edited_at = timezone.now()
    locked.save(update_fields=["content", "edited_at"])
    record(user, "message.edited", locked, {"text": (was.text, content.text)})
    signals.message_changed.tell(message_ids=[locked.pk])
    return locked


def delete(message: Message, user: User) -> Message:
    """Take a message of ours back, whoever wrote it; raise CorrectionRefusedError when that is not possible."""
    row, adapter = _claimed(message)
    can = adapter.capabilities
    if not can.deletes:
        raise CorrectionRefusedError("cannot")
    if can.deletes_within and timezone.now() - (row.sent_at or row.created_at) > timedelta(hours=can.deletes_within):
        raise CorrectionRefusedError("too_late")
    _ask(adapter.delete(facts(row.channel), row.identity.external_id, row.external_id))
    locked = _lock(row)
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at"])
    record(user, "message.deleted", locked, {"text": (locked.words.get("text", ""), "")})
    signals.message_changed.tell(message_ids=[locked.pk])
    return locked


def _claimed(message: Message) -> tuple[Message, Messenger]:
    """Return the message as it is now, with its adapter; nobody else corrects it until the transaction ends."""
    values = {"workspace": current_workspace_id(), "message": message.pk}
    if statements.run(statements.TRY_CORRECTION, values) == [(False,)]:
        raise CorrectionRefusedError("being_changed")
    row = Message.objects.select_related("channel", "identity", "variant").get(pk=message.pk)
    if row.deleted_at is not None:
        raise CorrectionRefusedError("deleted")
    if row.parts_sent > 1:
        raise CorrectionRefusedError("many_parts")
    if not is_correctable(row):
        raise CorrectionRefusedError("not_sent")
    if row.channel.state != Channel.State.ACTIVE:
        raise CorrectionRefusedError("channel_off")
    return row, messenger(row.channel.kind)


def _part(was: Content, content: Content, adapter: Messenger) -> Content:
    """Return the new content as the messenger carries it: one message, of which only the words differ."""
    if content.model_copy(update={"text": was.text}) != was:
        raise CorrectionRefusedError("only_words")
    links = {file.media: media.signed_url(file) for file in content.attachments}
    parts = fit.fit(content, adapter.capabilities, links).parts
    if len(parts) > 1:
        raise CorrectionRefusedError("too_long")
    return parts[0]


@async_to_sync
async def _outcome(steps: Steps[Outcome], workspace_id: int) -> Outcome:
    async with open_driver(1) as driver:
        try:
            async with asyncio.timeout(PATIENCE):
                return await driver.send(steps, workspace_id)
        except TimeoutError:
            return Uncertain("timeout")


def _ask(steps: Steps[Outcome]) -> None:
    outcome = _outcome(steps, current_workspace_id())
    match outcome:
        case Sent():
            return
        case RetryAt():
            raise CorrectionRefusedError("not_now")
        case Uncertain():
            raise CorrectionRefusedError("unanswered")
        case Unreachable():
            raise CorrectionRefusedError("unreachable")
        case ChannelBroken():
            raise CorrectionRefusedError("channel_off")
        case Rejected(reason=reason):
            raise CorrectionRefusedError("refused", reason)


def _lock(row: Message) -> Message:
    conversations.lock(row.conversation_id)
    return Message.objects.select_related("variant").select_for_update(of=("self",)).get(pk=row.pk)
