"""Signs in to a mailbox's servers, says which of them will not let us in and why, and asks for letters."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ValidationError

from messengers.adapter import ChannelFacts, Connected, News, Reply, SessionCall, Steps
from messengers.adapters.email.reading import bodies
from messengers.adapters.email.settings import imap_of, settings_of, smtp_of
from messengers.protocols.mail import (
    CERTIFICATE,
    IMAP_REFUSED,
    ImapCheck,
    ImapListen,
    ImapPart,
    ImapRefusal,
    Letters,
    Place,
    SmtpCheck,
    SmtpRefusal,
)

# Why an account cannot be connected, or what a channel suffers from later. The pages have words for each.
REASONS = (
    "must_poll",  # letters are fetched: a mailbox posts nothing
    "smtp_no_answer",  # the host or port is wrong, or the server is away
    "smtp_wrong_certificate",  # the server is another than its name says
    "smtp_wrong_security",  # it wants TLS from the start, or STARTTLS, and we do the other
    "smtp_wrong_login",
    "smtp_refused",  # it lets nobody in at the moment, or not us
    "imap_no_answer",
    "imap_wrong_certificate",
    "imap_wrong_security",
    "imap_wrong_login",
    "imap_refused",
    "imap_off",  # the provider's settings do not allow programs to read the mailbox
    "app_password_wanted",  # Gmail, Yandex, Mail.ru: a password for programs is to be made
    "password_login_off",  # Microsoft: passwords are not enough for programs
    "token_revoked",  # the servers do not know the password any more
    "wrong_sender",  # the server does not let this account write under this address
    "wrong_token",  # the inbox does not know the password any more
)
_BEFORE = timedelta(days=1)  # a folder that was numbered anew is read from the day before the last letter on

# What servers say in their own words, and what that means. The first that fits counts.
_APP_PASSWORD = re.compile(
    r"application.?specific password|app(?:lication)? password|parol prilozheniya|пароль приложения|5\.7\.9\b",
    re.IGNORECASE,
)
_PASSWORD_OFF = re.compile(
    r"basic authentication is disabled|5\.7\.139|AuthFailed:BasicAuth|LOGIN is disabled", re.IGNORECASE
)
_IMAP_OFF = re.compile(
    r"imap (?:access )?is disabled|not enabled for imap|does not have access rights|imap access denied|enable imap",
    re.IGNORECASE,
)
_TLS = re.compile(r"ssl|tls|record layer|wrong.version|handshake|encryption", re.IGNORECASE)


class Cursor(BaseModel):
    """Up to where letters were fetched; `day` is the last one's, in the words of ISO 8601."""

    validity: int
    after: int
    day: str = ""

    @property
    def since(self) -> date | None:
        """The day from which a folder is read that was numbered anew."""
        try:
            return date.fromisoformat(self.day) - _BEFORE if self.day else None
        except (ValueError, OverflowError):
            return None


def check(channel: ChannelFacts) -> Steps[Connected]:
    """Sign in to both servers; nothing is changed."""
    settings = settings_of(channel)
    smtp = yield SmtpCheck(smtp_of(channel))
    if smtp.status != 200:
        raise ValueError(_smtp_reason(smtp))
    yield from _place(channel)
    return Connected(settings.sender_name or settings.address, {}, account=settings.address[:100])


def connect(channel: ChannelFacts) -> Steps[Connected]:
    """Note where the inbox ends: what is in it now is not answered."""
    if not channel.polls:
        raise ValueError("must_poll")
    settings = settings_of(channel)
    place = yield from _place(channel)
    began = f"{place.uidvalidity}:{place.uidnext}"
    return Connected(settings.sender_name or settings.address, {"begun": began}, account=settings.address[:100])


