"""E-mail: what lies in the inbox, and what it says."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from messenger_tables import SEAL, Webhook
from messengers.adapter import ChannelFacts
from messengers.adapters.email import seals
from messengers.content import AttachmentKind, Content
from messengers.statuses import Status
from messengers.updates import (
    ButtonPressed,
    MessageReceived,
    ReceiptReceived,
    RemoteFile,
    Sender,
    Started,
    SubscriptionChanged,
    Update,
)

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
ANNA = "anna@people.example"
MARK = seals.name_of(ChannelFacts("key", {}, {}, seal=SEAL), "7-0", ANNA)
OURS = f"<{MARK}@shop.example>"
HEAD = {
    "From": "=?utf-8?b?0JDQvdC90LAg0JjQstCw0L3QvtCy0LA=?= <Anna@People.example>",
    "To": "shop@shop.example",
    "Date": "Tue, 24 Nov 2026 13:00:00 +0300",
    "Message-ID": "<1@people.example>",
    "Subject": "=?utf-8?b?0JLQvtC/0YDQvtGB?=",
}
PLAIN = {"MIME-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "8bit"}


def body(headers: Mapping[str, str], text: str, uid: int = 5, **more: Any) -> Mapping[str, Any]:
    """Return a letter as it is kept."""
    raw = "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n" + text.replace("\n", "\r\n")
    told = {"validity": 3, "uid": uid, "at": int(AT.timestamp()), "raw": raw.encode().decode("latin-1")}
    return {"letter": told | more}


def sender(*ids: str, subject: str = "Вопрос", name: str = "Анна Иванова") -> Sender:
    """Return Anna, as a letter of this subject told of her."""
    names = ", ".join(f'"{one}"' for one in (*ids, "<1@people.example>"))
    thread = f'{{"ids": [{names}], "subject": "{subject}"}}'
    return Sender(ANNA, name, email=ANNA, extra={"thread": thread})


def says(name: str, headers: Mapping[str, str], text: str, *updates: Update, key: str = ANNA, **more: Any) -> Webhook:
    """Return a row of a letter."""
    return Webhook(name, body(headers, text, **more), "3:5", key, updates)


def words(text: str, subject: str = "Вопрос") -> Content:
    """Return what was written."""
    return Content.plain(text, subject=subject)


def multipart(kind: str, *parts: tuple[Mapping[str, str], str]) -> str:
    """Return the parts of a letter."""
    written = []
    for headers, text in parts:
        written.append("--edge\n" + "".join(f"{name}: {value}\n" for name, value in headers.items()) + f"\n{text}\n")
    return "".join(written) + "--edge--\n"


def of_parts(kind: str) -> Mapping[str, str]:
    """Return the headers of a letter in parts."""
    return {**HEAD, "MIME-Version": "1.0", "Content-Type": f'multipart/{kind}; boundary="edge"'}


def report(kind: str, told: str, *, headers: Mapping[str, str] | None = None, original: str = "") -> Webhook:
    """Return the letter of a postmaster, without a name or its updates."""
    top = {
        "From": "Mail Delivery System <MAILER-DAEMON@people.example>",
        "To": "shop@shop.example",
        "Subject": "Undelivered Mail Returned to Sender",
        "Message-ID": "<9@people.example>",
        **(headers or {}),
        "MIME-Version": "1.0",
        "Content-Type": f'multipart/report; report-type={kind}; boundary="edge"',
    }
    original = original or f"From: shop@shop.example\nTo: {ANNA}\nMessage-ID: {OURS}\nSubject: x\n"
    parts = (
        (PLAIN, "Your message could not be delivered."),
        ({"Content-Type": f"message/{kind}"}, told),
        ({"Content-Type": "text/rfc822-headers"}, original),
    )
    return Webhook("", body(top, multipart("report", *parts)), "3:5", "mailer-daemon@people.example", ())


def returned(name: str, told: str, *updates: Update, kind: str = "delivery-status", **more: Any) -> Webhook:
    """Return a row of a postmaster's letter."""
    made = report(kind, told, **more)
    return Webhook(name, made.body, made.update_id, made.sender_key, updates)


