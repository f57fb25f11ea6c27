"""A number of WhatsApp Business: what Kaskad connects. A person meets it by `bot.phone(person)`."""

import re
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.meta.apps import Subscription
from lab.platforms.meta.chats import Chat, Standing
from lab.platforms.meta.files import Files
from lab.platforms.meta.refusals import RefusalError
from lab.platforms.whatsapp.apps import OBJECT, WhatsAppApp
from lab.platforms.whatsapp.templates import STATUSES

if TYPE_CHECKING:
    from lab.platforms.whatsapp.phones import Phone

PER_SECOND = 80.0
AT_ONCE, PAIR_SECONDS = 45, 6.0  # messages to one person
RIGHTS = ("whatsapp_business_messaging", "whatsapp_business_management")
_FAILURES = {
    131026: "Message undeliverable",
    131047: "Re-engagement message",
    131049: "This message was not delivered to maintain healthy ecosystem engagement.",
    131050: "User has stopped marketing messages",
}


@dataclass
class Number:
    """One number."""

    ground: Ground
    files: Files
    app: WhatsAppApp
    number: int
    name: str
    key: str
    picture: int = 0
    token: str = ""
    rights: list[str] = field(default_factory=lambda: list(RIGHTS))
    registered: bool = True
    quality: str = "GREEN"
    throughput: str = "STANDARD"
    limit_tier: str = "TIER_1K"
    rate: float | None = PER_SECOND
    templates: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, int] = field(default_factory=dict)  # Meta's names for files
    chats: dict[int, Chat] = field(default_factory=dict)
    hidden: set[int] = field(default_factory=set)  # who have a username and tell no phone
    absent: set[int] = field(default_factory=set)  # who have no WhatsApp
    stopped: set[int] = field(default_factory=set)  # who want no marketing
    opaque: dict[str, str] = field(default_factory=dict)  # what a message's statuses bring back
    standing: str = "free"  # of the account at Meta
    platform: str = "whatsapp"
    _sent: list[float] = field(default_factory=list)
    _pairs: dict[int, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Be given a token."""
        self.token = self.token or _token()

    @property
    def username(self) -> str:
        """The number's name in addresses."""
        return self.key

    @property
    def page_id(self) -> str:
        """Meta's id of the number."""
        return str(self.number)

    @property
    def waba_id(self) -> str:
        """The business account that it belongs to."""
        return f"2{self.number}"

    @property
    def shown_number(self) -> str:
        """The number as people dial it."""
        return f"+7 800 {self.number % 10_000_000:07d}"

    @property
    def hook(self) -> Subscription | None:
        """Where its messages go."""
        return self.app.subscriptions.get(self.waba_id) or self.app.subscriptions.get(OBJECT)

    @on_the_loop
    def phone(self, person: Person) -> "Phone":
        """Return the person's phone, showing the chat with this number."""
        from lab.platforms.whatsapp.phones import Phone

        return Phone(self, self.chat(person))

    @on_the_loop
    def limit(self, rate: float | None = PER_SECOND) -> None:
        """Set how fast it may send; None turns the limit off."""
        self.rate = rate

    @on_the_loop
    def revoke(self) -> str:
        """Make the token worthless; return the new one."""
        self.token = _token()
        self.ground.changed()
        return self.token

    @on_the_loop
    def stolen_by(self, url: str) -> None:
        """Let another program take the business account's address."""
        self.app.subscriptions[self.waba_id] = Subscription(url, "", ["messages"])

    @on_the_loop
    def new_template(
        self,
        name: str,
        text: str,
        *more: dict[str, Any],
        language: str = "ru",
        status: str = "APPROVED",
        category: str = "MARKETING",
    ) -> dict[str, Any]:
        """Put a template there, with `more` components; its gaps are {{1}}, {{2}}."""
        count = len(set(re.findall(r"{{\d+}}", text)))
        examples = {"example": {"body_text": [["…"] * count]}} if count else {}
        made = {
            "id": str(len(self.templates) + 1),
            "name": name,
            "language": language,
            "status": status,
            "category": category,
            "parameter_format": "POSITIONAL",
            "quality_score": {"score": "GREEN", "date": int(time.time())},
            "rejected_reason": "NONE",
            "components": [{"type": "BODY", "text": text, **examples}, *more],
        }
        self.templates.append(made)
        return made

    @on_the_loop
    def decides(self, name: str, status: str, reason: str = "NONE", *, language: str = "") -> None:
        """Let Meta change its mind of a template."""
        made = next(one for one in self.templates if one["name"] == name and language in ("", one["language"]))
        made |= {"status": status, "rejected_reason": reason}
        self.tells_template(made, status, reason=reason)

    @on_the_loop
    def rates_template(self, name: str, score: str) -> None:
        """Let people like a template more or less."""
        made = next(one for one in self.templates if one["name"] == name)
        previous, made["quality_score"] = made["quality_score"]["score"], {"score": score, "date": int(time.time())}
        told = {"previous_quality_score": previous, "new_quality_score": score}
        self._tells_of(made, "message_template_quality_update", told)

    @on_the_loop
    def moves_template(self, name: str, category: str) -> None:
        """Let Meta put a template into another category."""
        made = next(one for one in self.templates if one["name"] == name)
        previous, made["category"] = made["category"], category
        self._tells_of(made, "template_category_update", {"previous_category": previous, "new_category": category})

    @on_the_loop
    def rated(self, quality: str) -> None:
        """Let people like the number more or less."""
        was, self.quality = self.quality, quality
        if (quality == "RED") != (was == "RED"):
            event = "FLAGGED" if quality == "RED" else "UNFLAGGED"
            value = {"display_phone_number": self._digits, "event": event, "current_limit": self.limit_tier}
            self.app.tell_field(self.waba_id, self.key, "", "phone_number_quality_update", value)

    @on_the_loop
    def limited(self, tier: str) -> None:
        """Let Meta allow the firm more people a day, or fewer."""
        self.limit_tier = tier
        number = -1 if tier == "TIER_UNLIMITED" else int(tier.removeprefix("TIER_").replace("K", "000"))
        value = {"max_daily_conversations_per_business": number, "max_phone_numbers_per_waba": 25}
        self.app.tell_field(self.waba_id, self.key, "", "business_capability_update", value)

    @on_the_loop
    def punished(self, how: str) -> None:
        """Let Meta restrict, block or free the account."""
        until = int(time.time()) + 3 * 86400
        value: dict[str, Any] = {
            "restricted": {
                "event": "ACCOUNT_RESTRICTION",
                "restriction_info": [{"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": until}],
            },
            "blocked": {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}},
            "free": {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}},
        }[how]
        self.standing = how
        self.app.tell_field(self.waba_id, self.key, "", "account_update", value)

    @on_the_loop
    def warned(self, words: str) -> None:
        """Let Meta warn the firm."""
        alert = {"alert_severity": "WARNING", "alert_status": "ACTIVE", "alert_type": "X", "alert_description": words}
        value = {"entity_type": "BUSINESS", "entity_id": "1", "alert_info": alert}
        self.app.tell_field(self.waba_id, self.key, "", "account_alerts", value)

    def tells_template(self, one: dict[str, Any], event: str, *, reason: str = "NONE") -> None:
        """Let the app know what became of a template."""
        self._tells_of(one, "message_template_status_update", {"event": event, "reason": reason})

    def _tells_of(self, one: dict[str, Any], field: str, told: dict[str, Any]) -> None:
        value = {
            "message_template_id": int(one["id"]),
            "message_template_name": one["name"],
            "message_template_language": one["language"],
            **told,
        }
        self.app.tell_field(self.waba_id, self.key, "", field, value)

    @property
    def _digits(self) -> str:
        return "".join(letter for letter in self.shown_number if letter.isdecimal())

    def choices(self) -> list[dict[str, Any]]:
        """Return what Meta may decide about it, for the lab's page."""
        decided = [
            {"name": f"template/{one['name']}/{one['language']}", "label": f"{one['name']} · {one['language']}",
             "value": one["status"], "options": list(STATUSES)}
            for one in self.templates
        ]  # fmt: skip
        tiers = ["TIER_250", "TIER_1K", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED"]
        return [
            *decided,
            {"name": "quality", "label": "quality", "value": self.quality, "options": ["GREEN", "YELLOW", "RED"]},
            {"name": "limit", "label": "messaging limit", "value": self.limit_tier, "options": tiers},
            {
                "name": "account",
                "label": "account",
                "value": self.standing,
                "options": ["free", "restricted", "blocked"],
            },
        ]

    def chooses(self, name: str, value: str) -> None:
        """Let Meta decide so; LookupError for what it cannot."""
        kind, _, rest = name.partition("/")
        if value not in next((one["options"] for one in self.choices() if one["name"] == name), ()):
            raise LookupError(f"{name} cannot be {value}")
        match kind:
            case "template":
                template, _, language = rest.rpartition("/")
                self.decides(template, value, "PROMOTIONAL" if value == "REJECTED" else "NONE", language=language)
            case "quality":
                self.rated(value)
            case "limit":
                self.limited(value)
            case _:
                self.punished(value)
        self.ground.changed()

    def credentials(self) -> dict[str, str]:
        """Return what a person pastes to connect it."""
        return {"app_id": self.app.id, "app_secret": self.app.secret, "token": self.token}

    def chat(self, person: Person) -> Chat:
        """Return the chat with a person, made when it is first asked for."""
        return self.chats.setdefault(person.id, Chat(person))

    def spend(self, person: Person, now: float) -> None:
        """Take one of the calls that may be made in a second, and of those to one person, or refuse."""
        pair = self._pairs[person.id] = [at for at in self._pairs.get(person.id, ()) if at > now - PAIR_SECONDS]
        if len(pair) >= AT_ONCE:
            raise RefusalError(131056, "(Business Account, Consumer Account) pair rate limit hit")
        self._sent = [at for at in self._sent if at > now - 1]
        if self.rate is not None and len(self._sent) >= self.rate * 1.5:  # a network bunches up what left evenly
            raise RefusalError(130429, "Rate limit hit")
        self._sent.append(now)
        pair.append(now)

    def who(self, person: Person) -> dict[str, str]:
        """Return how a person is named: by phone and firm's id, or the latter alone."""
        return {"user_id": bsuid(person)} | ({} if person.id in self.hidden else {"wa_id": digits(person)})

    def tells(self, person: Person, message: dict[str, Any]) -> None:
        """Let the app know that a person has written."""
        named = self.who(person)
        contact = {"profile": {"name": person.name, "username": person.username}, **named}
        said = {"timestamp": str(int(time.time())), "from_user_id": named["user_id"], **message}
        if "wa_id" in named:
            said["from"] = named["wa_id"]
        self._tell(person, contacts=[contact], messages=[said])

    def tells_status(self, person: Person, standing: Standing, status: str, code: int = 0) -> None:
        """Let the app know what became of a message."""
        told: dict[str, Any] = {"id": standing.mid, "status": status, "timestamp": str(int(time.time()))}
        told["recipient_id"] = digits(person)
        if standing.mid in self.opaque:
            told["biz_opaque_callback_data"] = self.opaque[standing.mid]
        if code:
            title = _FAILURES[code]
            told["errors"] = [{"code": code, "title": title, "message": title, "error_data": {"details": title}}]
        told["recipient_user_id"] = bsuid(person)
        contact = {"profile": {"name": person.name}, **self.who(person)}
        self._tell(person, contacts=[contact], statuses=[told])

    def tells_wish(self, person: Person, value: str) -> None:
        """Let the app know that a person wants marketing no more, or again."""
        wish = {"category": "marketing_messages", "value": value, "detail": value, "timestamp": int(time.time())}
        contact = {"profile": {"name": person.name}, **self.who(person)}
        self._tell(person, "user_preferences", contacts=[contact], user_preferences=[{**self.who(person), **wish}])

    def _tell(self, person: Person, field: str = "messages", **value: Any) -> None:
        metadata = {"display_phone_number": self.shown_number, "phone_number_id": self.page_id}
        told = {"messaging_product": "whatsapp", "metadata": metadata, **value}
        self.app.tell_field(self.waba_id, self.key, person.key, field, told)

    def touched(self, person: Person) -> None:
        """Tell the phone that something has changed."""
        self.ground.watched.touch(f"{self.key}/{person.id}")

    def shown(self) -> dict[str, Any]:
        """Return the number for JSON."""
        return {
            "platform": self.platform,
            "id": self.page_id,
            "key": self.key,
            "name": self.name,
            "username": self.key,
            "token": self.token,
            "credentials": self.credentials(),
            "limits": self.rate is not None,
            "choices": self.choices(),
            "hook": self.hook.callback_url if self.hook else "",
            "waiting": len(self.app.pending),
            "problem": self.app.last_error,
            "people": [number for number, chat in self.chats.items() if chat.started],
        }

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this number again."""
        chats = [[one.person.id, one.started, one.blocked, one.heard_at] for one in self.chats.values()]
        names = ("number", "name", "key", "token", "rights", "rate", "templates", "quality", "throughput", "limit_tier")
        return {name: getattr(self, name) for name in names} | {"app": self.app.id, "chats": chats}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that number again."""
        for name in ("token", "rights", "rate", "templates", "quality", "throughput", "limit_tier"):
            setattr(self, name, kept[name])
        for number, started, blocked, heard_at in kept["chats"]:
            if (person := self.ground.people.find(number)) is not None:
                chat = self.chat(person)
                chat.started, chat.blocked, chat.heard_at = started, blocked, heard_at


def digits(person: Person) -> str:
    """Return a person's phone as WhatsApp writes it."""
    return "".join(letter for letter in person.phone if letter.isdecimal())


def bsuid(person: Person) -> str:
    """Return the id that a person has with this firm."""
    return f"RU.{person.id}"


def _token() -> str:
    return "EAA" + "".join(
        secrets.choice("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789") for _ in range(60)
    )
