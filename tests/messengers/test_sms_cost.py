"""What an SMS costs is told while it is written: counted here, priced by the provider or by the channel's settings."""

import json
from typing import Any

import pytest

from builders import a_client, a_conversation, a_member, a_user, a_workspace, an_identity
from lab.platforms.sms.bots import Bot
from lab.running import Lab
from messengers import channels
from messengers.models import Channel, Conversation
from workspaces.models import Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("door")

SECRETS = ("password", "hook_secret")
LATIN = "a" * 161
CYRILLIC = "ж" * 71


def a_talk(workspace: Workspace, bot: Bot, **other: Any) -> Conversation:
    given = {**bot.credentials(), **other}
    secrets = {name: given.pop(name) for name in SECRETS if name in given}
    with tenant(workspace):
        channel = channels.connect("sms", "", given, secrets, a_user(), practice=True, polls=bot.provider == "smpp")
        return a_conversation(identity=an_identity(channel, external_id="79991234567"))


def asked(talk: Conversation, text: str, who: Any = None) -> Any:
    slug = Workspace.objects.get(pk=talk.workspace_id).slug
    client = a_client(who or _agent(talk))
    body = json.dumps({"text": text})
    return client.post(f"/w/{slug}/chats/data/{talk.pk}/cost/", body, content_type="application/json")


def _agent(talk: Conversation) -> Any:
    return a_member(Workspace.objects.get(pk=talk.workspace_id), Role.AGENT)


def cost(talk: Conversation, text: str) -> dict[str, Any]:
    answer = asked(talk, text)
    assert answer.status_code == 200, answer.content
    return dict(answer.json()["cost"])


def test_the_provider_tells_the_price_of_every_part(workspace: Workspace, lab: Lab) -> None:
    talk = a_talk(workspace, lab.sms.new_bot(provider="smsc"))
    assert cost(talk, "Hello") == {"parts": 1, "alphabet": "gsm", "left": 155, "amount": "3.20", "currency": "RUB"}
    assert cost(talk, LATIN) == {"parts": 2, "alphabet": "gsm", "left": 145, "amount": "6.40", "currency": "RUB"}
    assert cost(talk, CYRILLIC) == {"parts": 2, "alphabet": "ucs2", "left": 63, "amount": "6.40", "currency": "RUB"}


def test_where_the_provider_is_silent_the_parts_are_told(workspace: Workspace, lab: Lab) -> None:
    bot = lab.sms.new_bot(provider="smsc")
    talk = a_talk(workspace, bot)
    lab.misbehaves("drop_after", bot=bot, method="send.php", times=9, seconds=0)
    assert cost(talk, CYRILLIC) == {"parts": 2, "alphabet": "ucs2", "left": 63, "amount": "", "currency": "RUB"}


def test_where_it_is_silent_the_price_that_is_set_counts(workspace: Workspace, lab: Lab) -> None:
    bot = lab.sms.new_bot(provider="smsc")
    talk = a_talk(workspace, bot, price=2.5)
    lab.misbehaves("drop_after", bot=bot, method="send.php", times=9, seconds=0)
    assert cost(talk, CYRILLIC)["amount"] == "5.00"


@pytest.mark.parametrize("provider", ["twilio", "smpp"])
def test_other_providers_tell_no_price(workspace: Workspace, lab: Lab, provider: str) -> None:
    talk = a_talk(workspace, lab.sms.new_bot(provider=provider))
    assert (cost(talk, "Hello")["parts"], cost(talk, "Hello")["amount"]) == (1, "")
    with tenant(workspace):
        channel = Channel.objects.get(pk=talk.channel_id)
        channels.change(channel, a_user(), settings={**channel.settings, "price": 1.25, "currency": "USD"})
    assert (cost(talk, LATIN)["amount"], cost(talk, LATIN)["currency"]) == ("2.50", "USD")


def test_answers_that_cost_nothing_say_so(workspace: Workspace) -> None:
    with tenant(workspace):
        talk = a_conversation()
    assert asked(talk, "Hello").json() == {"cost": None}


def test_an_empty_draft_and_strangers_are_refused(workspace: Workspace, lab: Lab) -> None:
    talk = a_talk(workspace, lab.sms.new_bot(provider="smsc"))
    assert asked(talk, " ").status_code == 400
    analyst, stranger = a_member(workspace, Role.ANALYST), a_user()
    a_workspace(stranger)
    assert [asked(talk, "Hello", who).status_code for who in (analyst, stranger)] == [403, 404]
