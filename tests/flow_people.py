"""Builders for tests of bots: flows in few words, and a person who writes through the door in."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

from bots import flows
from bots.graph import load
from bots.models import Flow, Run
from messengers import inbox
from messengers.content import Content
from messengers.models import Channel, Conversation, Message
from messengers.updates import ButtonPressed, MessageReceived, Sender, Started

AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_number = count(1)


@dataclass
class Person:
    """Somebody on a channel, who comes in, writes, presses, and reads what he is told."""

    channel: Channel
    name: str = field(default_factory=lambda: f"visitor-{next(_number):04}")

    def comes(self, event: str = "") -> None:
        inbox.handle(Started(self._sender(), event or f"s{next(_number)}", AT), self.channel)

    def writes(self, text: str, external_id: str = "") -> None:
        content = Content.plain(text)
        inbox.handle(MessageReceived(self._sender(), external_id or f"m{next(_number)}", content, AT), self.channel)

    def presses(self, words: str, *, knows_message: bool = True) -> None:
        """Press the newest button with these words."""
        for message in Message.objects.filter(conversation=self.conversation).order_by("-id"):
            for button in message.content["buttons"]:
                if button["text"] == words:
                    sent = message.pk if knows_message else None
                    pressed = ButtonPressed(self._sender(), f"b{next(_number)}", sent, button["id"], words, AT)
                    inbox.handle(pressed, self.channel)
                    return
        raise AssertionError(f"There is no button {words}")

    @property
    def conversation(self) -> Conversation:
        return Conversation.objects.get(identity__external_id=self.name, channel=self.channel)

    @property
    def was_told(self) -> list[str]:
        said = Message.objects.filter(conversation=self.conversation, direction=Message.Direction.OUT)
        return [message.content["text"] for message in said.order_by("id")]

    @property
    def runs(self) -> list[Run]:
        return list(Run.objects.filter(conversation=self.conversation).order_by("id"))

    def _sender(self) -> Sender:
        return Sender(self.name)


def message(text: str = "Hello", then: str | None = None) -> dict[str, Any]:
    return {"type": "message", "text": text, "attachments": [], "buttons": [], "next": then}


def choice(text: str = "Which?", /, **targets: str | None) -> dict[str, Any]:
    buttons = [{"kind": "reply", "id": f"b{word}", "text": word, "target": to} for word, to in targets.items()]
    return {"type": "buttons", "text": text, "attachments": [], "buttons": buttons}


def keyword(*phrases: str, mode: str = "exact", channels: list[int] | None = None) -> dict[str, Any]:
    number = next(_number)
    return {"id": f"k{number}", "kind": "keyword", "mode": mode, "phrases": phrases, "channels": channels or []}


def welcome(channels: list[int] | None = None) -> dict[str, Any]:
    return {"id": f"w{next(_number)}", "kind": "welcome", "channels": channels or []}


def graph(*triggers: dict[str, Any], **nodes: dict[str, Any]) -> dict[str, Any]:
    start = next(iter(nodes), None)
    return {"format": 1, "start": start, "triggers": triggers, "nodes": nodes, "order": list(nodes)}


def a_flow(*triggers: dict[str, Any], name: str = "", published: bool = True, **nodes: dict[str, Any]) -> Flow:
    """A flow of the workspace in scope; it begins with its first step."""
    flow = flows.create(name or f"Flow {next(_number)}", load(graph(*triggers, **nodes)), None)
    if published:
        flows.publish(flow, 1, None)
        flow.refresh_from_db()
    return flow
