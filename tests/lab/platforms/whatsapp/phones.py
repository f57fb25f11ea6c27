"""A person's phone: what he does in a chat becomes news of the number; what stands on the screen can be read."""

import time
from typing import Any

from lab.ground import on_the_loop
from lab.platforms.meta import phones
from lab.platforms.meta.chats import Standing
from lab.platforms.whatsapp.numbers import Number
from lab.samples import File, sample

_KINDS = {"photo": "image", "video": "video", "audio": "audio", "voice": "audio", "document": "document"}


class Phone(phones.Phone):
    """The chat of one person with one number, seen from his side."""

    bot: Number  # type: ignore[assignment]

    # ---- what the person does

    @on_the_loop
    def start(self, payload: str = "") -> None:
        """Open the chat by a link: what it says stands there ready, and he sends it."""
        self._says(self._heard(text=payload or "Здравствуйте"), _text(payload or "Здравствуйте"))

    @on_the_loop
    def writes(self, text: str) -> int:
        """Write a message; return its number."""
        return self._says(self._heard(text=text), _text(text))

    @on_the_loop
    def comes_by_ad(self, text: str, headline: str = "Sale") -> int:
        """Write after pressing an advertisement."""
        referral = {"source_type": "ad", "source_id": "55", "headline": headline, "ctwa_clid": "click"}
        return self._says(self._heard(text=text), _text(text) | {"referral": referral})

    @on_the_loop
    def sends(self, kind: str, file: File = None, caption: str = "") -> int:
        """Send a file of this kind: a sample when none is given."""
        stored = self.bot.files.add(_KINDS[kind], sample(kind, file))
        name = f"in{stored.number}"
        self.bot.media[name] = stored.number
        told: dict[str, Any] = {"id": name, "mime_type": stored.content_type, "sha256": ""}
        told |= {"caption": caption} if caption else {}
        told |= {"filename": stored.name} if kind == "document" else {}
        told |= {"voice": kind == "voice"} if _KINDS[kind] == "audio" else {}
        standing = self._heard(kind=kind, file=stored.number, text=caption)
        return self._says(standing, {"type": _KINDS[kind], _KINDS[kind]: told})

    @on_the_loop
    def location(self, latitude: float = 55.7558, longitude: float = 37.6173) -> int:
        """Say where one is."""
        place = {"latitude": latitude, "longitude": longitude}
        return self._says(self._heard(kind="location", place=place), {"type": "location", "location": place})

    def answers_a_story(self, text: str) -> int:
        """Answer a story, which numbers do not have."""
        raise LookupError("WhatsApp's numbers have no stories")

    @on_the_loop
    def edits(self, message: int, text: str) -> None:
        """Change what one wrote."""
        standing = self._own(message)
        standing.text, standing.edited = text, standing.edited + 1
        told = {"original_message_id": standing.mid, "message": _text(text)}
        self._tells("edit", {"type": "edit", "edit": told})

    @on_the_loop
    def deletes(self, message: int) -> None:
        """Take a message back."""
        standing = self._own(message)
        del self.chat.messages[standing.mid]
        self._tells("revoke", {"type": "revoke", "revoke": {"original_message_id": standing.mid}})

    @on_the_loop
    def reacts(self, emoji: str = "❤") -> None:
        """Put a heart to the number's last message."""
        self._tells("reaction", {"type": "reaction", "reaction": {"message_id": self._last().mid, "emoji": emoji}})

    @on_the_loop
    def reads(self) -> None:
        """Open the chat."""
        for one in self.chat.messages.values():
            if not one.mine and "read" not in one.pressed:
                one.pressed.add("read")
                self.bot.tells_status(self.person, one, "read")

    @on_the_loop
    def stops_marketing(self) -> None:
        """Want no more advertising."""
        self.bot.stopped.add(self.person.id)
        self.bot.tells_wish(self.person, "stop")

    @on_the_loop
    def resumes_marketing(self) -> None:
        """Want it again."""
        self.bot.stopped.discard(self.person.id)
        self.bot.tells_wish(self.person, "resume")

    @on_the_loop
    def hides_number(self) -> None:
        """Take a username, and tell no phone any more."""
        self.bot.hidden.add(self.person.id)

    @on_the_loop
    def leaves_whatsapp(self) -> None:
        """Have no WhatsApp any more."""
        self.bot.absent.add(self.person.id)

    # ---- how it reaches the number

    def _says(self, standing: Standing, told: dict[str, Any]) -> int:
        self._wakes()
        self.bot.tells(self.person, {"id": standing.mid, **told})
        self.bot.touched(self.person)
        return standing.number

    def _press(self, button: dict[str, Any]) -> str:
        if button["type"] == "url":
            return str(button["url"])
        choice = {"id": button["payload"], "title": button["title"]}
        told: dict[str, Any] = {"type": "interactive", "interactive": {"type": "button_reply", "button_reply": choice}}
        if button["type"] == "button":
            told = {"type": "button", "button": {"payload": button["payload"], "text": button["title"]}}
        self._says(self._heard(text=button["title"]), told)
        return "sent"

    def _tells(self, kind: str, event: dict[str, Any]) -> None:
        self.bot.tells(self.person, {"id": f"wamid.{kind}{time.time_ns():x}", **event})
        self.bot.touched(self.person)


def _text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": {"body": words}}
