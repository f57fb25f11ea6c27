"""What messengers deliver to our address: theirs is kept before they are told so, and nothing else gets in."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Mapping
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.db import OperationalError, connection

from builders import a_channel, a_workspace
from fake_messenger import Fake, Sink, eventually
from messengers import channels, hook_door, hook_places, hook_threads, hook_writer, inbox, tasks
from messengers.adapter import ChannelFacts, HttpCall
from messengers.models import Channel, InboundUpdate
from workspaces.models import Workspace
from workspaces.scope import tenant

SECRET = {"token": "the-secret"}
SIGNED = {"x-fake-token": "the-secret"}


@pytest.fixture
def channel(workspace: Workspace) -> Channel:
    with tenant(workspace):
        return a_channel("fake", secrets=SECRET)


@pytest.fixture
def announced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The channels of which the workers are told."""
    told: list[int] = []
    monkeypatch.setattr(tasks, "announce", lambda channel_id, workspace_id: told.append(channel_id))
    return told


@pytest.fixture
async def door(announced: list[int]) -> AsyncIterator[httpx.AsyncClient]:
    """A messenger's client in front of our door."""
    transport = httpx.ASGITransport(app=hook_door.HookDoor())
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


def body(number: int = 1, who: str = "anna", **facts: Any) -> dict[str, Any]:
    said = {"id": f"{who}-{number}", "type": "message", "from": who, "at": "2026-05-01T12:00:00+00:00"}
    return {**said, "text": f"text {number}", **facts}


def address(channel: Channel, kind: str = "fake") -> str:
    return f"/hooks/{kind}/{channel.key}"


@sync_to_async
def kept(channel: Channel) -> list[InboundUpdate]:
    with tenant(channel.workspace_id):
        return list(InboundUpdate.objects.filter(channel=channel).order_by("pk"))


async def test_what_is_theirs_is_kept_and_handled(
    door: httpx.AsyncClient, channel: Channel, announced: list[int]
) -> None:
    answer = await door.post(address(channel), json=body(), headers=SIGNED)
    assert (answer.status_code, answer.content) == (200, b"")
    (update,) = await kept(channel)
    assert (update.external_id, update.sender_key, update.body) == ("anna-1", "anna", body())
    assert announced == [channel.pk]


async def test_a_repeat_is_answered_like_the_first_and_kept_once(door: httpx.AsyncClient, channel: Channel) -> None:
    for _ in range(3):
        assert (await door.post(address(channel), json=body(), headers=SIGNED)).status_code == 200
    assert len(await kept(channel)) == 1


async def test_a_stranger_is_refused(door: httpx.AsyncClient, channel: Channel) -> None:
    for headers in ({}, {"x-fake-token": ""}, {"x-fake-token": "guess"}):
        assert (await door.post(address(channel), json=body(), headers=headers)).status_code == 403
    assert await kept(channel) == []


async def test_each_channel_hears_with_its_own_secret_in_its_own_workspace(
    door: httpx.AsyncClient, channel: Channel
) -> None:
    foreign = await sync_to_async(_a_foreign_channel)()
    assert (await door.post(address(foreign), json=body(), headers=SIGNED)).status_code == 403
    signed = {"x-fake-token": "their-secret"}
    assert (await door.post(address(channel), json=body(), headers=signed)).status_code == 403
    assert (await door.post(address(foreign), json=body(), headers=signed)).status_code == 200
    assert await kept(channel) == []
    (update,) = await kept(foreign)
    assert update.workspace_id == foreign.workspace_id != channel.workspace_id


async def test_nobody_lives_at_a_wrong_address(door: httpx.AsyncClient, channel: Channel) -> None:
    for path in (
        "/hooks/",
        "/hooks/fake",
        "/hooks/fake/",
        "/hooks/fake/aaaaaaaaaaaaaaaaaaaa",
        f"/hooks/slow_fake/{channel.key}",
        f"/hooks/nobody/{channel.key}",
        f"/hooks/fake/{channel.key}/more",
        f"/hooks/fake/{channel.pk}",
        "/hooks/fake/%00",
        "/hooks/fake/" + "x" * 5_000,
    ):
        assert (await door.post(path, json=body(), headers=SIGNED)).status_code == 404, path
    assert (await door.delete(address(channel), headers=SIGNED)).status_code == 405


async def test_a_channel_that_is_switched_off_takes_nothing(door: httpx.AsyncClient, channel: Channel) -> None:
    await _change(channel, state=Channel.State.DISCONNECTED)
    assert (await door.post(address(channel), json=body(), headers=SIGNED)).status_code == 404


async def test_a_new_secret_counts_at_once(
    door: httpx.AsyncClient, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_places, "TRUST_AGAIN", 0.0)
    assert (await door.post(address(channel), json=body(1), headers=SIGNED)).status_code == 200
    await _change(channel, secrets={"token": "another"})
    changed = {"x-fake-token": "another"}
    assert (await door.post(address(channel), json=body(2), headers=changed)).status_code == 200
    assert (await door.post(address(channel), json=body(3), headers=SIGNED)).status_code == 403


