"""The demo's Telegram bot: it is there after the first start, and again after the lab or the address has changed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config import demo, demo_lab
from lab.running import Lab, a_lab
from messengers import channels
from messengers.models import Channel
from workspaces.models import User
from workspaces.scope import tenant


@pytest.fixture
def lab(settings: Any) -> Iterator[Lab]:
    with a_lab() as made:
        settings.LAB_URL, settings.BASE_URL = made.url, "http://localhost:8000"
        yield made


@pytest.fixture
def made(db: None) -> demo.Demo:
    return demo.fill(["http://localhost:8010"])


def met(made: demo.Demo) -> demo.Demo:
    """Start, and remember what was connected."""
    found = demo_lab.meet(made)
    assert found
    return replace(made, telegram=found[0])


def test_a_first_start_connects_a_bot_and_names_a_phone(lab: Lab, made: demo.Demo, settings: Any) -> None:
    found = demo_lab.meet(made)
    assert found
    key, path = found
    bot = lab.telegram.bot(demo_lab.USERNAME)
    assert bot
    assert bot.hook_url == f"{settings.BASE_URL}/hooks/telegram/{key}"
    assert path == f"/phone/telegram/{demo_lab.USERNAME}/{next(iter(lab.people.by_id))}"
    with tenant(made.workspace):
        channel = Channel.objects.get(key=key)
        assert (channel.practice, channel.state) == (True, Channel.State.ACTIVE)


def test_an_installation_from_before_the_lab_gets_its_bot_too(lab: Lab, made: demo.Demo, tmp_path: Path) -> None:
    file = tmp_path / "demo.json"
    demo.save(made, file)
    old = json.loads(file.read_text())
    del old["telegram"]
    file.write_text(json.dumps(old))
    known = demo.saved(file)
    assert known
    assert demo_lab.meet(known)


def test_the_bot_follows_to_another_address_and_survives_an_emptied_lab(
    lab: Lab, made: demo.Demo, settings: Any
) -> None:
    known = met(made)
    bot = lab.telegram.bot(demo_lab.USERNAME)
    assert bot
    settings.BASE_URL = "http://localhost:8001"
    assert demo_lab.meet(known)
    assert bot.hook_url == f"http://localhost:8001/hooks/telegram/{known.telegram}"
    with a_lab() as empty:
        settings.LAB_URL = empty.url
        assert demo_lab.meet(known)
        again = empty.telegram.bot(demo_lab.USERNAME)
        assert again
        assert (again.token, again.hook_url) == (bot.token, bot.hook_url)
    with tenant(made.workspace):
        assert Channel.objects.filter(kind="telegram").count() == 1


def test_what_a_person_has_switched_off_or_broken_on_purpose_stays_so(lab: Lab, made: demo.Demo) -> None:
    known = met(made)
    bot = lab.telegram.bot(demo_lab.USERNAME)
    assert bot
    bot.stolen_by("https://thief.example/hook")
    assert demo_lab.meet(known)
    assert bot.hook_url == "https://thief.example/hook"
    with tenant(made.workspace):
        channels.disconnect(Channel.objects.get(key=known.telegram), User.objects.get(email=made.email))
    assert demo_lab.meet(known) is None


def test_without_a_lab_the_start_says_why(made: demo.Demo, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_lab, "_PATIENCE", 0)
    settings.LAB_URL = "http://127.0.0.1:9"
    with pytest.raises(demo_lab.NoLabError, match="refused"):
        demo_lab.meet(made)
