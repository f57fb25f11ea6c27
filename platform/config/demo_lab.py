"""The demo's Telegram: a bot of the lab, connected to the demo workspace. Called by `manage.py up` when all parts run.

The lab forgets nothing and Kaskad forgets nothing, but either may be emptied without the other, and addresses change.
"""

import json
import time
import urllib.error
import urllib.request
from typing import Any

from django.conf import settings as installation

from config.demo import Demo
from messengers import channels
from messengers.models import Channel
from workspaces.models import Workspace
from workspaces.scope import tenant

USERNAME = "zerno_demo_bot"
PERSON = "Мария Новикова"
_PATIENCE = 15.0  # seconds until the lab must answer


class NoLabError(Exception):
    """The lab does not answer, or not as a lab."""


def meet(demo: Demo) -> tuple[str, str] | None:
    """Connect the demo to its bot, and return the key of the channel and the path of a phone.

    None if a person has switched the channel off or taken it away: then it stays so.
    """
    if not Workspace.objects.filter(pk=demo.workspace).exists():
        return None
    with tenant(demo.workspace):
        channel = Channel.objects.filter(key=demo.telegram).first() if demo.telegram else None
        if demo.telegram and (channel is None or channel.state == Channel.State.DISCONNECTED):
            return None
        channel = _brought_back(channel) if channel is not None else _connected()
        phone = _ask("/api/phones", {"bot": channel.settings["username"], "person": PERSON})
    return channel.key, str(phone["path"])


def _connected() -> Channel:
    bot = _ask("/api/bots", {"name": "Кофейня «Зерно»", "username": USERNAME})
    return channels.connect("telegram", "Telegram (лаборатория)", {}, bot["credentials"], None, practice=True)


def _brought_back(channel: Channel) -> Channel:
    """Let the bot be there, and its news come to where we are now."""
    token, username = channel.secrets["token"], channel.settings["username"]
    bot = _ask("/api/bots", {"name": "Кофейня «Зерно»", "username": username, "token": token})
    ours = channels.facts(channel).hook_url
    moved = not channel.polls and bot["hook"] != ours and _is_kaskads(bot["hook"])
    return channels.reconnect(channel, None) if moved and bot["token"] == token else channel


def _is_kaskads(hook: str) -> bool:
    return not hook or "/hooks/telegram/" in hook  # one that somebody stole in the lab stays stolen


def _ask(path: str, body: dict[str, Any]) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - the address is our own setting
        f"{installation.LAB_URL}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
                return dict(json.load(answer))
        except urllib.error.HTTPError as refusal:
            raise NoLabError(f"{path}: {refusal}") from refusal
        except (OSError, ValueError) as error:
            if time.monotonic() > deadline:
                raise NoLabError(str(error)) from error
            time.sleep(0.2)
