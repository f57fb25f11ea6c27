"""Somebody else's client, vkbottle, talks to the fake VK: what it believes of VK holds here, too."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from vkbottle import (
    API,
    BotPolling,
    Callback,
    DocMessagesUploader,
    Keyboard,
    Location,
    OpenLink,
    PhotoMessageUploader,
    TemplateElement,
    Text,
    VKAPIError,
    VoiceMessageUploader,
    template_gen,
)
from vkbottle.bot import Bot, Message, MessageEvent
from vkbottle.callback import BotCallback
from vkbottle_types.events import GroupEventType

from lab.platforms.vk.communities import Community
from lab.platforms.vk.phones import Phone
from lab.running import Lab
from lab.samples import sample


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let vkbottle keep its notes where they harm nobody."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shop(lab: Lab) -> Community:
    return lab.vk.new_bot("Shop", rate=None)


@pytest.fixture
def phone(lab: Lab, shop: Community) -> Phone:
    phone = shop.phone(lab.vk.person("Анна"))
    phone.start("promo_42")
    return phone


def an_api(lab: Lab, shop: Community) -> API:
    api = API(shop.token)
    api.API_URL = f"{lab.url}/vk/method/"
    return api


@pytest.fixture
async def api(lab: Lab, shop: Community) -> AsyncIterator[API]:
    made = an_api(lab, shop)
    yield made
    await made.http_client.close()


async def refused(awaited: Any) -> int:
    with pytest.raises(VKAPIError) as caught:
        await awaited
    return int(caught.value.code)


async def test_words_buttons_and_a_place_go_out_and_repeats_do_not(api: API, phone: Phone) -> None:
    menu = Keyboard(inline=True).add(Callback("Да", {"n": 1})).add(OpenLink("https://ex.am", "Сайт")).row()
    menu.add(Location({}))
    to = phone.person.id
    first = await api.messages.send(peer_id=to, random_id=7, message="Привет", keyboard=menu.get_json())
    assert await api.messages.send(peer_id=to, random_id=7, message="Привет") == first
    await api.messages.send(peer_id=to, random_id=0, message="Где мы", lat=55.7, long=37.6)
    assert phone.texts() == ["Привет", "Где мы"]
    assert phone.buttons() == ["Да", "Сайт", "Отправить местоположение"]
    assert phone.messages()[-1].kind == "location"


async def test_each_of_many_people_gets_an_answer_of_his_own(lab: Lab, api: API, shop: Community, phone: Phone) -> None:
    stranger = lab.vk.person("Борис")
    told = await api.messages.send(peer_ids=[phone.person.id, stranger.id], random_id=9, message="Всем")
    assert (told[0].peer_id, told[0].error) == (phone.person.id, None)
    assert told[1].error is not None
    assert told[1].error.code == 901
    code = "return [" + ",".join(
        f"API.messages.send({json.dumps({'peer_id': one.id, 'random_id': 5, 'message': 'Тебе'})})"
        for one in (stranger, phone.person)
    )
    answer = json.loads(
        await api.http_client.request_text(
            f"{api.API_URL}execute",
            method="POST",
            data={"access_token": shop.token, "v": "5.199", "code": f"{code}];"},
        )
    )
    assert answer["response"][0] is False
    assert answer["response"][1] > 0
    assert [one["error_code"] for one in answer["execute_errors"]] == [901]
    assert phone.texts() == ["Всем", "Тебе"]


async def test_files_go_up_and_come_by_name(api: API, phone: Phone) -> None:
    to = phone.person.id
    photo = await PhotoMessageUploader(api).upload(sample("photo").data, peer_id=to)
    document = await DocMessagesUploader(api).upload(sample("document").data, peer_id=to, title="notes.txt")
    voice = await VoiceMessageUploader(api).upload(sample("voice").data, peer_id=to, title="voice.ogg")
    for name in (photo, document, voice, photo):
        await api.messages.send(peer_id=to, random_id=0, attachment=name)
    assert [one.kind for one in phone.messages() if not one.mine] == ["photo", "document", "voice", "photo"]
    assert await refused(api.messages.send(peer_id=to, random_id=0, attachment="photo-1_1")) == 100


async def test_a_carousel_wants_cards_alike(api: API, phone: Phone) -> None:
    menu = Keyboard(inline=True).add(Text("Беру", {"n": 1}))
    cards = [TemplateElement("Раз", "первый", buttons=menu.get_json()) for _ in range(2)]
    alike = template_gen(*cards)
    await api.messages.send(peer_id=phone.person.id, random_id=0, message="Вот", template=alike)
    assert phone.messages()[-1].kind == "carousel"
    phone.presses("Беру")
    two = Keyboard(inline=True).add(Text("Беру")).add(Text("Нет"))
    other = template_gen(cards[0], TemplateElement("Два", "второй", buttons=two.get_json()))
    assert await refused(api.messages.send(peer_id=phone.person.id, random_id=0, message="-", template=other)) == 911


async def test_messages_are_changed_and_taken_back(api: API, phone: Phone) -> None:
    to = phone.person.id
    number = await api.messages.send(peer_id=to, random_id=0, message="два")
    assert await api.messages.edit(peer_id=to, message_id=number, message="три")
    assert (phone.texts(), phone.messages()[-1].edited) == (["три"], True)
    await api.messages.delete(message_ids=[number], delete_for_all=True, peer_id=to)
    assert phone.texts() == []


async def test_refusals_bear_vks_numbers(lab: Lab, api: API, shop: Community, phone: Phone) -> None:
    to = phone.person.id
    assert await refused(api.messages.send(peer_id=to, random_id=0)) == 100
    assert await refused(api.messages.send(peer_id=to, random_id=0, message="Д" * 4097)) == 914
    assert await refused(api.messages.send(peer_id=to, random_id=0, message="-", words="?")) == 100
    assert await refused(api.groups.get_callback_servers(group_id=1)) == 203
    phone.blocks()
    assert await refused(api.messages.send(peer_id=to, random_id=0, message="-")) == 901
    phone.unblocks()
    phone.chat.per_hour = 0
    assert await refused(api.messages.send(peer_id=to, random_id=0, message="-")) == 9
    shop.grants("photos")
    assert await refused(api.messages.send(peer_id=to, random_id=0, message="-")) == 15
    lab.misbehaves("too_many", bot=shop, times=1)
    assert await refused(api.groups.get_by_id()) == 6
    shop.revoke()
    assert await refused(api.groups.get_by_id()) == 5


async def test_the_twenty_first_call_of_a_second_is_too_many(api: API, shop: Community) -> None:
    shop.limit(20)
    told = await asyncio.gather(*(api.groups.get_by_id() for _ in range(60)), return_exceptions=True)
    codes = [one.code for one in told if isinstance(one, VKAPIError)]
    assert {*codes} == {6}
    assert 20 <= len(codes) <= 35


async def test_a_bot_of_vkbottles_listens_and_answers(lab: Lab, api: API, shop: Community, phone: Phone) -> None:
    events = dict.fromkeys(("message_new", "message_event", "message_allow", "message_read"), True)
    await api.groups.set_long_poll_settings(group_id=shop.id, enabled=True, api_version="5.199", **events)
    bot = Bot(api=api, polling=BotPolling(api=api, wait=5))
    pressed: list[Any] = []

    @bot.on.message(text="Меню")
    async def menu(message: Message) -> None:
        keys = Keyboard(inline=True).add(Callback("Да", {"n": 1}))
        await message.answer("Ну?", keyboard=keys.get_json())

    @bot.on.raw_event(GroupEventType.MESSAGE_EVENT, dataclass=MessageEvent)
    async def press(event: MessageEvent) -> None:
        pressed.append(event.object.payload)
        await event.show_snackbar("Спасибо")

    running = asyncio.create_task(bot.run_polling())
    try:
        await until(lambda: lab.account.count(shop, method="groups.getLongPollServer"))
        phone.writes("Меню")
        await until(lambda: phone.texts() == ["Ну?"])
        shop.ground.do(lambda: shop.events.long_poll.forget(key=True))
        phone.presses("Да")
        await until(lambda: phone.toast == "Спасибо")
        assert pressed == [{"n": 1}]
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_events_are_fetched_from_where_one_was(api: API, shop: Community, phone: Phone) -> None:
    await api.groups.set_long_poll_settings(group_id=shop.id, enabled=True, message_new=True)
    server = await BotPolling(api=api, group_id=shop.id).get_server()
    phone.writes("раз")
    phone.allows("promo")
    polling = BotPolling(api=api, group_id=shop.id, wait=1)
    told = await polling.get_event(server)
    assert [one["object"]["message"]["text"] for one in told["updates"]] == ["раз"]
    assert (await polling.get_event({**server, "ts": told["ts"]}))["updates"] == []
    poll = shop.events.long_poll
    shop.ground.do(lambda: poll.forget(history=True))
    assert (await polling.get_event(server))["failed"] == 1
    shop.ground.do(lambda: poll.forget(place=True))
    assert (await polling.get_event(server))["failed"] == 3


async def test_an_address_is_checked_before_events_are_posted_to_it(api: API, shop: Community, phone: Phone) -> None:
    heard: list[dict[str, Any]] = []
    code, answers = "", ["not yet", "ok"]

    async def hear(request: web.Request) -> web.Response:
        told = await request.json()
        if told["type"] == "confirmation":
            return web.Response(text=code)
        heard.append(told)
        return web.Response(text=answers.pop(0) if answers else "ok")

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    try:
        callback = BotCallback(url, "vkbottle", api=api, group_id=shop.id)
        number = await callback.add_callback_server()
        assert shop.events.servers[number].status == "failed"
        code = await callback.get_callback_confirmation_code()
        await callback.edit_callback_server(number)
        assert [one["status"] for one in await callback.get_callback_servers()] == ["ok"]
        await callback.set_callback_settings(number, {"message_new": True})
        phone.writes("Привет")
        await until(lambda: len(heard) == 2)
        assert heard[0] == heard[1]
        assert (heard[0]["secret"], heard[0]["object"]["message"]["text"]) == (callback.secret_key, "Привет")
        await callback.delete_callback_server(number)
        assert await callback.get_callback_servers() == []
    finally:
        await runner.cleanup()


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)
