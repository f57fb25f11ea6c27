"""What people wrote while Meta told somebody else, or nobody: read in the account's inbox, and told as webhooks do."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, Steps
from messengers.protocols.meta_messaging.calls import call, result

TALKS = 25  # of one page
PAGES = 20
LATEST = 20  # messages of each talk: Instagram tells of no more
_FIELDS = f"updated_time,messages.limit({LATEST}){{id,created_time,from,message,attachments,shares}}"


class _Party(BaseModel):
    id: str = ""


class _Media(BaseModel):
    url: str = ""


class _File(BaseModel):
    mime_type: str = ""
    image_data: _Media | None = None
    video_data: _Media | None = None
    file_url: str = ""

    def told(self) -> dict[str, Any] | None:
        """Return it as a webhook tells it."""
        if self.image_data and self.image_data.url:
            kind, url = "image", self.image_data.url
        elif self.video_data and self.video_data.url:
            kind, url = "video", self.video_data.url
        else:
            kind, url = "audio" if self.mime_type.startswith("audio/") else "file", self.file_url
        return {"type": kind, "payload": {"url": url}} if url else None


class _Files(BaseModel):
    data: list[_File] = Field(default_factory=list)


class _Share(BaseModel):
    link: str = ""
    name: str = ""


class _Shares(BaseModel):
    data: list[_Share] = Field(default_factory=list)


class _Said(BaseModel):
    id: str
    created_time: datetime
    by: _Party = Field(default_factory=_Party, alias="from")
    message: str = ""
    attachments: _Files = Field(default_factory=_Files)
    shares: _Shares = Field(default_factory=_Shares)

    def told(self) -> dict[str, Any]:
        """Return it as a webhook tells it."""
        files = [told for one in self.attachments.data if (told := one.told())]
        links = [
            {"type": "share", "payload": {"url": one.link, "title": one.name}} for one in self.shares.data if one.link
        ]
        return {"mid": self.id, "text": self.message, "attachments": [*files, *links]}


class _Messages(BaseModel):
    data: list[_Said] = Field(default_factory=list)


class _Talk(BaseModel):
    updated_time: datetime
    messages: _Messages = Field(default_factory=_Messages)


class _Cursors(BaseModel):
    after: str = ""


class _Paging(BaseModel):
    cursors: _Cursors = Field(default_factory=_Cursors)
    next: str = ""


class _Page(BaseModel):
    data: list[_Talk] = Field(default_factory=list)
    paging: _Paging = Field(default_factory=_Paging)


def missed(channel: ChannelFacts, thing: str, platform: str, since: datetime) -> Steps[Sequence[Mapping[str, Any]]]:
    """Return what people wrote from then on. Meta puts the latest talk first."""
    said: list[_Said] = []
    ours = {channel.account, str(channel.settings.get("page_id", "")), ""}
    after: dict[str, str] = {}
    for _ in range(PAGES):
        path = f"{channel.settings.get('page_id', '')}/conversations"
        asked = yield call(
            channel, "GET", path, patience=30, platform=platform, fields=_FIELDS, limit=TALKS, **after
        )  # fmt: skip
        page = _read(result(asked))
        recent = [talk for talk in page.data if talk.updated_time.astimezone(UTC) >= since]
        messages = [one for talk in recent for one in talk.messages.data]
        said += [one for one in messages if one.created_time.astimezone(UTC) >= since and one.by.id not in ours]
        if len(recent) < len(page.data) or not page.paging.next or not page.paging.cursors.after:
            break
        after = {"after": page.paging.cursors.after}
    said.sort(key=lambda one: one.created_time)
    return [_event(channel, thing, one) for one in said]


def _read(body: bytes) -> _Page:
    try:
        return _Page.model_validate_json(body)
    except ValidationError:
        raise ValueError("no_answer") from None


def _event(channel: ChannelFacts, thing: str, one: _Said) -> Mapping[str, Any]:
    at = int(one.created_time.timestamp() * 1000)
    event = {"sender": {"id": one.by.id}, "recipient": {"id": channel.account}, "timestamp": at, "message": one.told()}
    return {"object": thing, "entry": [{"id": channel.account, "time": at, "messaging": [event]}]}
