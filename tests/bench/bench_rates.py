"""How much of what each messenger allows a mailing uses, and how often it is told that it was too fast.

Each is mailed for a quarter of a minute; `BENCH_MESSAGES=10000` in the environment mails to so many people on each.
"""

import os
from typing import Any

import pytest

from bench import programs
from bench.programs import until
from bench.table import record, show
from builders import a_conversation, a_user, a_workspace, an_identity
from lab.running import Lab, a_lab
from messengers import batches, channels, inbox
from messengers.content import Content
from messengers.models import Channel, Conversation
from messengers.registry import messenger
from workspaces.models import Workspace
from workspaces.scope import tenant

SECONDS = 15
MOST = 3_000  # messages
HANDFUL = 5  # of them may be put off: a messenger has reasons of its own
KINDS = ("telegram", "vk", "max", "viber", "messenger", "instagram", "whatsapp", "viber_business", "sms", "email")
# The lab's accounts of these are as fast as their contract says, which the channel's settings repeat.
BY_CONTRACT = {"viber_business": {"per_second": 50}, "sms": {"per_second": 50}, "email": {"per_hour": 180_000}}


@pytest.mark.timeout(14_400)
def bench_rates_of_messengers(door: None, owner_cursor: Any, settings: Any) -> None:
    rows = []
    for kind in KINDS:
        with a_lab() as lab:
            settings.LAB_URL = lab.url
            share, refused, count, pace = mail(lab, kind, settings.BASE_URL)
        rows.append((kind, f"{count:,}", f"{pace:,.0f}", f"{share:.2f}", refused))
        print(rows[-1], flush=True)
        record(
            f"rate_used_{kind}", ours=share, other=1.0, unit="of the limit",
            note=f"at least 0.95; {count:,} messages, {refused} calls told to be slower",
        )  # fmt: skip
    show(
        "A mailing over each messenger of the lab, whose limits hold",
        ("", "messages", "a second", "used", "told off"),
        rows,
    )


def mail(lab: Lab, kind: str, base_url: str) -> tuple[float, int, int, float]:
    """Return the share of the limit that was used, the calls that were refused, how many left and how many a second."""
    adapter, bot = messenger(kind), lab.platforms[kind].new_bot("Shop")
    workspace = a_workspace()
    channel = connected(workspace, kind, bot)
    known = channels.facts(channel)
    allowed = adapter.rate(known)
    rate = allowed.count / allowed.seconds
    if kind in BY_CONTRACT or kind == "viber":
        bot.limit(rate * 2 if kind == "email" else rate)  # a house that counts hours bears a burst, but no flood
    if hasattr(bot, "balance"):
        bot.balance = 1e6  # the mailing is not to end for want of money
    rate *= adapter.capabilities.batch if kind == "vk" else 1  # Viber lets few bots write to many in one call
    count = int(os.environ.get("BENCH_MESSAGES", 0)) or min(MOST, int(rate * SECONDS))
    people(lab, bot, channel, count)
    with tenant(workspace):
        everybody = list(Conversation.objects.filter(channel=channel).values_list("pk", flat=True))
        batch = batches.begin()
        batches.fill(batch, batches.vary(batch, Content(text="There is news")), everybody, source="broadcast")
    lab.account.clear()
    with programs.senders(1, KASKAD_LAB_URL=lab.url, KASKAD_BASE_URL=base_url):
        until(lambda: len(lab.account.sent()) >= count - HANDFUL, 120 + 2 * count / rate)
    sent = lab.account.sent()
    seconds = max(one.began for one in sent) - min(one.began for one in sent)
    says_200 = kind == "viber_business"  # its gateway, whatever it thinks of the call
    refused = sum(one.status >= 400 or (says_200 and not one.sent) for one in lab.account.find())
    pace = len(sent) / max(seconds, 0.001)
    return pace / rate, refused, count, pace


def connected(workspace: Workspace, kind: str, bot: Any) -> Channel:
    """Connect the lab's account."""
    given, adapter = bot.credentials(), messenger(kind)
    names = adapter.Secrets.model_fields if adapter.Secrets else {}
    secrets = {name: given.pop(name) for name in names if name in given}
    with tenant(workspace):
        return channels.connect(
            kind, "", given | BY_CONTRACT.get(kind, {}), secrets, a_user(), practice=True, polls=kind == "email"
        )


def people(lab: Lab, bot: Any, channel: Channel, count: int) -> None:
    """Let so many people be known to the channel: whoever can only answer has just written."""
    for number in range(count):
        person = lab.people.add(f"Anna {number}")
        phone = bot.phone(person)
        if channel.kind in BY_CONTRACT:  # who has an address can be written to first
            address = phone.address if channel.kind == "email" else person.phone.lstrip("+")
            with tenant(channel.workspace_id):
                a_conversation(identity=an_identity(channel, external_id=address))
        else:
            phone.writes("Hi")

    def known() -> bool:
        inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=5)
        with tenant(channel.workspace_id):
            return Conversation.objects.filter(channel=channel).count() >= count

    until(known, 120 + count / 20)
