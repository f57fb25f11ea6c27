"""A mailbox step by step: why it cannot be connected, how letters are fetched, how one leaves a mailing."""

import base64
import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from messenger_tables import SEAL
from messenger_tables.email import ANNA, LEAVE, SECRETS, SETTINGS
from messenger_tables.email_webhooks import WEBHOOKS
from messengers import arrivals, outcomes
from messengers.adapter import ChannelFacts, Connected, IncomingRequest, News, RefusedError, Reply, Steps
from messengers.adapters.email import Email
from messengers.adapters.email.outcomes import outcome
from messengers.adapters.email.settings import EmailSecrets, EmailSettings
from messengers.content import Content
from messengers.handover import Finished, Handed, Said
from messengers.protocols.letter_reading import Part, Person, files, header, lighten, opened, people, words
from messengers.protocols.mail import (
    Came,
    ImapAccount,
    ImapCheck,
    ImapListen,
    ImapPart,
    ImapRefusal,
    Letters,
    Place,
    SmtpAccount,
    SmtpCheck,
    SmtpRefusal,
)
from messengers.statuses import Status
from messengers.updates import SubscriptionChanged

EMAIL = Email()
CHANNEL = ChannelFacts("key", SETTINGS, SECRETS, "https://kaskad.example/hooks/key", polls=True, seal=SEAL)
SMTP = SmtpAccount("smtp.shop.example", 465, "tls", "shop@shop.example", "secret")
IMAP = ImapAccount("imap.shop.example", 993, "tls", "shop@shop.example", "secret")
IN = Reply(200)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def ran(steps: Steps[Any], *replies: Reply) -> tuple[list[Any], Any]:
    """Return what was called, and what it came to."""
    calls: list[Any] = []
    left = list(replies)
    try:
        call = next(steps)
        while True:
            calls.append(call)
            call = steps.send(left.pop(0))
    except StopIteration as end:
        return calls, end.value


def placed(validity: int = 3, following: int = 8) -> Reply:
    return Reply(200, Place(uidvalidity=validity, uidnext=following).model_dump_json().encode())


def smtp_says(stage: Any, code: int, text: str = "", enhanced: str = "") -> Reply:
    told = SmtpRefusal(stage=stage, code=code, enhanced=enhanced, text=text)
    return Reply(code, told.model_dump_json().encode())


def imap_says(stage: Any, code: str = "", text: str = "") -> Reply:
    return Reply(422, ImapRefusal(stage=stage, code=code, text=text).model_dump_json().encode())


def away(fault: str = "OSError: no route") -> Reply:
    return Reply(0, written=False, fault=fault)


