"""A person's phone: what he does in a chat with a bot becomes its news; what stands on the screen can be read."""

import json
import re
from dataclasses import dataclass
from typing import Any

from lab.ground import on_the_loop
from lab.people import Person
from lab.platforms.viber.bots import Bot
from lab.platforms.viber.messages import cards, checked
from lab.platforms.viber.refusals import RefusalError
from lab.platforms.viber.talks import Standing, Talk
from lab.samples import File, sample

_KINDS = {"photo": "picture", "video": "video", "audio": "file", "voice": "file", "document": "file"}
_SHOWN = {"picture": "photo", "video": "video", "file": "document"}
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as it stands on the screen. `told` is its JSON."""

    id: int
    mine: bool
    text: str
    kind: str
    buttons: tuple[tuple[str, ...], ...]
    edited: bool
    told: dict[str, Any]


class Phone:
    """The chat of one person with one bot, seen from his side."""

    def __init__(self, bot: Bot, talk: Talk) -> None:
        self.ground, self.bot, self.chat = bot.ground, bot, talk

    @property
    def person(self) -> Person:
        """Whose phone it is."""
        return self.chat.person

    @property
    def url(self) -> str:
        """Where people look at it."""
        return f"{self.ground.url}/phone/viber/{self.bot.key}/{self.person.id}"

    # ---- what the person does

    @on_the_loop
    def start(self, payload: str = "") -> None:
        """Open the chat, perhaps by a link. That is no subscription; the bot may say one thing, in its answer."""
        more = {"context": payload} if payload else {}
        user, subscribed = self.bot.user(self.chat), self.chat.subscribed
        self.bot.tell(
            "conversation_started", self.chat, self._welcomed, type="open", user=user, subscribed=subscribed, **more
        )
        self.ground.changed()

    @on_the_loop
    def writes(self, text: str) -> int:
        """Write a message, which subscribes; return its number."""
        return self._says({"type": "text", "text": text})

    @on_the_loop
    def sends(self, kind: str, file: File = None, caption: str = "") -> int:
        """Send a file of this kind: a sample when none is given."""
        if kind not in _KINDS:
            raise LookupError(f"Viber has no {kind}")
        given = sample(kind, file)
        number = len(self.bot.files) + 1
        self.bot.files[number] = given
        url = f"{self.ground.url}/viber/files/{self.bot.key}/{number}/{given.name}"
        told = {"type": _KINDS[kind], "media": url, "file_name": given.name, "size": len(given.data)}
        return self._says(told | ({"text": caption} if kind == "photo" else {}))

    def voice(self, file: File = None) -> int:
        """Say something: bots get a file."""
        return self.sends("voice", file)

    @on_the_loop
    def sticker(self, number: int = 46105) -> int:
        """Send a sticker."""
        return self._says({"type": "sticker", "sticker_id": number})

    @on_the_loop
    def location(self, latitude: float = 55.7558, longitude: float = 37.6173) -> int:
        """Say where one is."""
        return self._says({"type": "location", "location": {"lat": latitude, "lon": longitude}})

    @on_the_loop
    def shares_phone(self) -> int:
        """Share the phone number."""
        return self._says({
            "type": "contact",
            "contact": {"name": self.person.name, "phone_number": self.person.phone.lstrip("+"), "avatar": ""},
        })  # fmt: skip

    @on_the_loop
    def presses(self, label: str, message: int | None = None) -> str:
        """Press what bears these words: under the chat, or on a card. Return `sent` or the address that it opens."""
        if message is None and self.chat.keyboard:
            for button in self.chat.keyboard["Buttons"]:
                if words(button) == label:
                    return self._press(button)
        for standing in reversed(self.chat.messages.values()):
            for button in _on_cards(standing):
                if words(button) == label and message in (None, standing.id):
                    standing.pressed.add(label)
                    return self._press(button)
        raise LookupError(f"There is no button {label!r} on the screen: {self.buttons()}")

    @on_the_loop
    def reads(self) -> None:
        """Open the chat: the bot is told once for all that was not seen."""
        fresh = [one for one in self.chat.messages.values() if not one.mine and not one.seen]
        for one in fresh:
            one.seen = True
        if fresh:
            self.bot.tell("seen", self.chat, token=fresh[-1].id, user_id=self.chat.viber_id)

    @on_the_loop
    def blocks(self) -> None:
        """Turn messages of the bot off."""
        self.chat.subscribed = False
        self.bot.tell("unsubscribed", self.chat, user_id=self.chat.viber_id)
        self.ground.changed()

    @on_the_loop
    def unblocks(self) -> None:
        """Turn them on again."""
        self.chat.subscribed = True
        self.bot.tell("subscribed", self.chat, user=self.bot.user(self.chat))
        self.ground.changed()

    @on_the_loop
    def cannot_show(self, why: str) -> None:
        """Have the app stumble over the next message, after Viber has taken it."""
        self.chat.fails_with = why

    @on_the_loop
    def has_old_app(self, version: int = 1) -> None:
        """Use an app of an old version."""
        self.chat.api_version = version

    def edits(self, message: int, text: str) -> None:
        """Fail: bots are not told."""
        raise LookupError("Viber tells bots nothing of changed messages")

    def deletes(self, message: int) -> None:
        """Fail: bots are not told."""
        raise LookupError("Viber tells bots nothing of messages that were taken back")

    # ---- what stands on the screen

    @on_the_loop
    def messages(self) -> list[Seen]:
        """Return what stands on the screen, the oldest first."""
        return [
            Seen(one.id, one.mine, text_of(one.told), kind_of(one.told), _labels(one), False, one.told)
            for one in self.chat.messages.values()
        ]

    def texts(self) -> list[str]:
        """Return what the bot said, the oldest first."""
        return [one.text for one in self.messages() if not one.mine]

    @on_the_loop
    def buttons(self) -> list[str]:
        """Return what can be pressed: under the chat, and on the newest cards."""
        keys = self.chat.keyboard["Buttons"] if self.chat.keyboard else []
        shown = [words(key) for key in keys]
        for standing in reversed(self.chat.messages.values()):
            if found := [words(button) for button in _on_cards(standing)]:
                return shown + found
        return shown

    @property
    def toast(self) -> str:
        """There are none."""
        return ""

    @on_the_loop
    def screen(self) -> dict[str, Any]:
        """Return what its page shows."""
        from lab.platforms.viber.screens import screen

        return screen(self)

    # ---- inside

    def _says(self, told: dict[str, Any], *, silent: bool = False) -> int:
        token = self.bot.token_number()
        if tracking := self.chat.last_tracking():
            told = told | {"tracking_data": tracking}
        sender = self.bot.user(self.chat)
        if silent:
            self.chat.subscribed = True
            self.chat.add(token, True, told)
            del self.chat.messages[token]
        else:
            self.chat.add(token, True, told)
        self.bot.tell("message", self.chat, token=token, sender=sender, message=told, silent=silent)
        self.ground.changed()
        return token

    def _press(self, button: dict[str, Any]) -> str:
        match button.get("ActionType", "reply"):
            case "open-url":
                return str(button["ActionBody"])
            case "share-phone":
                self.shares_phone()
            case "location-picker":
                self.location()
            case "reply":
                self._says({"type": "text", "text": button["ActionBody"]}, silent=button.get("Silent", False))
            case _:
                return "nothing"
        return "sent"

    def _welcomed(self, said: bytes) -> None:
        """Show the one thing that may be said to who is not subscribed."""
        try:
            message = json.loads(said) if said.strip() else None
            if isinstance(message, dict) and "type" in message:
                token = self.bot.token_number()
                self.chat.add(token, False, {k: v for k, v in checked(message).items() if k != "sender"})
                self.bot.tell("delivered", self.chat, token=token, user_id=self.chat.viber_id)
        except (ValueError, RefusalError) as error:
            self.bot.posts.last_error = f"welcome: {error}"


def words(button: dict[str, Any]) -> str:
    """Return what stands on a button."""
    bare = _TAG.sub("", button.get("Text", ""))
    return bare.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def text_of(told: dict[str, Any]) -> str:
    """Return the words of a message."""
    if told["type"] == "contact":
        return str(told["contact"].get("phone_number", ""))
    return str(told.get("text") or told.get("alt_text") or "")


def kind_of(told: dict[str, Any]) -> str:
    """Return what a message is."""
    return _SHOWN.get(told["type"], "carousel" if told["type"] == "rich_media" else told["type"])


def _on_cards(standing: Standing) -> list[dict[str, Any]]:
    if standing.told["type"] != "rich_media":
        return []
    every = [button for card in cards(standing.told["rich_media"]) for button in card]
    return [button for button in every if button.get("ActionType") != "none"]


def _labels(standing: Standing) -> tuple[tuple[str, ...], ...]:
    return tuple((words(button),) for button in _on_cards(standing))
