"""What goes on in a few workspaces at once: mailings leave, bots answer people who write, members answer too."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, Protocol

from builders import a_channel, a_conversation, a_workspace, an_identity
from fake_messenger import Sink, a_fake_channel
from flow_people import a_flow, keyword, message
from lab.platforms.telegram.bots import Bot
from lab.running import Lab
from messengers import batches, inbox, outbox, tasks
from messengers.content import Content
from messengers.models import Channel, Conversation, Message
from workspaces.models import Workspace
from workspaces.scope import tenant

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Outside(Protocol):
    """The messenger on whose side people are."""

    def channel(self) -> Channel:
        """Make a channel, in the workspace in scope."""

    def talk(self, channel: Channel) -> Conversation:
        """Let somebody come to it."""

    def says(self, talk: Conversation, text: str, number: int) -> dict[str, Any]:
        """Return an update by which he writes."""


@dataclass
class OnFake:
    """The fake messenger."""

    sink: Sink
    kind: str = "fake"

    def channel(self) -> Channel:
        return a_fake_channel(self.sink, self.kind)

    def talk(self, channel: Channel) -> Conversation:
        return a_conversation(channel)

    def says(self, talk: Conversation, text: str, number: int) -> dict[str, Any]:
        who = talk.identity.external_id
        return {"id": f"u{number}", "from": who, "type": "message", "text": text, "at": AT.isoformat()}


@dataclass
class OnTelegram:
    """The lab's Telegram, with bots that pay for their speed."""

    lab: Lab
    bots: dict[int, Bot] = field(default_factory=dict)

    def channel(self) -> Channel:
        bot = self.lab.telegram.new_bot(rate=None)
        settings = {"paid_broadcasts": True}
        channel = a_channel("telegram", practice=True, settings=settings, secrets={"token": bot.token})
        self.bots[channel.pk] = bot
        return channel

    def talk(self, channel: Channel) -> Conversation:
        person = self.lab.telegram.person()
        self.bots[channel.pk].phone(person).start()
        return a_conversation(identity=an_identity(channel, external_id=person.key))

    def says(self, talk: Conversation, text: str, number: int) -> dict[str, Any]:
        person = {"id": int(talk.identity.external_id), "is_bot": False, "first_name": talk.contact.name}
        chat = {"id": person["id"], "type": "private", "first_name": talk.contact.name}
        message = {"message_id": number, "from": person, "chat": chat, "date": int(AT.timestamp()), "text": text}
        return {"update_id": number, "message": message}


@dataclass
class Town:
    """Workspaces with channels and people on them, and what happens there."""

    outside: Outside
    places: list[tuple[Workspace, list[Channel], list[Conversation]]]
    chance: random.Random
    wrote: int = 0  # updates that came in
    _number: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def workspaces(self) -> list[Workspace]:
        return [workspace for workspace, *_ in self.places]

    def mail(self, each: int) -> None:
        """Begin a mailing to `each` people of every workspace."""
        for workspace, _, talks in self.places:
            with tenant(workspace):
                batch = batches.begin()
                variant = batches.vary(batch, Content(text=f"Mailing {next(self._number)} for {{{{ name }}}}"))
                chosen = [talk.pk for talk in self.chance.sample(talks, each)]
                assert batches.fill(batch, variant, chosen, source=Message.Source.BROADCAST) == each
                batches.seal(batch)

    def answer(self, each: int) -> None:
        """Let members answer `each` people of every workspace."""
        for workspace, _, talks in self.places:
            for talk in self.chance.sample(talks, each):
                with tenant(workspace):
                    text = f"Answer {next(self._number)}"
                    outbox.enqueue(talk, Content(text=text), source=Message.Source.MEMBER)

    def hear(self, each: int) -> None:
        """Let `each` people of every workspace write a word that the bot answers."""
        for workspace, channels, talks in self.places:
            with tenant(workspace):
                for talk in self.chance.sample(talks, each):
                    inbox.store(talk.channel, self.outside.says(talk, "price", next(self._number)))
            for channel in channels:
                tasks.announce(channel.pk, workspace_id=workspace.pk)
            self.wrote += each

    def heard(self) -> int:
        """Return how many messages of people stand in the conversations."""
        heard = 0
        for workspace in self.workspaces:
            with tenant(workspace):
                heard += Message.objects.filter(direction=Message.Direction.IN).count()
        return heard


def a_town(outside: Outside, seed: int, *, workspaces: int, channels: int, people: int) -> Town:
    """Build a town with so many people on every channel."""
    return Town(outside, [_a_place(outside, channels, people) for _ in range(workspaces)], random.Random(seed))


def _a_place(outside: Outside, channels: int, people: int) -> tuple[Workspace, list[Channel], list[Conversation]]:
    workspace = a_workspace()
    with tenant(workspace):
        a_flow(keyword("price"), told=message("It costs ten."))
        made = [outside.channel() for _ in range(channels)]
        talks = [outside.talk(channel) for channel in made for _ in range(people)]
    return workspace, made, talks