def test_both_servers_let_us_in_and_the_inbox_ends_somewhere() -> None:
    calls, told = ran(EMAIL.account(CHANNEL), IN, placed())
    assert calls == [SmtpCheck(SMTP), ImapCheck(IMAP)]
    assert told == Connected("Магазин", {}, account="shop@shop.example")
    calls, told = ran(EMAIL.connect(CHANNEL), placed())
    assert told == Connected("Магазин", {"begun": "3:8"}, account="shop@shop.example")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (away(), "smtp_no_answer"),
        (away("no answer in time"), "smtp_no_answer"),
        (away("certificate: certificate has expired"), "smtp_wrong_certificate"),
        (away("SSLError: [SSL: WRONG_VERSION_NUMBER] wrong version number"), "smtp_wrong_security"),
        (smtp_says("tls", 502, "Not implemented"), "smtp_wrong_security"),
        (smtp_says("login", 530, "5.7.0 Must issue a STARTTLS command first", "5.7.0"), "smtp_wrong_security"),
        (smtp_says("login", 535, "5.7.8 Username and Password not accepted.", "5.7.8"), "smtp_wrong_login"),
        (smtp_says("login", 534, "5.7.9 Application-specific password required.", "5.7.9"), "app_password_wanted"),
        (smtp_says("login", 535, "5.7.0 NEOBHODIM parol prilozheniya https://help.mail.ru/", "5.7.0"),
         "app_password_wanted"),
        (smtp_says("login", 535, "5.7.8 Error: authentication failed: This user does not have access rights to this "
                   "service", "5.7.8"), "smtp_wrong_login"),
        (smtp_says("login", 535, "5.7.139 Authentication unsuccessful, basic authentication is disabled.", "5.7.139"),
         "password_login_off"),
        (smtp_says("login", 454, "4.7.0 Temporary authentication failure", "4.7.0"), "smtp_refused"),
        (smtp_says("connect", 554, "5.7.1 Blacklisted", "5.7.1"), "smtp_refused"),
        (Reply(535, b"?"), "smtp_no_answer"),
    ],
)  # fmt: skip
def test_why_letters_cannot_leave(reply: Reply, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        ran(EMAIL.account(CHANNEL), reply)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (away(), "imap_no_answer"),
        (away("certificate: Hostname mismatch"), "imap_wrong_certificate"),
        (imap_says("tls"), "imap_wrong_security"),
        (imap_says("login", "PRIVACYREQUIRED", "Encrypt first"), "imap_wrong_security"),
        (imap_says("login", "AUTHENTICATIONFAILED", "Invalid credentials (Failure)"), "imap_wrong_login"),
        (imap_says("login", "AUTHENTICATIONFAILED", "LOGIN invalid credentials or IMAP is disabled"),
         "imap_wrong_login"),
        (imap_says("login", "ALERT", "Application-specific password required: https://support.google.com/"),
         "app_password_wanted"),
        (imap_says("login", "", "Your account is not enabled for IMAP use."), "imap_off"),
        (imap_says("login", "UNAVAILABLE", "Try later"), "imap_refused"),
        (imap_says("folder", "NONEXISTENT"), "imap_refused"),
        (Reply(200, b"?"), "imap_no_answer"),
        (Reply(422, b"?"), "imap_no_answer"),
    ],
)  # fmt: skip
def test_why_letters_cannot_come(reply: Reply, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        ran(EMAIL.account(CHANNEL), IN, reply)


def test_a_mailbox_posts_nothing() -> None:
    with pytest.raises(ValueError, match="must_poll"):
        ran(EMAIL.connect(replace(CHANNEL, polls=False)))


def test_a_password_goes_to_nobody_in_the_clear_but_to_the_lab() -> None:
    settings = {**SETTINGS, "smtp_security": "none"}
    (call, *_), _told = ran(EMAIL.account(replace(CHANNEL, settings=settings)), IN, placed())
    assert call.account.security == "starttls"
    (call, *_), _told = ran(EMAIL.account(replace(CHANNEL, settings=settings, api="http://lab/email")), IN, placed())
    assert (call.account.security, call.account.host, call.account.inside) == ("none", "127.0.0.1", True)


def test_letters_are_fetched_from_where_the_inbox_ended() -> None:
    begun = replace(CHANNEL, settings={**SETTINGS, "begun": "3:8"})
    came = Came(uid=9, at=int(NOW.timestamp()), raw=base64.b64encode(b"From: a@b.example\r\n\r\nhi").decode())
    reply = Reply(200, Letters(uidvalidity=3, after=9, letters=[came]).model_dump_json().encode())
    calls, told = ran(EMAIL.poll(begun, "", 25.0), reply)
    assert calls == [ImapListen(IMAP, 3, 7, None, 25.0)]
    assert [EMAIL.update_id(body) for body in told.bodies] == ["3:9"]
    assert EMAIL.sender_key(told.bodies[0]) == "a@b.example"
    assert json.loads(told.cursor) == {"validity": 3, "after": 9, "day": "2026-11-24"}
    calls, again = ran(EMAIL.poll(begun, told.cursor, 25.0), Reply(200, b'{"uidvalidity": 3, "after": 9}'))
    assert calls == [ImapListen(IMAP, 3, 9, date(2026, 11, 23), 25.0)]
    assert again == News([], told.cursor)


def test_an_inbox_whose_end_is_not_known_is_asked_for_it() -> None:
    calls, told = ran(EMAIL.poll(CHANNEL, "", 25.0), placed())
    assert calls == [ImapCheck(IMAP)]
    assert json.loads(told.cursor) == {"validity": 3, "after": 7, "day": ""}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (imap_says("login", "AUTHENTICATIONFAILED"), "wrong_token"),
        (imap_says("login", "", "Too many simultaneous connections"), "imap_wrong_login"),
        (imap_says("login", "", "Your account is not enabled for IMAP use."), "imap_off"),
        (imap_says("login", "UNAVAILABLE"), "imap_refused"),
        (away(), "imap_no_answer"),
        (Reply(200, b"?"), "no_answer"),
    ],
)
def test_what_keeps_letters_from_being_fetched(reply: Reply, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{reason}$"):
        ran(EMAIL.poll(CHANNEL, '{"validity": 3, "after": 7}', 25.0), reply)


def test_where_a_file_lies() -> None:
    _calls, told = ran(EMAIL.locate(CHANNEL, "3:9:1.2"))
    assert told == ImapPart(IMAP, 3, 9, "1.2")
    with pytest.raises(ValueError, match="file_gone"):
        ran(EMAIL.locate(CHANNEL, "3:9:TEXT) LOGOUT"))


def test_a_link_to_us_brings_its_payload_along() -> None:
    assert EMAIL.deep_link(CHANNEL, "spring-2026") == "mailto:shop@shop.example?subject=%5B%23spring-2026%5D"
    assert EMAIL.deep_link(CHANNEL, "7:yes") is None


def test_a_server_that_wants_patience_is_asked_for_a_day() -> None:
    later = outcome(smtp_says("recipient", 450, "4.7.1 Greylisted", "4.7.1"), "name")
    waited = []
    for retries in range(outcomes.MAX_RETRIES + 1):
        tried = Handed(7, 1, ANNA, Said(Content(text="hi")), retries + 1, retries, 0, NOW)
        _id, status, _reason, _name, _content, due_at, *_ = outcomes._outcome_row(Finished(tried, later, 0, NOW))
        waited += [due_at - NOW] if due_at else []
    assert status == Status.REJECTED
    assert waited[0] <= timedelta(minutes=10)  # as greylists want it
    assert timedelta(hours=24) <= sum(waited, timedelta()) <= timedelta(hours=48)


# ---- leaving


def request(method: str = "POST", *, link: str = LEAVE, body: bytes = b"", **headers: str) -> IncomingRequest:
    return IncomingRequest(method, headers, dict(parse_qsl(urlsplit(link).query)), body)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (b'--e\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--e--\r\n',
         "multipart/form-data; boundary=e"),
        (b'{"letter": {"forged": "One-Click"}}', "application/json"),
    ],
)  # fmt: skip
def test_one_press_in_the_mail_program_unsubscribes(body: bytes, content_type: str) -> None:
    post = request(body=body, **{"Content-Type": content_type})
    assert EMAIL.handshake(CHANNEL, post) is None
    EMAIL.verify(CHANNEL, post)
    (told,) = arrivals.read(EMAIL, CHANNEL, 1, post)
    assert (told.error, told.sender_key) == ("", ANNA)
    (update,) = EMAIL.parse(CHANNEL, json.loads(told.body))
    assert isinstance(update, SubscriptionChanged)
    assert (update.sender.external_id, update.state) == (ANNA, "unsubscribed")


