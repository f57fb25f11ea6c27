"""The demo's last thirty days: visitors, the bot's answers, members' replies. Called by `demo` when it is made.

All of it has already happened: nothing is queued and no signal is sent, so nothing leaves and no bot starts. What the
bot said comes from the demo's own flows, walked by the engine; chance is seeded, so each demo has the same past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, tzinfo
from functools import cached_property
from random import Random
from typing import Any

from audience.models import Contact
from bots import engine, triggers
from bots.effects import SendContent
from bots.graph import load
from bots.models import Flow, FlowVersion, Run, Trigger
from chatpanel.models import ConversationEvent
from config.demo_talks import PAGES, SITE, SOURCES, VISITS, Visit
from messengers.content import Content, ReplyButton
from messengers.models import Attempt, Channel, Conversation, Identity, Message
from messengers.statuses import Status
from workspaces.models import Membership, User
from workspaces.tenant_model import TenantModel

_OPEN_FROM, _OPEN_FOR = time(10), 10 * 60  # when people write, and for how many minutes
_BLINK = timedelta(seconds=1)
_PAUSES = {"visitor": (20, 90), "press": (5, 30), "note": (10, 30)}  # seconds before a line
_MEMBERS_PAUSE = (60, 240)
Kind = ConversationEvent.Kind


def remember(channel: Channel, members: Mapping[str, User], zone: tzinfo, now: datetime) -> None:
    """Give a new demo its past, inside its `tenant()`; a channel that has people already is left alone."""
    if Identity.objects.filter(channel=channel).exists():
        return
    stories = [_Story(number, visit, channel, members, zone, now) for number, visit in enumerate(VISITS, start=1)]
    for story in stories:
        story.tell()
    stories.sort(key=lambda story: story.began)
    _insert_people(stories)
    _insert_talk(stories)
    _backdate(stories[0].began - timedelta(days=1))


@dataclass
class _Story:
    """What happened with one visitor. `tell` makes the rows; they are written together with everybody's."""

    number: int
    visit: Visit
    channel: Channel
    members: Mapping[str, User]
    zone: tzinfo
    now: datetime
    runs: list[Run] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    speakers: dict[int, Run] = field(default_factory=dict)  # which run said a message, by its place
    heard: dict[int, int] = field(default_factory=dict)  # the place of the last message that a run dealt with
    events: list[tuple[ConversationEvent, int]] = field(default_factory=list)  # and how many messages were before it

    def tell(self) -> None:
        """Make all rows of this story."""
        self.chance = Random(self.number)  # noqa: S311 - a made-up past, no secret
        lines = [tuple(line.split(": ", 1)) for line in self.visit.lines]
        pauses = [timedelta(seconds=self.chance.randint(*_PAUSES.get(who, _MEMBERS_PAUSE))) for who, _ in lines]
        self.began = self.clock = self._beginning(sum(pauses, timedelta()))
        self._meet()
        self._start(triggers.by_welcome(self.channel.pk))
        for (who, words), pause in zip(lines, pauses, strict=True):
            self.clock += pause
            if who in self.members:
                self._answer(self.members[who], words)
            elif who == "note":
                self._event(Kind.NOTE, self._speaker(), text=words)
            else:
                self._hear(words, pressed=who == "press")
        self._end()
        self._receive()

    @cached_property
    def context(self) -> dict[str, Any]:
        """What the site told of the visit."""
        path, title = PAGES[self.visit.page]
        return {"page": SITE + path, "title": title, "language": "ru", **SOURCES[self.visit.source]}

    def _beginning(self, length: timedelta) -> datetime:
        if self.visit.minutes:
            return self.now - timedelta(minutes=self.visit.minutes) - length
        day = self.now.astimezone(self.zone).date() - timedelta(days=self.visit.day)
        minute = timedelta(minutes=self.chance.randrange(_OPEN_FOR), seconds=self.chance.randrange(60))
        return datetime.combine(day, _OPEN_FROM, self.zone) + minute

    def _meet(self) -> None:
        visit, at = self.visit, self.began
        self.contact = Contact(name=visit.name, phone=visit.phone, email=visit.email, language="ru", created_at=at)
        self.identity = Identity(
            channel=self.channel,
            contact=self.contact,
            external_id=f"past-{self.number:04}",
            profile={"language": "ru"},
            created_at=at,
        )
        self.conversation = Conversation(
            channel=self.channel, contact=self.contact, identity=self.identity, context=self.context, created_at=at
        )

    # ---- what is said

    def _hear(self, words: str, *, pressed: bool) -> None:
        conversation = self.conversation
        name = f"past-{len(self.messages):04}"
        said = self._message(Content.plain(words), Message.Direction.IN, Status.RECEIVED, Message.Source.CONTACT)
        said.external_id, said.client_id = f"{self.identity.external_id}:{name}", name
        conversation.waiting_since = conversation.waiting_since or self.clock
        conversation.unread += 1
        if conversation.owner == Conversation.Owner.PERSON:
            return
        if pressed:
            run, button = self._button(words)
            self._move(run, button)
        elif not self._move(self.runs[-1], engine.MessageReceived(words)):
            self._start(triggers.by_keyword(words, self.channel.pk))

    def _answer(self, member: User, words: str) -> None:
        conversation = self.conversation
        if conversation.assignee != member:
            self._event(Kind.TAKEN_OVER, member, subject=conversation.assignee)
            conversation.owner, conversation.assignee = Conversation.Owner.PERSON, member
        said = self._say(Content(text=words), Message.Source.MEMBER)
        said.author, conversation.unread = member, 0

    def _say(self, content: Content, source: Message.Source) -> Message:
        self.conversation.waiting_since = None
        return self._message(content, Message.Direction.OUT, Status.DELIVERED, source)

    def _message(
        self, content: Content, direction: Message.Direction, status: Status, source: Message.Source
    ) -> Message:
        message = Message(
            conversation=self.conversation,
            channel=self.channel,
            identity=self.identity,
            direction=direction,
            content=content.model_dump(mode="json"),
            status=status,
            source=source,
            created_at=self.clock,
            due_at=self.clock,
        )
        self.messages.append(message)
        return message

    # ---- the bot

    def _start(self, trigger: Trigger | None) -> None:
        if trigger is None:
            return
        begun = engine.begin(self.number)
        run = Run(
            flow=trigger.flow,
            version=trigger.version,
            conversation=self.conversation,
            state=Run.State.FINISHED,
            engine_state=begun.model_dump(mode="json"),
            start_event="" if self.runs else f"started:{self.identity.external_id}",
            started_at=self.clock,
        )
        self._move(run, engine.Started())
        self.runs.append(run)

    def _move(self, run: Run, event: engine.Event) -> bool:
        """Advance a run, as `bots.runner` does; False when the event means nothing to it."""
        state = engine.State.model_validate(run.engine_state)
        step = engine.advance(load(run.version.graph), state, event, self.clock)
        if not step.handled:
            return False
        for other in self.runs:
            if other is not run and other.state == Run.State.WAITING:
                other.state, other.updated_at = Run.State.STOPPED, self.clock
        self.heard[id(run)] = len(self.messages) - 1
        run.engine_state, run.state = step.state.model_dump(mode="json"), Run.State(step.state.status.value)
        for effect in step.effects:
            if isinstance(effect, SendContent):
                self.clock += _BLINK
                said = self._say(effect.content, Message.Source.BOT)
                said.source_ref = effect.node_id
                self.speakers[len(self.messages) - 1] = run
        run.updated_at = self.clock
        return True

    def _button(self, words: str) -> tuple[Run, engine.ButtonPressed]:
        """Find the newest button with these words."""
        for place, run in reversed(self.speakers.items()):
            message = self.messages[place]
            for button in Content.model_validate(message.content).buttons:
                if isinstance(button, ReplyButton) and button.text == words:
                    return run, engine.ButtonPressed(button.id, message.source_ref)
        raise LookupError(f"{self.visit.name}: the bot has no button “{words}”.")

    # ---- what came of it

    def _end(self) -> None:
        visit, conversation = self.visit, self.conversation
        if visit.closed_by:
            self.clock += timedelta(seconds=self.chance.randint(30, 180))
            self._event(Kind.CLOSED, self.members[visit.closed_by])
            conversation.state, conversation.owner = Conversation.State.CLOSED, Conversation.Owner.BOT
            conversation.assignee, conversation.waiting_since, conversation.unread = None, None, 0
        elif conversation.waiting_since is None:
            conversation.unread = 0
        if visit.left:
            self.identity.state = Identity.State(visit.left)
            self.identity.state_at = self.clock + timedelta(days=visit.stayed)

    def _event(self, kind: Kind, actor: User, *, subject: User | None = None, text: str = "") -> None:
        row = ConversationEvent(
            conversation=self.conversation, kind=kind, actor=actor, subject=subject, text=text, created_at=self.clock
        )
        self.events.append((row, len(self.messages)))

    def _speaker(self) -> User:
        assert self.conversation.assignee
        return self.conversation.assignee

    def _receive(self) -> None:
        """Let our words arrive, and be read where he has answered them, and mostly where he has not."""
        answered: datetime | None = None
        for message in reversed(self.messages):
            if message.direction == Message.Direction.IN:
                answered = message.created_at
                continue
            message.attempts = 1
            message.sent_at = message.created_at + _BLINK / 5
            message.delivered_at = message.created_at + _BLINK / 2
            if answered or self.chance.random() < 0.7:
                seen = message.created_at + timedelta(seconds=self.chance.randint(1, 60))
                message.status, message.read_at = Status.READ, min(seen, answered or self.now)
        if self.visit.failed:
            last = self.messages[-1]
            last.status, last.reason = Status.UNREACHABLE, self.visit.failed
            last.sent_at = last.delivered_at = last.read_at = None


