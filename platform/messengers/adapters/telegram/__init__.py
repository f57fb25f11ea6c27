"""Telegram bots. `inbox` parses what the webhook or the listener stored, `driver` runs the calls."""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from messengers.adapter import (
    Capabilities,
    ChannelFacts,
    Connected,
    HookState,
    HttpCall,
    IncomingRequest,
    Messenger,
    News,
    Outcome,
    Outgoing,
    Profile,
    Rate,
    RefusedError,
    Steps,
)
from messengers.adapters.telegram import sending, updates
from messengers.adapters.telegram.calls import call, download, read, result
from messengers.content import AttachmentKind, Content
from messengers.statuses import Status
from messengers.updates import RemoteFile, Update

_MB = 1024 * 1024
_VISUAL = frozenset({AttachmentKind.IMAGE, AttachmentKind.VIDEO})

CAPABILITIES = Capabilities(
    text=4096,
    caption=1024,
    markup=True,
    attachments={
        AttachmentKind.IMAGE: 10 * _MB,
        AttachmentKind.VIDEO: 50 * _MB,
        AttachmentKind.AUDIO: 50 * _MB,
        AttachmentKind.VOICE: 50 * _MB,
        AttachmentKind.DOCUMENT: 50 * _MB,
    },
    attachments_per_message=10,
    albums=(_VISUAL, frozenset({AttachmentKind.AUDIO}), frozenset({AttachmentKind.DOCUMENT})),
    album_buttons=False,
    reply_buttons=100,
    url_buttons=True,
    share_phone=True,
    share_location=True,
    location=True,
    rate=Rate(30),
    per_chat=Rate(1),
    receipts=(Status.SENT,),
    edits=True,
    deletes=True,
    deletes_within=48,
    polls=True,
    reuses_files=True,
)
PAID_RATE = Rate(1000)

# Why keys are refused, a webhook cannot be set, or news cannot be fetched. The pages have words for each.
REASONS = (
    *("malformed_token", "wrong_token", "no_answer", "too_many_requests", "hook_refused"),
    *("another_poller", "hook_set", "file_gone"),
)


class TelegramSettings(BaseModel):
    """What may be known of a bot. The first three it tells itself."""

    model_config = ConfigDict(extra="ignore")

    bot_id: int = 0
    username: str = ""
    bot_name: str = ""
    link_previews: bool = True
    paid_broadcasts: bool = False


class TelegramSecrets(BaseModel):
    """What @BotFather gave."""

    token: str = Field(pattern=r"^\d{3,20}:[A-Za-z0-9_-]{30,64}$")


class _Bot(BaseModel):
    id: int
    first_name: str
    username: str = ""


class _Webhook(BaseModel):
    url: str = ""
    pending_update_count: int = 0
    last_error_date: int = 0
    last_error_message: str = ""


class _Chat(BaseModel):
    first_name: str = ""
    last_name: str = ""
    username: str = ""
    bio: str = ""
    birthdate: dict[str, int] | None = None


class _Size(BaseModel):
    file_id: str
    file_size: int = 0


class _File(BaseModel):
    file_path: str = ""


class _Photos(BaseModel):
    photos: list[list[_Size]] = Field(default_factory=list)


