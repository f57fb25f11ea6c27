"""Mail programs that others wrote drive the lab's mail house: the standard library sends, imap-tools reads."""

import smtplib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid

import pytest
from imap_tools import MailboxLoginError, MailBoxUnencrypted

from lab.platforms.email.mailboxes import Bot
from lab.platforms.email.phones import Phone
from lab.running import Lab


@pytest.fixture
def bot(lab: Lab) -> Bot:
    made: Bot = lab.email.new_bot("Кофейня", key="cafe")
    return made


@pytest.fixture
def phone(lab: Lab, bot: Bot) -> Phone:
    return bot.phone(lab.email.person("Анна Белова", username="anna"))


@contextmanager
def a_line(bot: Bot, password: str = "") -> Iterator[smtplib.SMTP]:
    told = bot.credentials()
    with smtplib.SMTP(told["smtp_host"], int(told["smtp_port"]), timeout=10) as line:
        line.login(bot.address, password or bot.password)
        yield line


def a_letter(bot: Bot, to: str, text: str = "Здравствуйте!", **headers: str) -> EmailMessage:
    letter = EmailMessage()
    usual = {"From": f"Cafe <{bot.address}>", "To": to, "Subject": "Меню", "Date": formatdate()}
    for name, value in ({**usual, "Message-ID": make_msgid(domain="shops.example")} | headers).items():
        if value:
            letter[name] = value
    letter.set_content(text)
    return letter


def an_inbox(bot: Bot) -> MailBoxUnencrypted:
    told = bot.credentials()
    return MailBoxUnencrypted(told["imap_host"], int(told["imap_port"]), timeout=10)


def test_a_letter_stands_in_the_persons_program(lab: Lab, bot: Bot, phone: Phone) -> None:
    letter = a_letter(bot, phone.address)
    look = "background-color:#0a0;color:#fff"
    letter.add_alternative(
        f"<style>p {{}}</style><p>Здравствуйте,&nbsp;<b>Анна</b>!</p><p>Как обычно?</p>"
        f'<a style="{look}" href="mailto:cafe+7@shops.example?subject=%D0%94%D0%B0&amp;body=yes">Да</a> '
        f'<a style="{look}" href="https://ex.am/menu">Меню</a> <a href="https://ex.am">сайт</a>',
        subtype="html",
    )
    letter.add_attachment(b"%PDF-", maintype="application", subtype="pdf", filename="меню.pdf")
    with a_line(bot) as line:
        assert line.send_message(letter) == {}
    (seen,) = phone.messages()
    assert seen.text == "Здравствуйте, Анна!\n\nКак обычно?\nсайт"
    assert (seen.subject, [file.name for file in seen.files]) == ("Меню", ["меню.pdf"])
    assert phone.buttons() == ["Да", "Меню"]
    assert phone.presses("Меню") == "https://ex.am/menu"
    assert lab.account.texts(bot, phone.person) == [seen.text]
    shown = phone.screen()["messages"]
    assert (shown[0]["text"].partition("\n")[0], shown[0]["file"]["name"]) == ("Меню", "меню.pdf")


def test_people_write_answer_and_press(bot: Bot, phone: Phone) -> None:
    phone.writes("Вы открыты?")
    letter = a_letter(bot, phone.address, "Да, до десяти.")
    letter["Reply-To"] = "cafe+talk7@shops.example"
    with a_line(bot) as line:
        line.send_message(letter)
    phone.writes("Спасибо")
    phone.sends("photo", caption="Смотрите")
    with an_inbox(bot).login(bot.address, bot.password) as inbox:
        first, second, third = sorted(inbox.fetch(mark_seen=False), key=lambda one: int(one.uid or 0))
    assert (first.from_, first.subject, first.text.strip()) == (phone.address, "Вопрос", "Вы открыты?")
    assert first.from_values is not None
    assert first.from_values.name == "Анна Белова"
    assert second.headers["in-reply-to"] == (letter["Message-ID"],)
    assert second.to == ("cafe+talk7@shops.example",)
    assert second.subject == "Re: Меню"
    assert second.text.splitlines()[0] == "Спасибо"
    assert "> Да, до десяти." in second.text
    assert [file.content_type for file in third.attachments] == ["image/jpeg"]


def test_who_waits_is_told_of_a_new_letter(bot: Bot, phone: Phone) -> None:
    with an_inbox(bot).login(bot.address, bot.password) as inbox:
        inbox.idle.start()
        threading.Timer(0.1, lambda: phone.writes("Привет")).start()
        assert b"* 1 EXISTS" in inbox.idle.poll(timeout=10)
        inbox.idle.stop()
        assert [one.text.strip() for one in inbox.fetch(mark_seen=False)] == ["Привет"]


