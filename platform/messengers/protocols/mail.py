"""What is asked of mail servers, and how their answers are told. Pure: `transports.smtp` and `imap` carry it.

The bytes of a letter are made by `letter_writing` when it leaves; those of one that came are made light by
`letter_reading` before they are stored.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, Field

from messengers.adapter import SessionCall, StoredFile

SMTP, IMAP = "smtp", "imap"
TAKEN = 250  # the status of a reply to a letter that was taken; its body is what the server said
IMAP_REFUSED = 422  # the status of a reply that bears an ImapRefusal
CERTIFICATE = "certificate"  # how a fault begins where the server's certificate is not to be trusted
WITHIN = "within the letter"  # and one that came when the server had agreed to take this letter, and not all was said

WHOLE = 36_000_000  # bytes up to which a letter is read whole; of a longer one the beginning is
BEGINNING = 500_000
LETTERS = 20  # that are read at once
BYTES = 40_000_000  # and how many bytes of them, if there is more than one

Security = Literal["tls", "starttls", "none"]  # none: only in the lab
Stage = Literal["connect", "tls", "login", "sender", "recipient", "data", "letter"]


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where a server is and who we are there. `inside` lets it be a machine of our own network: the lab's."""

    host: str
    port: int
    security: Security
    login: str
    password: str = field(repr=False)
    inside: bool = False


@dataclass(frozen=True, slots=True)
class SmtpAccount(MailServer):
    """Through whom letters leave."""


@dataclass(frozen=True, slots=True)
class ImapAccount(MailServer):
    """Where letters come in."""

    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class LetterFile:
    """A file of a letter. With `cid` it is shown inside the words and not below them."""

    file: StoredFile
    cid: str = ""


@dataclass(frozen=True, slots=True)
class Dkim:
    """With what a letter is signed: a private key in PEM, and where its public half stands in DNS."""

    domain: str
    selector: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter as it is to be written. `headers` are all but Date and what MIME needs; values are plain Unicode."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str = ""
    files: tuple[LetterFile, ...] = ()
    dkim: Dkim | None = None


@dataclass(slots=True)
class SmtpSubmit(SessionCall):
    """Hand over a letter for one person.

    The reply is 250, or the server's code with an SmtpRefusal; or 0, `written` if the final dot may have been read.
    """

    transport: ClassVar[str] = SMTP
    account: SmtpAccount
    envelope_from: str
    to: str
    letter: Letter
    timeout: float = 180.0  # for its way beside what its size takes, and anew for the answer to the final dot


@dataclass(slots=True)
class SmtpCheck(SessionCall):
    """Sign in and leave again. The reply is 200, or as that to a letter."""

    transport: ClassVar[str] = SMTP
    account: SmtpAccount
    timeout: float = 15.0


@dataclass(slots=True)
class ImapCheck(SessionCall):
    """Sign in, look where the folder ends, and leave again. The reply is 200 with a Place, or 422 with a refusal."""

    transport: ClassVar[str] = IMAP
    account: ImapAccount
    timeout: float = 15.0


@dataclass(slots=True)
class ImapListen(SessionCall):
    """Return letters that came after number `after`, waiting at most `seconds` for the first. The reply is Letters.

    Numbers hold for one `validity`. If the folder has another one by now, the letters are those `since` that day.
    """

    transport: ClassVar[str] = IMAP
    account: ImapAccount
    validity: int
    after: int
    since: date | None
    seconds: float


@dataclass(slots=True)
class ImapPart(SessionCall):
    """Return a letter's part, decoded: its bytes are the reply's body. 404 when it is not there any more."""

    transport: ClassVar[str] = IMAP
    account: ImapAccount
    validity: int
    uid: int
    part: str  # as IMAP counts: "2.1"
    timeout: float = 600.0


class SmtpRefusal(BaseModel):
    """What a server that will not have it says, and at which step."""

    stage: Stage
    code: int
    enhanced: str = ""  # 5.1.1
    text: str = ""


class ImapRefusal(BaseModel):
    """The same of IMAP; `code` is what stood in brackets: AUTHENTICATIONFAILED."""

    stage: Literal["connect", "tls", "login", "folder", "other"]
    code: str = ""
    text: str = ""


class Place(BaseModel):
    """Where a folder ends: the next letter will have number `uidnext`."""

    uidvalidity: int
    uidnext: int


class Came(BaseModel):
    """One letter: `raw` is base64 of what `letter_reading.lighten` left of it.

    `sizes` are the bytes of the files that were left out, by their parts' numbers. Of a `truncated` letter only the
    beginning was read.
    """

    uid: int
    at: int  # when it came: seconds since 1970
    raw: str
    size: int = 0
    sizes: dict[str, int] = Field(default_factory=dict)
    truncated: bool = False


class Letters(BaseModel):
    """The answer to `ImapListen`: letters in the order of their numbers, and what is `after` next time."""

    uidvalidity: int
    after: int
    letters: list[Came] = Field(default_factory=list)