def status(code: str, action: str = "failed", words: str = "550 5.1.1 User unknown", to: str = ANNA) -> str:
    """Return a delivery report."""
    return (
        "Reporting-MTA: dns; people.example\n\n"
        f"Final-Recipient: rfc822; {to}\nAction: {action}\nStatus: {code}\nDiagnostic-Code: smtp; {words}\n"
    )


def failed(reason: str, status: Status = Status.UNREACHABLE) -> ReceiptReceived:
    """Return that our letter was not delivered."""
    return ReceiptReceived(status, AT, message_ids=(7,), reason=reason)


BARE = Sender(ANNA, email=ANNA)
BLOCKED = SubscriptionChanged(BARE, "", "blocked", AT)
UNSUBSCRIBED = SubscriptionChanged(BARE, "", "unsubscribed", AT)
COMPLAINT = f"Feedback-Type: abuse\nUser-Agent: Lab/1\nVersion: 1\nOriginal-Rcpt-To: <{ANNA}>\n"
HTML = {"Content-Type": "text/html; charset=utf-8", "Content-Transfer-Encoding": "8bit"}
PHOTO = {
    "Content-Type": 'image/jpeg; name="cat.jpg"',
    "Content-Disposition": 'attachment; filename="cat.jpg"',
    "Content-Transfer-Encoding": "base64",
}
SHOT = {
    "Content-Type": "image/png",
    "Content-ID": "<shot@people.example>",
    "Content-Disposition": "inline; filename*=utf-8''%D1%8D%D0%BA%D1%80%D0%B0%D0%BD.png",
}
OLD = {"Content-Type": "image/png", "Content-ID": "<image001.png@01DB>", "Content-Disposition": "inline"}
QUOTED = (
    '<p>Вот <img src="cid:shot@people.example"></p><hr><p>From: Shop &lt;s@x&gt;<br>Sent: Monday<br>To: Anna<br>'
    'Subject: Hi</p><img src="cid:image001.png@01DB">'
)

