"""What the Graph API answers beside messages: whose a token is, where news go, files, profiles."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from typing import Any

from lab.people import Person
from lab.platforms.meta.accounts import FIELDS, Bot
from lab.platforms.meta.apps import App
from lab.platforms.meta.files import LIMITS, TYPES, Files
from lab.platforms.meta.refusals import RefusalError, bad_parameter, bad_token
from lab.samples import Sample, face

_PAGE_FIELDS = {"id", "name", "username", "picture", "instagram_business_account", "link", "category"}
_APP_FIELDS = {names[at] for names in FIELDS.values() for at in (0, 1)} - {""} | {
    *("messaging_optins", "messaging_handovers", "standby", "messaging_policy_enforcement", "message_context"),
}
_PERSON = {
    "messenger": {"id", "first_name", "last_name", "name", "profile_pic"},
    "instagram": {
        *("id", "name", "username", "profile_pic", "follower_count", "is_verified_user"),
        *("is_user_follow_business", "is_business_follow_user"),
    },
}


def debug_token(app: App, bots: Mapping[str, Bot], told: str) -> dict[str, Any]:
    """Say what a token is worth."""
    bot = next((one for one in bots.values() if one.token == told), None)
    if bot is None:
        if told == app.token:
            return {"data": {"app_id": app.id, "type": "APP", "is_valid": True, "scopes": []}}
        error = {"code": 190, "message": "Malformed access token"}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    return {
        "data": {
            "app_id": bot.app.id,
            "type": "PAGE",
            "application": "Lab",
            "expires_at": bot.token_expires_at,
            "is_valid": True,
            "profile_id": bot.page_id,
            "scopes": bot.rights,
            "user_id": "1",
        }
    }


def subscriptions(app: App) -> dict[str, Any]:
    """Say where the app's news go."""
    return {"data": [one.told(thing) for thing, one in app.subscriptions.items()]}