async def test_strangers_do_not_make_us_ask_the_database(
    door: httpx.AsyncClient, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    really = hook_places._find
    monkeypatch.setattr(hook_places, "_find", lambda kind, key: (asked.append(key), really(kind, key))[1])
    monkeypatch.setattr(hook_places, "TRUST_AGAIN", 60.0)
    monkeypatch.setattr(hook_places, "TRUST", 60.0)
    await asyncio.gather(*[door.post(address(channel), json=body(), headers={}) for _ in range(50)])
    await asyncio.gather(*[door.post("/hooks/fake/aaaaaaaaaaaaaaaaaaaa", json=body()) for _ in range(50)])
    assert sorted(asked) == sorted([channel.key, "aaaaaaaaaaaaaaaaaaaa"])


async def test_who_guesses_at_addresses_does_not_fill_our_queue(
    door: httpx.AsyncClient, channel: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert (await door.post(address(channel), json=body(1), headers=SIGNED)).status_code == 200
    monkeypatch.setattr(hook_places, "LOOKUPS_LIMIT", 1)
    guesses = [door.post(f"/hooks/fake/guess{number:015}", json=body()) for number in range(30)]
    known = door.post(address(channel), json=body(2), headers=SIGNED)
    *statuses, ours = [answer.status_code for answer in await asyncio.gather(*guesses, known)]
    assert set(statuses) == {404, 503}
    assert ours == 200
    assert caplog.text.count("Webhooks cannot be kept") == 1


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "JSONDecodeError"),
        (b"hello", "JSONDecodeError"),
        (b'{"id": 1', "JSONDecodeError"),
        (b"\xff\xfe\x00", "UnicodeDecodeError"),
        (b"[1, 2]", "no object"),
        (b'{"id": NaN}', "NaN is no number"),
        (b'{"id": 1e999}', "Out of range"),
        (b'{"id": 1, "n": ' + b"9" * 5_000 + b"}", "digits"),
        (b'{"id": 1, "a": ' + b"[" * 200 + b"]" * 200 + b"}", "nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "RecursionError"),
    ],
)
async def test_what_was_signed_and_cannot_be_read_is_kept(
    door: httpx.AsyncClient, channel: Channel, raw: bytes, reason: str, announced: list[int]
) -> None:
    for _ in range(2):
        assert (await door.post(address(channel), content=raw, headers=SIGNED)).status_code == 200
    (update,) = await kept(channel)
    assert update.state == InboundUpdate.State.FAILED
    assert reason in update.error
    assert (
        update.body["unreadable"].encode("utf-8", "replace")[:5]
        == raw.decode("utf-8", "replace").replace("\0", "").encode()[:5]
    )
    assert announced == []


@pytest.mark.parametrize(
    "text", ["a\x00b", "\\u0000", "half \ud83d", "\U0001f600", '"', "\\", "\\\\u0000\x00", "\u2028"]
)
async def test_every_text_is_kept(door: httpx.AsyncClient, channel: Channel, text: str) -> None:
    said = json.dumps(body(text=text, **{text: 1}))  # with halves of characters as JSON may write them
    assert (await door.post(address(channel), content=said, headers=SIGNED)).status_code == 200
    (update,) = await kept(channel)
    assert update.body["text"] == text.replace("\x00", "").replace("\ud83d", "\ufffd")


async def test_an_update_without_an_id_is_kept_once(door: httpx.AsyncClient, channel: Channel) -> None:
    for _ in range(2):
        assert (await door.post(address(channel), json={"what": "ever"}, headers=SIGNED)).status_code == 200
    (update,) = await kept(channel)
    assert update.external_id.startswith("digest:")


async def test_too_much_is_refused_before_it_is_held(door: httpx.AsyncClient, channel: Channel) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 65_536

    big = b'{"id": "' + b"x" * 5_000_000 + b'"}'
    assert (await door.post(address(channel), content=big, headers=SIGNED)).status_code == 413
    assert (await door.post(address(channel), content=endless(), headers=SIGNED)).status_code == 413
    assert await kept(channel) == []


