"""The demo workspace of a new installation: a site chat, bots that answer in it, an owner and an agent, a past.

Called by `manage.py up` on an empty base, and by `manage.py demo`.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from bots import flows, starters
from config import demo_past
from messengers import channels
from messengers.models import Channel
from workspaces import founding
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

OWNER, AGENT = "demo@kaskad.local", "agent@kaskad.local"
# Key of a ready flow, and its language: who writes "prize" in English is answered in English.
FLOWS = (("welcome", "ru"), ("prize", "ru"), ("prize", "en"))


@dataclass(frozen=True, slots=True)
class Demo:
    """What a newcomer needs to look around."""

    workspace: int
    email: str
    password: str
    channel: str  # the public key of the site chat
    telegram: str = ""  # that of the lab's bot, once it is connected


def is_wanted() -> bool:
    """Say whether the base is new: nobody has signed up and nothing was made."""
    return not User.objects.exists() and not Workspace.objects.exists()


@transaction.atomic
def fill(origins: Sequence[str]) -> Demo:
    """Make the demo workspace; its chat may stand on the pages of these origins."""
    password = get_random_string(10, "abcdefghjkmnpqrstuvwxyz23456789")
    owner, agent = _person(OWNER, "Анна Демо", password), _person(AGENT, "Олег Оператор", password)
    workspace = founding.found(owner, "Кофейня «Зерно»", "Europe/Moscow", "ru")
    with tenant(workspace):
        Membership.objects.create(user=agent, role=Role.AGENT)
        settings = {"title": "Кофейня «Зерно»", "greeting": "Спросите нас о кофе", "origins": list(origins)}
        channel = channels.connect("site_chat", "Чат на сайте", settings, {}, owner)
        for key, language in FLOWS:
            flow = flows.create(*starters.build(key, language), owner)
            flows.publish(flow, flow.draft_revision, owner)
        members = {"anna": owner, "oleg": agent}
        demo_past.remember(channel, members, ZoneInfo(workspace.time_zone), timezone.now())
    return Demo(workspace.pk, OWNER, password, channel.key)


def allow(demo: Demo, origins: Sequence[str]) -> None:
    """Let the demo's chat stand on these pages too: the shop's port changes when its usual one is busy."""
    if not Workspace.objects.filter(pk=demo.workspace).exists():
        return
    with tenant(demo.workspace):
        channel = Channel.objects.filter(key=demo.channel).first()
        if channel is not None and (missing := [one for one in origins if one not in channel.settings["origins"]]):
            known = channel.settings["origins"]
            channels.change(channel, None, settings={**channel.settings, "origins": [*known, *missing]})


def save(demo: Demo, file: Path) -> None:
    """Remember the demo, for oneself alone."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(0o600)
    file.write_text(json.dumps(asdict(demo)))


def saved(file: Path) -> Demo | None:
    """Return the remembered demo."""
    try:
        return Demo(**json.loads(file.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _person(email: str, name: str, password: str) -> User:
    person = User.objects.create_user(email, password, name=name)
    EmailAddress.objects.create(user=person, email=email, verified=True, primary=True)
    return person
