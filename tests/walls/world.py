"""Two workspaces with a row of everything, and a person of every kind: what all tests of the walls look at.

A new model gets its row by itself. What stands in an address gets its value by its name: `flow_id` is a Flow's id;
anything else is taught in OBJECTS (belongs to a workspace) or WORDS (does not).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import models
from django.utils import timezone

from bots import flows, starters
from messengers.models import Channel, InboundUpdate, Media, Message
from tests.builders import a_channel, a_conversation, a_message
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant
from workspaces.tenant_model import TenantModel
from workspaces.walls import tenant_models

MARK = "zq7foreign"  # stands in every name and text of the foreign workspace: no answer to its strangers may hold it
MEMBERS = tuple(role.value for role in Role)
STRANGER, STAFF, ANONYMOUS = "stranger", "staff", "anonymous"
PEOPLE = (*MEMBERS, STRANGER, STAFF, ANONYMOUS)

# How to make what stands in an address and is not `<model>_id`. `Row` looks a model's row of that workspace up.
Row = Callable[[type[TenantModel]], Any]
OBJECTS: dict[str, Callable[[Row], Any]] = {
    "key": lambda row: row(Channel).key,
    "update_id": lambda row: row(InboundUpdate).pk,
}
WORDS: dict[str, Any] = {
    "language": "ru",
    "kind": "telegram",
    "digest": "0",
    "word": "unsigned",
    "file_name": "cat.png",
    "token": "unknown",
    "uidb36": "1",
}


@dataclass
class World:
    """What `build` made."""

    own: Workspace
    foreign: Workspace
    people: dict[str, User] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    rows: dict[tuple[int, type[TenantModel]], Any] = field(default_factory=dict)

    def value(self, parameter: str, workspace: Workspace) -> Any:
        """Return what stands for the parameter in an address of this workspace."""
        if parameter == "workspace_slug":
            return workspace.slug
        if parameter in WORDS:
            return WORDS[parameter]
        make = OBJECTS.get(parameter) or _by_name(parameter)
        if make is None:
            pytest.fail(f"Teach tests/walls/world.py how to make a {parameter} (OBJECTS, or WORDS).")
        return make(lambda model: self.rows[workspace.pk, model])


def is_object(parameter: str) -> bool:
    """Say whether the parameter stands for something of one workspace."""
    return parameter != "workspace_slug" and parameter not in WORDS


def build() -> World:
    """Make the two workspaces inside the transaction that is open."""
    own, foreign = (Workspace.objects.create(name=name) for name in ("Own", MARK))
    world = World(own, foreign)
    for workspace, people in ((own, MEMBERS), (foreign, (STRANGER,))):
        for person in people:
            world.people[person] = _person(person)
            with tenant(workspace):
                role = person if person in MEMBERS else Role.OWNER
                Membership.objects.create(user=world.people[person], role=role)
    world.people[STAFF] = _person(STAFF, is_staff=True, is_superuser=True)
    world.sessions = {name: _session(user) for name, user in world.people.items()}
    for workspace, word in ((own, "own"), (foreign, MARK)):
        with tenant(workspace):
            _one_of_everything(world, workspace, word)
    return world


def _person(name: str, **fields: Any) -> User:
    # Without a password: hashing one is slow on purpose.
    return User.objects.create(email=f"{name}@example.com", name=MARK if name == STRANGER else name, **fields)


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def _one_of_everything(world: World, workspace: Workspace, word: str) -> None:
    """Make the rows whose contents pages read with builders, and of every other model any row at all."""
    channel = a_channel(name=word, secrets={"token": word})
    talk = a_conversation(channel, name=word)
    message = a_message(talk, word, direction=Message.Direction.OUT)
    made: list[TenantModel] = [channel, talk, talk.identity, talk.contact, message, Membership.objects.latest("pk")]
    failed = {"state": InboundUpdate.State.FAILED, "error": word, "body": {"text": word}, "external_id": word}
    made.append(InboundUpdate.objects.create(channel=channel, **failed))
    made += _a_flow(word, User.objects.get(pk=made[-2].user_id))
    made.append(Media.objects.create(in_library=True, kind="document", name=word, content_type="x/y", size=1))
    for row in made:
        world.rows[workspace.pk, type(row)] = row
    for model in tenant_models():
        _any_row(world, workspace, model, word)


def _a_flow(word: str, user: User) -> list[TenantModel]:
    name, graph = starters.build("welcome", "en")
    flow = flows.create(f"{word} {name}", graph, user)
    version = flows.publish(flow, flow.draft_revision, user)
    return [flow, version]


def _any_row(world: World, workspace: Workspace, model: type[TenantModel], word: str) -> TenantModel:
    """Return the workspace's row of the model; make one, and those it needs, if there is none."""
    if (workspace.pk, model) not in world.rows:
        values = {}
        for column in model._meta.concrete_fields:
            if isinstance(column, models.ForeignKey) and not column.null and column.name != "workspace":
                target = column.remote_field.model
                is_tenants = issubclass(target, TenantModel)
                found = _any_row(world, workspace, target, word) if is_tenants else User.objects.earliest("pk")
                values[column.name] = found
            elif not (column.has_default() or column.blank or column.null or getattr(column, "auto_now_add", False)):
                values[column.name] = _any_value(column, word)
        world.rows[workspace.pk, model] = model.objects.create(**values)
    row: TenantModel = world.rows[workspace.pk, model]
    return row


def _any_value(column: Any, word: str) -> Any:
    if column.choices:
        return next(iter(column.choices))[0]
    if isinstance(column, models.DateTimeField):
        return timezone.now() + timedelta(days=1)
    if isinstance(column, models.JSONField):
        return {"text": word}
    if isinstance(column, models.UUIDField):
        return uuid4()
    if isinstance(column, models.IntegerField):
        return 1
    return f"{word} {uuid4().hex}"[: column.max_length]


def _by_name(parameter: str) -> Callable[[Row], Any] | None:
    models_by_name = {_snake(model.__name__): model for model in tenant_models()}
    model = models_by_name.get(parameter.removesuffix("_id")) if parameter.endswith("_id") else None
    return None if model is None else lambda row: row(model).pk


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