def test_what_comes_back_of_a_letter(bot: Bot, phone: Phone) -> None:
    with a_line(bot) as line:
        phone.auto_replies()
        line.send_message(a_letter(bot, phone.address), from_addr="cafe+b1@shops.example")
        phone.complains()
        phone.bounces()
        line.send_message(a_letter(bot, phone.address), from_addr="cafe+b2@shops.example")
    with an_inbox(bot).login(bot.address, bot.password) as inbox:
        away, complaint, bounce = sorted(inbox.fetch(mark_seen=False), key=lambda one: int(one.uid or 0))
    assert away.headers["auto-submitted"] == ("auto-replied",)
    assert complaint.obj.get_param("report-type") == "feedback-report"
    assert complaint.to == ("cafe+b1@shops.example",)
    assert [part.get_content_type() for part in bounce.obj.walk()][:3] == [
        "multipart/report", "text/plain", "message/delivery-status",
    ]  # fmt: skip
    assert bounce.to == ("cafe+b2@shops.example",)
    assert "Status: 5.1.1" in bounce.obj.as_string()
    assert len(phone.texts()) == 1


def test_a_wrong_password_opens_neither_door(bot: Bot) -> None:
    with pytest.raises(smtplib.SMTPAuthenticationError) as refused, a_line(bot, "no"):
        pass
    assert (refused.value.smtp_code, refused.value.smtp_error[:5]) == (535, b"5.7.8")
    with pytest.raises(MailboxLoginError):
        an_inbox(bot).login(bot.address, "no")
    old = bot.password
    with a_line(bot) as line:
        bot.revoke()
        with pytest.raises(smtplib.SMTPServerDisconnected):
            line.noop()
    with pytest.raises(smtplib.SMTPAuthenticationError), a_line(bot, old):
        pass


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"From": "x@elsewhere.example"}, b"From is not"),
        ({"To": "other@people.example"}, b"To is not"),
        ({"Message-ID": ""}, b"one Message-ID"),
        ({"Date": ""}, b"one Date"),
    ],
)
def test_letters_with_mistakes_are_not_taken(bot: Bot, phone: Phone, headers: dict[str, str], answer: bytes) -> None:
    with a_line(bot) as line, pytest.raises(smtplib.SMTPDataError) as refused:
        line.sendmail(bot.address, phone.address, a_letter(bot, phone.address, **headers).as_bytes(policy=SMTP))
    assert answer in refused.value.smtp_error
    assert phone.messages() == []


def test_only_the_mailbox_itself_sends_and_only_to_who_is_there(bot: Bot, phone: Phone) -> None:
    with a_line(bot) as line:
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            line.send_message(a_letter(bot, phone.address), from_addr="boss@shops.example")
        assert refused.value.smtp_code == 553
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            line.send_message(a_letter(bot, "nobody@people.example"))
        phone.refuses("552 5.2.2 Mailbox full")
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            line.send_message(a_letter(bot, phone.address))


@pytest.mark.parametrize(("status", "code"), [(421, 421), (450, 450), (550, 550), (552, 552), (554, 554), (502, 451)])
def test_it_refuses_as_it_is_told(lab: Lab, bot: Bot, phone: Phone, status: int, code: int) -> None:
    lab.misbehaves("server_error", bot=bot, method="send", times=1, status=status)
    with pytest.raises(smtplib.SMTPException) as refused, a_line(bot) as line:
        line.send_message(a_letter(bot, phone.address))
    told = refused.value
    assert isinstance(told, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
    said = told.smtp_code if isinstance(told, smtplib.SMTPDataError) else told.recipients[phone.address][0]
    assert said == code
    with a_line(bot) as line:
        line.send_message(a_letter(bot, phone.address))
    assert len(phone.texts()) == 1


@pytest.mark.parametrize(("kind", "arrives"), [("drop_before", 0), ("drop_unhandled", 0), ("drop_after", 1)])
def test_it_hangs_up_as_it_is_told(lab: Lab, bot: Bot, phone: Phone, kind: str, arrives: int) -> None:
    lab.misbehaves(kind, bot=bot, method="send", times=1, seconds=0)
    with pytest.raises(smtplib.SMTPServerDisconnected), a_line(bot) as line:
        line.send_message(a_letter(bot, phone.address))
    assert len(phone.texts()) == arrives


def test_it_lets_nobody_send_faster_than_it_likes(bot: Bot, phone: Phone) -> None:
    bot.limit(2)
    with a_line(bot) as line:
        for _ in range(2):
            line.send_message(a_letter(bot, phone.address))
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            line.send_message(a_letter(bot, phone.address))
    assert refused.value.recipients[phone.address][0] == 450