@pytest.mark.parametrize("language", ["ru-RU,ru;q=0.9", "en"])
def test_who_follows_the_link_is_asked_first(language: str) -> None:
    status, page, _type = EMAIL.handshake(CHANNEL, request("GET", **{"accept-language": language})) or (0, b"", "")
    assert status == 200
    assert ANNA.encode() in page
    assert ("Отписаться?" in page.decode()) == language.startswith("ru")
    status, page, _type = EMAIL.acknowledge(CHANNEL, request(**{"accept-language": language})) or (0, b"", "")
    assert ("Готово" in page.decode()) == language.startswith("ru")


@pytest.mark.parametrize(
    "link",
    [LEAVE.replace("anna", "boris"), LEAVE.replace("m=7", "m=8"), LEAVE[:-1], "https://kaskad.example/hooks/key"],
)
def test_nobody_unsubscribes_others(link: str) -> None:
    with pytest.raises(RefusedError):
        EMAIL.handshake(CHANNEL, request("GET", link=link))
    with pytest.raises(RefusedError):
        EMAIL.verify(CHANNEL, request(link=link, body=b"List-Unsubscribe=One-Click"))
    with pytest.raises(RefusedError):
        EMAIL.verify(replace(CHANNEL, seal=""), request(body=b"List-Unsubscribe=One-Click"))
    with pytest.raises(RefusedError):
        EMAIL.verify(CHANNEL, request(body=b"hello"))


