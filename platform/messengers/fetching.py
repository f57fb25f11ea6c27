"""Fetches what messengers hold: files that people sent, and who they are. `tasks` calls this, row by row.

A file is fetched outside of any transaction. What fails is tried again, later each time, and then said to be lost.
"""

from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.utils import timezone

from messengers import conversations, media, signals
from messengers.adapter import ChannelFacts, Messenger, Profile, Reply
from messengers.channels import facts
from messengers.content import Attachment, Content
from messengers.driver import open_driver
from messengers.media_scan import SCANNER_AWAY
from messengers.models import Identity, Media, Message
from messengers.registry import messenger
from workspaces.crossings import ids_across_workspaces
from workspaces.scope import tenant

RETRY_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))
PROFILE_RETRY = timedelta(minutes=5)
PROFILE_AGE = timedelta(days=7)


class _NotFetchedError(Exception):
    """The messenger did not give it. `final` when asking again is useless."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


def due_files(limit: int = 200) -> list[tuple[int, ...]]:
    """Return (workspace id, media id) of files to fetch now."""
    return ids_across_workspaces("remote_files", limit)


def due_profiles(limit: int = 50) -> list[tuple[int, ...]]:
    """Return (workspace id, identity id) of people to ask about now: a few of each channel."""
    return ids_across_workspaces("profiles_to_ask", limit)


def fetch(media_id: int, *, workspace_id: int, now: datetime | None = None) -> None:
    """Fetch a file that a person sent. Repeats do nothing."""
    with tenant(workspace_id):
        file = Media.objects.select_related("source").filter(pk=media_id, state=Media.State.REMOTE).first()
        if file is None or file.source is None:
            return
        adapter, known = messenger(file.source.kind), facts(file.source)
    try:
        content = _fetched(adapter, known, file.source_ref)
    except _NotFetchedError as error:
        with tenant(workspace_id):
            _put_off(media_id, error, now or timezone.now())
        return
    with tenant(workspace_id):
        locked = Media.objects.select_for_update().filter(pk=media_id, state=Media.State.REMOTE).first()
        if locked is None:
            return
        try:
            media.keep(locked, content)
        except media.MediaRefusedError as refusal:
            if refusal.code == SCANNER_AWAY:
                _put_off(media_id, _NotFetchedError(SCANNER_AWAY), now or timezone.now())
                return
            _lose(locked, refusal.code)
        _tell(locked)


def ask_profile(identity_id: int, *, workspace_id: int, now: datetime | None = None) -> None:
    """Ask the messenger who a person is, and for his picture."""
    now = now or timezone.now()
    with tenant(workspace_id):
        asked = Identity.objects.select_related("channel").filter(pk=identity_id, profile_due_at__lte=now).first()
        if asked is None:
            return
        adapter, known, external_id = messenger(asked.channel.kind), facts(asked.channel), asked.external_id
        Identity.objects.filter(pk=identity_id).update(profile_due_at=now + PROFILE_RETRY)
    try:
        told = _asked(adapter, known, external_id)
    except ValueError:
        return  # asked again when it is due
    with tenant(workspace_id):
        _take_in(identity_id, told, now)


@async_to_sync
async def _fetched(adapter: Messenger, channel: ChannelFacts, ref: str) -> bytes:
    async with open_driver(2) as driver:
        try:
            call = await driver.run(adapter.locate(channel, ref))
        except ValueError as error:
            reason = str(error)
            raise _NotFetchedError(reason, final=reason not in {"no_answer", "too_many_requests"}) from error
        reply = await driver.fetch(call, media.SIZE_LIMIT)
    _check(reply)
    return reply.body


def _check(reply: Reply) -> None:
    if reply.status == 0 or reply.status == 429 or reply.status >= 500:
        raise _NotFetchedError(reply.fault or f"status_{reply.status}")
    if reply.status != 200:
        raise _NotFetchedError(f"status_{reply.status}", final=True)


@async_to_sync
async def _asked(adapter: Messenger, channel: ChannelFacts, external_id: str) -> Profile | None:
    async with open_driver(2) as driver:
        return await driver.run(adapter.profile(channel, external_id))


def _put_off(media_id: int, error: _NotFetchedError, now: datetime) -> None:
    file = Media.objects.select_for_update().filter(pk=media_id, state=Media.State.REMOTE).first()
    if file is None:
        return
    file.tries += 1
    if error.final or file.tries > len(RETRY_AFTER):
        _lose(file, str(error))
        _tell(file)
    else:
        file.due_at, file.problem = now + RETRY_AFTER[file.tries - 1], str(error)[:300]
        file.save(update_fields=["tries", "due_at", "problem"])


def _lose(file: Media, reason: str) -> None:
    file.state, file.due_at, file.problem = Media.State.LOST, None, reason[:300]
    file.save(update_fields=["state", "due_at", "problem", "tries"])


def _tell(file: Media) -> None:
    """Let the message in which the file was sent show what has become of it."""
    if file.message is None:
        return
    conversations.lock(file.message.conversation_id)
    message = Message.objects.select_for_update().get(pk=file.message.pk)
    said = Content.model_validate(message.content)
    parts = [_fresh(part, file) for part in said.attachments]
    message.content = said.model_copy(update={"attachments": parts}).model_dump(mode="json")
    message.save(update_fields=["content"])
    signals.message_changed.tell(message_ids=[message.pk])


def _fresh(part: Attachment, file: Media) -> Attachment:
    return media.as_attachment(file) if part.media == file.pk else part


def _take_in(identity_id: int, told: Profile | None, now: datetime) -> None:
    identity = Identity.objects.select_for_update(of=("self",)).select_related("contact", "channel").get(pk=identity_id)
    identity.profile_due_at = now + PROFILE_AGE if told else None
    if told:
        identity.profile = {**identity.profile, **told.extra}
        contact = identity.contact
        for field, value in (("name", told.name[:200]), ("language", told.language[:16]), ("phone", told.phone[:16])):
            if value and not getattr(contact, field):
                setattr(contact, field, value)
        contact.save(update_fields=["name", "language", "phone"])
        known = identity.picture.source_ref if identity.picture else ""
        if told.picture and told.picture.ref != known:
            (identity.picture,) = media.expect(identity.channel, [told.picture])
    identity.save(update_fields=["profile_due_at", "profile", "picture"])
    signals.identity_changed.tell(identity=identity, update=None)
