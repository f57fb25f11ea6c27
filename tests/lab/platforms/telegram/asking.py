"""Methods that ask: who the bot and people are, what files are called, where updates go."""

import re
from typing import Any
from urllib.parse import urlsplit

from lab.platforms.telegram import files
from lab.platforms.telegram.calls import Call, method
from lab.platforms.telegram.refusals import bad_request
from lab.platforms.telegram.updates import Hook
from lab.samples import face

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


@method("getMe")
async def get_me(call: Call) -> Any:
    """Say who the bot is."""
    return call.bot.told() | {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


@method("getChat")
async def get_chat(call: Call) -> Any:
    """Say who a person is."""
    chat = call.chat()
    more = {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": _NO_GIFTS}
    return chat.told() | more


_NO_GIFTS = dict.fromkeys(
    ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"), False
)


@method("getUserProfilePhotos")
async def get_photos(call: Call) -> Any:
    """Return the pictures of a person, or of the bot itself."""
    asked = call.given["user_id"]
    stored = call.files.by_number.get(call.bot.picture) if asked == call.bot.id else None
    if asked in call.bot.chats:
        stored = call.files.add("photo", f"{asked}.jpg", "image/jpeg", face(asked))
    photos = [files.described(call.bot.id, stored, kind="photo")] if stored else []
    return {"total_count": len(photos), "photos": photos}


@method("getFile")
async def get_file(call: Call) -> Any:
    """Say where a file is fetched from."""
    stored = call.files.named(call.bot.id, call.given["file_id"])
    if len(stored.data) > files.DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    return {
        "file_id": call.given["file_id"],
        "file_unique_id": stored.unique_id,
        "file_size": len(stored.data),
        "file_path": stored.path,
    }


@method("getMyCommands")
async def get_commands(call: Call) -> Any:
    """Return the bot's menu."""
    return call.bot.commands


@method("setMyCommands")
async def set_commands(call: Call) -> Any:
    """Set the bot's menu."""
    if any(not re.fullmatch(r"[a-z0-9_]{1,32}", one["command"]) for one in call.given["commands"]):
        raise bad_request("BOT_COMMAND_INVALID")
    call.bot.commands = call.given["commands"]
    return True


@method("deleteMyCommands")
async def delete_commands(call: Call) -> Any:
    """Take the bot's menu away."""
    call.bot.commands = []
    return True


@method("getMyName")
async def get_name(call: Call) -> Any:
    """Return the bot's name."""
    return {"name": call.bot.name}


@method("setMyName")
async def set_name(call: Call) -> Any:
    """Change the bot's name."""
    call.bot.name = call.given.get("name") or call.bot.name
    call.ground.changed()
    return True


@method("logOut", "close")
async def leave(_call: Call) -> Any:
    """Leave the server: nothing comes of it here."""
    return True


@method("setWebhook")
async def set_webhook(call: Call) -> Any:
    """Have updates posted to an address."""
    given = call.given
    if not given.get("url"):
        return await delete_webhook(call)
    _check_address(given["url"])
    secret = given.get("secret_token", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret):
        raise bad_request("secret token contains unallowed characters")
    updates = call.bot.updates
    hook = Hook(
        url=given["url"],
        secret=secret,
        max_connections=min(100, max(1, given.get("max_connections", 40))),
        allowed=given.get("allowed_updates", updates.hook.allowed),
        ip="127.0.0.1",
    )
    call.note = "Webhook is already set" if updates.hook.url == hook.url else "Webhook was set"
    if given.get("drop_pending_updates"):
        updates.pending.clear()
    updates.hook = hook
    updates.wake()
    call.ground.changed()
    return True


def _check_address(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise bad_request("invalid webhook URL specified")
    if parts.hostname in _LOOPBACK:
        return  # what Telegram could never reach is what the lab alone reaches
    if parts.scheme != "https":
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")
    if (parts.port or 443) not in (80, 88, 443, 8443):
        raise bad_request("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")


@method("deleteWebhook")
async def delete_webhook(call: Call) -> Any:
    """Stop posting updates."""
    updates = call.bot.updates
    call.note = "Webhook was deleted" if updates.hook.url else "Webhook is already deleted"
    updates.hook = Hook(allowed=updates.hook.allowed)
    if call.given.get("drop_pending_updates"):
        updates.pending.clear()
    updates.wake()
    call.ground.changed()
    return True


@method("getWebhookInfo")
async def get_webhook_info(call: Call) -> Any:
    """Say where updates are posted, and how that goes."""
    updates, hook = call.bot.updates, call.bot.updates.hook
    told: dict[str, Any] = {
        "url": hook.url,
        "has_custom_certificate": False,
        "pending_update_count": len(updates.pending),
    }
    if hook.last_error:
        told |= {"last_error_date": hook.last_error_at, "last_error_message": hook.last_error}
    if hook.url:
        told |= {"max_connections": hook.max_connections, "ip_address": hook.ip or "127.0.0.1"}
    return told | ({"allowed_updates": hook.allowed} if hook.allowed else {})


@method("getUpdates")
async def get_updates(call: Call) -> Any:
    """Hand over updates, waiting for them if asked to."""
    given, updates = call.given, call.bot.updates
    if "allowed_updates" in given:
        updates.hook.allowed = given["allowed_updates"] or None
    limit = min(100, max(1, given.get("limit", 100)))
    return await updates.fetch(given.get("offset", 0), limit, min(50, max(0, given.get("timeout", 0))))