def poll(channel: ChannelFacts, told: str, seconds: float) -> Steps[News]:
    """Wait for letters."""
    cursor = _cursor(told) or _begun(channel)
    if cursor is None:
        place = yield from _place(channel)
        cursor = Cursor(validity=place.uidvalidity, after=place.uidnext - 1)
        return News([], cursor.model_dump_json())
    reply = yield ImapListen(imap_of(channel), cursor.validity, cursor.after, cursor.since, seconds)
    # Servers that are busy refuse a login without a code, too: that must happen again and again to be believed.
    _let_in(
        reply, {"app_password_wanted": "wrong_token"} | ({"imap_wrong_login": "wrong_token"} if _is_sure(reply) else {})
    )
    try:
        letters = Letters.model_validate_json(reply.body)
    except ValidationError:
        raise ValueError("no_answer") from None
    day = max((datetime.fromtimestamp(one.at, UTC).date().isoformat() for one in letters.letters), default="")
    after = Cursor(validity=letters.uidvalidity, after=letters.after, day=max(day, cursor.day))
    return News(bodies(letters.uidvalidity, letters.letters), after.model_dump_json())


def part(channel: ChannelFacts, ref: str) -> Steps[SessionCall]:
    """Return the call that fetches a file of a letter."""
    yield from ()
    found = re.fullmatch(r"(\d{1,19}):(\d{1,19}):([\d.]{1,60})", ref)
    if found is None:
        raise ValueError("file_gone")
    validity, uid, number = found.groups()
    return ImapPart(imap_of(channel), int(validity), int(uid), number)


def _place(channel: ChannelFacts) -> Steps[Place]:
    reply = yield ImapCheck(imap_of(channel))
    _let_in(reply, {})
    try:
        return Place.model_validate_json(reply.body)
    except ValidationError:
        raise ValueError("imap_no_answer") from None


def _let_in(reply: Reply, otherwise: Mapping[str, str]) -> None:
    """Raise a reason unless the inbox answered."""
    if reply.status == 200:
        return
    reason = _imap_reason(reply)
    raise ValueError(otherwise.get(reason, reason))


def _is_sure(reply: Reply) -> bool:
    """Say whether the inbox has named the password as what is wrong."""
    try:
        refusal = ImapRefusal.model_validate_json(reply.body)
    except ValidationError:
        return False
    return refusal.code in ("AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED")


def _smtp_reason(reply: Reply) -> str:
    if reply.status == 0:
        return _unanswered(reply, "smtp")
    try:
        refusal = SmtpRefusal.model_validate_json(reply.body)
    except ValidationError:
        return "smtp_no_answer"
    said = f"{refusal.enhanced} {refusal.text}"
    if refusal.stage == "tls":
        return "smtp_wrong_security"
    if known := _in_words(said):
        return "smtp_wrong_login" if known == "imap_off" else known
    if refusal.code in (530, 538) or (refusal.stage == "connect" and _TLS.search(refusal.text)):
        return "smtp_wrong_security"
    if refusal.stage == "login" and refusal.code >= 500:
        return "smtp_wrong_login"
    return "smtp_refused"


def _imap_reason(reply: Reply) -> str:
    if reply.status != IMAP_REFUSED:
        return _unanswered(reply, "imap")
    try:
        refusal = ImapRefusal.model_validate_json(reply.body)
    except ValidationError:
        return "imap_no_answer"
    if refusal.stage == "tls" or refusal.code == "PRIVACYREQUIRED":
        return "imap_wrong_security"
    if known := _in_words(refusal.text):
        return known
    if refusal.stage == "login" and refusal.code in ("", "AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"):
        return "imap_wrong_login"
    return "imap_refused"


def _in_words(said: str) -> str:
    if _APP_PASSWORD.search(said):
        return "app_password_wanted"
    if _PASSWORD_OFF.search(said):
        return "password_login_off"
    # Yandex says both in one breath: a wrong password, or IMAP is off.
    return "imap_off" if _IMAP_OFF.search(said) and not re.search(r"invalid credentials", said, re.IGNORECASE) else ""


def _unanswered(reply: Reply, server: str) -> str:
    if reply.fault.startswith(CERTIFICATE):
        return f"{server}_wrong_certificate"
    return f"{server}_wrong_security" if _TLS.search(reply.fault) else f"{server}_no_answer"


def _cursor(told: str) -> Cursor | None:
    try:
        return Cursor.model_validate_json(told) if told else None
    except ValidationError:
        return None


def _begun(channel: ChannelFacts) -> Cursor | None:
    found = re.fullmatch(r"(\d{1,19}):(\d{1,19})", str(channel.settings.get("begun", "")))
    return Cursor(validity=int(found.group(1)), after=max(0, int(found.group(2)) - 1)) if found else None