async def subscribe(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Have news of one kind sent somewhere."""
    if missing := {"object", "callback_url", "verify_token", "fields"} - given.keys():
        raise bad_parameter(f"The parameter {min(missing)} is required")
    fields = _names(given["fields"])
    if given["object"] not in ("page", "instagram") or not fields <= _APP_FIELDS:
        raise bad_parameter(f"Param fields must be some of {sorted(_APP_FIELDS)}")
    await app.subscribe(given["object"], given["callback_url"], given["verify_token"], sorted(fields))
    return {"success": True}


def unsubscribe(app: App, given: Mapping[str, Any]) -> dict[str, Any]:
    """Have them sent nowhere."""
    app.subscriptions.pop(str(given.get("object")), None)
    app.ground.changed()
    return {"success": True}


def page_app(bot: Bot, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Say or set what of a Page the app is told."""
    if "pages_manage_metadata" not in bot.rights:
        raise RefusalError(200, "Requires pages_manage_metadata permission to manage the object")
    if method == "GET":
        held = {"id": bot.app.id, "name": "Lab", "subscribed_fields": bot.subscribed}
        return {"data": [held] if bot.subscribed else []}
    if method == "POST":
        fields = _names(given.get("subscribed_fields", ""))
        if not fields or not fields <= _APP_FIELDS - {"messaging_seen", "messaging_referral"}:
            raise bad_parameter("Param subscribed_fields is wrong")
        bot.subscribed = sorted(fields)
    else:
        bot.subscribed = []
    bot.ground.changed()
    return {"success": True}


def me(bot: Bot, asked: str) -> dict[str, Any]:
    """Say whose a Page's token is."""
    if unknown := {one.partition("{")[0] for one in _split(asked)} - _PAGE_FIELDS:
        raise bad_parameter(f"Tried accessing nonexisting field ({min(unknown)}) on node type (Page)")
    face_url = bot.ground.url + bot.files.path(bot.picture)
    told: dict[str, Any] = {"id": bot.page_id, "name": bot.name, "picture": {"data": {"url": face_url}}}
    if bot.is_instagram:
        told["instagram_business_account"] = {
            "id": bot.id,
            "username": bot.key,
            "name": bot.name,
            "profile_picture_url": face_url,
        }
    else:
        told["username"] = bot.key
    return told


def set_profile(bot: Bot, method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Say or set how a first talk begins."""
    if method == "GET":
        return {"data": [{"get_started": {"payload": bot.get_started}}] if bot.get_started else []}
    if method == "DELETE":
        bot.get_started = ""
    elif given.keys() - {"get_started", "platform", "persistent_menu", "greeting", "ice_breakers"}:
        raise bad_parameter("Invalid messenger profile")
    else:
        bot.get_started = str(given.get("get_started", {}).get("payload", "")) or bot.get_started
    bot.ground.changed()
    return {"result": "success"}


def person(bot: Bot, files: Files, who: Person, asked: str) -> dict[str, Any]:
    """Say who a person is, once he has written."""
    chat = bot.chats.get(who.id)
    if chat is None or not chat.started:
        raise bad_parameter("Unsupported get request. Object does not exist", 33)
    if unknown := set(_split(asked)) - _PERSON[bot.platform]:
        raise bad_parameter(f"Tried accessing nonexisting field ({min(unknown)})")
    picture = files.add("image", Sample("face.jpg", "image/jpeg", face(who.id)))
    told: dict[str, Any] = {
        "id": who.key,
        "first_name": who.first_name,
        "last_name": who.last_name,
        "name": who.name,
        "username": who.username,
        "profile_pic": bot.ground.url + files.path(picture.number),
        "follower_count": 120,
        "is_verified_user": False,
        "is_user_follow_business": True,
        "is_business_follow_user": False,
    }
    return {name: value for name, value in told.items() if name in {"id", *_split(asked)}}


def attach(bot: Bot, message: Any, platform: str, file: Sample | None) -> dict[str, Any]:
    """Take a file, and give it a name."""
    attachment = message.get("attachment") if isinstance(message, dict) else None
    kind = attachment.get("type") if isinstance(attachment, dict) else None
    if kind not in LIMITS or file is None:
        raise bad_parameter("Upload attachment failure.", 2018047)
    if platform.lower() not in ("", bot.platform):
        raise bad_parameter("Param platform must be one of {INSTAGRAM, MESSENGER}")
    if not file.name.isascii():
        raise bad_parameter("Upload attachment failure: file name", 2018047)
    if len(file.data) > LIMITS[kind] * 1024 * 1024:
        raise bad_parameter("Attachment size exceeds allowable limit", 2018047)
    if bot.is_instagram and file.content_type not in TYPES[kind]:
        raise bad_parameter("Upload attachment failure: file type", 2018047)
    name = str(secrets.randbelow(10**15))
    bot.attachments[name] = bot.files.add(kind, file).number
    return {"attachment_id": name}


def check_proof(bot: Bot, given: str) -> None:
    """Refuse a call whose proof is of another secret."""
    made = hmac.new(bot.app.secret.encode(), bot.token.encode(), hashlib.sha256).hexdigest()
    if given and given != made:
        raise bad_parameter("Invalid appsecret_proof provided in the API argument")


def by_token(bots: Mapping[str, Bot], token: str) -> Bot:
    """Return whose a token is."""
    bot = next((one for one in bots.values() if one.token == token), None)
    if bot is None:
        raise bad_token("Error validating access token: the session has been invalidated")
    return bot


def _names(told: Any) -> set[str]:
    return set(told if isinstance(told, list) else _split(str(told)))


def _split(asked: str) -> list[str]:
    """Divide names at the commas that stand in no braces."""
    names, depth = [""], 0
    for letter in asked:
        depth += (letter == "{") - (letter == "}")
        if letter == "," and not depth:
            names.append("")
        else:
            names[-1] += letter
    return [name for name in names if name]
