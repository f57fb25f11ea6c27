"""SMTP and IMAP against servers that others wrote: certificates, connections, news, and what is cut or hangs."""

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import trustme

from mail_servers import LOGIN, NAME, PASSWORD, a_certificate, an_imap_server, an_smtp_server
from messengers.adapter import Reply, SessionCall, StoredFile
from messengers.protocols.mail import (
    LETTERS,
    TAKEN,
    WITHIN,
    ImapAccount,
    ImapCheck,
    ImapListen,
    ImapPart,
    ImapRefusal,
    Letter,
    LetterFile,
    Letters,
    Place,
    SmtpAccount,
    SmtpCheck,
    SmtpRefusal,
    SmtpSubmit,
)
from messengers.transport import open_transport
from messengers.transports import imap as imap_transport
from messengers.transports import imap_session, mail_line, smtp_session
from messengers.transports.imap_session import Box, ImapRefusedError
from messengers.transports.mail_line import LostError
from messengers.transports.smtp_session import Lines, SmtpRefusedError

LETTER = b"From: shop@shop.example\nTo: anna@people.example\nSubject: Hi\n\n.one\n..two\n.\n\xc3\xa4\n"
_KNOWN: dict[str, Any] = {"host": NAME, "login": LOGIN, "password": PASSWORD}
SENT = LETTER.replace(b"\n", b"\r\n")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, authority: trustme.CA, request: Any) -> Any:
    """Let names lead to this machine, and have this machine's authority believed."""
    pem = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(pem))
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    mail_line.context.cache_clear()

    async def here(host: str, port: int, *, inside: bool) -> tuple[str, int]:
        return "127.0.0.1", port

    if "own_network" not in request.node.name:
        monkeypatch.setattr(mail_line, "reach", here)
    yield
    mail_line.context.cache_clear()


def smtp(port: int, security: Any = "none", **other: Any) -> SmtpAccount:
    return SmtpAccount(**{**_KNOWN, "port": port, "security": security, **other})


def imap(port: int, security: Any = "none", **other: Any) -> ImapAccount:
    return ImapAccount(**{**_KNOWN, "port": port, "security": security, **other})


@asynccontextmanager
async def the_lines(known: SmtpAccount) -> AsyncIterator[Lines]:
    lines = Lines(known)
    try:
        yield lines
    finally:
        await lines.close()


@asynccontextmanager
async def a_box(known: ImapAccount) -> AsyncIterator[Box]:
    box = Box(known)
    await box.open()
    try:
        yield box
    finally:
        await box.close()


def submit(lines: Lines, letter: bytes = LETTER, seconds: float = 10) -> Awaitable[str]:
    return lines.submit("shop+1@shop.example", "anna@people.example", letter, seconds)


# ---- letters leave


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
async def test_a_letter_arrives_as_it_was_written(authority: trustme.CA, security: str) -> None:
    async with an_smtp_server(a_certificate(authority), security=security) as (port, taken):
        async with the_lines(smtp(port, security)) as lines:
            assert await submit(lines) == "2.0.0 Taken"
            big = LETTER + b"0123456789abcdef" * 60 * 1000
            await submit(lines, big.replace(b"f0", b"f\n0"))
        assert taken.letters[0] == ("shop+1@shop.example", "anna@people.example", SENT)
        assert len(taken.letters[1][2]) > 900_000
        assert (taken.connections, len(taken.logins)) == (1, 1)


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("wrong", ["name", "authority"])
async def test_nobody_is_told_the_password_whose_certificate_is_wrong(
    authority: trustme.CA, security: str, wrong: str
) -> None:
    stranger = a_certificate(authority, "other.example") if wrong == "name" else a_certificate(trustme.CA())
    async with an_smtp_server(stranger, security=security) as (port, taken):
        async with the_lines(smtp(port, security)) as lines:
            with pytest.raises(LostError) as lost:
                await submit(lines)
        assert lost.value.fault.startswith("certificate: ")
        assert not lost.value.written
        assert taken.logins == []
        async with the_lines(smtp(port, security, inside=True)) as lines:
            await submit(lines)
    async with an_imap_server(stranger, security=security) as (port, _mailbox):
        with pytest.raises(LostError, match="certificate: "):
            await Box(imap(port, security)).open()


async def test_starttls_is_never_left_out() -> None:
    async with an_smtp_server() as (port, taken), the_lines(smtp(port, "starttls")) as lines:
        with pytest.raises(LostError):
            await submit(lines)
        assert taken.logins == []


