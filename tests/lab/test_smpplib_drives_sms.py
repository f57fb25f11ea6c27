"""Somebody else's SMPP client drives the lab's SMS centre: bindings, long messages, receipts, what is refused."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from smpplib import consts, gsm
from smpplib.client import Client
from smpplib.exceptions import ConnectionError as HungUpError
from smpplib.exceptions import PDUError

from lab.platforms.sms.bots import Bot
from lab.platforms.sms.phones import Phone
from lab.running import Lab

LONG = "Кофе готов, приходите скорее! ☕😀 " * 8


@pytest.fixture
def bot(lab: Lab) -> Bot:
    made: Bot = lab.sms.new_bot("Shop", provider="smpp")
    return made


@pytest.fixture
def phone(lab: Lab, bot: Bot) -> Phone:
    return bot.phone(lab.sms.person("Анна", phone="+79991234567"))


class Line:
    """A bound client, and what it has heard by now."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.taken: list[str] = []
        self.errors: list[int] = []
        self.heard: list[Any] = []
        client.set_message_sent_handler(self._sent)
        client.set_message_received_handler(lambda pdu: self.heard.append(pdu))
        client.set_error_pdu_handler(lambda pdu: self.errors.append(pdu.status))

    def _sent(self, pdu: Any) -> None:
        if not pdu.is_error():
            self.taken.append(pdu.message_id.decode())

    def sends(self, text: str, to: str = "79991234567", **other: Any) -> None:
        parts, coding, flag = gsm.make_parts(text)
        for part in parts:
            told = {"source_addr": "7770", "registered_delivery": 1, **other}
            self.client.send_message(
                source_addr_ton=consts.SMPP_TON_NWSPEC, dest_addr_ton=consts.SMPP_TON_INTL, destination_addr=to,
                short_message=part, data_coding=coding, esm_class=flag, **told,
            )  # fmt: skip

    def until(self, condition: Callable[[], Any]) -> None:
        end = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < end
            self.client.read_once()


@contextmanager
def bound(bot: Bot, role: str = "transceiver", password: str = "") -> Iterator[Line]:
    given = bot.credentials()
    client = Client(given["host"], given["port"], timeout=5, allow_unknown_opt_params=True)
    client.connect()
    try:
        getattr(client, f"bind_{role}")(system_id=given["system_id"], password=password or given["password"])
        yield Line(client)
        client.unbind()
    finally:
        client.state = consts.SMPP_CLIENT_STATE_OPEN
        client.disconnect()


@pytest.mark.parametrize("text", ["Coffee {1} €", "Привет, Анна 😀", LONG])
def test_words_stand_on_the_phone_as_one(lab: Lab, bot: Bot, phone: Phone, text: str) -> None:
    with bound(bot) as line:
        line.sends(text)
        parts = len(gsm.make_parts(text)[0])
        line.until(lambda: len(line.heard) == parts and len(line.taken) == parts)
    assert phone.texts() == [text]
    assert lab.account.texts(bot, phone.person) == [text]
    receipts = {pdu.receipted_message_id.rstrip(b"\0").decode(): pdu.short_message for pdu in line.heard}
    assert receipts.keys() == {*line.taken}
    assert all(b"stat:DELIVRD" in words for words in receipts.values())


@pytest.mark.parametrize(
    ("to", "other", "status"),
    [
        ("8999", {}, 0x0B),
        ("79991234567", {"source_addr": "SOMEBODY"}, 0x0A),
        ("79991234567", {"validity_period": "tomorrow"}, 0x62),
    ],
)
def test_what_is_wrong_is_refused(bot: Bot, phone: Phone, to: str, other: dict[str, str], status: int) -> None:
    with bound(bot, "transmitter") as line:
        line.sends("Hi", to, **other)
        line.until(lambda: line.errors)
    assert (line.errors, phone.texts()) == ([status], [])


