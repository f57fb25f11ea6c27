"""A step that says something and goes on at once."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, Field

from bots import speech
from bots.effects import SendContent
from bots.graph import NodeId, Problem
from bots.registry import Go, NodeType, Turn, Way, msgid, register
from bots.speech import LinkButton, Speech


class Settings(Speech):
    """A message, and the step after it."""

    buttons: list[LinkButton] = Field(default_factory=list, max_length=20)
    next: NodeId | None = None


@register
class Message(NodeType[Settings]):
    """Text, files, buttons that open pages."""

    kind: ClassVar[str] = "message"
    name: ClassVar[str] = msgid("Message")
    icon: ClassVar[str] = "message-square"
    settings_model: ClassVar[type[BaseModel]] = Settings

    def run(self, node_id: str, settings: Settings) -> Turn:
        """Say it and go on."""
        said = SendContent(node_id, speech.content(settings, list(settings.buttons)), speech.instead(settings))
        return Turn((said,), Go(settings.next))

    def ways(self, settings: Settings) -> Sequence[Way]:
        """Return the one way on."""
        return (Way("next", "", settings.next),)

    def problems(self, node_id: str, settings: Settings) -> Sequence[Problem]:
        """Return what is missing."""
        return speech.problems(node_id, settings, list(settings.buttons))
