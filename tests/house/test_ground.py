"""What every other test relies on."""

import socket
import threading

import pytest
from django.db import connection, connections

from builders import a_channel, a_client, a_conversation, a_message, a_user, a_workspace
from workspaces.models import User
from workspaces.scope import tenant


@pytest.mark.django_db
def test_tests_work_as_a_role_that_owns_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user")
        assert cursor.fetchone() == ("kaskad_app", False, False)
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.django_db
def test_builders_build() -> None:
    workspace = a_workspace(a_user("anna@example.com"))
    with tenant(workspace):
        message = a_message(a_conversation(a_channel()))
        assert message.conversation.messages.count() == 1
    assert a_client(a_user()).session.session_key


def test_committed_rows_are_seen_by_other_connections(committed_db: None) -> None:
    a_user("boris@example.com")
    seen: list[int] = []

    def look() -> None:
        seen.append(User.objects.count())
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [1]


def test_and_are_gone_afterwards(committed_db: None) -> None:
    assert User.objects.count() == 0


def test_nothing_reaches_the_outside() -> None:
    with pytest.raises(RuntimeError, match="tests stay on this machine"):
        socket.create_connection(("192.0.2.1", 80))
    with pytest.raises(RuntimeError, match="tests stay on this machine"):
        socket.getaddrinfo("example.com", 80)
