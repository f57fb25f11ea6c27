"""E-mail: what leaves by SMTP, and what the answers come to. What comes in is in `email_webhooks`."""

from dataclasses import dataclass, replace

from messenger_tables import SEAL, Delivery, Tables
from messenger_tables.email_webhooks import UNREADABLE, WEBHOOKS
from messengers.adapter import (
    ChannelBroken,
    ChannelFacts,
    Outcome,
    Outgoing,
    Rejected,
    Reply,
    RetryAt,
    Sent,
    StoredFile,
    Uncertain,
    Unreachable,
)
from messengers.adapters.email import seals
from messengers.adapters.email.outcomes import DAY
from messengers.content import Attachment, AttachmentKind, CallButton, Card, Content, ReplyButton, UrlButton
from messengers.protocols.mail import Letter, LetterFile, SmtpAccount, SmtpRefusal, SmtpSubmit, Stage

SETTINGS = {
    "address": "shop@shop.example",
    "sender_name": "Магазин",
    "smtp_host": "smtp.shop.example",
    "imap_host": "imap.shop.example",
}
SECRETS = {"password": "secret"}
ACCOUNT = SmtpAccount("smtp.shop.example", 465, "tls", "shop@shop.example", "secret")
CHANNEL = ChannelFacts("key", SETTINGS, SECRETS, "https://kaskad.example/hooks/key", seal=SEAL)
ANNA = "anna@people.example"
NAME = seals.name_of(CHANNEL, "7-0", ANNA)
PHOTO = Attachment(kind=AttachmentKind.IMAGE, media=1, name="photo.jpg", content_type="image/jpeg", size=1000)
PRICES = Attachment(kind=AttachmentKind.DOCUMENT, media=2, name="Цены.pdf", content_type="application/pdf", size=2000)
LARGE = Attachment(kind=AttachmentKind.VIDEO, media=3, name="film.mp4", content_type="video/mp4", size=17_999_500)
LEAVE = f"https://kaskad.example/hooks/key?m=7&a=anna%40people.example&s={seals.leave_seal(CHANNEL, '7', ANNA)}"
THREAD = '{"ids": ["<1@people.example>", "<2@people.example>"], "subject": "Вопрос [#spring]"}'


