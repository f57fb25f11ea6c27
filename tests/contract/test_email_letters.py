"""What we write is read by others' programs as it is meant: its words, its pictures, its files, its signature."""

import base64
from datetime import UTC, datetime
from functools import cache

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from imap_tools import MailMessage

from messengers.adapter import ChannelFacts, Outgoing
from messengers.adapters.email.settings import EmailSecrets
from messengers.adapters.email.writing import submission
from messengers.content import Attachment, AttachmentKind, Card, Content, ReplyButton
from messengers.protocols.letter_reading import files, header, ids, lighten, opened, words
from messengers.protocols.letter_writing import compose

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SETTINGS = {
    "address": "shop@shop.example",
    "sender_name": 'Магазин «Ромашка», "скидки" и длинное имя для одной строки',
    "smtp_host": "smtp.shop.example",
    "imap_host": "imap.shop.example",
    "dkim_domain": "shop.example",
    "dkim_selector": "kaskad",
}
SUBJECT = "Очень длинная тема письма, которая не поместится в одну строку, потому что она длинная 🎉"
TEXT = "Здравствуйте!\n.точка в начале\nFrom here\n" + "слово " * 400
PHOTO = Attachment(kind=AttachmentKind.IMAGE, media=1, name="фото 1.jpg", content_type="image/jpeg", size=600)
LIST = Attachment(
    kind=AttachmentKind.DOCUMENT, media=2, name="Прайс лист.pdf", content_type="application/pdf", size=4000
)
TABLE = Attachment(kind=AttachmentKind.DOCUMENT, media=3, name="a.csv", content_type="text/csv", size=20)
FILES = {1: b"\xff\xd8jpeg" * 100, 2: b"%PDF\r\n" * 700, 3: b"a;b\n\xd0\n.\n"}
THREAD = '{"ids": [' + ", ".join(f'"<{n}{"a" * 60}@people.example>"' for n in range(12)) + '], "subject": "Вопрос"}'


@cache
def a_key() -> tuple[str, bytes]:
    """Return a private key, and what stands of it in DNS."""
    key = rsa.generate_private_key(65537, 2048)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return private.decode(), b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def written(content: Content, *, bulk: bool = False, thread: str = "") -> bytes:
    """Return the bytes of a letter."""
    secrets = EmailSecrets(password="x", dkim_key=a_key()[0]).model_dump()
    hook = "https://kaskad.example/hooks/email/abcdefghijklmnop"
    channel = ChannelFacts("key", SETTINGS, secrets, hook, seal="seal")
    message = Outgoing(2**53, "anna@people.example", content, f"{2**53}-0", bulk=bulk, thread=thread)
    call, _name = submission(channel, message)
    return compose(call.letter, FILES, NOW)


def full() -> Content:
    """Return a message with all that a letter can hold."""
    card = Card(title="Роза", text="красная", image=PHOTO, buttons=[ReplyButton(id="rose", text="Беру")])
    return Content(text=TEXT, subject=SUBJECT, attachments=[PHOTO, LIST, TABLE], cards=[card])


def test_its_parts_are_what_others_read() -> None:
    read = MailMessage.from_bytes(written(full(), thread=THREAD))
    assert read.subject == SUBJECT
    assert read.from_values is not None
    assert (read.from_values.name, read.from_values.email) == (
        SETTINGS["sender_name"].replace('"', "'"),
        "shop@shop.example",
    )
    assert read.to == ("anna@people.example",)
    assert read.date == NOW
    assert read.text.replace("\r\n", "\n").startswith("Здравствуйте!\n.точка в начале\nFrom here\nслово")
    assert "<br>.точка в начале<br>" in read.html
    told = [(one.filename, one.content_type, one.content_disposition, one.payload) for one in read.attachments]
    assert told == [
        ("фото 1.jpg", "image/jpeg", "inline", FILES[1]),
        ("Прайс лист.pdf", "application/pdf", "attachment", FILES[2]),
        ("a.csv", "application/octet-stream", "attachment", FILES[3]),
    ]
    assert f"cid:{read.attachments[0].content_id}" in read.html
    assert read.headers["references"][0].split() == [f"<{n}{'a' * 60}@people.example>" for n in range(12)]


@pytest.mark.parametrize("bulk", [True, False])
def test_its_signature_holds_wherever_it_goes(bulk: bool) -> None:
    letter = written(full(), bulk=bulk)
    asked = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return a_key()[1]

    assert dkim.verify(letter, dnsfunc=dns)
    assert asked == [b"kaskad._domainkey.shop.example."]
    signed = letter.partition(b"bh=")[0].replace(b"\r\n", b"").replace(b" ", b"")
    assert (b"list-unsubscribe:list-unsubscribe-post" in signed) == bulk
    assert not dkim.verify(letter.replace("Роза".encode(), b"").replace(b"shop@shop", b"chop@shop"), dnsfunc=dns)


def test_servers_take_its_lines() -> None:
    letter = written(full(), bulk=True)
    assert letter.isascii()
    assert b"\n" not in letter.replace(b"\r\n", b"")
    assert max(map(len, letter.split(b"\r\n"))) <= 998
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in letter
    head = letter.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head
    assert written(full(), bulk=True).partition(b"\r\nDate")[2] == letter.partition(b"\r\nDate")[2]


def test_nobody_adds_headers_by_what_he_writes() -> None:
    letter = written(Content(text="x\r\nBcc: all@people.example\r\n\r\nhi", subject="x\r\nBcc: all@people.example"))
    read = MailMessage.from_bytes(letter)
    assert read.bcc == ()
    assert read.subject == "x Bcc: all@people.example"


def test_we_read_our_own_letter_and_leave_its_files_out() -> None:
    light, sizes = lighten(written(full()))
    letter = opened(light)
    assert len(light) < 20_000
    assert words(letter).text.startswith("Здравствуйте!\n.точка")
    assert header(letter, "Subject") == SUBJECT
    assert ids(letter, "Message-ID")[0].startswith("<k9007199254740992-0-")
    told = [(one.number, one.name, one.content_type) for one in files(letter, sizes)]
    assert told == [
        ("1.2.2", "фото 1.jpg", "image/jpeg"),
        ("2", "Прайс лист.pdf", "application/pdf"),
        ("3", "a.csv", "application/octet-stream"),
    ]
    assert [sizes[number] for number, *_ in told] == pytest.approx([len(one) for one in FILES.values()], abs=2)
