"""What the lab does when it is told to misbehave, what its account says of it, and what it remembers."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import pytest
from aiohttp import web

from lab.platforms.telegram.bots import Bot
from lab.platforms.telegram.phones import Phone
from lab.running import Lab, a_lab

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bot(lab: Lab) -> Bot:
    return lab.telegram.new_bot("Shop", rate=None)


@pytest.fixture
def phone(lab: Lab, bot: Bot) -> Phone:
    phone = bot.phone(lab.telegram.person("Анна"))
    phone.start()
    return phone


def send(phone: Phone, text: str) -> httpx.Response:
    url = f"{phone.ground.url}/telegram/bot{phone.bot.token}/sendMessage"
    return httpx.post(url, json={"chat_id": phone.person.id, "text": text}, timeout=10)


@pytest.mark.parametrize(
    ("kind", "how", "answer", "arrived", "fate"),
    [
        ("too_many", {"seconds": 7}, 429, False, "answered"),
        ("server_error", {"status": 503}, 503, False, "answered"),
        ("slow", {"seconds": 0.1}, 200, True, "answered"),
        ("drop_before", {}, None, False, "dropped"),
        ("drop_unhandled", {}, None, False, "dropped"),
        ("drop_after", {"seconds": 0}, None, True, "dropped"),
    ],
)
def test_one_call_meets_each_switch_and_the_next_does_not(
    lab: Lab, phone: Phone, kind: str, how: dict[str, Any], answer: int | None, arrived: bool, fate: str
) -> None:
    lab.misbehaves(kind, bot=phone.bot, method="sendMessage", times=1, **how)
    if answer is None:
        with pytest.raises(httpx.HTTPError):
            send(phone, "раз")
    else:
        reply = send(phone, "раз")
        assert reply.status_code == answer
        if kind == "too_many":
            assert reply.json()["parameters"] == {"retry_after": 7}
    assert phone.texts() == (["раз"] if arrived else [])
    assert [one.fate for one in lab.account.find(phone.bot)] == [fate]
    assert send(phone, "два").status_code == 200
    assert lab.account.texts(phone.bot, phone.person) == (["раз", "два"] if arrived else ["два"])


def test_a_share_of_calls_is_the_same_for_the_same_seed(lab: Lab, phone: Phone) -> None:
    def fates() -> list[int]:
        switch = lab.misbehaves("server_error", share=0.5, seed=7)
        codes = [send(phone, "?").status_code for _ in range(20)]
        lab.misbehaviour.remove(switch.number)
        return codes

    first = fates()
    assert set(first) == {200, 502}
    assert fates() == first


def test_a_switch_for_one_person_leaves_the_others_alone(lab: Lab, phone: Phone, bot: Bot) -> None:
    other = bot.phone(lab.telegram.person("Олег"))
    other.start()
    lab.misbehaves("too_many", person=phone.person)
    assert send(phone, "раз").status_code == 429
    assert send(other, "раз").status_code == 200
    lab.behaves()
    assert send(phone, "раз").status_code == 200


def test_the_account_tells_what_came_twice_also_to_other_processes(lab: Lab, phone: Phone) -> None:
    for text in ("раз", "два", "раз"):
        send(phone, text)
    key = (phone.bot.username, str(phone.person.id), "раз")
    assert lab.account.twice() == {key: 2}
    told = httpx.get(f"{lab.url}/api/account", params={"bot": phone.bot.username, "after": 1}).json()
    assert (told["calls"], told["sent"], told["open"]) == (3, 3, 0)
    assert [one["text"] for one in told["arrivals"]] == ["два", "раз"]
    assert told["twice"][0]["times"] == 2


@asynccontextmanager
async def a_hook(bot: Bot) -> AsyncIterator[list[str]]:
    """A program that takes the bot's updates, and what they said."""
    said: list[str] = []

    async def take(request: web.Request) -> web.StreamResponse:
        said.append((await request.json())["message"]["text"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with aiohttp.ClientSession() as client:
        await client.post(f"{bot.ground.url}/telegram/bot{bot.token}/setWebhook", json={"url": url})
    yield said
    await runner.cleanup()


@pytest.mark.parametrize(
    ("kind", "comes"),
    [
        ("hook_lost", ["два", "три"]),
        ("hook_doubled", ["раз", "раз", "два", "три"]),
        ("hook_out_of_order", ["два", "три", "раз"]),
        ("hook_late", ["два", "три", "раз"]),
    ],
)
async def test_webhooks_misbehave(lab: Lab, bot: Bot, kind: str, comes: list[str]) -> None:
    phone = bot.phone(lab.telegram.person("Анна"))
    lab.misbehaves(kind, bot=bot, times=1, seconds=0.5)
    async with a_hook(bot) as said:
        for text in ("раз", "два", "три"):
            phone.writes(text)
        while len(said) < len(comes) or bot.waiting:
            await asyncio.sleep(0.01)
    assert said == comes


async def test_a_flood_is_posted_in_order_for_each_person(lab: Lab, bot: Bot) -> None:
    phones = [bot.phone(lab.telegram.person(f"Человек {number}")) for number in range(50)]
    async with a_hook(bot) as said:
        for number in range(20):
            for phone in phones:
                phone.writes(f"{phone.person.id} {number:02}")
        while len(said) < 1000:
            await asyncio.sleep(0.01)
    for phone in phones:
        own = [text for text in said if text.startswith(str(phone.person.id))]
        assert own == sorted(own)


def test_bots_and_people_are_there_after_a_restart_and_no_number_comes_twice(tmp_path: Path) -> None:
    file = tmp_path / "lab.json"
    with a_lab(file) as lab:
        bot = lab.telegram.new_bot("Shop")
        phone = bot.phone(lab.telegram.person("Анна", language="en"))
        phone.start()
        last = phone.writes("before")
        token, update = bot.token, bot.updates.next_id
    with a_lab(file) as lab:
        again = lab.telegram.bot(bot.username)
        assert again
        assert again.token == token
        anna = lab.people.find(phone.person.id)
        assert anna == phone.person
        assert again.phone(anna).writes("after") > last
        assert again.updates.next_id > update
        assert send(again.phone(anna), "you were here before").status_code == 200
    assert file.stat().st_mode & 0o077 == 0


def test_it_runs_as_a_program_and_makes_bots_when_asked(tmp_path: Path) -> None:
    command = [sys.executable, "tests/lab/server.py", "--port", "0", "--state", str(tmp_path / "lab.json")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1].rstrip("/")
        made = httpx.post(f"{url}/api/bots", json={"name": "Shop", "username": "zerno_bot"}).json()
        same = httpx.post(f"{url}/api/bots", json={"username": "zerno_bot"}).json()
        assert made["token"] == same["token"]
        path = httpx.post(f"{url}/api/phones", json={"bot": "zerno_bot", "person": "Анна"}).json()["path"]
        assert httpx.get(f"{url}{path}").status_code == 200
        assert httpx.get(f"{url}/telegram/bot{made['token']}/getMe").json()["result"]["username"] == "zerno_bot"
        strange = httpx.post(f"{url}/api/bots", json={"name": "x"}, headers={"Origin": "https://evil.example"})
        assert strange.status_code == 403
        process.terminate()
        assert process.wait(10) == 0
    # Whoever has lost the lab's file, but not his token, has his bot back.
    command[-1] = str(tmp_path / "other.json")
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().split()[-1].rstrip("/")
        back = httpx.post(f"{url}/api/bots", json={"username": "zerno_bot", "token": made["token"]}).json()
        assert (back["token"], back["id"]) == (made["token"], made["id"])
        process.terminate()
