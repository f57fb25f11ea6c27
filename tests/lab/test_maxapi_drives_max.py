"""Somebody else's client, maxapi, talks to the fake MAX: what it believes of MAX holds here, too."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from maxapi import Bot as Client
from maxapi.client.default import DefaultConnectionProperties
from maxapi.enums.update import UpdateType
from maxapi.enums.upload_type import UploadType
from maxapi.exceptions.max import InvalidToken, MaxApiError
from maxapi.methods.types.getted_updates import process_update_request, process_update_webhook
from maxapi.types.attachments.buttons import (
    CallbackButton,
    LinkButton,
    RequestContactButton,
    RequestGeoLocationButton,
)
from maxapi.types.input_media import InputMediaBuffer
from maxapi.types.updates.message_callback import MessageForCallback
from maxapi.utils.inline_keyboard import InlineKeyboardBuilder

from lab.platforms.max.bots import Bot
from lab.platforms.max.phones import Phone
from lab.running import Lab
from lab.samples import sample


@pytest.fixture
def shop(lab: Lab) -> Bot:
    return lab.max.new_bot("Shop", rate=None)


@pytest.fixture
def phone(lab: Lab, shop: Bot) -> Phone:
    phone = shop.phone(lab.max.person("Анна Белова", phone="+79991234567"))
    phone.start("promo_42")
    return phone


@pytest.fixture
async def client(lab: Lab, shop: Bot) -> AsyncIterator[Client]:
    made = a_client(lab, shop.token)
    yield made
    await made.close_session()


def a_client(lab: Lab, token: str) -> Client:
    made = Client(
        token,
        auto_requests=False,
        auto_check_subscriptions=False,
        after_input_media_delay=0.001,
        after_upload_retry_delay=0.01,
        default_connection=DefaultConnectionProperties(max_retries=1, retry_backoff_factor=0.01),
    )
    made.set_api_url(f"{lab.url}/max")
    return made


async def refused(awaited: Any) -> tuple[int, str]:
    with pytest.raises(MaxApiError) as caught:
        await awaited
    assert isinstance(caught.value.raw, dict)
    return caught.value.code, caught.value.raw["code"]


async def fetched(client: Client, marker: int | None) -> tuple[list[Any], int]:
    told = await client.get_updates(marker=marker, timeout=5)
    return await process_update_request(events=told, bot=client), told["marker"]


async def test_it_knows_itself_and_strangers_know_nothing(lab: Lab, client: Client, shop: Bot) -> None:
    me = await client.get_me()
    assert (me.user_id, me.first_name, me.username, me.is_bot) == (shop.id, "Shop", shop.key, True)
    stranger = a_client(lab, "nobody")
    with pytest.raises(InvalidToken):
        await stranger.get_me()
    await stranger.close_session()


async def test_words_and_buttons_go_out_and_presses_come_back(client: Client, phone: Phone, shop: Bot) -> None:
    keys = InlineKeyboardBuilder().row(CallbackButton(text="Да", payload="7:yes"))
    keys.row(LinkButton(text="Сайт", url="https://ex.am"), RequestGeoLocationButton(text="Где я"))
    keys.row(RequestContactButton(text="Номер"))
    sent = await client.send_message(
        user_id=phone.person.id, text="<b>Кофе</b> &lt;?&gt;", format="html", attachments=[keys.as_markup()]
    )
    assert sent
    assert (sent.message.body.text, phone.texts()) == ("Кофе <?>", ["Кофе <?>"])
    _, marker = await fetched(client, None)
    assert (phone.presses("Да"), phone.presses("Сайт"), phone.presses("Номер")) == (
        "callback",
        "https://ex.am",
        "sent",
    )
    (press, contact), marker = await fetched(client, marker)
    assert (press.callback.payload, press.callback.user.user_id) == ("7:yes", phone.person.id)
    card = contact.message.body.attachments[0].payload
    assert (card.vcf.phone, card.max_info.user_id) == ("79991234567", phone.person.id)
    message = MessageForCallback(text="Хорошо", attachments=[])
    await client.send_callback(press.callback.callback_id, message=message, notification="Принято")
    assert (phone.texts(), phone.buttons(), phone.toast) == (["Хорошо"], [], "Принято")
    assert await refused(client.send_callback("unknown", notification="x")) == (404, "callback.not.found")


async def test_files_go_up_wait_and_are_sent_again_by_name(client: Client, phone: Phone, shop: Bot, lab: Lab) -> None:
    shop.digests(2)
    kinds = {
        "photo": UploadType.IMAGE,
        "video": UploadType.VIDEO,
        "voice": UploadType.AUDIO,
        "document": UploadType.FILE,
    }
    for kind, form in kinds.items():
        given = sample(kind)
        await client.send_message(
            user_id=phone.person.id, attachments=[InputMediaBuffer(given.data, given.name, type=form)]
        )
    assert [one.kind for one in phone.messages()] == ["photo", "video", "voice", "document"]
    assert lab.account.count(shop, method="POST messages") == 12, "each is refused twice"
    again = await client.upload_media(InputMediaBuffer(sample("photo").data, "a.jpg", type=UploadType.IMAGE))
    for _ in range(2):
        await client.send_message(user_id=phone.person.id, text="Ещё", attachments=[again])
    assert lab.account.count(shop, method="upload") == 5
    film = phone.messages()[1].told["body"]["attachments"][0]["payload"]["token"]
    assert (await client.get_video(film)).urls is not None


async def test_a_message_is_changed_and_taken_back(client: Client, phone: Phone) -> None:
    sent = await client.send_message(user_id=phone.person.id, text="Раз")
    assert sent
    mid = sent.message.body.mid
    await client.edit_message(mid, text="Два")
    assert [(one.text, one.edited) for one in phone.messages()] == [("Два", True)]
    await client.delete_message(mid)
    assert phone.texts() == []
    assert await refused(client.delete_message(mid)) == (404, "message.not.found")


async def test_what_people_do_is_told(client: Client, phone: Phone) -> None:
    (started,), marker = await fetched(client, None)
    assert (started.update_type, started.payload) == (UpdateType.BOT_STARTED, "promo_42")
    number = phone.writes("Привет")
    phone.edits(number, "Пока")
    phone.sends("photo", caption="Вот")
    phone.location(1.5, 2.5)
    phone.deletes(number)
    phone.blocks()
    news, marker = await fetched(client, marker)
    assert [one.update_type for one in news] == [
        *("message_created", "message_edited", "message_created", "message_created", "message_removed", "bot_stopped")
    ]
    assert [one.message.body.text for one in news[:3]] == ["Привет", "Пока", "Вот"]
    assert news[3].message.body.attachments[0].latitude == 1.5
    assert (news[4].message_id, news[5].user.user_id) == (news[0].message.body.mid, phone.person.id)
    to = phone.person.id
    assert await refused(client.send_message(user_id=to, text="Эй")) == (403, "chat.denied")
    assert await refused(client.send_message(user_id=5, text="Эй")) == (404, "user.not.found")


async def test_webhooks_bear_the_secret_and_come_again(client: Client, phone: Phone, shop: Bot) -> None:
    taken: list[tuple[str, Any]] = []
    shop.news.first_pause = 0.01

    async def take(request: web.Request) -> web.Response:
        taken.append((request.headers.get("X-Max-Bot-Api-Secret", ""), await request.json()))
        return web.Response(status=500 if len(taken) < 3 else 200)

    app = web.Application()
    app.router.add_post("/hook", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
        with pytest.warns(UserWarning, match="HTTPS"):
            await client.subscribe_webhook(url, [UpdateType.MESSAGE_CREATED], secret="abcde-12345")
        assert [one.url for one in (await client.get_subscriptions()).subscriptions] == [url]
        assert await refused(client.get_updates()) == (405, "method.not.allowed")
        phone.writes("Раз")
        phone.writes("Два")
        await until(lambda: len(taken) == 4)
        assert {secret for secret, _ in taken} == {"abcde-12345"}
        assert [body["message"]["body"]["text"] for _, body in taken] == ["Раз", "Раз", "Раз", "Два"]
        event = await process_update_webhook(event_json=taken[-1][1], bot=client)
        assert event.message.body.text == "Два"
        await client.unsubscribe_webhook(url)
        assert shop.hook_url == ""
    finally:
        await runner.cleanup()


async def test_it_is_refused_as_max_would(client: Client, phone: Phone, shop: Bot, lab: Lab) -> None:
    to = phone.person.id
    for wrong in (
        client.send_message(user_id=to, text="<b>x", format="html"),
        client.send_message(user_id=to, text=" "),
        client.send_message(user_id=to, chat_id=0, text="x", attachments=[unknown_file()]),
    ):
        assert await refused(wrong) == (400, "proto.payload")
    shop.limit(0.001)
    assert await refused(client.get_me()) == (429, "too.many.requests")
    shop.limit(None)
    lab.misbehaves("too_many", bot=shop, times=1, seconds=2)
    assert await refused(client.get_me()) == (429, "too.many.requests")


def unknown_file() -> Any:
    from maxapi.types.attachments.upload import AttachmentPayload, AttachmentUpload

    return AttachmentUpload(type=UploadType.IMAGE, payload=AttachmentPayload(token="unknown"))


async def until(condition: Any, seconds: float = 10) -> None:
    import asyncio

    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)