class Telegram(Messenger):
    """A bot of Telegram."""

    kind: ClassVar[str] = "telegram"
    name: ClassVar[str] = "Telegram"
    capabilities: ClassVar[Capabilities] = CAPABILITIES
    Settings: ClassVar[type[BaseModel]] = TelegramSettings
    Secrets: ClassVar[type[BaseModel] | None] = TelegramSecrets

    # ---- out

    def rate(self, channel: ChannelFacts) -> Rate:
        """Return 30 a second, or a thousand for a bot that pays for it."""
        return PAID_RATE if channel.settings.get("paid_broadcasts") else self.capabilities.rate

    def weight(self, content: Content) -> int:
        """Return how many messages a part is: each file of an album is one."""
        return max(1, len(content.attachments))

    def send(self, channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
        """Deliver one message."""
        return sending.send(channel, message)

    def edit(self, channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
        """Change a message that was sent."""
        return sending.edit(channel, message, external_id)

    def delete(self, channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
        """Take back a message that was sent: Telegram lets a bot do so for two days."""
        return sending.delete(channel, to, external_id)

    # ---- the account

    def account(self, channel: ChannelFacts) -> Steps[Connected]:
        """Ask whose the token is; nothing is changed."""
        bot = _Bot.model_validate(result((yield call(channel, "getMe", patience=10))))
        picture = yield from _picture(channel, bot.id)
        told = {"bot_id": bot.id, "username": bot.username, "bot_name": bot.first_name}
        return Connected(bot.first_name, told, picture, str(bot.id))

    def connect(self, channel: ChannelFacts) -> Steps[Connected]:
        """Have updates delivered to our webhook, or to nobody where they are fetched."""
        account = yield from self.account(channel)
        if channel.polls:
            result((yield call(channel, "deleteWebhook", patience=10)))
            return account
        reply = yield call(
            channel, "setWebhook", patience=10, url=channel.hook_url, secret_token=_hook_secret(channel),
            allowed_updates=list(updates.ALLOWED), max_connections=40,
        )  # fmt: skip
        if reply.status == 400:
            raise ValueError("hook_refused")
        result(reply)
        return account

    def disconnect(self, channel: ChannelFacts) -> Steps[None]:
        """Take the webhook down, if it is ours. A token that is dead has none."""
        try:
            hook = yield from self.hook(channel)
        except ValueError:
            return
        if hook is not None and hook.is_ours:
            yield call(channel, "deleteWebhook", patience=10)

    def hook(self, channel: ChannelFacts) -> Steps[HookState | None]:
        """Ask where updates are delivered."""
        told = _Webhook.model_validate(result((yield call(channel, "getWebhookInfo", patience=10))))
        at = datetime.fromtimestamp(told.last_error_date, UTC) if told.last_error_date else None
        is_ours = not told.url if channel.polls else told.url == channel.hook_url
        return HookState(told.url, is_ours, told.pending_update_count, told.last_error_message, at)

    # ---- in

    def verify(self, channel: ChannelFacts, request: IncomingRequest) -> None:
        """Refuse what does not bear the secret that we gave with the webhook."""
        given = {name.lower(): value for name, value in request.headers.items()}.get(
            "x-telegram-bot-api-secret-token", ""
        )
        if not hmac.compare_digest(given.encode(), _hook_secret(channel).encode()):
            raise RefusedError("wrong_secret")

    def update_id(self, body: Mapping[str, Any]) -> str:
        """Return Telegram's number of an update."""
        number = body["update_id"]
        if type(number) is not int:
            raise ValueError("update_id is no number")
        return str(number)

    def sender_key(self, body: Mapping[str, Any]) -> str:
        """Return whom an update is from."""
        return updates.sender_key(body)

    def parse(self, channel: ChannelFacts, body: Mapping[str, Any]) -> Sequence[Update]:
        """Return what an update says."""
        return updates.parse(body)

    def poll(self, channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
        """Fetch updates. `cursor` is the number of the first one that is new; asking for it confirms those before."""
        reply = yield call(
            channel, "getUpdates", patience=seconds + 10, offset=int(cursor) if cursor else None,
            timeout=int(seconds), limit=100, allowed_updates=list(updates.ALLOWED),
        )  # fmt: skip
        if reply.status == 409:
            answer = read(reply)
            raise ValueError("hook_set" if answer and "webhook" in answer.description.lower() else "another_poller")
        bodies = [dict(one) for one in result(reply)]
        last = max((int(one["update_id"]) for one in bodies), default=None)
        return News(bodies, cursor if last is None else str(last + 1))

    def answer(self, channel: ChannelFacts, body: Mapping[str, Any]) -> HttpCall | None:
        """Say that a press was heard, or the button would go on turning."""
        press = body.get("callback_query")
        if not isinstance(press, dict) or not isinstance(press.get("id"), str):
            return None
        return call(channel, "answerCallbackQuery", callback_query_id=press["id"])

    def acknowledge(self, channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
        """Say the same in the answer to the webhook, which saves the call."""
        try:
            body = json.loads(request.body)
        except ValueError:
            return None
        said = self.answer(channel, body) if isinstance(body, dict) else None
        if said is None:
            return None
        return 200, json.dumps({"method": "answerCallbackQuery", **said.json}).encode(), "application/json"

    def locate(self, channel: ChannelFacts, ref: str) -> Steps[HttpCall]:
        """Ask where a file lies."""
        told = result((yield call(channel, "getFile", file_id=ref)))
        file = _File.model_validate(told)
        if not file.file_path:
            raise ValueError("file_gone")
        return download(channel, file.file_path)

    def profile(self, channel: ChannelFacts, external_id: str) -> Steps[Profile | None]:
        """Ask who a person is, and for his picture."""
        chat = _Chat.model_validate(result((yield call(channel, "getChat", chat_id=int(external_id)))))
        told = {"username": chat.username, "bio": chat.bio, "birthdate": chat.birthdate}
        picture = yield from _picture(channel, int(external_id))
        name = f"{chat.first_name} {chat.last_name}".strip()
        return Profile(name, extra={fact: value for fact, value in told.items() if value}, picture=picture)

    def deep_link(self, channel: ChannelFacts, payload: str) -> str | None:
        """Return an address that opens the bot; Start then brings the payload."""
        username = channel.settings.get("username")
        return f"https://t.me/{username}" + (f"?start={payload}" if payload else "") if username else None


def _picture(channel: ChannelFacts, user_id: int) -> Steps[RemoteFile | None]:
    """Ask for a person's or a bot's picture. That there is none must not keep anybody from anything."""
    reply = yield call(channel, "getUserProfilePhotos", patience=10, user_id=user_id, limit=1)
    try:
        photos = _Photos.model_validate(result(reply)).photos
    except (ValueError, ValidationError):
        return None
    if not photos or not photos[0]:
        return None
    size = photos[0][-1]
    return RemoteFile(AttachmentKind.IMAGE, size.file_id, size=size.file_size)


def _hook_secret(channel: ChannelFacts) -> str:
    """Return the secret that Telegram shows with each webhook: made of the token, so a new token makes a new one."""
    key = channel.secrets["token"].encode()
    return hmac.new(key, f"hook/{channel.key}".encode(), hashlib.sha256).hexdigest()
