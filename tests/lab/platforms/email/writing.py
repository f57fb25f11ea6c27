"""The letters that people, their programs and their providers write."""

import time
from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, localtime, make_msgid

from lab.people import Person
from lab.platforms.email.letters import Letter
from lab.samples import Sample

PEOPLE = "people.example"
POSTMASTER = "mailer-daemon@people.example"


def address_of(person: Person) -> str:
    """Return a person's address."""
    return f"{person.username.lower()}@{PEOPLE}"


def letter(
    person: Person,
    to: str,
    text: str,
    *,
    subject: str = "",
    answers: Letter | None = None,
    files: tuple[Sample, ...] = (),
) -> EmailMessage:
    """Write a letter, with what it answers quoted below."""
    told = _headed(person, to)
    if answers is not None:
        about = answers.subject
        subject = subject or (about if about.lower().startswith("re:") else f"Re: {about}")
        told["In-Reply-To"] = answers.name
        told["References"] = " ".join([*answers.references, answers.name])
        text = f"{text}\n\n{_quoted(answers)}"
    told["Subject"] = subject or "Вопрос"
    told.set_content(text)
    for file in files:
        family, _, kind = file.content_type.partition("/")
        told.add_attachment(file.data, maintype=family, subtype=kind, filename=file.name)
    return told


def away(person: Person, answers: Letter) -> EmailMessage:
    """Write what a program answers for who is on holiday."""
    told = _headed(person, answers.answer_to)
    told["Subject"] = f"Автоответ: {answers.subject}"
    told["In-Reply-To"] = answers.name
    told["References"] = answers.name
    told["Auto-Submitted"] = "auto-replied"
    told["X-Autoreply"] = "yes"
    told["Precedence"] = "bulk"
    told.set_content("Я в отпуске до понедельника.")
    return told


def bounce(person: Person, came: Letter, to: str, *, status: str = "5.1.1", action: str = "failed") -> bytes:
    """Write what a postmaster says of a letter that he took and cannot deliver."""
    words = {"5.1.1": "550 5.1.1 User unknown", "4.2.2": "452 4.2.2 Mailbox full"}.get(status, f"550 {status} Refused")
    report = (
        f"Reporting-MTA: dns; {PEOPLE}\nArrival-Date: {format_datetime(localtime())}\n\n"
        f"Final-Recipient: rfc822; {address_of(person)}\nOriginal-Recipient: rfc822; {address_of(person)}\n"
        f"Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n"
    )
    headers = {
        "From": f"Mail Delivery System <{POSTMASTER}>",
        "To": to,
        "Subject": "Undelivered Mail Returned to Sender",
        "Auto-Submitted": "auto-replied",
    }
    said = f"Your message could not be delivered: {words}\n"
    original = came.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return _report(headers, "delivery-status", said, report, "text/rfc822-headers", original)


def complaint(person: Person, came: Letter, to: str) -> bytes:
    """Write what a provider says of a person who called a letter spam."""
    report = (
        "Feedback-Type: abuse\nUser-Agent: Lab/1.0\nVersion: 1\n"
        f"Original-Mail-From: <{to}>\nOriginal-Rcpt-To: <{address_of(person)}>\n"
    )
    headers = {"From": f"Feedback Loop <fbl@{PEOPLE}>", "To": to, "Subject": f"FW: {came.subject}"}
    return _report(headers, "feedback-report", "This is an email abuse report.\n", report, "message/rfc822", came.raw)


def _headed(person: Person, to: str) -> EmailMessage:
    told = EmailMessage(SMTP)
    told["From"] = Address(person.name, addr_spec=address_of(person))
    told["To"] = to
    _dated(told, PEOPLE)
    return told


def _dated(told: EmailMessage, domain: str) -> None:
    told["Date"] = format_datetime(localtime())
    told["Message-ID"] = make_msgid(domain=domain)


def _report(
    headers: Mapping[str, str], kind: str, words: str, report: str, original_type: str, original: bytes
) -> bytes:
    """Put a report together by hand: it may hold letters that nobody could write anew."""
    edge = f"report-{time.time_ns()}"
    told = EmailMessage(SMTP)
    for name, value in headers.items():
        told[name] = value
    _dated(told, PEOPLE)
    told["MIME-Version"] = "1.0"
    told["Content-Type"] = f'multipart/report; report-type={kind}; boundary="{edge}"'
    parts = [
        ("text/plain; charset=utf-8", words.encode()),
        (f"message/{kind}", report.encode()),
        (original_type, original),
    ]
    written = [told.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"]
    for content_type, body in parts:
        body = body.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        written.append(f"--{edge}\r\nContent-Type: {content_type}\r\n\r\n".encode() + body + b"\r\n")
    return b"".join(written) + f"--{edge}--\r\n".encode()


def _quoted(answers: Letter) -> str:
    lines = answers.words.split("\n")
    written = time.strftime("%d.%m.%Y, %H:%M")
    return f"{written}, {answers.sender} пишет:\n" + "\n".join(f"> {line}" for line in lines)