async def test_few_connections_carry_many_letters() -> None:
    async with an_smtp_server() as (port, taken), the_lines(smtp(port)) as lines:
        taken.pause = 0.02
        await asyncio.gather(*(submit(lines) for _ in range(40)))
        assert len(taken.letters) == 40
        assert taken.most == taken.connections == smtp_session.LINES


async def test_a_connection_that_died_while_nobody_wrote_is_opened_anew() -> None:
    async with an_smtp_server(timeout=0.05) as (port, taken), the_lines(smtp(port)) as lines:
        await submit(lines)
        while any(line.is_open for line in lines._free):
            await asyncio.sleep(0.02)
        await submit(lines)
        assert (len(taken.letters), taken.connections) == (2, 2)


async def test_a_wrong_password_is_not_tried_at_every_letter() -> None:
    async with an_smtp_server() as (port, taken), the_lines(smtp(port, password="wrong")) as lines:
        for _ in range(5):
            with pytest.raises(SmtpRefusedError) as refused:
                await submit(lines)
            assert (refused.value.stage, refused.value.code, refused.value.enhanced) == ("login", 535, "5.7.8")
        assert len(taken.logins) == 1


Behaves = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def a_bad_server(behaves: Behaves) -> AsyncIterator[int]:
    running = await asyncio.start_server(behaves, "127.0.0.1", 0)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()


def smtp_that(at_data: str, *, after: bytes = b"") -> Behaves:
    """A server that lets everybody in; at DATA it hangs, hangs up, or does so when it has read so much."""

    async def behaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hi\r\n")
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"EHLO":
                writer.write(b"250-hi\r\n250 AUTH PLAIN\r\n")
            elif word == b"AUTH":
                writer.write(b"235 ok\r\n")
            elif word == b"DATA":
                if at_data == "refuses":
                    writer.write(b"451 4.3.0 later\r\n")
                    continue
                if at_data == "cut_before":
                    break
                writer.write(b"354 go\r\n")
                if at_data == "cut_midway":
                    await reader.readexactly(10)
                    break
                await reader.readuntil(b"\r\n.\r\n")
                if at_data == "cut_after":
                    break
                if at_data == "hangs":
                    await asyncio.sleep(5)
                writer.write(after)
            else:
                writer.write(b"250 ok\r\n")
        writer.transport.abort()

    return behaves