def test_more_than_fits_into_one_is_refused(bot: Bot, phone: Phone) -> None:
    with bound(bot, "transmitter") as line:
        line.client.send_message(
            source_addr="7770",
            destination_addr="79991234567",
            short_message="Ж".encode("utf-16-be") * 71,
            data_coding=8,
        )
        line.until(lambda: line.errors)
    assert line.errors == [0x01]


def test_who_is_not_known_is_not_let_in(lab: Lab, bot: Bot) -> None:
    with pytest.raises(PDUError) as wrong, bound(bot, password="wrong"):
        pass
    assert wrong.value.args[1] == 0x0E
    lab.sms.bots["other"] = lab.sms.bots.pop(bot.key)
    with pytest.raises(PDUError) as unknown, bound(bot):
        pass
    assert unknown.value.args[1] == 0x0F


def test_who_is_too_fast_is_throttled_and_a_full_queue_takes_nothing(lab: Lab, bot: Bot, phone: Phone) -> None:
    bot.limit(1)
    with bound(bot, "transmitter") as line:
        line.sends("One")
        line.sends("Two")
        line.until(lambda: line.errors)
        bot.limit()
        bot.line.overflows()
        line.sends("Three")
        line.until(lambda: len(line.errors) == 2)
        bot.line.overflows(False)
        lab.misbehaves("server_error", bot=bot, times=1)
        line.sends("Four")
        line.until(lambda: len(line.errors) == 3)
    assert line.errors == [0x58, 0x14, 0x08]
    assert phone.texts() == ["One"]


def test_a_receiver_cannot_send(bot: Bot, phone: Phone) -> None:
    with bound(bot, "receiver") as line:
        line.client.state = consts.SMPP_CLIENT_STATE_BOUND_TRX  # or the client itself would refuse
        line.sends("Hi")
        line.until(lambda: line.errors)
    assert line.errors == [0x04]


def test_what_a_person_writes_comes_in_parts_and_again_until_it_is_taken(bot: Bot, phone: Phone) -> None:
    phone.writes(LONG)  # before anybody listens
    with bound(bot, "receiver") as line:
        parts = len(gsm.make_parts(LONG)[0])
        refused: list[Any] = []

        def temporary(pdu: Any) -> int:
            refused.append(pdu)
            line.client.set_message_received_handler(lambda pdu: line.heard.append(pdu))
            return 0x64

        line.client.set_message_received_handler(temporary)
        line.until(lambda: len(line.heard) == parts)
        assert refused[0].short_message in [pdu.short_message for pdu in line.heard]
        said = sorted((pdu.short_message for pdu in line.heard), key=lambda data: data[6])
    assert "".join(data[7:].decode("utf-16-be") for data in said) == LONG
    assert line.heard[0].source_addr == b"79991234567"


def test_a_phone_that_is_off_gets_nothing(bot: Bot, phone: Phone) -> None:
    phone.switches_off()
    with bound(bot) as line:
        line.sends("Hi")
        line.until(lambda: line.heard)
    assert b"stat:UNDELIV" in line.heard[0].short_message
    assert phone.texts() == []


def test_a_connection_is_cut_before_and_after(lab: Lab, bot: Bot, phone: Phone) -> None:
    for kind, there in (("drop_before", []), ("drop_after", ["Hi"])):
        lab.misbehaves(kind, bot=bot, times=1, seconds=0)
        with suppress(HungUpError), bound(bot, "transmitter") as line:
            line.sends("Hi")
            line.client.read_once()
            pytest.fail("it was answered")
        assert phone.texts() == there
    assert bot.line.roles() == []


def test_it_asks_whether_anybody_is_there(bot: Bot, phone: Phone) -> None:
    with bound(bot) as line:
        bot.line.asks()
        line.client.read_once()  # which answers
        line.sends("Still here")
        line.until(lambda: line.heard)
    assert phone.texts() == ["Still here"]
