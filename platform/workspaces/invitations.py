"""Invitations: made, sent, renewed, revoked, accepted. A token is shown or sent once; its hash alone is kept.

Pages call this: what members do inside `tenant()`, what the invited does outside, with nothing but the token.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from workspaces import audit
from workspaces.crossings import ids_across_workspaces
from workspaces.members import MemberRuleError, add_member, refuse_to_give, roles_to_give
from workspaces.models import Invitation, Membership, User, Workspace
from workspaces.roles import Role
from workspaces.scope import tenant

LIFETIME = timedelta(days=7)
MOST_OPEN = 100  # at a time in one workspace, so that nobody mails the world through us
PAUSE = timedelta(minutes=1)  # between two letters to the same address


class LetterError(Exception):
    """The letter with an invitation could not be sent. The message says so in the reader's language."""


class State(StrEnum):
    """What can be done with an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as its holder sees it: from which workspace, by whom, and whether it still works."""

    invitation: Invitation
    workspace: Workspace
    inviter: User
    state: State


def state_of(invitation: Invitation, now: datetime) -> State:
    """Return what the dates of an invitation say."""
    if invitation.accepted_at:
        return State.ACCEPTED
    if invitation.revoked_at:
        return State.REVOKED
    return State.OPEN if now < invitation.expires_at else State.EXPIRED


def pending() -> QuerySet[Invitation]:
    """Return the invitations that were neither accepted nor revoked, the newest first; some may have expired."""
    waiting = Invitation.objects.filter(accepted_at=None, revoked_at=None)
    return waiting.select_related("invited_by").order_by("-id")


def invite(actor: Membership, email: str, role: Role, now: datetime) -> tuple[Invitation, str]:
    """Make an invitation, for an address or (without one) for whoever gets the link; return it and its token."""
    refuse_to_give(actor.role, role)
    if Membership.objects.filter(user__email=email).exists():
        raise MemberRuleError(_("This person is a member already."))
    if pending().filter(expires_at__gt=now).count() >= MOST_OPEN:
        raise MemberRuleError(_("There are too many open invitations. Revoke those that nobody needs."))
    if email and pending().filter(email=email, expires_at__gt=now).exists():
        raise MemberRuleError(_("This address has an open invitation already. Send it again, or revoke it first."))
    token = _new_token()
    invitation = Invitation.objects.create(
        email=email,
        role=role,
        token_hash=hash_of(token),
        invited_by=actor.user,
        sent_at=now if email else None,
        expires_at=now + LIFETIME,
    )
    audit.record(actor.user, "invitation.created", invitation, {"role": (None, role), "email": (None, email)})
    return invitation, token


def renew(actor: Membership, invitation: Invitation, now: datetime) -> str:
    """Give a waiting invitation a new token and another week; the link that went out before stops working."""
    locked = pending().select_for_update(of=("self",)).filter(pk=invitation.pk).first()
    if locked is None:
        raise MemberRuleError(_("This invitation was accepted or revoked meanwhile."))
    refuse_to_give(actor.role, Role(locked.role))
    if locked.sent_at and now - locked.sent_at < PAUSE:
        raise MemberRuleError(_("A letter has just been sent to this address. Wait a minute."))
    token = _new_token()
    before = audit.snapshot(locked, ["expires_at"])
    locked.token_hash, locked.expires_at = hash_of(token), now + LIFETIME
    locked.sent_at = now if locked.email else None
    locked.save(update_fields=["token_hash", "expires_at", "sent_at"])
    audit.record(actor.user, "invitation.renewed", locked, audit.changed(before, locked))
    return token


def revoke(actor: Membership, invitation: Invitation, now: datetime) -> None:
    """Stop an invitation; nothing happens to one that was accepted or revoked before."""
    if pending().filter(pk=invitation.pk).update(revoked_at=now):
        audit.record(actor.user, "invitation.revoked", invitation, {"role": (invitation.role, None)})


def find(token_hash: str, now: datetime) -> Invited | None:
    """Return the invitation with this hash, of whichever workspace; nothing if there is none or no longer."""
    with _home_of(token_hash) as workspace:
        if workspace is None:
            return None
        invitation = Invitation.objects.select_related("invited_by").filter(token_hash=token_hash).first()
        if invitation is None:
            return None
        state = state_of(invitation, now)
        if state == State.OPEN and not _stands_behind(invitation):
            state = State.REVOKED
        return Invited(invitation, workspace, invitation.invited_by, state)


def accept(user: User, token_hash: str, now: datetime) -> Workspace | None:
    """Make the person a member of the workspace that the invitation is from; nothing if it does not work any more.

    Whoever is a member already keeps his role, and the invitation stays for somebody else.
    """
    with _home_of(token_hash) as workspace:
        if workspace is None:
            return None
        invitation = (
            Invitation.objects.select_for_update(of=("self",))
            .select_related("invited_by")
            .filter(token_hash=token_hash)
            .first()
        )
        if invitation is None or state_of(invitation, now) != State.OPEN:
            return None
        if not _stands_behind(invitation):
            return None
        _membership, is_new = add_member(user, invitation.role, invited_by=invitation.invited_by)
        if is_new:
            invitation.accepted_at, invitation.accepted_by = now, user
            invitation.save(update_fields=["accepted_at", "accepted_by"])
        return workspace


def is_open(token_hash: str, now: datetime) -> bool:
    """Say whether the invitation with this hash still works."""
    found = find(token_hash, now)
    return found is not None and found.state == State.OPEN


def hash_of(token: str) -> str:
    """Return what is kept of a token."""
    return sha256(token.encode()).hexdigest()


def _stands_behind(invitation: Invitation) -> bool:
    """Say whether its maker could still give the role: who was removed must not come back by a link of his own."""
    maker = Membership.objects.filter(user=invitation.invited_by_id).first()
    return maker is not None and Role(invitation.role) in roles_to_give(maker.role)


def _new_token() -> str:
    return secrets.token_urlsafe(32)


@contextmanager
def _home_of(token_hash: str) -> Iterator[Workspace | None]:
    ids = ids_across_workspaces("workspace_of_invitation", token_hash)
    workspace = Workspace.objects.filter(pk=ids[0][0]).first() if ids else None
    if workspace is None:
        yield None
        return
    with tenant(workspace):
        yield workspace