PEOPLE = [
    says("words", {**HEAD, **PLAIN}, "Сколько стоит?\n\n-- \nАнна\n",
         MessageReceived(sender(), "1@people.example", words("Сколько стоит?"), AT)),
    says("an answer, with ours quoted", {**HEAD, **PLAIN, "In-Reply-To": OURS, "References": f"<0@x> {OURS}",
                                         "Subject": "Re: Hello"},
         "Да\n\n24.11.2026, 10:00, Магазин <shop@shop.example>:\n> Придёте?\n",
         MessageReceived(sender("<0@x>", OURS, subject="Re: Hello"), "1@people.example", words("Да", "Re: Hello"), AT)),
    says("HTML alone", {**HEAD, **HTML}, "<html><head><style>p{}</style></head><body><p>Раз</p><div>два &amp; три<br>"
         '<a href="https://x.example/">тут</a></div><blockquote>старое</blockquote></body></html>',
         MessageReceived(sender(), "1@people.example", words("Раз\n\nдва & три\nтут (https://x.example/)"), AT)),
    says("eight bits of an old alphabet", {**HEAD, "Content-Type": "text/plain; charset=unknown"}, "Привет",
         MessageReceived(sender(), "1@people.example", words("Привет"), AT)),
    says("lines that a program broke", {**HEAD, "Content-Type": "text/plain; charset=utf-8; format=flowed"},
         "Длинная \nстрока\nи другая\n",
         MessageReceived(sender(), "1@people.example", words("Длинная строка\nи другая"), AT)),
    says("no subject, no name", {"From": ANNA, "Message-ID": "<1@people.example>", **PLAIN}, "Привет",
         MessageReceived(sender(subject="", name=""), "1@people.example", Content.plain("Привет"), AT)),
    says("a subject alone", {**HEAD, **PLAIN}, "",
         MessageReceived(sender(), "1@people.example", words("Вопрос"), AT)),
    says("a letter without a name", {"From": ANNA, "Subject": "x", **PLAIN}, "Привет",
         MessageReceived(Sender(ANNA, email=ANNA, extra={"thread": '{"ids": [], "subject": "x"}'}), "3:5",
                         words("Привет", "x"), AT)),
    says("files", of_parts("mixed"), multipart("mixed", (PLAIN, "Вот"), (PHOTO, ""),
                                               ({"Content-Type": "application/pdf"}, "")),
         MessageReceived(sender(), "1@people.example", words("Вот"), AT, files=(
             RemoteFile(AttachmentKind.IMAGE, "3:5:2", "cat.jpg", "image/jpeg", 1200),
             RemoteFile(AttachmentKind.DOCUMENT, "3:5:3", "", "application/pdf"),
         )), sizes={"2": 1200}),
    says("words round a picture", of_parts("mixed"), multipart("mixed", (PLAIN, "Вот"), (PHOTO, ""), (PLAIN, "и всё")),
         MessageReceived(sender(), "1@people.example", words("Вот\nи всё"), AT,
                         files=(RemoteFile(AttachmentKind.IMAGE, "3:5:2", "cat.jpg", "image/jpeg"),))),
    says("nothing but a file", of_parts("mixed"), multipart("mixed", (PLAIN, ""), (PHOTO, "")),
         MessageReceived(sender(), "1@people.example", None, AT,
                         files=(RemoteFile(AttachmentKind.IMAGE, "3:5:2", "cat.jpg", "image/jpeg"),))),
    says("a picture in the words, and one of the letter that is quoted", of_parts("related"),
         multipart("related", (HTML, QUOTED), (SHOT, ""), (OLD, "")),
         MessageReceived(sender(), "1@people.example", words("Вот"), AT,
                         files=(RemoteFile(AttachmentKind.IMAGE, "3:5:2", "экран.png", "image/png"),))),
    says("a press", {**HEAD, **PLAIN, "Subject": "=?utf-8?b?0JTQsA==?= [#7:yes]"}, "Да\n\n--\nАнна\n",
         ButtonPressed(sender(subject="Да [#7:yes]"), "1@people.example", 7, "yes", "Да", AT)),
    says("a press with words", {**HEAD, **PLAIN, "Subject": "Yes [#7:yes]"}, "Но после шести",
         ButtonPressed(sender(subject="Yes [#7:yes]"), "1@people.example", 7, "yes", "Yes", AT),
         MessageReceived(sender(subject="Yes [#7:yes]"), "1@people.example#words", words("Но после шести", "Yes"), AT)),
    says("an answer to a press is none", {**HEAD, **PLAIN, "Subject": "Re: Yes [#7:yes]"}, "Спасибо",
         MessageReceived(sender(subject="Re: Yes [#7:yes]"), "1@people.example",
                         words("Спасибо", "Re: Yes [#7:yes]"), AT)),
    says("who came by a link", {**HEAD, **PLAIN, "Subject": "[#spring-2026]"}, "",
         Started(sender(subject="[#spring-2026]"), "1@people.example", AT, "spring-2026")),
    says("who came by a link, and said something", {**HEAD, **PLAIN, "Subject": "[#spring]"}, "Привет",
         Started(sender(subject="[#spring]"), "1@people.example", AT, "spring"),
         MessageReceived(sender(subject="[#spring]"), "1@people.example", Content.plain("Привет"), AT)),
    says("who leaves by a letter", {**HEAD, **PLAIN, "Subject": "unsubscribe"}, "",
         MessageReceived(sender(subject="unsubscribe"), "1@people.example", words("unsubscribe", "unsubscribe"), AT),
         SubscriptionChanged(sender(subject="unsubscribe"), "", "unsubscribed", AT)),
    says("who leaves by an answer", {**HEAD, **PLAIN}, "Отписаться!\n\n> Скидки\n",
         MessageReceived(sender(), "1@people.example", words("Отписаться!"), AT),
         SubscriptionChanged(sender(), "", "unsubscribed", AT)),
    Webhook("who leaves by one press", {"left": {"address": ANNA, "letter": "7", "at": int(AT.timestamp())}},
            "left:7:29925240", ANNA, [UNSUBSCRIBED]),
]  # fmt: skip

