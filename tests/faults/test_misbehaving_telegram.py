"""Telegram misbehaves in every way the lab knows: what becomes of the message, of the next ones, of what comes in."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from builders import a_user, a_workspace
from fake_messenger import a_sender, eventually
from lab.platforms.telegram.bots import Bot
from lab.running import Lab, a_lab
from messengers import channels, inbox, outbox, outcomes
from messengers.adapters.telegram import outcomes as telegram
from messengers.content import Content
from messengers.models import Attempt, Channel, Conversation, InboundUpdate, Message
from messengers.statuses import Status
from workspaces.models import Workspace
from workspaces.scope import tenant

pytestmark = pytest.mark.usefixtures("committed_db")
RETRIES = 3
GIVES_UP = ["retry_at"] * (RETRIES + 1)


@pytest.fixture
def lab(settings: Any) -> Iterator[Lab]:
    with a_lab() as made:
        settings.LAB_URL = made.url
        yield made


@pytest.fixture
def workspace(committed_db: None) -> Workspace:
    return a_workspace()


def a_bot(lab: Lab, workspace: Workspace) -> tuple[Bot, Channel]:
    """A connected bot."""
    bot = lab.telegram.new_bot()
    with tenant(workspace):
        return bot, channels.connect("telegram", "", {}, {"token": bot.token}, a_user(), practice=True)


def somebody(lab: Lab, bot: Bot, channel: Channel) -> tuple[Any, Conversation]:
    """A person who has pressed Start, and the talk with him."""
    phone = bot.phone(lab.telegram.person())
    phone.start()
    handle(channel, lambda: Conversation.objects.filter(identity__external_id=phone.person.key).exists())
    with tenant(channel.workspace_id):
        return phone, Conversation.objects.get(identity__external_id=phone.person.key, channel=channel)


def handle(channel: Channel, condition: Any, seconds: float = 10) -> None:
    """Do a worker's work until a condition holds in the workspace."""

    def worked() -> bool:
        inbox.process_waiting(channel.pk, workspace_id=channel.workspace_id, seconds=1)
        with tenant(channel.workspace_id):
            return bool(condition())

    eventually(worked, seconds)


@contextmanager
def misbehaving(lab: Lab, kind: str, **how: Any) -> Iterator[None]:
    lab.misbehaves(kind, **how)
    yield
    lab.behaves()


