"""Twilio's API, as far as SMS need it: messages, the account, its one number; and what it posts."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from email.utils import formatdate
from typing import Any

from lab.account import Arrival
from lab.platforms.sms.bots import Bot, Chat, Sms
from lab.platforms.sms.counting import parts

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_NAME = re.compile(r"[A-Za-z0-9 &_+-]{1,11}")
_KNOWN = frozenset(
    {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod", "ProvideFeedback", "SmartEncoded"}
)


class RefusalError(Exception):
    """Twilio would not do it."""

    def __init__(self, status: int, code: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers

    def told(self) -> dict[str, Any]:
        """Return it as Twilio says it."""
        more = f"https://www.twilio.com/docs/errors/{self.code}"
        return {"code": self.code, "message": self.message, "more_info": more, "status": self.status}


def too_many(seconds: float = 1) -> RefusalError:
    """Return what is said to who calls too often."""
    return RefusalError(429, 20429, "Too Many Requests", **{"Retry-After": str(max(1, int(seconds)))})


def unauthorized() -> RefusalError:
    """Return what is said to whom nobody knows."""
    return RefusalError(401, 20003, "Authenticate")


def is_let_in(bot: Bot | None, header: str) -> bool:
    """Say whether a call bears the account's token."""
    key = base64.b64encode(f"{bot.sid}:{bot.password}".encode()).decode() if bot else ""
    return bool(bot) and hmac.compare_digest(header.encode(), f"Basic {key}".encode())


def account(bot: Bot) -> dict[str, Any]:
    """Answer who the account is."""
    status = "suspended" if bot.suspended else "active"
    return {"sid": bot.sid, "friendly_name": bot.name, "status": status, "type": "Full", "auth_token": bot.password}


def numbers(bot: Bot, asked: str) -> dict[str, Any]:
    """Answer which numbers it has."""
    mine = [_number(bot)] if asked in ("", f"+{bot.key}") else []
    return {"incoming_phone_numbers": mine, "page": 0, "page_size": 50, "next_page_uri": None}


def set_number(bot: Bot, sid: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Have what people write posted elsewhere."""
    if sid != _number(bot)["sid"]:
        raise RefusalError(404, 20404, "The requested resource was not found")
    if unknown := form.keys() - {"SmsUrl", "SmsMethod"}:
        raise RefusalError(400, 20001, f"Unknown parameters: {', '.join(sorted(unknown))}")
    url = form.get("SmsUrl", bot.hook)
    if url and not url.startswith(("http://", "https://")):
        raise RefusalError(400, 21502, "SmsUrl is not valid")
    bot.hook = url
    bot.ground.changed()
    return _number(bot)


def send(bot: Bot, form: Mapping[str, str], arrival: Arrival) -> dict[str, Any]:
    """Send an SMS, and post what becomes of it."""
    if unknown := form.keys() - _KNOWN:
        raise RefusalError(400, 20001, f"Unknown parameters: {', '.join(sorted(unknown))}")
    to, text, sender = form.get("To", ""), form.get("Body", ""), form.get("From", "")
    arrival.text = text
    person = bot.person(to)
    arrival.to = person.key if person else to
    if bot.suspended:
        raise RefusalError(403, 20005, "Account is not active")
    if not to:
        raise RefusalError(400, 21604, "A 'To' phone number is required.")
    if not _NUMBER.fullmatch(to):
        raise RefusalError(400, 21211, f"Invalid 'To' Phone Number: {to}")
    if not sender and not form.get("MessagingServiceSid"):
        raise RefusalError(400, 21603, "A 'From' phone number is required.")
    if sender and sender != f"+{bot.key}" and not (_NAME.fullmatch(sender) and not sender.startswith("+")):
        raise RefusalError(400, 21606, f"The 'From' phone number provided ({sender}) is not a valid number of yours")
    if not text:
        raise RefusalError(400, 21602, "Message body is required.")
    if len(text) > 1600:
        raise RefusalError(400, 21617, "The concatenated message body exceeds the 1600 character limit")
    chat = bot.chat(person) if person else None
    if chat and chat.stopped:
        raise RefusalError(400, 21610, "Attempt to send to unsubscribed recipient")
    if not bot.may_send():
        raise too_many()
    name = f"SM{secrets.token_hex(16)}"
    told = _message(bot, name, to, sender, text)
    bot.told[to, name] = told
    arrival.sent = person is not None
    if person:
        bot.arrives(person, text, name)
    _tell_states(bot, told, chat, form.get("StatusCallback", ""))
    return told


def fetch(bot: Bot, name: str) -> dict[str, Any]:
    """Answer what became of a message."""
    for (_to, sid), told in bot.told.items():
        if sid == name:
            return told
    raise RefusalError(404, 20404, "The requested resource was not found")


def tell_received(bot: Bot, chat: Chat, sms: Sms) -> None:
    """Post what a person wrote."""
    fields = {
        "MessageSid": f"SM{secrets.token_hex(16)}", "SmsStatus": "received", "AccountSid": bot.sid,
        "From": f"+{chat.person.phone.lstrip('+')}", "To": f"+{bot.key}", "Body": sms.text,
        "NumMedia": "0", "NumSegments": str(parts(sms.text)), "ApiVersion": "2010-04-01",
    }  # fmt: skip
    _post(bot, bot.hook, fields, chat.person.key)


def _tell_states(bot: Bot, told: dict[str, Any], chat: Chat | None, url: str) -> None:
    there = chat is not None and not chat.off
    code = "" if there else "30003" if chat else "30005"
    for state in ("sent", "delivered" if there else "undelivered"):
        told["status"] = state
        told["error_code"] = int(code) if code and state != "sent" else None
        fields = {
            "MessageSid": told["sid"], "SmsSid": told["sid"], "MessageStatus": state, "SmsStatus": state,
            "AccountSid": bot.sid, "To": told["to"], "From": told["from"] or "", "ApiVersion": "2010-04-01",
        }  # fmt: skip
        if code and state != "sent":
            fields["ErrorCode"] = code
        _post(bot, url, fields, chat.person.key if chat else "")


def _post(bot: Bot, url: str, fields: Mapping[str, str], person: str) -> None:
    text = url + "".join(name + fields[name] for name in sorted(fields))
    mark = base64.b64encode(hmac.digest(bot.password.encode(), text.encode(), hashlib.sha1)).decode()
    bot.posts.post(url, fields, {"X-Twilio-Signature": mark, "User-Agent": "TwilioProxy/1.1"}, person)


def _message(bot: Bot, name: str, to: str, sender: str, text: str) -> dict[str, Any]:
    return {
        "sid": name, "account_sid": bot.sid, "api_version": "2010-04-01", "body": text, "to": to,
        "from": sender or None, "messaging_service_sid": None, "status": "queued", "direction": "outbound-api",
        "num_segments": str(parts(text)), "num_media": "0", "price": None, "price_unit": "USD",
        "error_code": None, "error_message": None, "date_created": formatdate(), "date_updated": formatdate(),
        "date_sent": None, "uri": f"/2010-04-01/Accounts/{bot.sid}/Messages/{name}.json",
        "subresource_uris": {"media": f"/2010-04-01/Accounts/{bot.sid}/Messages/{name}/Media.json"},
    }  # fmt: skip


def _number(bot: Bot) -> dict[str, Any]:
    return {
        "sid": f"PN{bot.sid[2:]}", "account_sid": bot.sid, "phone_number": f"+{bot.key}", "friendly_name": bot.name,
        "sms_url": bot.hook, "sms_method": "POST", "capabilities": {"SMS": True, "MMS": False, "voice": False},
    }  # fmt: skip
