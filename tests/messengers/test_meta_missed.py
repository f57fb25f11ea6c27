"""What Messenger's and Instagram's inboxes tell of messages that no webhook has brought."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from messengers import registry
from messengers.adapter import ChannelFacts, HttpCall, Messenger, Reply, Steps
from messengers.content import AttachmentKind
from messengers.updates import MessageReceived

PAGE, ACCOUNT, PERSON = "1010", "17841400000000001", "7001"
SECRETS = {"token": "EAA" + "x" * 40, "app_secret": "0" * 32}
SETTINGS = {"app_id": "123456", "page_id": PAGE, "account_id": ACCOUNT}
MONDAY = datetime(2026, 5, 4, 12, tzinfo=UTC)


def run(steps: Steps[Any], *replies: Reply) -> tuple[list[HttpCall], Any]:
    made: list[HttpCall] = []
    left = iter(replies)
    try:
        call = next(steps)
        while True:
            assert isinstance(call, HttpCall)
            made.append(call)
            call = steps.send(next(left))
    except StopIteration as end:
        return made, end.value


def facts(adapter: Messenger) -> ChannelFacts:
    account = ACCOUNT if adapter.kind == "instagram" else PAGE
    return ChannelFacts("key", SETTINGS, SECRETS, "https://kaskad.example/hooks/x/key", account=account)


def message(number: int, at: str, by: str = PERSON, **more: Any) -> dict[str, Any]:
    return {"id": f"m_{number}", "created_time": f"2026-05-04T{at}:00+0000", "from": {"id": by}, **more}


def page(*messages: Mapping[str, Any], more: bool = False, updated: str = "13:00") -> Reply:
    talk = {"id": "t_1", "updated_time": f"2026-05-04T{updated}:00+0000", "messages": {"data": messages}}
    paging = {"cursors": {"before": "b", "after": "a"}} | ({"next": "https://graph.facebook.com/next"} if more else {})
    return Reply(200, json.dumps({"data": [talk], "paging": paging}).encode())


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_what_was_missed_is_read_in_the_inbox_and_told_as_webhooks_in_order(kind: str) -> None:
    adapter = registry.messenger(kind)
    channel = facts(adapter)
    files = {
        "data": [
            {"mime_type": "image/jpeg", "image_data": {"url": "https://cdn.example/1.jpg", "width": 1}},
            {"mime_type": "video/mp4", "video_data": {"url": "https://cdn.example/2.mp4"}},
            {"mime_type": "audio/mp4", "file_url": "https://cdn.example/3.m4a"},
            {"mime_type": "application/pdf", "file_url": "https://cdn.example/4.pdf"},
            {"mime_type": "?"},
        ]
    }
    shared = {"data": [{"link": "https://ex.am/post", "name": "Пост"}]}
    first = page(
        message(4, "12:40", by=channel.account, message="Сто"),
        message(3, "12:30", message="", shares=shared),
        message(2, "12:20", message="", attachments=files),
        message(1, "11:59", message="раньше"),
        more=True,
    )
    second = page(message(5, "12:10", by="7002", message="Цена?"))
    made, bodies = run(adapter.missed(channel, MONDAY), first, second)
    asked = [parse_qs(urlsplit(call.url).query) for call in made]
    assert [urlsplit(call.url).path for call in made] == [f"/v23.0/{PAGE}/conversations"] * 2
    assert [one["platform"] for one in asked] == [[kind]] * 2
    assert ["after" in one for one in asked] == [False, True]
    heard = [one for body in bodies for one in adapter.parse(channel, body)]
    assert all(isinstance(one, MessageReceived) for one in heard)
    told = [(one.external_id, one.sender.external_id, one.content and one.content.text) for one in heard]
    assert told == [("m_5", "7002", "Цена?"), ("m_2", PERSON, None), ("m_3", PERSON, "↪ Пост https://ex.am/post")]
    kinds = [AttachmentKind.IMAGE, AttachmentKind.VIDEO, AttachmentKind.AUDIO, AttachmentKind.DOCUMENT]
    assert [file.kind for file in heard[1].files] == kinds
    assert adapter.update_id(bodies[0]) == "message:m_5", "as a webhook's would be: it comes in once"
    assert adapter.account_of(bodies[0]) == channel.account


def test_older_talks_are_not_asked_for_and_no_more_than_twenty_pages() -> None:
    adapter = registry.messenger("messenger")
    made, bodies = run(adapter.missed(facts(adapter), MONDAY), page(message(1, "11:00"), more=True, updated="11:00"))
    assert (len(made), bodies) == (1, [])
    made, _bodies = run(adapter.missed(facts(adapter), MONDAY), *[page(more=True)] * 20)
    assert len(made) == 20


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(400, b'{"error": {"code": 190}}'), "wrong_token"),
        (Reply(403, b'{"error": {"code": 200}}'), "rights_missing"),
        (Reply(400, b'{"error": {"code": 613}}'), "too_many_requests"),
        (Reply(502, b"<html>"), "no_answer"),
        (Reply(200, b'{"data": [{"id": 1}]}'), "no_answer"),
        (Reply(200, b"[]"), "no_answer"),
    ],
)
def test_why_what_was_missed_is_not_told(reply: Reply, reason: str) -> None:
    adapter = registry.messenger("messenger")
    with pytest.raises(ValueError, match=reason):
        run(adapter.missed(facts(adapter), MONDAY), reply)
