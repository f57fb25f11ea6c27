"""Practice: a channel whose account and people are the lab's. Everything runs as it would, and nothing leaves.

`stages` says where a flow (or whatever else speaks on channels) is practised, and `crowd` with whom.

The lab makes the account and its people; from then on the channel is like any other, but for `Channel.practice`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings as installation
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from messengers import channels
from messengers.models import Channel, Conversation, Identity
from messengers.registry import is_known, messenger
from messengers.wizards import wizard_of
from workspaces.models import User

PEOPLE = 1_000
_PATIENCE = 10.0  # seconds


class NoLabError(Exception):
    """The lab does not answer, or does not play this messenger."""


class NoTwinError(Exception):
    """A practice channel is needed, and the reader may not make one. Its text is the channel's name."""


def is_offered(kind: str) -> bool:
    """Say whether one may practise here: the installation has a lab, and an account elsewhere is needed otherwise."""
    return bool(installation.LAB_URL) and kind != "site_chat"


def begin(kind: str, name: str, actor: User, *, people: int = PEOPLE) -> Channel:
    """Make an account of the lab, connect it, and let a crowd of made-up people come; NoLabError if it cannot be."""
    account = _ask("/api/bots", {"platform": kind, "name": name[:64]})
    given = account["credentials"]
    adapter, wizard = messenger(kind), wizard_of(kind)
    secrets = _named(given, adapter.Secrets.model_fields if adapter.Secrets else ())
    settings = _named(given, adapter.Settings.model_fields)
    title = _("%(name)s (practice)") % {"name": name}
    polls = wizard is not None and "webhook" not in wizard.ways(settings)
    made = channels.connect(kind, title[:120], settings, secrets, actor, practice=True, polls=polls)
    _ask("/api/crowds", {"platform": kind, "bot": account["username"], "people": people, "language": actor.language})
    return made


@dataclass(frozen=True, slots=True)
class Stage:
    """Where something is practised: a channel, and the lab's that stands in for it."""

    channel: Channel
    twin: Channel


def stages(channels_meant: Iterable[Channel], people: int, actor: User, *, may_make: bool) -> list[Stage]:
    """Return a twin for each channel that can have one, with so many people in it or on their way.

    A practice channel is its own twin; channels of one kind share theirs. One is made where there is none, or
    NoTwinError raised where the reader may not. NoLabError if the lab does not do its part.
    """
    twins: dict[str, Channel] = {}
    found: list[Stage] = []
    for channel in channels_meant:
        if not (is_known(channel.kind) and is_offered(channel.kind)):
            continue
        if channel.practice:
            twin, wanted = channel, people - crowd(channel).count()
        elif channel.kind in twins:
            twin, wanted = twins[channel.kind], 0
        elif (known := _twin(channel.kind)) is not None:
            twin, wanted = known, people - crowd(known).count()
        elif not may_make:
            raise NoTwinError(channel.name)
        else:
            twin, wanted = begin(channel.kind, channel.name, actor, people=people), 0
        twins.setdefault(channel.kind, twin)
        if wanted > 0:
            invite(twin, wanted, actor.language)
        found.append(Stage(channel, twin))
    return found


def crowd(twin: Channel) -> QuerySet[Conversation]:
    """Return the talks with made-up people who have come, the first ones first."""
    talks = Conversation.objects.filter(channel=twin, identity__state=Identity.State.ACTIVE)
    return talks.select_related("identity", "contact").order_by("pk")


def invite(twin: Channel, people: int, language: str) -> None:
    """Let further made-up people come."""
    _ask("/api/crowds", {"platform": twin.kind, "bot": _account(twin), "people": people, "language": language})


def phone(talk: Conversation) -> str:
    """Return the address of the phone of a made-up person, where one may answer in his name."""
    person = talk.identity.external_id
    found = _ask("/api/phones", {"platform": talk.channel.kind, "bot": _account(talk.channel), "person": person})
    return f"{installation.LAB_URL}{found['path']}"


def _twin(kind: str) -> Channel | None:
    return Channel.objects.filter(kind=kind, practice=True, state=Channel.State.ACTIVE).order_by("pk").first()


def _account(twin: Channel) -> str:
    """Return what the lab calls a channel's account: whoever shows the same keys."""
    for account in _ask("/api/state")["bots"]:
        given = account.get("credentials", {})
        shared = [name for name in given if name in twin.secrets]
        if account["platform"] == twin.kind and shared and all(given[name] == twin.secrets[name] for name in shared):
            return str(account["username"])
    raise NoLabError("the lab does not know this account")


def _named(given: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    return {field: given[field] for field in fields if field in given}


def _ask(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    method = "GET" if body is None else "POST"
    try:
        answer = httpx.request(method, f"{installation.LAB_URL}{path}", json=body, timeout=_PATIENCE)
        answer.raise_for_status()
        told: dict[str, Any] = answer.json()
    except (httpx.HTTPError, ValueError) as error:
        raise NoLabError(str(error)) from error
    return told