def _insert_people(stories: Sequence[_Story]) -> None:
    _insert([story.contact for story in stories], "created_at")
    _insert([story.identity for story in stories], "created_at")
    Conversation.objects.bulk_create(story.conversation for story in stories)
    for story in stories:
        story.conversation.created_at = story.began
    runs = [(run, run.started_at, run.updated_at) for story in stories for run in story.runs]
    Run.objects.bulk_create([run for run, *_ in runs])
    for run, started_at, updated_at in runs:
        run.started_at, run.updated_at = started_at, updated_at


def _insert_talk(stories: Sequence[_Story]) -> None:
    """Write messages in the order of time, as they would have come, and then what points at them."""
    for story in stories:
        for place, run in story.speakers.items():
            story.messages[place].source_id = run.pk
    said = sorted((one for story in stories for one in story.messages), key=lambda message: message.created_at)
    Message.objects.bulk_create(said)
    Attempt.objects.bulk_create(_attempt(message) for message in said if message.attempts)
    for story in stories:
        story.conversation.last_message = story.messages[-1]
        story.conversation.last_message_at = story.messages[-1].created_at
        for run in story.runs:
            heard = story.messages[story.heard[id(run)]] if story.heard[id(run)] >= 0 else None
            run.last_message_id = heard.pk if heard else 0
        for event, before in story.events:
            event.after_message = story.messages[before - 1].pk
    Conversation.objects.bulk_update(
        [story.conversation for story in stories], ["created_at", "last_message", "last_message_at"]
    )
    runs = [run for story in stories for run in story.runs]
    Run.objects.bulk_update(runs, ["started_at", "updated_at", "last_message_id"])
    _insert([event for story in stories for event, _before in story.events], "created_at")


def _attempt(message: Message) -> Attempt:
    failed = message.status == Status.UNREACHABLE
    return Attempt(
        message=message,
        number=1,
        started_at=message.created_at,
        finished_at=message.created_at + _BLINK / 5,
        outcome="unreachable" if failed else "sent",
        reason=message.reason,
    )


def _insert(rows: Sequence[Any], clock: str) -> None:
    """Insert rows of one model with the times that they carry: a new row's own would be now."""
    times = [getattr(row, clock) for row in rows]
    model: type[TenantModel] = type(rows[0])
    model.objects.bulk_create(rows)
    for row, at in zip(rows, times, strict=True):
        setattr(row, clock, at)
    model.objects.bulk_update(rows, [clock])


def _backdate(since: datetime) -> None:
    """Let the shop be as old as its past: nobody writes to a chat that is not there yet."""
    Channel.objects.update(created_at=since)
    Flow.objects.update(created_at=since, updated_at=since)
    FlowVersion.objects.update(published_at=since)
    Membership.objects.update(created_at=since)
