"""Twilio's own Python client drives the fake of Twilio, and its validator believes what the fake posts."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from lab.platforms.sms.bots import Bot
from lab.platforms.sms.phones import Phone
from lab.running import Lab


@pytest.fixture
def bot(lab: Lab) -> Bot:
    made: Bot = lab.sms.new_bot("Shop")
    return made


@pytest.fixture
def phone(lab: Lab, bot: Bot) -> Phone:
    return bot.phone(lab.sms.person("Анна", phone="79991234567"))


def client_of(lab: Lab, bot: Bot, token: str = "") -> Client:
    client = Client(bot.sid, token or bot.password)
    client.api.base_url = f"{lab.url}/sms"
    return client


class Hook:
    """A program that Twilio posts to."""

    def __init__(self) -> None:
        self.url = ""
        self.told: list[dict[str, str]] = []
        self.marks: list[str] = []
        self.statuses: list[int] = []

    async def take(self, request: web.Request) -> web.Response:
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.told.append({name: str(value) for name, value in (await request.post()).items()})
            self.marks.append(request.headers["X-Twilio-Signature"])
        return web.Response(status=status, text="<Response/>", content_type="text/xml")

    async def waits(self, count: int) -> list[dict[str, str]]:
        async with asyncio.timeout(10):
            while len(self.told) < count:
                await asyncio.sleep(0.01)
        return self.told


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    made = Hook()
    app = web.Application()
    app.router.add_post("/hook", made.take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield made
    await runner.cleanup()


def test_an_sms_stands_on_the_phone_and_can_be_asked_for(lab: Lab, bot: Bot, phone: Phone) -> None:
    client = client_of(lab, bot)
    sent = client.messages.create(to="+79991234567", from_=f"+{bot.key}", body="Привет, Анна 😀")
    assert (sent.status, sent.num_segments, sent.from_) == ("delivered", "1", f"+{bot.key}")
    assert client.messages(sent.sid).fetch().body == "Привет, Анна 😀"
    assert phone.texts() == ["Привет, Анна 😀"]
    assert lab.account.texts(bot, phone.person) == ["Привет, Анна 😀"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": "8999", "body": "Hi"}, 21211),
        ({"to": "+79991234567", "body": ""}, 21602),
        ({"to": "+79991234567", "body": "x" * 1601}, 21617),
        ({"to": "+79991234567", "body": "Hi", "from_": "+15005550006"}, 21606),
    ],
)
def test_what_is_wrong_is_refused_in_its_words(lab: Lab, bot: Bot, given: dict[str, Any], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_of(lab, bot).messages.create(**{"from_": f"+{bot.key}", **given})
    assert (refused.value.code, refused.value.status) == (code, 400)


def test_a_wrong_token_is_not_let_in(lab: Lab, bot: Bot) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client_of(lab, bot, "f" * 32).messages.create(to="+79991234567", from_=f"+{bot.key}", body="Hi")
    assert (refused.value.code, refused.value.status) == (20003, 401)
    bot.revoke()
    assert client_of(lab, bot).api.accounts(bot.sid).fetch().friendly_name == "Shop"


def test_who_is_too_fast_waits(lab: Lab, bot: Bot) -> None:
    bot.limit(2)
    client = client_of(lab, bot)
    send = {"to": "+79991234567", "from_": f"+{bot.key}", "body": "Hi"}
    client.messages.create(**send)
    client.messages.create(**send)
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(**send)
    assert (refused.value.code, refused.value.status) == (20429, 429)


async def test_news_come_signed_and_again_until_they_are_taken(lab: Lab, bot: Bot, phone: Phone, hook: Hook) -> None:
    client = client_of(lab, bot)
    hook.statuses = [500]
    number = (await asyncio.to_thread(client.incoming_phone_numbers.list, phone_number=f"+{bot.key}"))[0]
    assert number.sid is not None
    await asyncio.to_thread(client.incoming_phone_numbers(number.sid).update, sms_url=hook.url, sms_method="POST")
    phone.writes("Привет")
    (said,) = await hook.waits(1)
    assert (said["Body"], said["From"], said["To"]) == ("Привет", "+79991234567", f"+{bot.key}")
    await asyncio.to_thread(
        client.messages.create, to="+79991234567", from_=f"+{bot.key}", body="Hi", status_callback=hook.url
    )
    states = {one["MessageStatus"] for one in (await hook.waits(3))[1:]}
    assert states == {"sent", "delivered"}
    validator = RequestValidator(bot.password)
    assert all(validator.validate(hook.url, *pair) for pair in zip(hook.told, hook.marks, strict=True))
    assert not validator.validate(hook.url, {**said, "Body": "Forged"}, hook.marks[0])


async def test_who_said_stop_gets_nothing_more(lab: Lab, bot: Bot, phone: Phone, hook: Hook) -> None:
    bot.points_to(hook.url)
    phone.blocks()
    assert [one["Body"] for one in await hook.waits(1)] == ["STOP"]
    send = {"to": "+79991234567", "from_": f"+{bot.key}", "body": "Hi"}
    client = client_of(lab, bot)
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(client.messages.create, **send)
    assert refused.value.code == 21610
    phone.unblocks()
    await asyncio.to_thread(client.messages.create, **send)
    assert phone.texts() == ["Hi"]


async def test_a_phone_that_is_off_gets_nothing(lab: Lab, bot: Bot, phone: Phone, hook: Hook) -> None:
    phone.switches_off()
    send = {"to": "+79991234567", "from_": f"+{bot.key}", "body": "Hi", "status_callback": hook.url}
    await asyncio.to_thread(client_of(lab, bot).messages.create, **send)
    told = {one["MessageStatus"]: one for one in await hook.waits(2)}
    assert told["undelivered"]["ErrorCode"] == "30003"
