"""The fake of Telegram is true as far as aiogram can tell: its types take each answer, its errors are real."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot, Dispatcher, exceptions, types
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.enums import ParseMode
from aiogram.utils.media_group import MediaGroupBuilder
from aiohttp import web

from lab.platforms.telegram.bots import Bot as LabBot
from lab.platforms.telegram.phones import Phone
from lab.running import Lab
from lab.samples import sample


@pytest.fixture
def shop(lab: Lab) -> LabBot:
    return lab.telegram.new_bot("Shop", rate=None)


@pytest.fixture
def phone(lab: Lab, shop: LabBot) -> Phone:
    phone = shop.phone(lab.telegram.person("Анна Белова"))
    phone.start()
    return phone


@pytest.fixture
async def bot(lab: Lab, shop: LabBot) -> AsyncIterator[Bot]:
    async with client(lab, shop.token) as made:
        yield made


def client(lab: Lab, token: str) -> Bot:
    server = TelegramAPIServer.from_base(f"{lab.url}/telegram")
    return Bot(token, session=AiohttpSession(api=server))


def a_file(kind: str) -> types.BufferedInputFile:
    given = sample(kind)
    return types.BufferedInputFile(given.data, given.name)


async def test_a_bot_learns_who_it_is(bot: Bot, shop: LabBot) -> None:
    me = await bot.get_me()
    assert (me.id, me.username, me.first_name) == (shop.id, shop.username, "Shop")
    photos = await bot.get_user_profile_photos(me.id)
    assert photos.total_count == 1
    assert photos.photos[0][-1].width == 320


async def test_formatted_text_is_read_as_telegram_reads_it(bot: Bot, phone: Phone) -> None:
    sent = await bot.send_message(
        phone.person.id,
        '😀 <b>Жирный <i>и косой</i></b> &lt;3 <a href="https://ex.am/a">ссылка</a> <tg-spoiler>тайна</tg-spoiler>',
        parse_mode=ParseMode.HTML,
    )
    assert sent.text == "😀 Жирный и косой <3 ссылка тайна"
    assert [(one.type, one.extract_from(sent.text)) for one in sent.entities or []] == [
        ("bold", "Жирный и косой"),
        ("italic", "и косой"),
        ("text_link", "ссылка"),
        ("spoiler", "тайна"),
    ]
    assert phone.texts() == [sent.text]


async def test_every_kind_of_file_arrives_and_is_sent_again_by_its_name(bot: Bot, phone: Phone) -> None:
    chat = phone.person.id
    photo = await bot.send_photo(chat, a_file("photo"), caption="<b>Фото</b>", parse_mode=ParseMode.HTML)
    assert photo.photo
    assert (photo.photo[-1].width, photo.photo[-1].height) == (640, 420)
    again = await bot.send_photo(chat, photo.photo[-1].file_id)
    assert again.photo
    assert again.photo[-1].file_unique_id == photo.photo[-1].file_unique_id
    assert (await bot.send_video(chat, a_file("video"))).video
    assert (await bot.send_audio(chat, a_file("audio"), title="Песня")).audio
    assert (await bot.send_voice(chat, a_file("voice"))).voice
    assert (await bot.send_animation(chat, a_file("animation"))).animation
    assert (await bot.send_video_note(chat, a_file("video_note"))).video_note
    document = await bot.send_document(chat, a_file("document"))
    assert document.document
    assert document.document.file_name == "notes.txt"
    kinds = ["photo", "photo", "video", "audio", "voice", "animation", "video_note", "document"]
    assert [one.kind for one in phone.messages() if not one.mine] == kinds


async def test_places_contacts_and_typing(bot: Bot, phone: Phone) -> None:
    chat = phone.person.id
    assert (await bot.send_location(chat, 55.75, 37.61)).location
    assert (await bot.send_venue(chat, 55.75, 37.61, "Кофейня", "Тверская, 1")).venue
    assert (await bot.send_contact(chat, "+79001234567", "Олег")).contact
    assert await bot.send_chat_action(chat, "typing")
    assert await bot.set_my_commands([types.BotCommand(command="menu", description="Меню")])
    assert [one.command for one in await bot.get_my_commands()] == ["menu"]


async def test_an_album_is_one_group_with_words_on_its_first(bot: Bot, phone: Phone) -> None:
    album = MediaGroupBuilder(caption="Новинки")
    album.add_photo(a_file("photo"))
    album.add_video(a_file("video"))
    sent = await bot.send_media_group(phone.person.id, album.build())
    assert len({one.media_group_id for one in sent}) == 1
    assert [one.kind for one in phone.messages() if one.album] == ["photo", "video"]
    assert sent[0].caption == "Новинки"
    mixed = [types.InputMediaPhoto(media=a_file("photo")), types.InputMediaDocument(media=a_file("document"))]
    with pytest.raises(exceptions.TelegramBadRequest, match="document can't be mixed"):
        await bot.send_media_group(phone.person.id, mixed)


async def test_buttons_are_pressed_and_answered(bot: Bot, phone: Phone) -> None:
    keys = types.InlineKeyboardMarkup(inline_keyboard=[[types.InlineKeyboardButton(text="Да", callback_data="1:yes")]])
    sent = await bot.send_message(phone.person.id, "Пойдём?", reply_markup=keys)
    assert phone.presses("Да") == "callback"
    press = (await bot.get_updates(offset=-1))[0].callback_query
    assert press
    assert press.message
    assert (press.data, press.message.message_id) == ("1:yes", sent.message_id)
    assert await press.answer("Ждём вас").as_(bot)
    assert phone.toast == "Ждём вас"
    with pytest.raises(exceptions.TelegramBadRequest, match="query is too old"):
        await bot.answer_callback_query(press.id)


async def test_a_keyboard_shares_the_phone_and_sends_its_words(bot: Bot, phone: Phone) -> None:
    keys = types.ReplyKeyboardMarkup(
        keyboard=[[types.KeyboardButton(text="Мой номер", request_contact=True), types.KeyboardButton(text="Меню")]]
    )
    await bot.send_message(phone.person.id, "Как с вами связаться?", reply_markup=keys)
    phone.presses("Мой номер")
    phone.presses("Меню")
    shared, said = [update.message for update in (await bot.get_updates())[-2:]]
    assert shared
    assert shared.contact
    assert shared.contact.user_id == phone.person.id
    assert said
    assert said.text == "Меню"
    await bot.send_message(phone.person.id, "Спасибо", reply_markup=types.ReplyKeyboardRemove())
    assert phone.buttons() == []


async def test_messages_are_changed_and_taken_away(bot: Bot, phone: Phone) -> None:
    chat = phone.person.id
    sent = await bot.send_message(chat, "Старая цена")
    await bot.edit_message_text("Новая цена", chat_id=chat, message_id=sent.message_id)
    seen = phone.messages()[-1]
    assert (seen.text, seen.edited) == ("Новая цена", True)
    with pytest.raises(exceptions.TelegramBadRequest, match="message is not modified"):
        await bot.edit_message_text("Новая цена", chat_id=chat, message_id=sent.message_id)
    copied = await bot.copy_message(chat, chat, sent.message_id)
    photo = await bot.send_photo(chat, a_file("photo"))
    await bot.edit_message_caption(chat_id=chat, message_id=photo.message_id, caption="Подпись")
    assert phone.messages()[-1].text == "Подпись"
    assert await bot.delete_messages(chat, [sent.message_id, copied.message_id, photo.message_id])
    assert phone.texts() == []
    with pytest.raises(exceptions.TelegramBadRequest, match="message to delete not found"):
        await bot.delete_message(chat, sent.message_id)


async def test_what_people_send_is_fetched(bot: Bot, phone: Phone) -> None:
    phone.sends_photo(caption="вот")
    phone.album(None, None)
    phone.voice()
    phone.location()
    message = phone.writes("а")
    phone.edits(message, "б")
    updates = await bot.get_updates()
    first = updates[1].message
    assert first
    assert first.photo
    fetched = await bot.download(first.photo[-1].file_id)
    assert fetched
    assert fetched.read() == sample("photo").data
    albums = {one.message.media_group_id for one in updates if one.message and one.message.media_group_id}
    assert len(albums) == 1
    assert updates[-1].edited_message
    assert updates[-1].edited_message.text == "б"


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"text": " "}, exceptions.TelegramBadRequest, "message text is empty"),
        ({"text": "я" * 4097}, exceptions.TelegramBadRequest, "message is too long"),
        ({"text": "<b>a", "parse_mode": "HTML"}, exceptions.TelegramBadRequest, 'Can\'t find end tag .* tag "b"'),
        ({"text": "<x>a</x>", "parse_mode": "HTML"}, exceptions.TelegramBadRequest, 'Unsupported start tag "x"'),
        ({"text": "a</b>", "parse_mode": "HTML"}, exceptions.TelegramBadRequest, "Unexpected end tag at byte offset 1"),
        ({"text": "<b>a</i>", "parse_mode": "HTML"}, exceptions.TelegramBadRequest, "Unmatched end tag"),
        ({"text": "a", "chat_id": 1}, exceptions.TelegramBadRequest, "chat not found"),
    ],
)
async def test_a_wrong_message_is_refused_in_telegram_s_words(
    bot: Bot, phone: Phone, given: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        await bot.send_message(**{"chat_id": phone.person.id, **given})
    assert phone.texts() == []


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"callback_data": "я" * 33}, "BUTTON_DATA_INVALID"),
        ({"url": "ftp://x"}, "Wrong HTTP URL"),
        ({}, "text buttons are unallowed"),
    ],
)
async def test_a_wrong_button_is_refused(bot: Bot, phone: Phone, button: dict[str, str], words: str) -> None:
    keys = types.InlineKeyboardMarkup(inline_keyboard=[[types.InlineKeyboardButton(text="Да", **button)]])
    with pytest.raises(exceptions.TelegramBadRequest, match=words):
        await bot.send_message(phone.person.id, "?", reply_markup=keys)


async def test_files_are_held_to_their_limits(bot: Bot, phone: Phone, lab: Lab) -> None:
    with pytest.raises(exceptions.TelegramBadRequest, match="message caption is too long"):
        await bot.send_photo(phone.person.id, a_file("photo"), caption="я" * 1025)
    with pytest.raises(exceptions.TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
        await bot.send_photo(phone.person.id, types.BufferedInputFile(b"no picture", "a.jpg"))
    with pytest.raises(exceptions.TelegramBadRequest, match="wrong file identifier"):
        await bot.send_photo(phone.person.id, "AgACAgIAAxk")
    other = lab.telegram.new_bot("Other", rate=None)
    phone_of_other = other.phone(phone.person)
    phone_of_other.start()
    sent = await bot.send_photo(phone.person.id, a_file("photo"))
    assert sent.photo
    async with client(lab, other.token) as stranger:
        with pytest.raises(exceptions.TelegramBadRequest, match="wrong file identifier"):
            await stranger.send_photo(phone.person.id, sent.photo[-1].file_id)
    with pytest.raises(exceptions.TelegramEntityTooLarge):
        await bot.send_document(phone.person.id, types.BufferedInputFile(b"\0" * (61 * 2**20), "a.bin"))


async def test_who_blocked_the_bot_gets_nothing_until_he_lets_it_in(bot: Bot, phone: Phone) -> None:
    phone.blocks()
    with pytest.raises(exceptions.TelegramForbiddenError, match="bot was blocked by the user"):
        await bot.send_message(phone.person.id, "Вернитесь!")
    member = (await bot.get_updates(offset=-1))[0].my_chat_member
    assert member
    assert (member.old_chat_member.status, member.new_chat_member.status) == ("member", "kicked")
    phone.unblocks()
    await bot.send_message(phone.person.id, "С возвращением")
    assert phone.texts() == ["С возвращением"]


async def test_too_fast_is_refused_with_the_time_to_wait(bot: Bot, phone: Phone, shop: LabBot) -> None:
    shop.limit(rate=30, per_chat=1)
    writing = (bot.send_message(phone.person.id, str(number)) for number in range(20))
    came = await asyncio.gather(*writing, return_exceptions=True)
    refused = [one for one in came if isinstance(one, exceptions.TelegramRetryAfter)]
    assert {one.retry_after for one in refused} == {1}
    assert len(phone.texts()) == 20 - len(refused)
    assert phone.texts()


async def test_a_dead_token_and_a_wrong_one(bot: Bot, shop: LabBot, lab: Lab) -> None:
    shop.revoke()
    with pytest.raises(exceptions.TelegramUnauthorizedError):
        await bot.get_me()
    async with client(lab, "1:short") as stranger:
        with pytest.raises(exceptions.TelegramNotFound):
            await stranger.get_me()


async def test_two_pollers_and_a_webhook_are_in_each_other_s_way(bot: Bot, shop: LabBot, lab: Lab) -> None:
    async with client(lab, shop.token) as second:
        waiting = asyncio.create_task(bot.get_updates(timeout=20))
        await asyncio.sleep(0)
        while not lab.account.open_calls():
            await asyncio.sleep(0.01)
        assert await second.get_updates() == []
        with pytest.raises(exceptions.TelegramConflictError, match="terminated by other getUpdates"):
            await waiting
    await bot.set_webhook("https://example.com/hook")
    with pytest.raises(exceptions.TelegramConflictError, match="webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await bot.get_updates() == []


async def test_a_dispatcher_polls_and_answers(bot: Bot, shop: LabBot, lab: Lab) -> None:
    dispatcher = Dispatcher()

    @dispatcher.message()
    async def echo(message: types.Message) -> None:
        await message.answer(f"Вы написали: {message.text}")

    polling = asyncio.create_task(dispatcher.start_polling(bot, handle_signals=False, polling_timeout=5))
    guest = shop.phone(lab.telegram.person("Гость"))
    guest.writes("привет")
    while not guest.texts():
        await asyncio.sleep(0.01)
    assert guest.texts() == ["Вы написали: привет"]
    await dispatcher.stop_polling()
    await polling


async def test_a_webhook_is_posted_with_its_secret_until_it_is_taken(bot: Bot, phone: Phone, shop: LabBot) -> None:
    taken: list[tuple[str, types.Update]] = []
    answers = [500, 200, 200]
    done = asyncio.Event()

    async def hook(request: web.Request) -> web.StreamResponse:
        secret = request.headers["X-Telegram-Bot-Api-Secret-Token"]
        taken.append((secret, types.Update.model_validate(await request.json())))
        status = answers.pop(0)
        if not answers:
            done.set()
        method = {"method": "sendMessage", "chat_id": phone.person.id, "text": "из ответа"}
        return web.json_response(method if status == 200 and not answers else {}, status=status)

    app = web.Application()
    app.router.add_post("/hook", hook)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    assert await bot.set_webhook(url, secret_token="s3cret", drop_pending_updates=True)
    phone.writes("раз")
    phone.writes("два")
    await done.wait()
    while not phone.texts():
        await asyncio.sleep(0.01)
    assert {secret for secret, _ in taken} == {"s3cret"}
    assert [update.message.text for _, update in taken if update.message] == ["раз", "раз", "два"]
    assert taken[0][1].update_id == taken[1][1].update_id
    assert phone.texts() == ["из ответа"]
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count) == (url, 0)
    assert info.last_error_message == "Wrong response from the webhook: 500 Internal Server Error"
    await runner.cleanup()
