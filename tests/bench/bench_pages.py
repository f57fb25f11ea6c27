"""What a page costs as the base grows: its queries must stay the same."""

import time
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from audience.models import Contact
from bench.table import record, show
from builders import a_channel, a_client, a_user, a_workspace
from messengers.content import Content
from messengers.models import Channel, Conversation, Identity, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

PAGES = (
    "analytics:dashboard",
    "chatpanel:panel",
    "chatpanel:list",
    "bots:flows",
    "messengers:channels",
    "workspaces:members",
    "workspaces:audit",
)
FEW, MANY = 10, 10_000


def bench_queries_per_page(committed_db: None, owner_cursor: Any) -> None:
    owner = a_user()
    workspace, client = a_workspace(owner), a_client(owner)
    with tenant(workspace):
        channel = a_channel()
    costs: dict[str, list[tuple[int, float]]] = {page: [] for page in PAGES}
    before = 0
    for size in (FEW, MANY):
        grow(workspace, channel, before, size)
        before = size
        owner_cursor.execute("ANALYZE")
        for page in PAGES:
            costs[page].append(cost(client, reverse(page, args=[workspace.slug])))
    show(
        f"Pages with {FEW} and with {MANY:,} conversations of four messages each",
        ("page", "queries", "queries", "ms", "ms"),
        [
            (page, few[0], many[0], f"{few[1] * 1000:.0f}", f"{many[1] * 1000:.0f}")
            for page, (few, many) in costs.items()
        ],
    )
    few, many = (sum(sizes[number][0] for sizes in costs.values()) for number in (0, 1))
    record(
        "queries_per_page",
        ours=many / len(PAGES),
        other=few / len(PAGES),
        unit="queries",
        note="1: with a large base and a small one",
    )


def cost(client: Client, address: str) -> tuple[int, float]:
    """Return the queries of a page that has been opened before, and the best time of three, in seconds."""
    client.get(address)
    times = []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            start = time.perf_counter()
            assert client.get(address).status_code == 200
            times.append(time.perf_counter() - start)
    return len(queries), min(times)


def grow(workspace: Workspace, channel: Channel, have: int, want: int) -> None:
    """Fill the workspace up to `want` conversations."""
    numbers = range(have, want)
    with tenant(workspace):
        contacts = Contact.objects.bulk_create([Contact(name=f"Contact {number}") for number in numbers])
        identities = Identity.objects.bulk_create(
            [
                Identity(channel=channel, contact=contact, external_id=f"visitor-{number}")
                for contact, number in zip(contacts, numbers, strict=True)
            ]
        )
        talks = Conversation.objects.bulk_create(
            [Conversation(identity=one, channel=channel, contact=one.contact) for one in identities]
        )
        content = Content.plain("Good day, do you deliver on Sundays?").model_dump(mode="json")
        messages = Message.objects.bulk_create(
            [
                Message(
                    conversation=talk, channel=channel, identity=talk.identity, direction=Message.Direction.IN,
                    content=content, status=Status.RECEIVED, source=Message.Source.CONTACT,
                )
                for talk in talks for _ in range(4)
            ],
            batch_size=5_000,
        )  # fmt: skip
        for talk, last in zip(talks, messages[3::4], strict=True):
            talk.last_message, talk.last_message_at, talk.unread = last, last.created_at, 1
        Conversation.objects.bulk_update(talks, ["last_message", "last_message_at", "unread"], batch_size=1_000)
