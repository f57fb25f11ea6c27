"""The SMPP transport against a centre that others wrote: sessions, windows, long messages, news, and what is cut."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self

import pytest

from messengers.adapter import (
    ChannelBroken,
    ChannelFacts,
    Outcome,
    Outgoing,
    Reply,
    RetryAt,
    Sent,
    SessionCall,
    Uncertain,
)
from messengers.content import Content
from messengers.protocols.smpp import SmppAccount, SmppCheck
from messengers.registry import messenger
from messengers.transports import smpp_session
from messengers.transports.smpp import Transport
from messengers.updates import MessageReceived, ReceiptReceived
from smpp_centre import PASSWORD, Centre, a_centre

SMS = messenger("sms")


@pytest.fixture(scope="module")
def running() -> Iterator[Centre]:
    with a_centre() as centre:
        yield centre


@pytest.fixture
def centre(running: Centre) -> Iterator[Centre]:
    running.forgets()
    yield running
    running.does("drop")


def facts(centre: Centre, password: str = PASSWORD, **settings: Any) -> ChannelFacts:
    told = {"provider": "smpp", "host": "centre.example", "port": centre.port, "system_id": "shop", "sender": "SHOP"}
    return ChannelFacts("key", {**told, **settings}, {"password": password}, "", "http://127.0.0.1/sms", polls=True)


class Line:
    """One sender's or listener's transport."""

    def __init__(self, channel: ChannelFacts) -> None:
        self.channel = channel
        self.transport = Transport()
        self.cursor = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.transport.close()

    async def call(self, call: SessionCall) -> Reply:
        return await self.transport.answer(call, None, _no_files)

    async def run(self, steps: Any) -> Any:
        try:
            call = next(steps)
            while True:
                call = steps.send(await self.call(call))
        except StopIteration as end:
            return end.value

    async def sends(self, text: str, number: int = 1) -> Outcome:
        outgoing = Outgoing(number, "79991234567", Content.plain(text), f"{number}-0")
        outcome: Outcome = await self.run(SMS.send(self.channel, outgoing))
        return outcome

    async def hears(self, seconds: float = 10) -> list[Any]:
        """Fetch news, take them as stored, and return what they say."""
        news = await self.run(SMS.poll(self.channel, self.cursor, seconds))
        self.cursor = news.cursor
        return [update for body in news.bodies for update in SMS.parse(self.channel, body)]

    async def hears_something(self) -> list[Any]:
        for _ in range(20):
            if said := await self.hears():
                return said
        raise AssertionError("nothing was heard")


async def _no_files(_workspace: int, _media: int) -> bytes:
    raise AssertionError


async def told(centre: Centre, event: str, count: int = 1) -> dict[str, Any]:
    return await asyncio.to_thread(centre.waits, event, count)


async def test_words_arrive_in_their_alphabet(centre: Centre) -> None:
    async with Line(facts(centre)) as line:
        texts = ["Hello @ {you} €", "Привет, Анна", "😀 ok", "ÄÖÜ ñ Ω"]
        outcomes = [await line.sends(text, number) for number, text in enumerate(texts)]
    assert all(isinstance(outcome, Sent) and outcome.external_id for outcome in outcomes)
    arrived = centre.told("submitted")
    assert [one["text"] for one in arrived] == texts
    assert [one["coding"] for one in arrived] == [0, 8, 8, 0]
    assert {(one["to"], one["source"], one["ton"], one["receipt"]) for one in arrived} == {
        ("79991234567", "SHOP", 5, 1)
    }
    assert centre.told("bound") == [{"event": "bound", "role": "transmitter", "system_id": "shop"}]
    assert await told(centre, "left")


@pytest.mark.parametrize(("way", "text"), [("header", "Привет! " * 20), ("parameters", "Hello [1] " * 30)])
async def test_long_words_arrive_in_parts_that_belong_together(centre: Centre, way: str, text: str) -> None:
    async with Line(facts(centre, long=way)) as line:
        outcome = await line.sends(text)
    arrived = centre.told("submitted")
    assert "".join(one["text"] for one in arrived) == text
    assert len(arrived) == SMS.weight(Content.plain(text)) == 3
    assert outcome == Sent(arrived[-1]["id"])
    assert [one["receipt"] for one in arrived] == [0, 0, 1]
    if way == "header":
        assert [one["header"][:4] for one in arrived] == ["0003"] * 3
        assert [one["header"][6:] for one in arrived] == ["0301", "0302", "0303"]
        assert len({one["header"][4:6] for one in arrived}) == 1
    else:
        assert [(one["part"], one["total"]) for one in arrived] == [(1, 3), (2, 3), (3, 3)]


async def test_a_payload_of_any_length_is_one_message(centre: Centre) -> None:
    async with Line(facts(centre, long="payload")) as line:
        await line.sends("Привет! " * 40)
    (arrived,) = centre.told("submitted")
    assert arrived["text"] == "Привет! " * 40


async def test_a_wrong_password_breaks_the_channel_and_is_not_tried_at_every_message(centre: Centre) -> None:
    async with Line(facts(centre, "wrong")) as line:
        assert [await line.sends("Hi", number) for number in range(5)] == [ChannelBroken("token_revoked")] * 5
        with pytest.raises(ValueError, match="wrong_token"):
            await line.run(SMS.account(line.channel))
    assert len(centre.told("turned_away")) == 2


async def test_nobody_there_means_that_nothing_was_sent(centre: Centre) -> None:
    async with Line(facts(centre, port=1)) as line:
        outcome = await line.sends("Hi")
    assert isinstance(outcome, RetryAt)
    assert (outcome.whole_channel, outcome.counted) == (True, False)


async def test_only_practice_reaches_machines_of_our_own_network(centre: Centre) -> None:
    async with Line(facts(centre)) as line:
        account = SmppAccount("127.0.0.1", centre.port, "shop", PASSWORD)
        refused = await line.call(SmppCheck(account))
        assert (refused.status, refused.written) == (0, False)
        assert "may reach" in refused.fault
        assert (await line.call(SmppCheck(replace(account, inside=True)))).status == 200


@pytest.mark.parametrize(("status", "reason"), [(0x58, "throttled"), (0x14, "queue_full")])
async def test_a_centre_that_throttles_is_waited_for(centre: Centre, status: int, reason: str) -> None:
    async with Line(facts(centre)) as line:
        centre.does("fault", status=status)
        outcome = await line.sends("Hi")
        assert isinstance(outcome, RetryAt)
        assert (outcome.reason, outcome.whole_channel) == (reason, True)
        assert isinstance(await line.sends("Hi"), Sent)
    assert len(centre.told("bound")) == 1


async def test_parts_that_were_taken_are_not_submitted_again(centre: Centre) -> None:
    text = "Привет! " * 20
    async with Line(facts(centre)) as line:
        centre.does("fault", kind="none")
        centre.does("fault", status=0x58)
        assert isinstance(await line.sends(text), RetryAt)
        assert isinstance(await line.sends(text), Sent)
    assert [one["header"][-2:] for one in centre.told("submitted")] == ["01", "02", "03"]
    assert "".join(one["text"] for one in centre.told("submitted")) == text


@pytest.mark.parametrize("kind", ["cut_before", "cut_after"])
async def test_a_session_that_dies_before_the_answer_leaves_it_uncertain(centre: Centre, kind: str) -> None:
    async with Line(facts(centre)) as line:
        centre.does("fault", kind=kind)
        assert isinstance(await line.sends("Hi"), Uncertain)
        assert isinstance(await line.sends("Again", 2), Sent)
    assert len(centre.told("bound")) == 2


async def test_no_answer_at_all_is_uncertain_too(centre: Centre) -> None:
    async with Line(facts(centre)) as line:
        centre.does("fault", kind="silent")
        call = next(SMS.send(line.channel, Outgoing(1, "79991234567", Content.plain("Hi"), "1-0")))
        call.timeout = 0.3  # type: ignore[union-attr]
        reply = await line.call(call)  # type: ignore[arg-type]
    assert (reply.status, reply.written) == (0, True)


async def test_no_more_are_unanswered_than_the_window_allows(centre: Centre) -> None:
    async with Line(facts(centre, window=3)) as line:
        await line.sends("first")
        for _ in range(6):
            centre.does("fault", kind="slow", seconds=0.1)
        outcomes = await asyncio.gather(*(line.sends("Hi", number) for number in range(2, 8)))
        assert max(one["open"] for one in centre.told("submitted")) == 3
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert len({outcome.external_id for outcome in outcomes if isinstance(outcome, Sent)}) == 6


async def test_many_messages_share_one_session(centre: Centre) -> None:
    async with Line(facts(centre, window=50)) as line:
        outcomes = await asyncio.gather(*(line.sends(f"Hi {number}", number) for number in range(300)))
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert len({one["text"] for one in centre.told("submitted")}) == 300
    assert len(centre.told("bound")) == 1


async def test_silence_is_broken_by_a_question(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_session, "KEEP_ALIVE", 0.2)
    async with Line(facts(centre)) as line:
        await line.sends("Hi")
        await told(centre, "asked", 2)
        centre.does("ask")
        assert (await told(centre, "alive"))["role"] == "transmitter"
        assert isinstance(await line.sends("Still here", 2), Sent)
    assert len(centre.told("bound")) == 1


async def test_a_session_that_nobody_needs_is_left(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_session, "IDLE", 0.2)
    async with Line(facts(centre)) as line:
        await line.sends("Hi")
        await told(centre, "left")
        assert isinstance(await line.sends("Back", 2), Sent)


async def test_receipts_come_in_both_forms_and_are_answered_when_they_are_stored(centre: Centre) -> None:
    async with Line(facts(centre)) as line:
        await line.hears(0.05)
        centre.does("receipt", id="m7", stat="DELIVRD")
        (first,) = await line.hears_something()
        assert (first.status, first.external_ids) == ("delivered", ("m7",))
        assert centre.told("answered") == []
        centre.does("receipt", id="m8", stat="UNDELIV", by="parameters")
        (second,) = await line.hears_something()
        assert (second.status, second.external_ids) == ("unreachable", ("m8",))
        assert (await told(centre, "answered"))["status"] == 0
        await line.hears(0.05)
        await told(centre, "answered", 2)
    assert centre.told("bound")[0]["role"] == "receiver"


async def test_what_people_write_comes_in(centre: Centre) -> None:
    async with Line(facts(centre)) as line:
        await line.hears(0.05)
        centre.does("deliver", source_addr="79991234567", destination_addr="1234", short_message="Hello {@}")
        (hello,) = await line.hears_something()
        centre.does("deliver", source_addr="79991234567", destination_addr="1234", short_message="Привет")
        (privet,) = await line.hears_something()
    assert [hello.content.text, privet.content.text] == ["Hello {@}", "Привет"]
    assert hello.sender.external_id == "79991234567"
    assert hello.external_id != privet.external_id


async def test_long_words_of_a_person_become_one_message_in_whatever_order_they_come(centre: Centre) -> None:
    async with Line(facts(centre)) as line:
        await line.hears(0.05)
        parts = {2: "средина, ", 3: "конец", 1: "Начало, "}
        for number, text in parts.items():
            header = bytes((5, 0, 3, 9, 3, number)).hex()
            centre.does(
                "deliver", source_addr="79991234567", destination_addr="1234", short_message=text, header=header,
                esm_class=0x40, data_coding=8,
            )  # fmt: skip
        (said,) = await line.hears_something()
        assert said.content.text == "Начало, средина, конец"
        await line.hears(0.05)
        await told(centre, "answered", 3)


async def test_parts_wait_for_each_other_though_the_listener_is_another_one(centre: Centre) -> None:
    def part(number: int, text: str) -> dict[str, Any]:
        header = bytes((6, 8, 4, 1, 9, 2, number)).hex()
        place = {"source_addr": "79991234567", "destination_addr": "1234", "esm_class": 0x40, "data_coding": 8}
        return {**place, "short_message": text, "header": header}

    async with Line(facts(centre)) as line:
        await line.hears(0.05)
        centre.does("deliver", **part(1, "Начало, "))
        while '"part":1' not in line.cursor:
            assert await line.hears() == []
        await line.hears(0.05)
        await told(centre, "answered")
        cursor = line.cursor
    async with Line(facts(centre)) as other:
        other.cursor = cursor
        await other.hears(0.05)
        centre.does("deliver", **part(2, "конец"))
        (said,) = await other.hears_something()
    assert said.content.text == "Начало, конец"


async def test_what_was_stored_but_not_answered_is_not_heard_twice(centre: Centre) -> None:
    hello = {"source_addr": "79991234567", "destination_addr": "1234", "short_message": "Hello"}
    async with Line(facts(centre)) as line:
        await line.hears(0.05)
        centre.does("deliver", **hello)
        assert len(await line.hears_something()) == 1
        centre.does("drop")
        with suppress(ValueError):
            await line.hears(5)
        await line.hears(0.05)
        centre.does("deliver", **hello)  # which the centre repeats: it got no answer
        await told(centre, "bound", 2)
        while not centre.told("answered"):
            assert await line.hears(0.2) == []
        centre.does("deliver", **hello)  # and this one the person has written
        assert [update.content.text for update in await line.hears_something()] == ["Hello"]


async def test_a_sender_lets_the_centre_send_again_what_it_cannot_keep(centre: Centre) -> None:
    async with Line(facts(centre, binds="transceiver")) as line:
        await line.sends("Hi")
        assert centre.told("bound")[0]["role"] == "transceiver"
        centre.does("receipt", id="m1", stat="DELIVRD")
        assert (await told(centre, "answered"))["status"] == 0x64
    async with Line(facts(centre, binds="transceiver")) as listener:
        await listener.hears(0.05)
        centre.does("receipt", id="m1", stat="DELIVRD")
        (receipt,) = await listener.hears_something()
        assert isinstance(receipt, ReceiptReceived)


async def test_a_receipt_may_come_before_the_answer(centre: Centre) -> None:
    async with Line(facts(centre)) as sender, Line(facts(centre)) as listener:
        await listener.hears(0.05)
        centre.does("fault", kind="receipt_first", seconds=0.2)
        sending = asyncio.create_task(sender.sends("Hi"))
        (receipt,) = await listener.hears_something()
        assert not sending.done()
        outcome = await sending
        assert isinstance(outcome, Sent)
        assert receipt.external_ids == (outcome.external_id,)


async def test_a_centre_that_restarts_is_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smpp_session, "PAUSES", (0.05,))
    with a_centre() as centre:
        channel, port = facts(centre), centre.port
        line = Line(channel)
        assert isinstance(await line.sends("Hi"), Sent)
        await line.hears(0.05)
    assert isinstance(await line.sends("Nobody", 2), RetryAt | Uncertain)
    with a_centre(port) as centre:
        outcome: Outcome = RetryAt(0, "")
        while not isinstance(outcome, Sent):
            await asyncio.sleep(0.05)
            outcome = await line.sends("Back", 3)
        said: Sequence[Any] = []
        centre_heard = False
        while not said:
            try:
                said = await line.hears(0.5)
            except ValueError:
                continue
            if not centre_heard and len(centre.told("bound")) == 2:
                centre_heard = True
                centre.does("deliver", source_addr="79991234567", destination_addr="1", short_message="Back")
        await line.transport.close()
    assert isinstance(said[0], MessageReceived)


async def test_an_old_cursor_is_read_as_none(centre: Centre) -> None:
    async with Line(facts(centre)) as line:
        line.cursor = "41"
        assert await line.hears(0.05) == []