def status(message: Message) -> tuple[str, list[str]]:
    """Return where a message is, and what its attempts came to."""
    with tenant(message.workspace_id):
        tries = Attempt.objects.filter(message=message).order_by("number")
        return str(Message.objects.get(pk=message.pk).status), list(tries.values_list("outcome", flat=True))


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    ("kind", "how", "becomes", "attempts", "arrives"),
    [
        ("too_many", {"times": 1, "seconds": 1}, Status.SENT, ["retry_at", "sent"], True),
        ("server_error", {"times": 2, "status": 502}, Status.SENT, ["retry_at", "retry_at", "sent"], True),
        ("server_error", {"times": RETRIES + 1, "status": 500}, Status.REJECTED, GIVES_UP, False),
        ("slow", {"times": 1, "seconds": 0.3}, Status.SENT, ["sent"], True),
        ("drop_before", {"times": 1}, Status.UNCERTAIN, ["uncertain"], False),
        ("drop_unhandled", {"times": 1}, Status.UNCERTAIN, ["uncertain"], False),
        ("drop_after", {"times": 1, "seconds": 0}, Status.UNCERTAIN, ["uncertain"], True),
    ],
)
def test_a_call_goes_wrong(
    lab: Lab, workspace: Workspace, monkeypatch: pytest.MonkeyPatch,
    kind: str, how: dict[str, Any], becomes: Status, attempts: list[str], arrives: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(telegram, "TROUBLED", 0.05)
    monkeypatch.setattr(outcomes, "MAX_RETRIES", RETRIES)
    bot, channel = a_bot(lab, workspace)
    other_bot, other_channel = a_bot(lab, workspace)
    phone, talk = somebody(lab, bot, channel)
    _, elsewhere = somebody(lab, other_bot, other_channel)
    lab.account.clear()
    with misbehaving(lab, kind, bot=bot, method="sendMessage", **how):
        with tenant(workspace):
            first, second = (outbox.enqueue(talk, Content(text=text), source="member") for text in ("first", "second"))
            apart = outbox.enqueue(elsewhere, Content(text="apart"), source="member")
        with a_sender():
            eventually(lambda: status(second)[0] == Status.SENT, 30)
            eventually(lambda: status(apart)[0] == Status.SENT, 30)
    assert status(first) == (becomes, attempts)
    assert status(second) == (Status.SENT, ["sent"])
    assert status(apart) == (Status.SENT, ["sent"])
    assert lab.account.texts(bot) == (["first", "second"] if arrives else ["second"])
    assert lab.account.texts(bot, phone.person) == lab.account.texts(bot)


@pytest.mark.usefixtures("door")
def test_nothing_leaves_a_channel_until_the_moment_that_was_named(lab: Lab, workspace: Workspace) -> None:
    bot, channel = a_bot(lab, workspace)
    talks = [somebody(lab, bot, channel)[1] for _ in range(4)]
    lab.account.clear()
    with misbehaving(lab, "too_many", bot=bot, method="sendMessage", times=1, seconds=2):
        with tenant(workspace):
            outbox.enqueue(talks[0], Content(text="0"), source="member")
        with a_sender():
            eventually(lambda: paused(channel))
            with tenant(workspace):
                rest = [outbox.enqueue(talk, Content(text=str(n)), source="member") for n, talk in enumerate(talks, 1)]
            eventually(lambda: all(status(one)[0] == Status.SENT for one in rest), 30)
            until = paused(channel)
    refused, *others = lab.account.find(bot, method="sendMessage")
    assert refused.status == 429
    assert min(one.began for one in others) >= until.timestamp()
    assert sorted(lab.account.texts(bot)) == ["0", "1", "2", "3", "4"]


def paused(channel: Channel) -> Any:
    with tenant(channel.workspace_id):
        return Channel.objects.get(pk=channel.pk).paused_until


@pytest.mark.usefixtures("door")
@pytest.mark.parametrize(
    ("kind", "how", "becomes"),
    [
        ("hook_lost", {"times": 1}, ["two", "three"]),
        ("hook_doubled", {}, ["one", "two", "three"]),
        ("hook_out_of_order", {"times": 1}, ["one", "two", "three"]),
        ("hook_late", {"times": 1, "seconds": 0.5}, ["one", "two", "three"]),
    ],
)
def test_news_go_astray(lab: Lab, workspace: Workspace, kind: str, how: dict[str, Any], becomes: list[str]) -> None:
    bot, channel = a_bot(lab, workspace)
    phone, talk = somebody(lab, bot, channel)
    with tenant(workspace):
        before = InboundUpdate.objects.count()
    with misbehaving(lab, kind, bot=bot, **how):
        for text in ("one", "two", "three"):
            phone.writes(text)
        handle(channel, lambda: len(heard(talk)) >= len(becomes), 20)
        eventually(lambda: not bot.waiting)
    handle(channel, lambda: not InboundUpdate.objects.exclude(state=InboundUpdate.State.DONE).exists())
    with tenant(workspace):
        assert sorted(heard(talk)) == sorted(becomes)
        if kind != "hook_late":  # how late is a matter of the machine
            in_order = heard(talk) == becomes
            assert in_order == (kind != "hook_out_of_order")  # they stand as they came
        assert InboundUpdate.objects.count() == before + len(becomes)


def heard(talk: Conversation) -> list[str]:
    said = Message.objects.filter(conversation=talk, direction=Message.Direction.IN).order_by("id")
    return [str(message.content["text"]) for message in said]