PROGRAMS = [
    says("a holiday's answer", {**HEAD, **PLAIN, "Auto-Submitted": "auto-replied"}, "Я в отпуске"),
    says("an answer of an old program", {**HEAD, **PLAIN, "X-Autoreply": "yes"}, "Я в отпуске"),
    says("another's mailing", {**HEAD, **PLAIN, "Precedence": "bulk"}, "Купите"),
    says("a list's letter", {**HEAD, **PLAIN, "List-Id": "<list.example>"}, "Всем привет"),
    says("what nobody is to answer", {**HEAD, **PLAIN, "Return-Path": "<>"}, "?"),
    says("what a person says is no program's", {**HEAD, **PLAIN, "Auto-Submitted": "no"}, "Привет",
         MessageReceived(sender(), "1@people.example", words("Привет"), AT)),
    says("a copy of our own letter", {**HEAD, **PLAIN, "From": "Shop <shop@shop.example>"}, "Привет",
         key="shop@shop.example"),
    says("our own letter, sent back by a rule", {**HEAD, **PLAIN, "Message-ID": OURS}, "Привет"),
    says("a letter from nobody", {"Subject": "x", **PLAIN}, "Привет", key=""),
]  # fmt: skip

RETURNED = [
    returned("an address that is not there", status("5.1.1"), failed("550 5.1.1 User unknown"), BLOCKED),
    returned("an address that is not there, told to the letter's own address", status("5.1.1", words=""),
             failed("5.1.1"), BLOCKED, original="Subject: x\n", headers={"To": f"shop+{MARK}@shop.example"}),
    returned("a letter that was sent on to a dead address", status("5.1.1", to="other@people.example"),
             failed("550 5.1.1 User unknown"), BLOCKED),
    returned("a full mailbox", status("5.2.2", words="552 5.2.2 Full"), failed("552 5.2.2 Full")),
    returned("a mailbox that was full for days", status("4.2.2", words="452 4.2.2 Full"), failed("452 4.2.2 Full")),
    returned("spam, they say", status("5.7.1", words="554 5.7.1 Spam"), failed("554 5.7.1 Spam", Status.REJECTED)),
    returned("a delay", status("4.4.1", "delayed")),
    returned("delivered", status("2.0.0", "delivered"), ReceiptReceived(Status.DELIVERED, AT, message_ids=(7,))),
    returned("a forged report", status("5.1.1"),
             original=f"To: {ANNA}\nMessage-ID: <{MARK[:-9]}aaaaaaaaa@shop.example>\n"),
    returned("a forged report of somebody else", status("5.1.1", to="boris@people.example"),
             failed("550 5.1.1 User unknown"), original=f"To: boris@people.example\nMessage-ID: {OURS}\n"),
    returned("a report of another's letter", status("5.1.1"), original="Message-ID: <x@other.example>\n"),
    returned("called spam", COMPLAINT, UNSUBSCRIBED, kind="feedback-report"),
    returned("another's letter called spam", COMPLAINT, kind="feedback-report", original="Message-ID: <x@y>\n"),
    Webhook("a server's own words",
            body({"From": "postmaster@people.example", "To": f"shop+{MARK}@shop.example", "X-Failed-Recipients": ANNA,
                  "Subject": "Mail failure", **PLAIN},
                 f"A message could not be delivered:\n\n  {ANNA}\n    550 5.1.1 no such user\n"),
            "3:5", "postmaster@people.example", [failed("550 5.1.1 no such user"), BLOCKED]),
]  # fmt: skip

WEBHOOKS = [*PEOPLE, *PROGRAMS, *RETURNED]
UNREADABLE: list[Mapping[str, Any]] = [
    {},
    {"letters": []},
    {"letter": None},
    {"letter": {"uid": 5}},
    {"left": {"address": "", "letter": "7", "at": 0}},
    {"left": {"address": ANNA, "letter": "7", "at": -1}},
]
