"""What goes on in a few workspaces at once: mailings leave, bots answer people who write, members answer too."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from builders import a_conversation, a_workspace
from fake_messenger import Sink, a_fake_channel
from flow_people import a_flow, keyword, message
from messengers import batches, inbox, outbox, tasks
from messengers.content import Content
from messengers.models import Channel, Conversation, Message
from workspaces.models import Workspace
from workspaces.scope import tenant

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@dataclass
class Town:
    """Workspaces with channels and people on them, and what happens there."""

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
                    who, number = talk.identity.external_id, next(self._number)
                    body = {"id": f"u{number}", "from": who, "type": "message", "text": "price", "at": AT.isoformat()}
                    inbox.store(talk.channel, body)
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


def a_town(sink: Sink, seed: int, *, workspaces: int, channels: int, people: int, kind: str = "fake") -> Town:
    """Build a town with so many people on every channel."""
    return Town([_a_place(sink, kind, channels, people) for _ in range(workspaces)], random.Random(seed))


def _a_place(sink: Sink, kind: str, channels: int, people: int) -> tuple[Workspace, list[Channel], list[Conversation]]:
    workspace = a_workspace()
    with tenant(workspace):
        a_flow(keyword("price"), told=message("It costs ten."))
        made: Sequence[Channel] = [a_fake_channel(sink, kind) for _ in range(channels)]
        talks = [a_conversation(channel) for channel in made for _ in range(people)]
    return workspace, list(made), talks
