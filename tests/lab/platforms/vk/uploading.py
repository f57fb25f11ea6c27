"""Methods of files: where they are put, and how they are kept."""

import json
from typing import Any

from lab.platforms.vk.calls import Call, method
from lab.platforms.vk.files import described
from lab.platforms.vk.refusals import invalid


@method("photos.getMessagesUploadServer")
async def photo_server(call: Call) -> Any:
    """Tell where a picture is put."""
    if call.given.get("peer_id"):
        call.talk().may_write()
    path = call.files.open_server(call.bot.id, "photo")
    return {"upload_url": f"{call.ground.url}{path}", "album_id": -64, "user_id": 0, "group_id": call.bot.id}


@method("photos.saveMessagesPhoto")
async def save_photo(call: Call) -> Any:
    """Keep a picture."""
    try:
        tokens = [one["photo"] for one in json.loads(call.given["photo"])]
    except (ValueError, TypeError, KeyError):
        raise invalid("photo is invalid") from None
    if not tokens:
        raise invalid("photos_list is invalid")
    stored = [call.files.save(token, -call.bot.id, ("photo",)) for token in tokens]
    return [described(call.ground.url, one)["photo"] for one in stored]


@method("docs.getMessagesUploadServer")
async def document_server(call: Call) -> Any:
    """Tell where a document, or a word that was spoken, is put."""
    kind = call.given.get("type", "doc")
    if kind not in ("doc", "audio_message"):
        raise invalid("type")
    call.talk().may_write()
    return {"upload_url": f"{call.ground.url}{call.files.open_server(call.bot.id, kind)}"}


@method("docs.save")
async def save_document(call: Call) -> Any:
    """Keep a document."""
    stored = call.files.save(call.given["file"], -call.bot.id, ("doc", "audio_message"))
    stored.name = call.given.get("title") or stored.name
    return described(call.ground.url, stored)
