"""How much of what each messenger allows a mailing uses, and how often it is told that it was too fast."""

from typing import Any

from django.utils import timezone

from bench import programs
from bench.programs import until
from bench.table import record, show
from builders import a_channel, a_conversation, a_workspace, an_identity
from lab.running import Lab, a_lab
from messengers import batches
from messengers.content import Content
from messengers.models import Channel
from messengers.registry import messenger
from workspaces.scope import tenant

SECONDS = 15
MOST = 3_000  # messages
KINDS = ("telegram", "vk", "max")


def bench_rates_of_messengers(committed_db: None, owner_cursor: Any) -> None:
    rows = []
    for kind in KINDS:
        with a_lab() as lab:
            if kind not in lab.platforms:
                continue
            share, refused, count, pace = mail(lab, kind)
        rows.append((kind, f"{count:,}", f"{pace:,.0f}", f"{share:.2f}", refused))
        record(
            f"rate_used_{kind}", ours=share, other=1.0, unit="of the limit",
            note=f"at least 0.95; {count:,} messages, {refused} calls told to be slower",
        )  # fmt: skip
    show(
        "A mailing over each messenger of the lab, whose limits hold",
        ("", "messages", "a second", "used", "told off"),
        rows,
    )


def mail(lab: Lab, kind: str) -> tuple[float, int, int, float]:
    """Return the share of the limit that was used, the calls that were refused, how many left and how many a second."""
    adapter = messenger(kind)
    bot = lab.platforms[kind].new_bot("Shop")
    given = bot.credentials()
    names = adapter.Secrets.model_fields if adapter.Secrets else ()
    workspace = a_workspace()
    with tenant(workspace):
        channel: Channel = a_channel(
            kind,
            practice=True,
            secrets={name: given[name] for name in names if name in given},
            settings={name: given[name] for name in adapter.Settings.model_fields if name in given},
        )
        rate = adapter.capabilities.rate.count / adapter.capabilities.rate.seconds * adapter.capabilities.batch
        count = min(MOST, int(rate * SECONDS))
        talks = []
        for number in range(count):
            person = lab.people.add(f"Anna {number}")
            bot.phone(person).start()
            address = person.phone.lstrip("+") if adapter.capabilities.by_phone else person.key
            identity = an_identity(channel, external_id=address)
            talks.append(a_conversation(identity=identity, heard_at=timezone.now()).pk)
        batch = batches.begin()
        batches.fill(batch, batches.vary(batch, Content(text="There is news")), talks, source="broadcast")
    lab.account.clear()
    with programs.senders(1, KASKAD_LAB_URL=lab.url):
        until(lambda: len(lab.account.sent()) >= count, 300)
    sent = lab.account.sent()
    seconds = max(one.began for one in sent) - min(one.began for one in sent)
    refused = sum(one.status == 429 or one.status >= 400 for one in lab.account.find())
    pace = count / max(seconds, 0.001)
    return pace / rate, refused, count, pace
