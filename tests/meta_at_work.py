"""Kaskad at work with an account of the lab's Meta: its own server at which Meta knocks, and what a worker does."""

from collections.abc import Callable
from typing import Any

from django.core.files.base import ContentFile

from builders import a_user
from fake_messenger import eventually
from lab.platforms.meta.accounts import Bot
from lab.platforms.meta.phones import Phone
from lab.samples import sample
from messengers import channels, inbox, media, outbox
from messengers.content import Attachment, Content
from messengers.models import Channel, Conversation, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant


def a_channel(workspace: Workspace, bot: Bot, **other: str) -> Channel:
    """Connect an account."""
    keys = bot.credentials() | other
    with tenant(workspace):
        return channels.connect(bot.platform, "", {"app_id": keys.pop("app_id")}, keys, a_user(), practice=True)


def handled(channel: Channel, condition: Callable[[], Any], seconds: float = 10) -> Any:
    """Do a worker's work until a condition holds in the workspace; return what it comes to."""

    def worked() -> Any:
        inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=1)
        with tenant(channel.workspace_id):
            return condition()

    return eventually(worked, seconds)


def talk_with(channel: Channel, phone: Phone) -> Conversation:
    """Return the talk with somebody who has come in."""

    def look() -> Conversation | None:
        talks = Conversation.objects.select_related("identity", "contact", "channel").filter(channel=channel)
        return talks.filter(identity__external_id=phone.person.key).first()

    found: Conversation = handled(channel, look)
    return found


def say(talk: Conversation, content: Content, source: str = Message.Source.BOT) -> Message:
    """Put a message in the queue."""
    with tenant(talk.workspace_id):
        author = a_user() if source == Message.Source.MEMBER else None
        return outbox.enqueue(talk, content, source=source, author=author)


def fate(message: Message) -> tuple[str, str]:
    """Return what became of it, and why."""
    with tenant(message.workspace_id):
        now = Message.objects.get(pk=message.pk)
        return str(now.status), now.reason


def all_sent(*messages: Message) -> Callable[[], bool]:
    """Return the question whether these have all left."""
    return lambda: all(fate(one)[0] in (Status.SENT, Status.DELIVERED, Status.READ) for one in messages)


def a_file(channel: Channel, kind: str) -> Attachment:
    """Return a file that Kaskad holds."""
    given = sample(kind)
    with tenant(channel.workspace_id):
        return media.as_attachment(media.store(ContentFile(given.data, name=given.name)))


def heard(channel: Channel) -> list[str]:
    """Return what people have written, the oldest first."""
    with tenant(channel.workspace_id):
        rows = Message.objects.filter(channel=channel, direction="in").order_by("pk")
        return [Content.model_validate(one.content).text for one in rows]