# ---- what may be typed, and what may come


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Shop@Shop.example ", "shop@shop.example"),
        ("Shop@почта.рф", "shop@xn--80a1acny.xn--p1ai"),
        ("Анна@shop.example", "анна@shop.example"),
        ("@@", "@@"),
        ("", ""),
    ],
)
def test_one_form_of_an_address(typed: str, kept: str) -> None:
    assert EMAIL.normalise(typed).strip("@") == kept.strip("@")


def test_settings_that_cannot_be() -> None:
    for wrong in ({"address": "shop"}, {"address": "a@b, c@d"}, {"smtp_host": "x y"}, {"smtp_security": "ssl"}):
        with pytest.raises(ValueError, match="validation error"):
            EmailSettings.model_validate({**SETTINGS, **wrong})
    with pytest.raises(ValueError, match="not a private key"):
        EmailSecrets(password="x", dkim_key="MIIE")


def test_no_letter_makes_it_stumble() -> None:
    chance = random.Random(20261124)
    letters = [row.body["letter"]["raw"].encode("latin-1") for row in WEBHOOKS if "letter" in row.body]
    for _ in range(2_000):
        raw = bytearray(chance.choice(letters))
        for _ in range(chance.randint(1, 6)):
            place = chance.randrange(len(raw))
            match chance.randrange(4):
                case 0:
                    raw[place] = chance.randrange(256)
                case 1:
                    raw[place:place] = chance.choice(
                        (b"=?utf-8?b?", b"\r\n", b"--edge\r\n", b"\x00", b"<", b'"', b"\xff")
                    )
                case 2:
                    del raw[place : place + chance.randint(1, 30)]
                case _:
                    raw += raw[place:]
            if not raw:
                raw += b"x"
        light, sizes = lighten(bytes(raw))
        body: Mapping[str, Any] = {
            "letter": {"validity": 3, "uid": 5, "at": 0, "raw": light.decode("latin-1"), "sizes": sizes}
        }
        assert isinstance(EMAIL.sender_key(body), str)
        for update in EMAIL.parse(CHANNEL, body):
            assert len(getattr(update, "external_id", "")) <= 200


def test_a_letter_in_a_letter_is_a_file_of_its_own() -> None:
    inner = b"From: x@y.example\r\nSubject: in\r\nContent-Type: text/plain\r\n\r\nsecret words\r\n"
    raw = (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n--e\r\nContent-Type: text/plain\r\n\r\n"
        b"look\r\n--e\r\nContent-Type: message/rfc822\r\n\r\n" + inner + b"--e--\r\n"
    )
    letter = opened(lighten(raw)[0])
    assert words(letter).text.strip() == "look"
    assert files(letter, {}) == [Part("2", "message/rfc822", "letter.eml", 0, inline=True)]
    assert header(letter, "Subject") == ""
    assert [one.address for one in people(letter, "From")] == ["a@b.example"]


