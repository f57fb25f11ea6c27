"""SMSC.ru's HTTP API: sending under an id of the caller's, what a text costs, what became of it; and what it posts."""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping
from typing import Any

from lab.account import Arrival
from lab.platforms.sms.bots import Bot, Chat, Sms
from lab.platforms.sms.counting import parts

PRICE = 3.2  # of a part
MINUTE = 60.0
_NUMBER = re.compile(r"\+?[1-9]\d{6,14}")
_WHO = frozenset({"login", "psw", "apikey", "fmt", "charset"})
_KNOWN = {
    "send.php": _WHO | {"phones", "mes", "id", "cost", "sender", "valid", "translit"},
    "status.php": _WHO | {"phone", "id", "all"},
    "balance.php": _WHO | {"cur"},
}
SCRIPTS = frozenset(_KNOWN)


class RefusalError(Exception):
    """SMSC.ru would not do it. It says so with a 200."""

    def __init__(self, code: int, error: str, number: str = "") -> None:
        super().__init__(error)
        self.code, self.error, self.number = code, error, number

    def told(self) -> dict[str, Any]:
        """Return it as SMSC.ru says it."""
        more = {"id": int(self.number)} if self.number.isdigit() else {}
        return {"error": self.error, "error_code": self.code, **more}


def too_many() -> RefusalError:
    """Return what is said to who calls too often."""
    return RefusalError(9, "too many concurrent requests")


def is_let_in(bot: Bot | None, form: Mapping[str, str]) -> bool:
    """Say whether a call bears the account's password."""
    return bot is not None and hmac.compare_digest(form.get("psw", "").encode(), bot.password.encode())


def answer(bot: Bot, script: str, form: Mapping[str, str], arrival: Arrival) -> dict[str, Any]:
    """Answer one call."""
    if unknown := form.keys() - _KNOWN[script]:
        raise RefusalError(1, f"parameters error: {', '.join(sorted(unknown))}")
    if form.get("fmt") != "3":
        raise RefusalError(1, "parameters error: only fmt=3 is played")
    if script == "balance.php":
        return {"balance": f"{bot.balance:.2f}", **({"currency": "RUR"} if form.get("cur") == "1" else {})}
    return _status(bot, form) if script == "status.php" else _send(bot, form, arrival)


def tell_received(bot: Bot, chat: Chat, sms: Sms) -> None:
    """Post what a person wrote."""
    fields = {
        "phone": _digits(chat.person.phone), "mes": sms.text, "to": "79000000000", "sms_id": str(sms.id),
        "time": _clock(sms.at), "sent": str(sms.at),
    }  # fmt: skip
    bot.posts.post(bot.hook, fields, {}, chat.person.key)


def _send(bot: Bot, form: Mapping[str, str], arrival: Arrival) -> dict[str, Any]:
    text, number = form.get("mes", ""), form.get("id", "")
    phones = [phone for phone in re.split(r"[,;]", form.get("phones", "")) if phone]
    if not text or not phones:
        raise RefusalError(1, "parameters error", number)
    if not all(_NUMBER.fullmatch(phone) for phone in phones):
        raise RefusalError(7, "invalid number", number)
    if form.get("cost") == "1":
        return {"cost": f"{PRICE * parts(text) * len(phones):.2f}", "cnt": parts(text) * len(phones)}
    if len(phones) != 1:
        raise RefusalError(1, "parameters error: one number is played", number)
    if not (number.isdigit() and 1 <= int(number) <= 2**31 - 1):
        raise RefusalError(1, "parameters error: id", number)
    to, person = _digits(phones[0]), bot.person(phones[0])
    arrival.text, arrival.to = text, person.key if person else to
    known = bot.told.get((to, number))
    if known and time.time() - known["at"] < MINUTE:
        raise RefusalError(9, "duplicate request, wait a minute", number)
    cost = PRICE * parts(text)
    if bot.balance < cost:
        raise RefusalError(3, "not enough credits", number)
    if not bot.may_send():
        raise too_many()
    bot.balance -= cost
    arrival.sent = person is not None
    chat = bot.chat(person) if person else None
    state = 1 if chat and not chat.off else 25 if chat else 22
    bot.told[to, number] = {"at": time.time(), "status": state}
    if person:
        bot.arrives(person, text, number)
    for one in (0, state):
        _tell_state(bot, to, number, one, person.key if person else "")
    return {"id": int(number), "cnt": parts(text), "cost": f"{cost:.2f}", "balance": f"{bot.balance:.2f}"}


def _status(bot: Bot, form: Mapping[str, str]) -> dict[str, Any]:
    known = bot.told.get((_digits(form.get("phone", "")), form.get("id", "")))
    if known is None:
        return {"status": -3, "last_date": "", "last_timestamp": 0}
    at = int(known["at"])
    return {"status": known["status"], "last_date": _clock(at), "last_timestamp": at, "err": 0}


def _tell_state(bot: Bot, phone: str, number: str, state: int, person: str) -> None:
    at = int(time.time())
    mark = hashlib.md5(f"{number}:{phone}:{state}:{bot.hook_secret}".encode(), usedforsecurity=False).hexdigest()
    fields = {
        "id": number, "phone": phone, "status": str(state), "time": _clock(at), "ts": str(at), "err": "0",
        "cnt": "1", "type": "0", "md5": mark,
    }  # fmt: skip
    bot.posts.post(bot.hook, fields, {}, person)


def _clock(at: int) -> str:
    return time.strftime("%d.%m.%Y %H:%M:%S", time.gmtime(at + 3 * 3600))


def _digits(number: str) -> str:
    return "".join(letter for letter in number if letter.isdigit())
