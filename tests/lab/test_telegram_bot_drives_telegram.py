"""The same fake, driven by python-telegram-bot: another reading of the same Bot API."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from telegram import (
    Bot,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaDocument,
    InputMediaPhoto,
    KeyboardButton,
    ReplyKeyboardMarkup,
    Update,
    error,
)
from telegram.ext import Application, CallbackQueryHandler, CommandHandler, ContextTypes

from lab.platforms.telegram.bots import Bot as LabBot
from lab.platforms.telegram.phones import Phone
from lab.running import Lab
from lab.samples import sample


@pytest.fixture
def shop(lab: Lab) -> LabBot:
    return lab.telegram.new_bot("Shop", rate=None)


@pytest.fixture
def phone(lab: Lab, shop: LabBot) -> Phone:
    phone = shop.phone(lab.telegram.person("Анна"))
    phone.start("promo_42")
    return phone


@pytest.fixture
async def bot(lab: Lab, shop: LabBot) -> AsyncIterator[Bot]:
    async with Bot(shop.token, f"{lab.url}/telegram/bot", f"{lab.url}/telegram/file/bot") as made:
        yield made


async def test_a_start_with_a_payload_comes_in(bot: Bot, phone: Phone) -> None:
    update = (await bot.get_updates())[0]
    assert update.message
    assert update.message.text == "/start promo_42"
    assert [one.type for one in update.message.entities] == ["bot_command"]
    assert update.effective_user
    assert update.effective_user.language_code == "ru"
    assert (await bot.get_chat(phone.person.id)).first_name == "Анна"


async def test_text_files_and_albums_go_out(bot: Bot, phone: Phone) -> None:
    chat = phone.person.id
    keys = InlineKeyboardMarkup(
        [[InlineKeyboardButton("Сайт", url="https://ex.am"), InlineKeyboardButton("Да", callback_data="y")]]
    )
    await bot.send_message(chat, "<u>Привет</u>", parse_mode="HTML", reply_markup=keys)
    photo = await bot.send_photo(chat, sample("photo").data, caption="Фото", filename="a.jpg")
    await bot.send_media_group(
        chat, [InputMediaPhoto(photo.photo[-1].file_id), InputMediaPhoto(sample("photo").data)], caption="Двое"
    )
    await bot.edit_message_media(InputMediaDocument(sample("document").data, filename="b.txt"), chat, photo.message_id)
    assert [one.kind for one in phone.messages() if not one.mine] == ["text", "document", "photo", "photo"]
    assert phone.buttons() == ["Сайт", "Да"]
    assert phone.presses("Сайт") == "https://ex.am"


async def test_errors_are_those_of_the_library(bot: Bot, phone: Phone, shop: LabBot, lab: Lab) -> None:
    with pytest.raises(error.BadRequest, match="Chat not found"):
        await bot.send_message(1, "?")
    phone.blocks()
    with pytest.raises(error.Forbidden, match="bot was blocked by the user"):
        await bot.send_message(phone.person.id, "?")
    lab.misbehaves("too_many", bot=shop, times=1, seconds=7)
    phone.unblocks()
    with pytest.raises(error.RetryAfter) as refused:
        await bot.send_message(phone.person.id, "?")
    assert str(refused.value).endswith("Retry in 7 seconds")
    lab.misbehaves("server_error", bot=shop, times=1)
    with pytest.raises(error.NetworkError, match="Bad Gateway"):
        await bot.send_message(phone.person.id, "?")
    shop.revoke()
    with pytest.raises(error.InvalidToken):
        await bot.get_me()


async def test_an_application_polls_and_answers_presses(lab: Lab, shop: LabBot) -> None:
    async def start(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.message
        keys = InlineKeyboardMarkup([[InlineKeyboardButton("Хочу", callback_data="want")]])
        await update.message.reply_text("Приз?", reply_markup=keys)
        keyboard = ReplyKeyboardMarkup([[KeyboardButton("Номер", request_contact=True)]])
        await update.message.reply_text("Номер?", reply_markup=keyboard)

    async def pressed(update: Update, _context: ContextTypes.DEFAULT_TYPE) -> None:
        assert update.callback_query
        await update.callback_query.answer("Ваш!")
        await update.callback_query.edit_message_text("Приз ваш")

    builder = Application.builder().token(shop.token)
    application = builder.base_url(f"{lab.url}/telegram/bot").base_file_url(f"{lab.url}/telegram/file/bot").build()
    application.add_handler(CommandHandler("start", start))
    application.add_handler(CallbackQueryHandler(pressed))
    phone = shop.phone(lab.telegram.person("Олег"))
    async with application:
        assert application.updater
        await application.updater.start_polling(timeout=5)
        await application.start()
        phone.start()
        while phone.buttons() != ["Хочу", "Номер"]:
            await asyncio.sleep(0.01)
        phone.presses("Хочу")
        while phone.toast != "Ваш!" or "Приз ваш" not in phone.texts():
            await asyncio.sleep(0.01)
        await application.updater.stop()
        await application.stop()
    assert phone.texts() == ["Приз ваш", "Номер?"]
