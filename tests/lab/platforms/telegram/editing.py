"""Methods that change or take away what stands in a chat, and those that answer a press."""

import time
from typing import Any

from lab.platforms.telegram import files, keyboards
from lab.platforms.telegram.calls import Call, method
from lab.platforms.telegram.chats import Standing
from lab.platforms.telegram.refusals import bad_request
from lab.platforms.telegram.sending import caption, words

DELETABLE = 48 * 3600
_SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same"
    " as a current content and reply markup of the message"
)
_FILES = ("photo", "video", "audio", "voice", "document", "animation")
_WORDS = ("text", "entities", "link_preview_options", "caption", "caption_entities")


def _editable(call: Call) -> Standing:
    standing = call.own(call.given.get("message_id"), "message to edit not found")
    if standing.mine:
        raise bad_request("message can't be edited")
    keyboards.check(call.given.get("reply_markup"))
    return standing


def _changed(call: Call, standing: Standing, content: dict[str, Any]) -> Any:
    before = standing.told
    markup = call.given.get("reply_markup") or {}
    kept = {name: value for name, value in before.items() if name not in ("reply_markup", "edit_date")}
    after = {name: value for name, value in {**kept, **content}.items() if value is not None}
    after |= {"reply_markup": markup} if markup.get("inline_keyboard") else {}
    if after == {name: value for name, value in before.items() if name != "edit_date"}:
        raise bad_request(_SAME)
    standing.told = {**after, "edit_date": int(time.time())}
    call.bot.touched(call.chat())
    return standing.told


@method("editMessageText")
async def edit_text(call: Call) -> Any:
    """Change the words of a message."""
    standing = _editable(call)
    if "text" not in standing.told:
        raise bad_request("there is no text in the message to edit")
    return _changed(call, standing, dict.fromkeys(_WORDS) | words(call, call.given))


@method("editMessageCaption")
async def edit_caption(call: Call) -> Any:
    """Change the words under a file."""
    standing = _editable(call)
    if not any(kind in standing.told for kind in _FILES):
        raise bad_request("there is no caption in the message to edit")
    return _changed(call, standing, dict.fromkeys(_WORDS) | caption(call, call.given))


@method("editMessageMedia")
async def edit_media(call: Call) -> Any:
    """Change the file of a message."""
    standing = _editable(call)
    item = call.given["media"]
    stored = await call.file(item["type"], item["media"])
    content = {item["type"]: files.described(call.bot.id, stored, kind=item["type"]), **caption(call, item)}
    return _changed(call, standing, dict.fromkeys((*_FILES, *_WORDS)) | content)


@method("editMessageReplyMarkup")
async def edit_markup(call: Call) -> Any:
    """Change the buttons under a message."""
    return _changed(call, _editable(call), {})


@method("deleteMessage")
async def delete_message(call: Call) -> Any:
    """Take a message away."""
    standing = call.own(call.given["message_id"], "message to delete not found")
    if time.time() - standing.told["date"] > DELETABLE:
        raise bad_request("message can't be deleted for everyone")
    _delete(call, [standing.id])
    return True


@method("deleteMessages")
async def delete_messages(call: Call) -> Any:
    """Take several away; those that are not there are passed over."""
    numbers = call.given["message_ids"]
    if not 1 <= len(numbers) <= 100:
        raise bad_request("too many message identifiers specified")
    _delete(call, numbers)
    return True


def _delete(call: Call, numbers: list[int]) -> None:
    chat = call.chat()
    for number in numbers:
        chat.messages.pop(number, None)
    call.bot.touched(chat)


@method("answerCallbackQuery")
async def answer_press(call: Call) -> Any:
    """Say that a press was heard."""
    person = call.bot.open_presses.pop(call.given["callback_query_id"], None)
    if person is None:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(call.given.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    chat = call.bot.chats[person]
    chat.toast = call.given.get("text", "")
    for standing in chat.messages.values():
        standing.pressed.clear()
    call.arrival.to = str(person)
    call.bot.answers.append(call.given)
    del call.bot.answers[:-100]
    call.bot.touched(chat)
    return True
