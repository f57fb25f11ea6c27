"""A step that says something and waits: each of its buttons leads on to a step of its own."""

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from bots import keywords, speech
from bots.effects import SendContent
from bots.graph import Problem
from bots.registry import Answer, Go, NodeType, Pressed, Turn, Wait, Way, msgid, register
from bots.speech import BranchButton, LinkButton, Speech

_Button = Annotated[BranchButton | LinkButton, Field(discriminator="kind")]


class Settings(Speech):
    """A message with buttons."""

    buttons: list[_Button] = Field(default_factory=list, max_length=20)

    def branches(self) -> list[BranchButton]:
        """Return the buttons that lead on."""
        return [button for button in self.buttons if isinstance(button, BranchButton)]


@register
class Buttons(NodeType[Settings]):
    """A choice. Whoever writes a button's words instead of pressing it has pressed it."""

    kind: ClassVar[str] = "buttons"
    name: ClassVar[str] = msgid("Message with buttons")
    icon: ClassVar[str] = "list-checks"
    waits: ClassVar[bool] = True
    settings_model: ClassVar[type[BaseModel]] = Settings

    def run(self, node_id: str, settings: Settings) -> Turn:
        """Say it and wait."""
        said = SendContent(node_id, speech.content(settings, list(settings.buttons)), speech.instead(settings))
        return Turn((said,), Wait())

    def answer(self, settings: Settings, answer: Answer) -> Go | None:
        """Follow the button that was pressed or written."""
        for button in settings.branches():
            if _means(answer, button):
                return Go(button.target)
        return None

    def ways(self, settings: Settings) -> Sequence[Way]:
        """Return a way for each button."""
        branches = settings.branches()
        return [Way(f"buttons.{one.id}.target", one.text, one.target, required=True) for one in branches]

    def problems(self, node_id: str, settings: Settings) -> Sequence[Problem]:
        """Return what is missing, and buttons that nobody could tell apart."""
        found = speech.problems(node_id, settings, list(settings.buttons))
        if not settings.branches():
            found.append(Problem(node_id, "buttons", "no_buttons"))
        seen: set[str] = set()
        ids: set[str] = set()
        for button in settings.buttons:
            words = keywords.normalise(button.text)
            if button.id in ids or (words and words in seen):
                found.append(Problem(node_id, f"buttons.{button.id}.text", "same_buttons", {"button": button.text}))
            seen.add(words)
            ids.add(button.id)
        return found


def _means(answer: Answer, button: BranchButton) -> bool:
    if isinstance(answer, Pressed):
        return answer.button == button.id
    written = keywords.normalise(answer.text)
    return written != "" and written == keywords.normalise(button.text)