@dataclass(frozen=True)
class Like:
    """A letter of which the table says what matters."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: tuple[str, ...] = ()
    without: tuple[str, ...] = ("<script", "Unsubscribe", "Отписаться")
    files: tuple[LetterFile, ...] = ()

    def __eq__(self, other: object) -> bool:
        """Compare a letter with what is said of it."""
        if not isinstance(other, Letter):
            return NotImplemented
        same = (other.headers, other.text, other.files) == (self.headers, self.text, self.files)
        return same and all(one in other.html for one in self.html) and not any(w in other.html for w in self.without)

    __hash__ = None  # type: ignore[assignment]


def headers(
    subject: str, *more: tuple[str, str], automatic: str = "auto-generated", key: str = "7-0"
) -> tuple[tuple[str, str], ...]:
    """Return what a letter of ours is headed by."""
    name = seals.name_of(CHANNEL, key, ANNA)
    told = [("From", '"Магазин" <shop@shop.example>'), ("To", ANNA), ("Subject", subject)]
    told.append(("Message-ID", f"<{name}@shop.example>"))
    told += [one for one in more if one[0] in ("In-Reply-To", "References")]
    if automatic:
        told += [("Auto-Submitted", automatic), ("X-Auto-Response-Suppress", "OOF, AutoReply")]
    return (*told, *(one for one in more if one[0] not in ("In-Reply-To", "References")))


def message(content: Content, **more: object) -> Outgoing:
    """Return a message to Anna."""
    return replace(Outgoing(7, ANNA, content, "7-0"), **more)  # type: ignore[arg-type]


def submits(letter: Like, envelope_from: str = "shop@shop.example", account: SmtpAccount = ACCOUNT) -> SmtpSubmit:
    """Return the call for a letter."""
    return SmtpSubmit(account, envelope_from, ANNA, letter)  # type: ignore[arg-type]


TAKEN = Reply(250, b"2.0.0 Ok: queued as 4F1")
SENT = Sent(f"{NAME}@shop.example")
HELLO = Content(text="Здравствуйте!")
HELLO_LETTER = Like(headers("Здравствуйте!"), "Здравствуйте!\n", ("<body", ">Здравствуйте!</div>"))


def says(name: str, content: Content, letter: Like, **more: object) -> Delivery:
    """Return a row of a letter that is taken."""
    return Delivery(name, message(content, **more), [(submits(letter), TAKEN)], SENT)


def refused(stage: Stage, code: int, text: str, outcome: Outcome) -> Delivery:
    """Return a row of a letter that is refused."""
    enhanced = text.split(maxsplit=1)[0] if text[:1].isdigit() and text[1:2] == "." else ""
    body = SmtpRefusal(stage=stage, code=code, enhanced=enhanced, text=text).model_dump_json().encode()
    return Delivery(f"{stage}: {code} {text}", message(HELLO), [(submits(HELLO_LETTER), Reply(code, body))], outcome)


LETTERS = [
    says("words", HELLO, HELLO_LETTER),
    says(
        "marked words, an address and what looks like HTML",
        Content(text="*Скидка* _10%_ ~20~ `A<B>` [здесь](https://shop.example/?a=1&b=2)\nhttps://x.example/?q=<b>"),
        Like(
            headers("Скидка 10% 20 A<B> здесь (https://shop.example/?a=1&b=2)"),
            "Скидка 10% 20 A<B> здесь (https://shop.example/?a=1&b=2)\nhttps://x.example/?q=<b>\n",
            ("<strong>Скидка</strong>", "<em>10%</em>", "<s>20</s>", "<code>A&lt;B&gt;</code>",
             'href="https://shop.example/?a=1&amp;b=2"', "<br>", 'href="https://x.example/?q="', "&lt;b&gt;"),
            ("<b>", "<script"),
        ),
    ),
    says(
        "words without markup",
        Content(text="2*2*2 <b>"),
        Like(headers("2*2*2 <b>"), "2*2*2 <b>\n", ("2*2*2 &lt;b&gt;",)),
    ),
    says("a subject", Content(text="Здравствуйте!", subject=" Скидки \n апреля "),
         Like(headers("Скидки апреля"), "Здравствуйте!\n")),
    says(
        "long first words",
        Content(text="слово " * 40),
        Like(headers(("слово " * 13)[:77].rstrip() + "…"), ("слово " * 40).strip() + "\n"),
    ),
    says(
        "an answer",
        HELLO,
        Like(
            headers("Re: Вопрос", ("In-Reply-To", "<2@people.example>"),
                    ("References", "<1@people.example> <2@people.example>"), automatic="auto-replied"),
            "Здравствуйте!\n",
        ),
        thread=THREAD,
    ),
    says("an answer to what cannot be read", HELLO, HELLO_LETTER, thread="{"),
    says("a member's words", HELLO, Like(headers("Здравствуйте!", automatic=""), "Здравствуйте!\n"), by_member=True),
    says(
        "buttons",
        Content(
            text="Придёте?",
            buttons=[
                ReplyButton(id="yes", text="Да, & приду"),
                UrlButton(text="Адрес", url="https://shop.example/?a=1&b=2"),  # type: ignore[arg-type]
                CallButton(text="Позвонить", phone="+74951234567"),
            ],
        ),
        Like(
            headers("Придёте?"),
            "Придёте?\n\n- Да, & приду\nАдрес: https://shop.example/?a=1&b=2\nПозвонить: +74951234567\n",
            ('href="mailto:shop@shop.example?subject=%D0%94%D0%B0%2C%20%26%20%D0%BF%D1%80%D0%B8%D0%B4%D1%83%20%5B%237%3Ayes%5D&amp;body=',
             ">Да, &amp; приду</a>", 'href="https://shop.example/?a=1&amp;b=2"', 'href="tel:+74951234567"',
             "background-color:#"),
        ),
    ),
    says(
        "a picture among the words and a file below",
        Content(text="Смотрите", attachments=[PHOTO, PRICES]),
        Like(
            headers("Смотрите"),
            "Смотрите\n",
            (f'src="cid:p1.{NAME}@shop.example"', 'alt="photo.jpg"'),
            files=(
                LetterFile(StoredFile(1, "photo.jpg", "image/jpeg"), f"p1.{NAME}@shop.example"),
                LetterFile(StoredFile(2, "Цены.pdf", "application/pdf")),
            ),
        ),
    ),
    says(
        "nothing but a picture",
        Content(attachments=[PHOTO]),
        Like(headers("Магазин"), "\n",
             files=(LetterFile(StoredFile(1, "photo.jpg", "image/jpeg"), f"p1.{NAME}@shop.example"),)),
    ),
    says(
        "more files than there is room for",
        Content(text="Смотрите", attachments=[LARGE, PHOTO]),
        Like(headers("Смотрите"), "Смотрите\n\nphoto.jpg: https://kaskad.example/m/1\n",
             ('href="https://kaskad.example/m/1"',), files=(LetterFile(StoredFile(3, "film.mp4", "video/mp4")),)),
        media_urls={1: "https://kaskad.example/m/1"},
    ),
    says(
        "cards below the words",
        Content(
            text="Выбирайте",
            cards=[Card(title="Роза", text="<красная>", image=PHOTO, buttons=[ReplyButton(id="rose", text="Беру")])],
        ),
        Like(
            headers("Выбирайте"),
            "Выбирайте\n\nРоза\n<красная>\n- Беру\n",
            (">Роза</div>", "&lt;красная&gt;", "%5B%237%3Arose%5D", "cid:p1."),
            files=(LetterFile(StoredFile(1, "photo.jpg", "image/jpeg"), f"p1.{NAME}@shop.example"),),
        ),
    ),
    says(
        "a mailing's letter can be left",
        HELLO,
        Like(
            headers(
                "Здравствуйте!",
                ("Precedence", "bulk"),
                ("Feedback-ID", "mailing:key:kaskad"),
                ("List-Unsubscribe", f"<{LEAVE}>, <mailto:shop@shop.example?subject=unsubscribe>"),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
            ),
            f"Здравствуйте!\n\nОтписаться от рассылки: {LEAVE}\n",
            (f'href="{LEAVE.replace("&", "&amp;")}"', ">Отписаться от рассылки</a>"),
            (),
        ),
        bulk=True,
        thread=THREAD,
    ),
    Delivery(
        "a mailbox with room behind a plus, a signature, another login and STARTTLS",
        message(Content(text="Hello")),
        [
            (
                submits(
                    Like(headers("Hello"), "Hello\n\n-- \nЦветы & Ко\n", ("Цветы &amp; Ко",)),
                    f"shop+{NAME}@shop.example",
                    SmtpAccount("smtp.shop.example", 587, "starttls", "apikey", "secret"),
                ),
                TAKEN,
            )
        ],
        SENT,
        settings={
            **SETTINGS, "plus": True, "signature": "Цветы & Ко\n", "login": "apikey", "smtp_port": 587,
            "smtp_security": "starttls",
        },
    ),
    Delivery("what is no address", message(HELLO, to="Анна"), [], Unreachable("wrong_address")),
    Delivery("an address that would hold a second one", message(HELLO, to="a@b.example,c@d.example"), [],
             Unreachable("wrong_address")),
]  # fmt: skip

GONE = Unreachable("no_such_address", blocked=True)
LATER = 360.0
ANSWERS = [
    refused("recipient", 550, "5.1.1 No such user here", GONE),
    refused("recipient", 550, "5.2.1 Mailbox disabled", GONE),
    refused("recipient", 553, "5.1.3 Mailbox name not allowed", GONE),
    refused("recipient", 550, "User unknown", GONE),
    refused("recipient", 551, "5.1.6 User has moved", GONE),
    refused("recipient", 550, "Blocked by our spam policy", Rejected("550 Blocked by our spam policy")),
    refused("recipient", 450, "4.7.1 Greylisted", RetryAt(LATER, "450 4.7.1 Greylisted", longest=DAY)),
    refused("recipient", 451, "4.3.0 Lookup failed", RetryAt(LATER, "451 4.3.0 Lookup failed", longest=DAY)),
    refused("recipient", 450, "4.1.1 Not now", RetryAt(LATER, "450 4.1.1 Not now", longest=DAY)),
    refused("recipient", 450, "4.2.1 Too fast", RetryAt(120.0, "too_many_requests", longest=DAY)),
    refused("letter", 421, "4.7.28 Unusual rate", RetryAt(120.0, "too_many_requests", longest=DAY)),
    refused("recipient", 552, "5.2.2 Mailbox full", RetryAt(LATER, "mailbox_full", longest=DAY)),
    refused("recipient", 452, "4.2.2 Mailbox full", RetryAt(LATER, "mailbox_full", longest=DAY)),
    refused("letter", 550, "5.4.5 Daily limit", RetryAt(3600.0, "daily_limit", whole_channel=True)),
    refused("letter", 554, "5.7.1 Suspicion of SPAM", Rejected("554 5.7.1 Suspicion of SPAM")),
    refused("letter", 550, "5.7.26 No DMARC", ChannelBroken("550 5.7.26 No DMARC")),
    refused("letter", 552, "5.3.4 Too big", Rejected("file_too_large")),
    refused("letter", 554, "Transaction failed", Rejected("554 Transaction failed")),
    refused("data", 503, "5.5.1 Bad sequence", Rejected("503 5.5.1 Bad sequence")),
    refused("sender", 553, "5.7.1 Not owned by auth user", ChannelBroken("wrong_sender")),
    refused("sender", 550, "5.7.60 Not allowed to send as", ChannelBroken("wrong_sender")),
    refused("sender", 552, "5.3.4 Message size exceeds fixed limit", Rejected("file_too_large")),
    refused("sender", 552, "Message size exceeds fixed limit", Rejected("file_too_large")),
    refused("sender", 550, "5.1.1 No such user here", ChannelBroken("wrong_sender")),
    refused("sender", 530, "5.7.0 Authentication required", ChannelBroken("token_revoked")),
    refused("sender", 451, "4.3.0 Later", RetryAt(LATER, "451 4.3.0 Later", longest=DAY)),
    refused("login", 535, "5.7.8 Invalid credentials", ChannelBroken("token_revoked")),
    refused("login", 534, "5.7.9 Application-specific password required", ChannelBroken("token_revoked")),
    refused("login", 454, "4.7.0 Temporary failure", RetryAt(60.0, "454 4.7.0 Temporary failure", whole_channel=True)),
    refused("connect", 421, "4.3.2 Busy", RetryAt(60.0, "421 4.3.2 Busy", whole_channel=True)),
    refused("connect", 554, "5.7.1 Blacklisted", RetryAt(300.0, "554 5.7.1 Blacklisted", whole_channel=True)),
]
FAULTS = [
    Delivery(name, message(HELLO), [(submits(HELLO_LETTER), reply)], outcome)
    for name, reply, outcome in (
        ("cut after the last dot", Reply(0, written=True, fault="cut"), Uncertain("cut")),
        ("cut before it", Reply(0, written=False, fault="no connection"),
         RetryAt(30.0, "no connection", whole_channel=True, counted=False)),
        ("cut within the letter, which may be its own fault",
         Reply(0, written=False, fault="within the letter: cut"),
         RetryAt(120.0, "cut_within_letter", longest=86_400.0)),
        ("a certificate that nobody believes", Reply(0, written=False, fault="certificate: expired"),
         RetryAt(300.0, "certificate: expired", whole_channel=True, counted=False)),
        ("an answer that cannot be read", Reply(550, b"?"), Uncertain("unreadable_answer")),
    )
]  # fmt: skip

TABLES = Tables(
    settings=SETTINGS,
    secrets=SECRETS,
    webhooks=WEBHOOKS,
    unreadable=UNREADABLE,
    deliveries=[*LETTERS, *ANSWERS, *FAULTS],
)