async def test_all_that_comes_at_once_is_stored_in_few_transactions(
    door: httpx.AsyncClient, channel: Channel, announced: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    together: list[int] = []
    really = inbox.keep
    monkeypatch.setattr(inbox, "keep", lambda arrivals: (together.append(len(arrivals)), really(arrivals))[1])
    answers = await asyncio.gather(
        *[door.post(address(channel), json=body(number), headers=SIGNED) for number in range(200)]
    )
    assert {answer.status_code for answer in answers} == {200}
    assert len(await kept(channel)) == sum(together) == 200
    assert len(together) < 50


async def test_when_we_cannot_store_the_messenger_shall_repeat(
    door: httpx.AsyncClient, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_arrivals: object) -> list[int]:
        raise OperationalError("the server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "keep", away)
        answer = await door.post(address(channel), json=body(), headers=SIGNED)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert await kept(channel) == []
    assert (await door.post(address(channel), json=body(), headers=SIGNED)).status_code == 200
    assert len(await kept(channel)) == 1


async def test_a_connection_that_died_is_replaced(door: httpx.AsyncClient, channel: Channel, owner_cursor: Any) -> None:
    assert (await door.post(address(channel), json=body(1), headers=SIGNED)).status_code == 200
    await sync_to_async(_let_go)()
    owner_cursor.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'kaskad_app' AND state = 'idle'"
    )
    assert owner_cursor.rowcount > 0
    assert (await door.post(address(channel), json=body(2), headers=SIGNED)).status_code == 200
    assert len(await kept(channel)) == 2


async def test_who_would_wait_too_long_is_told_to_come_again(
    door: httpx.AsyncClient, channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_go = threading.Event()
    really = inbox.keep

    def stuck(arrivals: Any) -> list[int]:
        let_go.wait(20)
        return really(arrivals)

    assert (await door.post(address(channel), json=body(0), headers=SIGNED)).status_code == 200
    monkeypatch.setattr(inbox, "keep", stuck)
    monkeypatch.setattr(hook_threads, "PATIENCE", 0.05)
    monkeypatch.setattr(hook_writer, "WAITING_LIMIT", 20)
    answers = await asyncio.gather(
        *[door.post(address(channel), json=body(number), headers=SIGNED) for number in range(1, 100)]
    )
    assert {answer.status_code for answer in answers} == {503}
    let_go.set()
    monkeypatch.undo()
    for number in range(1, 100):
        assert (await door.post(address(channel), json=body(number), headers=SIGNED)).status_code == 200
    assert len(await kept(channel)) == 100


async def test_a_channel_that_is_being_changed_goes_on_hearing(door: httpx.AsyncClient, channel: Channel) -> None:
    changing, heard = threading.Event(), threading.Event()

    @sync_to_async(thread_sensitive=False)
    def change() -> bool:
        with tenant(channel.workspace_id):
            channels.change(channel, None, name="While the messenger is asked")
            changing.set()
            return heard.wait(20)

    change_of_name = asyncio.create_task(change())
    await asyncio.to_thread(changing.wait, 20)
    assert (await door.post(address(channel), json=body(), headers=SIGNED)).status_code == 200
    heard.set()
    assert await change_of_name


async def test_without_the_broker_the_update_is_kept_all_the_same(
    channel: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise tasks.OperationalError("no broker")

    monkeypatch.setattr(tasks.receive_waiting, "apply_async", away)
    transport = httpx.ASGITransport(app=hook_door.HookDoor())
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        assert (await client.post(address(channel), json=body(), headers=SIGNED)).status_code == 200
    assert len(await kept(channel)) == 1


async def test_the_house_has_the_door(channel: Channel) -> None:
    from config.asgi import application

    transport = httpx.ASGITransport(app=application)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        assert (await client.post(address(channel), json=body(), headers=SIGNED)).status_code == 200
        assert (await client.get("/healthz")).status_code in (200, 503)


async def test_a_handshake_is_answered_in_the_messengers_own_words(door: httpx.AsyncClient, channel: Channel) -> None:
    answer = await door.get(address(channel), params={"challenge": "say-this"}, headers=SIGNED)
    assert (answer.status_code, answer.text) == (200, "say-this")
    assert (await door.get(address(channel), headers=SIGNED)).status_code == 405
    assert await kept(channel) == []


def _a_foreign_channel() -> Channel:
    foreign = a_workspace()
    with tenant(foreign):
        return a_channel("fake", secrets={"token": "their-secret"})


def _let_go() -> None:
    connection.close()


@sync_to_async
def _change(channel: Channel, **fields: Any) -> None:
    with tenant(channel.workspace_id):
        for name, value in fields.items():
            setattr(channel, name, value)
        channel.save()


async def test_what_a_webhooks_own_answer_cannot_say_is_called(
    door: httpx.AsyncClient, channel: Channel, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_self: Fake, _channel: ChannelFacts, told: Mapping[str, Any]) -> HttpCall | None:
        heard = {"to": told["from"], "text": "heard", "key": told["id"]}
        return HttpCall("POST", f"{sink.url}/send", json=heard) if told["type"] == "button" else None

    monkeypatch.setattr(Fake, "answers_apart", True)
    monkeypatch.setattr(Fake, "answer", answer)
    for number, kind in enumerate(("message", "button")):
        said = body(number, type=kind)
        assert (await door.post(address(channel), json=said, headers=SIGNED)).status_code == 200
    await asyncio.to_thread(eventually, lambda: [arrival.key for arrival in sink.arrivals] == ["anna-1"])