@pytest.mark.parametrize(
    ("at_data", "size", "written"),
    [("cut_before", 10, False), ("cut_midway", 30_000_000, False), ("cut_after", 10, True), ("hangs", 10, True)],
)
async def test_it_is_known_whether_the_last_dot_may_have_left(at_data: str, size: int, written: bool) -> None:
    async with a_bad_server(smtp_that(at_data)) as port, the_lines(smtp(port)) as lines:
        with pytest.raises(LostError) as lost:
            await submit(lines, b"x" * 70 + b"\n" if size < 100 else (b"x" * 70 + b"\n") * (size // 71), 0.4)
        assert lost.value.written is written
        assert lost.value.fault.startswith(WITHIN) is (at_data == "cut_midway"), "others than this letter may pass"


async def test_a_refusal_leaves_the_connection_of_use() -> None:
    async with a_bad_server(smtp_that("refuses")) as port, the_lines(smtp(port)) as lines:
        for _ in range(2):
            with pytest.raises(SmtpRefusedError) as refused:
                await submit(lines)
            assert (refused.value.stage, refused.value.code, refused.value.enhanced) == ("data", 451, "4.3.0")
        assert len(lines._free) == 1


async def test_an_answer_that_is_not_smtp_leaves_it_uncertain() -> None:
    async with a_bad_server(smtp_that("answers", after=b"hello there\r\n")) as port, the_lines(smtp(port)) as lines:
        with pytest.raises(LostError) as lost:
            await submit(lines)
        assert lost.value.written


async def test_the_first_digit_of_an_answer_decides() -> None:
    async with a_bad_server(smtp_that("answers", after=b"251 queued\r\n")) as port, the_lines(smtp(port)) as lines:
        assert await submit(lines) == "queued"
    async with a_bad_server(smtp_that("answers", after=b"354 go\r\n")) as port, the_lines(smtp(port)) as lines:
        with pytest.raises(LostError) as lost:
            await submit(lines)
        assert lost.value.written


async def test_a_server_that_says_nothing_holds_nobody_else_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp_session, "PATIENCE", 0.3)
    monkeypatch.setattr(imap_session, "PATIENCE", 0.3)

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with a_bad_server(silent) as quiet, an_smtp_server() as (port, taken):
        async with the_lines(smtp(quiet)) as mute, the_lines(smtp(port)) as lines:
            hanging = [asyncio.create_task(submit(mute)), asyncio.create_task(Box(imap(quiet)).open())]  # type: ignore[arg-type]
            await asyncio.sleep(0)
            await submit(lines)
            assert not any(task.done() for task in hanging)
            for result in await asyncio.gather(*hanging, return_exceptions=True):
                assert isinstance(result, LostError)
                assert not result.written
        assert len(taken.letters) == 1


# ---- letters come in


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
async def test_letters_are_found_by_their_numbers(authority: trustme.CA, security: str) -> None:
    async with an_imap_server(a_certificate(authority), security=security) as (port, mailbox):
        await mailbox.add(b"Subject: old\r\n\r\nold\r\n")
        async with a_box(imap(port, security)) as box:
            before = box.next_uid - 1
            assert await box.newer_than(before) == []
            await mailbox.add(SENT, b"Subject: {12}\r\n\r\nb)\r\n")
            found = await box.newer_than(before)
            assert found == [before + 1, before + 2]
            letters = await box.fetch(found, "UID RFC822.SIZE BODY.PEEK[]", 10_000)
            assert [one.items["BODY[]"] for one in letters] == [SENT, b"Subject: {12}\r\n\r\nb)\r\n"]
            assert [one.numbers["RFC822.SIZE"] for one in letters] == [len(SENT), 21]
            (part,) = await box.fetch(found[:1], "UID BODY.PEEK[]<0.6>", 10_000)
            assert part.items == {"BODY[]<0>": SENT[:6]}
            assert await box.since(letters[0].at.date()) == [before, *found]
            assert await box.fetch([before + 50], "UID RFC822.SIZE", 10_000) == []
            validity = box.validity
        async with a_box(imap(port, security)) as again:
            assert (again.validity, again.next_uid) == (validity, before + 3)


async def test_who_waits_is_told_at_once_and_may_wait_again() -> None:
    async with an_imap_server() as (port, mailbox), a_box(imap(port)) as box:
        await box.wait(0.1)
        waiting = asyncio.create_task(box.wait(20))
        await asyncio.sleep(0.05)
        await mailbox.add(SENT)
        await asyncio.wait_for(waiting, 5)
        assert await box.newer_than(box.next_uid - 1) == [box.next_uid]
        gone = asyncio.create_task(box.wait(20))
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.gather(gone, return_exceptions=True)
        assert not box.is_open


async def test_one_who_waits_learns_that_the_server_hung_up() -> None:
    async with an_imap_server() as (port, mailbox), a_box(imap(port)) as box:
        waiting = asyncio.create_task(box.wait(20))
        await asyncio.sleep(0.05)
        mailbox.writers[0].transport.abort()
        with pytest.raises(LostError):
            await asyncio.wait_for(waiting, 5)


async def test_a_wrong_password_opens_no_inbox() -> None:
    async with an_imap_server() as (port, _mailbox):
        with pytest.raises(ImapRefusedError) as refused:
            await Box(imap(port, password="no")).open()
        assert (refused.value.stage, refused.value.code) == ("login", "AUTHENTICATIONFAILED")
        with pytest.raises(ImapRefusedError) as missing:
            await Box(imap(port, folder="Клиенты")).open()
        assert missing.value.stage == "folder"


@pytest.mark.parametrize(
    "flood", [b"* 1 FETCH (BODY[] {9000000000}\r\nx", b"* 1 EXISTS\r\n" * 200_000, b"x" * 3_000_000]
)
async def test_a_server_that_says_too_much_is_left(flood: bytes) -> None:
    async def behaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hi\r\n")
        await reader.readline()
        writer.write(flood)
        await reader.read()

    async with a_bad_server(behaves) as port:
        with pytest.raises(LostError):
            await asyncio.wait_for(Box(imap(port)).open(), 5)


async def test_words_before_the_encryption_are_not_believed(authority: trustme.CA) -> None:
    async def behaves(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK hi\r\n")
        tag = (await reader.readline()).split()[0]
        writer.write(tag + b" OK now\r\n* 1 EXISTS\r\n")
        await reader.read()

    async with a_bad_server(behaves) as port:
        with pytest.raises(LostError, match="before encryption"):
            await Box(imap(port, "starttls")).open()


async def test_servers_of_our_own_network_are_not_reached() -> None:
    async with an_smtp_server() as (port, _taken), the_lines(smtp(port, host="127.0.0.1")) as lines:
        with pytest.raises(LostError, match="may reach"):
            await submit(lines)


# ---- what adapters ask


@asynccontextmanager
async def a_transport(name: str) -> AsyncIterator[Callable[[SessionCall], Awaitable[Reply]]]:
    transport = open_transport(name)
    try:
        yield lambda call: transport.answer(call, 1, _read)
    finally:
        await transport.close()


async def _read(_workspace: int, media: int) -> bytes:
    return b"\x00%d" % media * 50


def a_letter(*files: LetterFile) -> Letter:
    headers = (
        ("From", LOGIN),
        ("To", "anna@people.example"),
        ("Subject", "Привет"),
        ("Message-ID", "<1@shop.example>"),
    )
    return Letter(headers, "Как обычно?", files=files)


async def heard(reply: Reply) -> Letters:
    assert reply.status == 200, reply
    return Letters.model_validate_json(reply.body)


def listen(account: ImapAccount, told: Letters | Place, seconds: float = 5, since: date | None = None) -> ImapListen:
    after = told.after if isinstance(told, Letters) else told.uidnext - 1
    return ImapListen(account, told.uidvalidity, after, since, seconds)


async def test_a_letter_with_a_file_is_written_and_its_taking_told() -> None:
    file = LetterFile(StoredFile(7, "меню.pdf", "application/pdf"))
    async with an_smtp_server() as (port, taken), a_transport("smtp") as ask:
        assert (await ask(SmtpCheck(smtp(port)))).status == 200
        reply = await ask(SmtpSubmit(smtp(port), "shop+1@shop.example", "anna@people.example", a_letter(file)))
        assert (reply.status, reply.body) == (TAKEN, b"2.0.0 Taken")
        letter = message_from_bytes(taken.letters[0][2], policy=policy.default)
        assert letter["Subject"] == "Привет"
        (attached,) = letter.iter_attachments()  # type: ignore[attr-defined]
        assert (attached.get_filename(), attached.get_content()) == ("меню.pdf", b"\x007" * 50)
        refused = await ask(SmtpCheck(smtp(port, password="no")))
        assert (refused.status, SmtpRefusal.model_validate_json(refused.body).stage) == (535, "login")
        nobody = await ask(SmtpSubmit(smtp(1), "a@b.example", "anna@people.example", a_letter()))
        assert (nobody.status, nobody.written) == (0, False)


async def test_letters_are_heard_from_a_place_on_and_their_files_fetched() -> None:
    file = bytes(range(256)) * 300
    letter = EmailMessage()
    letter["Subject"] = "Files"
    letter.set_content("See below")
    letter.add_attachment(file, maintype="application", subtype="pdf", filename="a.pdf")
    async with an_imap_server() as (port, mailbox), a_transport("imap") as ask:
        account = imap(port)
        await mailbox.add(SENT)
        place = Place.model_validate_json((await ask(ImapCheck(account))).body)
        waiting = asyncio.create_task(ask(listen(account, place)))  # type: ignore[arg-type]
        await asyncio.sleep(0.1)
        await mailbox.add(letter.as_bytes(policy=policy.SMTP))
        first = await heard(await waiting)
        (came,) = first.letters
        assert (came.uid, came.sizes, came.truncated) == (place.uidnext, {"2": len(file)}, False)
        assert b"See below" in base64.b64decode(came.raw)
        assert len(came.raw) < 2000
        part = await ask(ImapPart(account, place.uidvalidity, came.uid, "2"))
        assert (part.status, part.body) == (200, file)
        assert (await ask(ImapPart(account, place.uidvalidity, came.uid, "3"))).status == 404
        assert (await ask(ImapPart(account, place.uidvalidity, came.uid + 9, "2"))).status == 404
        assert (await ask(ImapPart(account, place.uidvalidity + 1, came.uid, "2"))).status == 404
        again = await heard(await ask(listen(account, first, 0.05)))
        assert (again.letters, again.after) == ([], first.after)
        mailbox.writers[1].transport.abort()
        await mailbox.add(SENT)
        assert [one.uid for one in (await heard(await ask(listen(account, first)))).letters] == [came.uid + 1]


async def test_a_letter_of_one_part_has_a_part_too() -> None:
    photo = b"From: a@b.example\r\nContent-Type: image/jpeg\r\nContent-Transfer-Encoding: base64\r\n\r\n/9j/4AAQ\r\n"
    async with an_imap_server() as (port, mailbox), a_transport("imap") as ask:
        place = Place.model_validate_json((await ask(ImapCheck(imap(port)))).body)
        await mailbox.add(photo)
        (came,) = (await heard(await ask(listen(imap(port), place)))).letters
        assert came.sizes == {"1": 6}
        part = await ask(ImapPart(imap(port), place.uidvalidity, came.uid, "1"))
        assert part.body == base64.b64decode("/9j/4AAQ")


async def test_many_letters_are_heard_a_few_at_a_time() -> None:
    async with an_imap_server() as (port, mailbox), a_transport("imap") as ask:
        told: Letters | Place = Place.model_validate_json((await ask(ImapCheck(imap(port)))).body)
        await mailbox.add(*(b"Subject: %d\r\n\r\nhi\r\n" % number for number in range(LETTERS + 5)))
        counts = []
        for _ in range(2):
            told = await heard(await ask(listen(imap(port), told)))
            counts.append(len(told.letters))
        assert counts == [LETTERS, 5]


@pytest.mark.parametrize("lasting", [False, True], ids=["for_a_moment", "for_good"])
async def test_a_letter_that_is_not_given_at_once_is_waited_for(monkeypatch: pytest.MonkeyPatch, lasting: bool) -> None:
    given, refused = imap_transport._raw, []

    async def raw(box: Box, uid: int, length: int) -> bytes:
        letter = await given(box, uid, length)
        if b"Subject: 1" in letter and (lasting or len(refused) < 2):
            refused.append(uid)
            raise ImapRefusedError("other", b"NO [UNAVAILABLE] Backend error, try later")
        return letter

    monkeypatch.setattr(imap_transport, "_raw", raw)
    async with an_imap_server() as (port, mailbox), a_transport("imap") as ask:
        told: Letters | Place = Place.model_validate_json((await ask(ImapCheck(imap(port)))).body)
        await mailbox.add(*(b"Subject: %d\r\n\r\nhi\r\n" % number for number in range(3)))
        came: list[bytes] = []
        while len(came) < (2 if lasting else 3):
            reply = await ask(listen(imap(port), told))
            if reply.status == 200:
                told = await heard(reply)
                came += [base64.b64decode(one.raw) for one in told.letters]
        assert [one[9:10] for one in came] == ([b"0", b"2"] if lasting else [b"0", b"1", b"2"])
        assert len(refused) == (imap_transport.TRIES if lasting else 2)


async def test_of_a_huge_letter_the_beginning_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messengers.transports.imap.WHOLE", 5000)
    monkeypatch.setattr("messengers.transports.imap.BEGINNING", 200)
    monkeypatch.setattr("messengers.transports.imap.LARGE", 1000)
    async with an_imap_server() as (port, mailbox), a_transport("imap") as ask:
        place = Place.model_validate_json((await ask(ImapCheck(imap(port)))).body)
        await mailbox.add(SENT + b"x\r\n" * 3000, SENT + b"x\r\n" * 1000)
        huge, large = (await heard(await ask(listen(imap(port), place)))).letters
        assert (huge.truncated, len(base64.b64decode(huge.raw)), huge.size) == (True, 200, len(SENT) + 9000)
        assert (large.truncated, len(base64.b64decode(large.raw))) == (False, len(SENT) + 3000)


async def test_a_folder_that_begins_anew_is_read_from_a_day_on() -> None:
    async with an_imap_server() as (port, mailbox), a_transport("imap") as ask:
        await mailbox.add(SENT, SENT)
        place = Place.model_validate_json((await ask(ImapCheck(imap(port)))).body)
        other = Place(uidvalidity=place.uidvalidity - 1, uidnext=5000)
        anew = await heard(await ask(listen(imap(port), other, since=datetime.now(UTC).date())))
        assert (anew.uidvalidity, len(anew.letters), anew.after) == (place.uidvalidity, 2, place.uidnext - 1)
        nothing = await heard(await ask(listen(imap(port), other, since=None)))
        assert (nothing.letters, nothing.after) == ([], place.uidnext - 1)


async def test_a_mailbox_that_lets_nobody_in_says_so() -> None:
    async with an_imap_server() as (port, _mailbox), a_transport("imap") as ask:
        reply = await ask(ImapCheck(imap(port, password="no")))
        refusal = ImapRefusal.model_validate_json(reply.body)
        assert (reply.status, refusal.stage, refusal.code) == (422, "login", "AUTHENTICATIONFAILED")
        assert (await ask(ImapCheck(imap(1)))).status == 0