def test_a_letter_without_end_is_kept_short() -> None:
    part = b"--e\r\nContent-Type: text/plain\r\n\r\n" + b"word " * 200_000 + b"\r\n"
    raw = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=e\r\n\r\n" + part * 5 + b"--e--\r\n"
    assert len(lighten(raw)[0]) < 1_100_000
    headed = b"From: a@b.example\r\n" + b"X: y\r\n" * 700_000 + b"\r\nhi"
    assert len(lighten(headed)[0]) < 110_000
    assert [one.address for one in people(opened(lighten(headed)[0]), "From")] == ["a@b.example"]


def test_parts_in_parts_in_parts_are_no_letter() -> None:
    edges = b"".join(b"Content-Type: multipart/mixed; boundary=e%d\r\n\r\n--e%d\r\n" % (n, n) for n in range(2_000))
    nested = opened(lighten(b"From: a@b.example\r\n" + edges + b"\r\nhi")[0])
    assert [one.address for one in people(nested, "From")] == ["a@b.example"]
    assert words(nested).text == ""
    assert people(opened(b"From: " + b"(" * 90_000 + b"\r\n\r\nhi"), "From") == []


@pytest.mark.parametrize(
    "told",
    [
        "multipart/mixed; boundary*=idna''abc",
        "multipart/mixed; boundary*=undefined''abc",
        "text/plain; charset*=idna''abc",
        "text/plain; format*=undefined''flowed",
        "multipart/report; report-type*=idna''x; boundary=e",
    ],
)
def test_a_word_in_an_alphabet_of_nonsense_stops_nobody(told: str) -> None:
    raw = f"From: a@b.example\r\nSubject: Hi\r\nContent-Type: {told}\r\n\r\nHello\r\n".encode()
    light, sizes = lighten(raw)
    body = {"letter": {"validity": 3, "uid": 5, "at": 0, "raw": light.decode("latin-1"), "sizes": sizes}}
    assert EMAIL.sender_key(body) == "a@b.example"
    EMAIL.parse(CHANNEL, body)


@pytest.mark.parametrize("alphabet", ["utf-8", "cp1251"])
def test_headers_are_read_that_nobody_has_encoded(alphabet: str) -> None:
    raw = 'From: "Анна" <a@b.example>\r\nSubject: Отписаться\r\n\r\n'.encode(alphabet)
    letter = opened(raw)
    assert header(letter, "Subject") == "Отписаться"
    assert people(letter, "From") == [Person("Анна", "a@b.example")]


@pytest.mark.parametrize(
    "told", ["i@x.example <i@x.example>", "Ivan (sales <i@x.example>", "Ivan, sales: <i@x.example>"]
)
def test_a_sender_is_found_however_his_program_writes_him(told: str) -> None:
    assert "i@x.example" in [one.address for one in people(opened(f"From: {told}\r\n\r\n".encode()), "From")]


@pytest.mark.timeout(30)  # it took minutes of a worker's time
@pytest.mark.parametrize(
    ("content_type", "text"),
    [
        ("text/plain", "a" * 300_000),
        ("text/html", '<p style="display:none">' + "<b>" * 60_000 + "</i>" * 60_000),
    ],
)
def test_a_letter_made_to_keep_us_busy_does_not(content_type: str, text: str) -> None:
    head = f"From: mailer-daemon@b.example\r\nContent-Type: {content_type}\r\n\r\n"
    raw = (head + text + "\r\n").encode()
    for who in (raw, raw.replace(b"mailer-daemon", b"anna")):
        body = {"letter": {"validity": 3, "uid": 5, "at": 0, "raw": who.decode(), "sizes": {}}}
        EMAIL.parse(CHANNEL, body)


def test_a_key_may_be_pasted_with_the_lines_of_a_page() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    pasted = EmailSecrets(password="x", dkim_key=pem.replace("\n", "\r\n"))
    assert pasted.dkim_key == pem
    with pytest.raises(ValueError, match="not a private key"):
        EmailSecrets(password="x", dkim_key="hello")
