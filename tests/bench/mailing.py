"""A base of people and mailings to them, for the benches: made by SQL, because what is measured is what comes after."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from bench.fast_messenger import Fast
from bench.programs import Sink, until
from builders import a_channel, a_workspace
from messengers import batches, registry, statements
from messengers.content import Content
from messengers.models import Channel, Conversation
from workspaces.models import Workspace
from workspaces.scope import tenant

WORDS = "{{ first_name }}, there is news for you"

_PEOPLE = """
WITH people AS (
    INSERT INTO audience_contact (workspace_id, name, phone, email, language, time_zone, created_at)
    SELECT %(workspace)s, 'Anna' || number || ' Smith', '', '', 'en', '', now()
    FROM generate_series(%(first)s, %(last)s) AS number
    RETURNING id
), known AS (
    INSERT INTO messengers_identity (workspace_id, channel_id, contact_id, external_id, profile, state, created_at)
    SELECT %(workspace)s, %(channel)s, id, 'person-' || id, '{}', 'active', now() FROM people
    RETURNING id, contact_id
)
INSERT INTO messengers_conversation
    (workspace_id, channel_id, identity_id, contact_id, owner, state, unread, context, revision, created_at)
SELECT %(workspace)s, %(channel)s, id, contact_id, 'bot', 'open', 0, '{}', 0, now() FROM known
"""


@dataclass(frozen=True)
class Base:
    """People on one channel."""

    workspace: Workspace
    channel: Channel

    def mail_workspace(self) -> None:
        """Queue a mailing to all people of all channels of the workspace."""
        with tenant(self.workspace):
            batch = batches.begin()
            variant = batches.vary(batch, Content(text=WORDS))
            batches.fill(batch, variant, list(Conversation.objects.values_list("pk", flat=True)), source="broadcast")

    def mail_unchecked(self, cursor: Any) -> None:
        """Queue a mailing to all of them by the same statement, without a look at each key: a million in seconds."""
        with tenant(self.workspace):
            batch = batches.begin()
            variant = batches.vary(batch, Content(text=WORDS))
            everybody = list(Conversation.objects.filter(channel=self.channel).values_list("pk", flat=True))
        values = {
            "workspace": self.workspace.pk, "batch": batch.pk, "variant": variant.pk, "conversations": everybody,
            "source": "broadcast", "source_id": None, "source_ref": "", "now": timezone.now(),
        }  # fmt: skip
        with unchecked(cursor):
            cursor.execute(statements.ENQUEUE_MANY, values)

    def mail(self, limit: int | None = None, *, paused: bool = False) -> int:
        """Queue a mailing to all of them, or to the first ones; return to how many."""
        with tenant(self.workspace):
            everybody = Conversation.objects.filter(channel=self.channel).order_by("pk").values_list("pk", flat=True)
            batch = batches.begin(paused=paused)
            variant = batches.vary(batch, Content(text=WORDS))
            return batches.fill(batch, variant, list(everybody[:limit]), source="broadcast")


def a_base(cursor: Any, sink: Sink, people: int, workspace: Workspace | None = None, **fields: Any) -> Base:
    """People on a channel of the fast messenger; `per_second` slows it, and the sink counts its `path` apart."""
    settings = {"url": sink.url + fields.pop("path", "")}
    if per_second := fields.pop("per_second", None):
        settings["per_second"] = per_second
    registry.register(Fast())
    workspace = workspace or a_workspace()
    with tenant(workspace):
        channel = a_channel(Fast.kind, settings=settings, secrets={"token": "right"}, **fields)
    values = {"workspace": workspace.pk, "channel": channel.pk, "first": 1, "last": people}
    with unchecked(cursor):
        cursor.execute(_PEOPLE, values)
    return Base(workspace, channel)


@contextmanager
def unchecked(cursor: Any) -> Iterator[None]:
    """Let the owner write without foreign keys and triggers: what is prepared is not what is measured."""
    cursor.execute("SET session_replication_role = replica")
    try:
        yield
    finally:
        cursor.execute("RESET session_replication_role")


def await_sent(cursor: Any, sink: Sink, before: int, count: int) -> None:
    """Return when `count` messages have reached the sink since it had `before`, and all outcomes are written down."""
    until(lambda: sink.count - before >= count)
    until(lambda: not left(cursor))


def left(cursor: Any) -> bool:
    """Say whether a message has not come to its end yet."""
    cursor.execute("SELECT EXISTS (SELECT FROM messengers_message WHERE status IN ('queued', 'sending'))")
    return bool(cursor.fetchone()[0])


def tidy(cursor: Any) -> None:
    """Clean up as autovacuum does between two mailings; in the middle of a measurement it would be luck."""
    cursor.execute("VACUUM (ANALYZE)")
