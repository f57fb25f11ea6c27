"""A Page, or an Instagram account with its Page: what Kaskad connects. A person meets it by `bot.phone(person)`."""

import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.meta.apps import App, Subscription
from lab.platforms.meta.chats import Chat
from lab.platforms.meta.files import Files
from lab.platforms.meta.refusals import RefusalError

if TYPE_CHECKING:
    from lab.platforms.meta.phones import Phone

PER_SECOND = 300.0
PAGE_INBOX = 263902037430900
RIGHTS = ("pages_messaging", "pages_manage_metadata", "instagram_basic", "instagram_manage_messages", "pages_show_list")
# Kind of event -> the field under which an app asks for it, on Messenger and on Instagram ("": never told there).
FIELDS = {
    "message": ("messages", "messages"),
    "echo": ("message_echoes", "messages"),
    "postback": ("messaging_postbacks", "messaging_postbacks"),
    "referral": ("messaging_referrals", "messaging_referral"),
    "delivery": ("message_deliveries", ""),
    "read": ("message_reads", "messaging_seen"),
    "message_edit": ("message_edits", ""),
    "reaction": ("message_reactions", "message_reactions"),
}


@dataclass
class Bot:
    """One account."""

    ground: Ground
    platform: str
    files: Files
    app: App
    number: int
    name: str
    key: str
    token: str = ""
    token_expires_at: int = 0  # as time.time() tells it; 0: never
    rights: list[str] = field(default_factory=lambda: list(RIGHTS))
    subscribed: list[str] = field(default_factory=list)  # of the Page
    get_started: str = ""
    human_agent: bool = True  # whether the app may let persons answer late
    blocked_by_meta: bool = False
    rate: float | None = PER_SECOND
    attachments: dict[str, int] = field(default_factory=dict)  # Meta's names for files
    chats: dict[int, Chat] = field(default_factory=dict)
    picture: int = 0
    _sent: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Be given a token."""
        self.token = self.token or _token()

    @property
    def username(self) -> str:
        """The account's name in addresses."""
        return self.key

    @property
    def is_instagram(self) -> bool:
        """Say where it is."""
        return self.platform == "instagram"

    @property
    def thing(self) -> str:
        """What an app subscribes to."""
        return "instagram" if self.is_instagram else "page"

    @property
    def page_id(self) -> str:
        """The Page's id."""
        return str(self.number)

    @property
    def id(self) -> str:
        """The id of the account itself, under which its news come."""
        return f"178414{self.number}" if self.is_instagram else self.page_id

    @property
    def hook(self) -> Subscription | None:
        """Where the app's news go."""
        return self.app.subscriptions.get(self.thing)

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return the person's phone, showing the chat with this account."""
        from lab.platforms.meta.phones import Phone

        return Phone(self, self.chat(person))

    @on_the_loop
    def limit(self, rate: float | None = PER_SECOND) -> None:
        """Set how fast it may send; None turns the limit off."""
        self.rate = rate

    @on_the_loop
    def revoke(self) -> str:
        """Make the token worthless, as a new password does; return the new one."""
        self.token = _token()
        self.ground.changed()
        return self.token

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Let another program take the app's address."""
        fields = self.hook.fields if self.hook else ["messages"]
        self.app.subscriptions[self.thing] = Subscription(url, "", fields)

    @on_the_loop
    def writes_in_inbox(self, person: Person, text: str) -> str:
        """Let somebody of the team write in Meta's own inbox."""
        standing = self.chat(person).add(False, text=text)
        echo = {"mid": standing.mid, "is_echo": True, "text": text}
        self.tells("echo", person, {"message": echo | ({} if self.is_instagram else {"app_id": PAGE_INBOX})}, ours=True)
        self.touched(person)
        return standing.mid

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        return {"app_id": self.app.id, "app_secret": self.app.secret, "token": self.token}

    def chat(self, person: Person) -> Chat:
        """Return the chat with a person, made when it is first asked for."""
        return self.chats.setdefault(person.id, Chat(person))

    def spend(self, now: float) -> None:
        """Take one of the calls that may be made in a second, or refuse."""
        if self.rate is None:
            return
        self._sent = [at for at in self._sent if at > now - 1]
        if len(self._sent) >= self.rate * 1.5:  # a network bunches up what was sent evenly
            raise RefusalError(613, "Calls to this api have exceeded the rate limit.", after=1)
        self._sent.append(now)

    def tells(self, kind: str, person: Person, event: dict[str, Any], *, ours: bool = False) -> None:
        """Let the app know, if it has asked for that."""
        wanted = FIELDS[kind][self.is_instagram]
        asked = set(self.hook.fields) if self.hook else set()
        page = bool(self.subscribed) if self.is_instagram else wanted in self.subscribed
        if not (wanted and wanted in asked and page):
            return
        parties = {"sender": {"id": str(person.id)}, "recipient": {"id": self.id}}
        if ours:
            parties = {"sender": parties["recipient"], "recipient": parties["sender"]}
        told = {**parties, "timestamp": int(time.time() * 1000), **event}
        self.app.tell(self.thing, self.id, self.key, str(person.id), told)

    def touched(self, person: Person) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.key}/{person.id}")

    def shown(self) -> dict[str, Any]:
        """Return the account for JSON."""
        return {
            "platform": self.platform,
            "id": self.id,
            "key": self.key,
            "name": self.name,
            "username": self.key,
            "token": self.token,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "hook": self.hook.callback_url if self.hook else "",
            "waiting": len(self.app.pending),
            "problem": self.app.last_error,
            "people": [number for number, chat in self.chats.items() if chat.started],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this account again."""
        chats = [[one.person.id, one.started, one.blocked, one.heard_at] for one in self.chats.values()]
        names = ("number", "name", "key", "token", "rights", "subscribed", "get_started", "rate")
        return {name: getattr(self, name) for name in names} | {"app": self.app.id, "chats": chats}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that account again."""
        for name in ("token", "rights", "subscribed", "get_started", "rate"):
            setattr(self, name, kept[name])
        for number, started, blocked, heard_at in kept["chats"]:
            if (person := self.ground.people.find(number)) is not None:
                chat = self.chat(person)
                chat.started, chat.blocked, chat.heard_at = started, blocked, heard_at


def _token() -> str:
    return "EAA" + "".join(
        secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789") for _ in range(60)
    )
