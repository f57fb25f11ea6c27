"""A person's phone: what he does in a chat with a bot becomes updates; what stands on the screen can be read."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.telegram import files, formatting, keyboards
from lab.platforms.telegram.bots import Bot
from lab.platforms.telegram.chats import Chat, Standing
from lab.platforms.telegram.screens import KINDS, screen
from lab.samples import File, sample


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on the screen. `told` is what the Bot API says of it."""

    id: int
    mine: bool
    text: str
    kind: str
    buttons: tuple[tuple[str, ...], ...]
    album: str
    edited: bool
    told: dict[str, Any]


class Phone:
    """The chat of one person with one bot, seen from his side."""

    def __init__(self, bot: Bot, chat: Chat) -> None:
        self.ground, self.bot, self.chat = bot.ground, bot, chat

    @property
    def person(self) -> Person:
        """Whose phone it is."""
        return self.chat.person

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/telegram/{self.bot.username}/{self.person.id}"

    # ---- what the person does

    @on_the_loop
    def start(self, payload: str = "") -> int:
        """Press Start, or come by a link with a payload."""
        if self.chat.blocked:
            self.unblocks()
        self.chat.started = True
        self.ground.changed()
        return self.writes(f"/start {payload}".strip())

    @on_the_loop
    def writes(self, text: str, reply_to: int | None = None) -> int:
        """Write a message; return its number."""
        plain, entities = formatting.formatted(text, None)
        content: dict[str, Any] = {"text": plain} | ({"entities": entities} if entities else {})
        if reply_to is not None and (answered := self.chat.messages.get(reply_to)) is not None:
            content["reply_to_message"] = answered.told
        return self._says(content)

    @on_the_loop
    def sends(self, kind: str, file: File = None, caption: str = "", group: str = "") -> int:
        """Send a file of this kind: a sample when none is given."""
        given = sample(kind, file)
        stored = self.bot.files.add(kind, given.name, given.content_type, given.data)
        content: dict[str, Any] = {kind: files.described(self.bot.id, stored)} | (
            {"caption": caption} if caption else {}
        )
        if kind == "animation":
            content["document"] = files.described(self.bot.id, stored, kind="document")
        return self._says(content | ({"media_group_id": group} if group else {}))

    def sends_photo(self, file: File = None, caption: str = "") -> int:
        """Send a photo."""
        return self.sends("photo", file, caption)

    def voice(self, file: File = None) -> int:
        """Say something."""
        return self.sends("voice", file)

    @on_the_loop
    def album(self, *given: File, caption: str = "", kind: str = "photo") -> list[int]:
        """Send several files as one; each is an update of its own."""
        group = str(self.bot.message_number() + int(time.time()))
        files_of_it = given or (None, None)
        return [self.sends(kind, file, "" if at else caption, group) for at, file in enumerate(files_of_it)]

    @on_the_loop
    def location(self, latitude: float = 55.7558, longitude: float = 37.6173) -> int:
        """Say where one is."""
        return self._says({"location": {"latitude": latitude, "longitude": longitude}})

    @on_the_loop
    def shares_phone(self, of: Person | None = None) -> int:
        """Share a phone number: one's own, or that of another."""
        person = of or self.person
        contact = {"phone_number": person.phone.lstrip("+"), "first_name": person.first_name, "user_id": person.id}
        return self._says({"contact": contact})

    @on_the_loop
    def edits(self, message: int, text: str) -> None:
        """Change what one wrote."""
        standing = self._own(message)
        field, marks = ("text", "entities") if "text" in standing.told else ("caption", "caption_entities")
        plain, entities = formatting.formatted(text, None)
        standing.told = {**standing.told, field: plain, marks: entities, "edit_date": int(time.time())}
        self._news("edited_message", standing.told)

    @on_the_loop
    def deletes(self, message: int) -> None:
        """Take a message away for both. Telegram tells bots nothing of it."""
        self._own(message)
        del self.chat.messages[message]
        self.bot.touched(self.chat)

    @on_the_loop
    def presses(self, label: str, message: int | None = None) -> str:
        """Press what bears these words: a button under a message (the newest first), or the keyboard's.

        Return what happened: `callback`, an address to open, words to copy, or `sent`.
        """
        for standing in reversed(self.chat.messages.values()):
            if message in (None, standing.id) and not standing.mine:
                for row in keyboards.shown(standing.told.get("reply_markup")):
                    for button in row:
                        if button["text"] == label:
                            return self._press_inline(standing, button)
        if self.chat.keyboard is not None and message is None:
            for row in self.chat.keyboard["keyboard"]:
                for button in row:
                    if keyboards.label(button) == label:
                        return self._press_key(button)
        raise LookupError(f"There is no button {label!r} on the screen: {self.buttons()}")

    @on_the_loop
    def blocks(self) -> None:
        """Block the bot."""
        self.chat.blocked = True
        self._membership("member", "kicked")

    @on_the_loop
    def unblocks(self) -> None:
        """Let the bot in again."""
        self.chat.blocked = False
        self._membership("kicked", "member")

    # ---- what stands on the screen

    @on_the_loop
    def messages(self) -> list[Seen]:
        """Return what stands on the screen, the oldest first."""
        return [_seen(standing) for standing in self.chat.messages.values()]

    def texts(self) -> list[str]:
        """Return the bot's words, the oldest first."""
        return [one.text for one in self.messages() if not one.mine]

    @on_the_loop
    def buttons(self) -> list[str]:
        """Return the words of every button that can be pressed."""
        rows = [row for one in self.chat.messages.values() for row in keyboards.shown(one.told.get("reply_markup"))]
        keys = self.chat.keyboard["keyboard"] if self.chat.keyboard else []
        return [keyboards.label(button) for row in (*rows, *keys) for button in row]

    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        return screen(self)

    @property
    def toast(self) -> str:
        """What the bot last answered to a press."""
        return self.chat.toast

    # ---- how it reaches the bot

    def _says(self, content: dict[str, Any]) -> int:
        if self.chat.blocked:
            raise PermissionError(f"{self.person.name} has blocked the bot")
        self.chat.started = True
        standing = self.chat.add(self.bot.message_number(), True, content)
        self._news("message", standing.told)
        return standing.id

    def _news(self, kind: str, told: dict[str, Any]) -> None:
        self.bot.updates.add(kind, self.person.id, told)
        self.bot.touched(self.chat)

    def _own(self, message: int) -> Standing:
        standing = self.chat.messages.get(message)
        if standing is None or not standing.mine:
            raise LookupError(f"{self.person.name} has no message {message}")
        return standing

    def _press_inline(self, standing: Standing, button: dict[str, Any]) -> str:
        if "url" in button:
            return str(button["url"])
        if "copy_text" in button:
            return str(button["copy_text"]["text"])
        number = str(self.bot.updates.next_id * 1_000_003)
        self.bot.open_presses[number] = self.person.id
        query = {
            "id": number,
            "from": self.chat.user(),
            "message": standing.told,
            "chat_instance": str(self.person.id * 7919),
            "data": button.get("callback_data", ""),
        }
        standing.pressed.add(button["text"])
        self._news("callback_query", query)
        return "callback"

    def _press_key(self, button: dict[str, Any] | str) -> str:
        asked = button if isinstance(button, dict) else {}
        if self.chat.keyboard and self.chat.keyboard.get("one_time_keyboard"):
            self.chat.keyboard = None
        acts: dict[str, Callable[[], int]] = {"request_contact": self.shares_phone, "request_location": self.location}
        act = next((act for name, act in acts.items() if asked.get(name)), None) or partial(
            self.writes, keyboards.label(button)
        )
        act()
        return "sent"

    def _membership(self, before: str, after: str) -> None:
        def member(status: str) -> dict[str, Any]:
            return {"user": self.bot.told(), "status": status} | ({"until_date": 0} if status == "kicked" else {})

        told = {
            "chat": self.chat.told(),
            "from": self.chat.user(),
            "date": int(time.time()),
            "old_chat_member": member(before),
            "new_chat_member": member(after),
        }
        self._news("my_chat_member", told)
        self.ground.changed()


def _seen(standing: Standing) -> Seen:
    told = standing.told
    kind = next((kind for kind in ("animation", *KINDS) if kind in told), "")
    kind = kind or next((kind for kind in ("venue", "location", "contact", "poll", "dice") if kind in told), "text")
    rows: Sequence[Sequence[dict[str, Any]]] = keyboards.shown(told.get("reply_markup"))
    return Seen(
        id=standing.id,
        mine=standing.mine,
        text=told.get("text", told.get("caption", "")),
        kind=kind,
        buttons=tuple(tuple(button["text"] for button in row) for row in rows),
        album=told.get("media_group_id", ""),
        edited="edit_date" in told,
        told=told,
    )
