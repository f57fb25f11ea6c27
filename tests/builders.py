"""Builders that say only what matters to a test. What belongs to a workspace is built inside `tenant(workspace)`."""

from itertools import count
from typing import Any

from django.test import Client

from audience.models import Contact
from messengers.content import Content
from messengers.models import Channel, Conversation, Identity, Message
from messengers.statuses import Status
from workspaces.models import Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

PASSWORD = "correct horse battery"
_number = count(1)


def a_user(email: str = "", **fields: Any) -> User:
    """A person whose e-mail address is confirmed, with PASSWORD."""
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(email or f"person{next(_number)}@example.com", PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def a_workspace(owner: User | None = None, **fields: Any) -> Workspace:
    """A workspace and its owner."""
    workspace = Workspace.objects.create(**{"name": f"Workspace {next(_number)}"} | fields)
    a_member(workspace, Role.OWNER, owner)
    return workspace


def a_member(workspace: Workspace, role: Role, user: User | None = None) -> User:
    """A member with a role."""
    user = user or a_user()
    with tenant(workspace):
        Membership.objects.create(user=user, role=role)
    return user


def a_client(user: User | None = None) -> Client:
    """A browser in which the person has signed in."""
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def a_channel(kind: str = "site_chat", **fields: Any) -> Channel:
    """A channel of the workspace in scope."""
    return Channel.objects.create(**{"kind": kind, "name": f"Channel {next(_number)}"} | fields)


def an_identity(channel: Channel | None = None, name: str = "", **fields: Any) -> Identity:
    """A person on a channel."""
    number = next(_number)
    contact = fields.pop("contact", None) or Contact.objects.create(name=name or f"Contact {number}")
    channel = channel or a_channel()
    return Identity.objects.create(**{"channel": channel, "contact": contact, "external_id": f"v{number}"} | fields)


def a_conversation(channel: Channel | None = None, **fields: Any) -> Conversation:
    """A talk with a person on a channel, in which nothing has been said yet."""
    identity = fields.pop("identity", None) or an_identity(channel, fields.pop("name", ""))
    return Conversation.objects.create(identity=identity, channel=identity.channel, contact=identity.contact, **fields)


def a_message(conversation: Conversation, text: str = "Hello", **fields: Any) -> Message:
    """A message of the person, already received (`direction="out"` for one of ours, already sent)."""
    outbound = fields.get("direction") == Message.Direction.OUT
    message = Message.objects.create(
        **{
            "conversation": conversation,
            "channel": conversation.channel,
            "identity": conversation.identity,
            "direction": Message.Direction.IN,
            "source": Message.Source.MEMBER if outbound else Message.Source.CONTACT,
            "status": Status.SENT if outbound else Status.RECEIVED,
            "content": Content.plain(text).model_dump(mode="json"),
        }
        | fields
    )
    Conversation.objects.filter(pk=conversation.pk).update(last_message=message, last_message_at=message.created_at)
    return message
