"""Translates a fitted message into a letter: who it is from and to, what it answers, how one leaves, its words."""

import json
import re
from collections.abc import Sequence
from urllib.parse import quote

from pydantic import BaseModel, Field, ValidationError

from messengers import markup
from messengers.adapter import ChannelFacts, Outgoing, StoredFile
from messengers.adapters.email import leaving, looks, seals
from messengers.adapters.email.settings import EmailSettings, dkim_of, settings_of, smtp_of
from messengers.content import Attachment, AttachmentKind, Content, ReplyButton
from messengers.protocols.letter_writing import address
from messengers.protocols.mail import Letter, LetterFile, SmtpSubmit

FILES = 18_000_000  # bytes of all files: 25 MB when they are written in letters
SHOWN = frozenset({"image/jpeg", "image/png", "image/gif"})
SUBJECT = 78  # characters of one that is made of the message's first words
REFERENCES = 12
_ANSWER = re.compile(r"^(?:re|fw|fwd|aw|отв|на)\s*(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
CODE = re.compile(r"\s*\[#([^\[\]\s]{1,120})\]\s*$")
PRESSED = re.compile(r"(\d{1,19}):([A-Za-z0-9_-]{1,32})")


class Thread(BaseModel):
    """What is kept of a person's last letter: its name and those before it, and its subject."""

    ids: list[str] = Field(default_factory=list)
    subject: str = ""

    @classmethod
    def read(cls, told: str) -> "Thread":
        """Read what was kept; nothing where it cannot be read."""
        try:
            return cls.model_validate_json(told) if told else cls()
        except ValidationError:
            return cls()

    def written(self) -> str:
        """Return what is to be kept."""
        ids = [one for one in self.ids if len(one) <= 250]
        few = ids if len(ids) <= REFERENCES else [ids[0], *ids[1 - REFERENCES :]]
        return json.dumps({"ids": few, "subject": self.subject[:200]}, ensure_ascii=False)


def submission(channel: ChannelFacts, message: Outgoing) -> tuple[SmtpSubmit, str]:
    """Return the call that hands the letter over, and the letter's name."""
    settings = settings_of(channel)
    mark = seals.name_of(channel, message.idempotency_key, message.to)
    name = f"{mark}@{settings.domain}"
    files, links = _divided(message)
    pictures = {
        one.media: f"p{one.media}.{mark}@{settings.domain}"
        for one in files
        if one.content_type in SHOWN and _is_shown(one)
    }
    thread = Thread() if message.bulk else Thread.read(message.thread)
    look = looks.Look(
        press=lambda button: pressing(settings.address, message.id, button),
        pictures=pictures,
        links=links,
        signature=settings.signature.strip(),
        leave=leaving.footer(channel, message) if message.bulk else ("", ""),
    )
    letter = Letter(
        headers=tuple(_headers(channel, settings, message, name, thread)),
        text=looks.plain(message.content, look),
        html=looks.html(message.content, look),
        files=tuple(LetterFile(_stored(one), pictures.get(one.media, "")) for one in files),
        dkim=dkim_of(channel),
    )
    returns = seals.return_address(settings.address, mark) if settings.plus else settings.address
    return SmtpSubmit(smtp_of(channel), returns, message.to, letter), name


def pressing(box: str, message_id: int, button: ReplyButton) -> str:
    """Return the address that opens a letter which says that a button was pressed: it only has to be sent."""
    subject = f"{button.text} [#{message_id}:{button.id}]"
    return f"mailto:{quote(box, safe='@')}?subject={quote(subject, safe='')}&body={quote(button.text, safe='')}"


def starting(box: str, payload: str) -> str:
    """Return the address that opens a letter which brings a payload along."""
    return f"mailto:{quote(box, safe='@')}?subject={quote(f'[#{payload}]', safe='')}"


def is_answer(subject: str) -> bool:
    """Say whether a subject is another letter's."""
    return bool(_ANSWER.match(subject))


def _headers(
    channel: ChannelFacts, settings: EmailSettings, message: Outgoing, name: str, thread: Thread
) -> list[tuple[str, str]]:
    told = [
        ("From", address(settings.sender_name, settings.address)),
        ("To", message.to),
        ("Subject", _subject(message.content, thread, settings)),
        ("Message-ID", f"<{name}>"),
    ]
    if thread.ids:
        told += [("In-Reply-To", thread.ids[-1]), ("References", " ".join(thread.ids))]
    if not message.by_member:
        answers = bool(thread.ids) and not message.bulk
        told.append(("Auto-Submitted", "auto-replied" if answers else "auto-generated"))
        told.append(("X-Auto-Response-Suppress", "OOF, AutoReply"))
    if message.bulk:
        told += [
            ("Precedence", "bulk"),
            ("Feedback-ID", f"mailing:{channel.key}:kaskad"),
            *leaving.headers(channel, message),
        ]
    return told


def _subject(content: Content, thread: Thread, settings: EmailSettings) -> str:
    if content.subject.strip():
        return " ".join(content.subject.split())
    about = _ANSWER.sub("", CODE.sub("", thread.subject)).strip()
    if about:
        return f"Re: {about}"
    text = markup.plain(content.text) if content.markup else content.text
    words = next((" ".join(line.split()) for line in text.split("\n") if line.strip()), "")
    words = words or next((card.title for card in content.cards), "") or settings.sender_name or settings.address
    return words if len(words) <= SUBJECT else words[: SUBJECT - 1].rstrip() + "…"


def _divided(message: Outgoing) -> tuple[list[Attachment], list[tuple[str, str]]]:
    """Return the files that go along, and the words and addresses of those for which there is no room."""
    files: dict[int, Attachment] = {}
    links: list[tuple[str, str]] = []
    room = FILES
    for file in _files(message.content):
        if file.media in files:
            continue
        link = message.media_urls.get(file.media, "")
        if file.size > room and link:
            links.append((file.name or file.kind.value, link))
            continue
        room -= file.size
        files[file.media] = file
    return list(files.values()), links


def _files(content: Content) -> Sequence[Attachment]:
    return [*content.attachments, *(card.image for card in content.cards if card.image)]


def _stored(file: Attachment) -> StoredFile:
    return StoredFile(file.media, file.name or file.kind.value, file.content_type or "application/octet-stream")


def _is_shown(file: Attachment) -> bool:
    """Say whether all programs can show a file among the words."""
    return file.kind is AttachmentKind.IMAGE and file.content_type in SHOWN
