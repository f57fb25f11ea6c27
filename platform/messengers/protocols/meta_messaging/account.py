"""Whose a Page's token is, and whether it may do what we need."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, Connected, Steps
from messengers.content import AttachmentKind
from messengers.protocols.graph import error
from messengers.protocols.meta_messaging.calls import app_call, app_id, call, result
from messengers.updates import RemoteFile

_Model = TypeVar("_Model", bound=BaseModel)

_PAGE = "id,name,username,picture{url},instagram_business_account{id,username,name,profile_picture_url}"


class _Token(BaseModel):
    app_id: str = ""
    type: str = ""
    is_valid: bool = False
    expires_at: int = Field(default=0, ge=0, le=10**11)
    scopes: list[str] = Field(default_factory=list)


class _Debugged(BaseModel):
    data: _Token


class _Url(BaseModel):
    url: str = ""


class _Picture(BaseModel):
    data: _Url = Field(default_factory=_Url)


class _Instagram(BaseModel):
    id: str
    username: str = ""
    name: str = ""
    profile_picture_url: str = ""


class _Page(BaseModel):
    id: str
    name: str = ""
    username: str = ""
    picture: _Picture = Field(default_factory=_Picture)
    instagram_business_account: _Instagram | None = None


def page(channel: ChannelFacts, rights: Sequence[str]) -> Steps[Connected]:
    """Ask which Page the token is of; ValueError for one that may not do what we need."""
    told, expiry = yield from _told(channel, rights)
    facts = {"page_id": told.id, "page_name": told.name, "username": told.username, "token_expires_at": expiry}
    return Connected(told.name, facts, _picture(told.picture.data.url), told.id)


def instagram(channel: ChannelFacts, rights: Sequence[str]) -> Steps[Connected]:
    """Ask which Instagram account belongs to the token's Page."""
    told, expiry = yield from _told(channel, rights)
    account = told.instagram_business_account
    if account is None:
        raise ValueError("no_instagram_account")
    facts = {"page_id": told.id, "page_name": told.name, "account_id": account.id, "username": account.username}
    facts["token_expires_at"] = expiry
    return Connected(account.name or account.username, facts, _picture(account.profile_picture_url), account.id)


def _told(channel: ChannelFacts, rights: Sequence[str]) -> Steps[tuple[_Page, str]]:
    """Return the Page, and when its token dies: one that was made of a person's short one does so within hours."""
    reply = yield app_call(channel, "GET", "debug_token", input_token=channel.secrets["token"])
    refusal = error(reply) if reply.status != 200 else None
    if refusal is not None and refusal.code in (101, 190):
        raise ValueError("wrong_app_secret")
    token = _read(_Debugged, result(reply)).data
    if not token.is_valid:
        raise ValueError("wrong_token")
    if token.app_id != app_id(channel):
        raise ValueError("token_of_another_app")
    if token.type != "PAGE":
        raise ValueError("no_page_token")
    for right in rights:
        if right not in token.scopes:
            raise ValueError(f"missing_{right}")
    page = _read(_Page, result((yield call(channel, "GET", "me", fields=_PAGE))))
    return page, datetime.fromtimestamp(token.expires_at, UTC).isoformat() if token.expires_at else ""


def _read(model: type[_Model], body: bytes) -> _Model:
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise ValueError("no_answer") from None


def _picture(address: str) -> RemoteFile | None:
    return RemoteFile(AttachmentKind.IMAGE, address) if address else None
