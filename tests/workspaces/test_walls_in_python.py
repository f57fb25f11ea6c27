"""`tenant()` opens a workspace for as long as it lasts: not longer, not in other threads, not after an error."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, IntegrityError, connection, transaction

from audience.models import Contact
from tests.builders import a_conversation, a_workspace, an_identity
from workspaces.models import Workspace
from workspaces.scope import ForeignWorkspaceError, NoWorkspaceError, has_workspace, tenant

Two = tuple[Workspace, Workspace]


@pytest.fixture
def two(db: None) -> Two:
    """Two workspaces, with a contact each."""
    both = a_workspace(), a_workspace()
    for workspace in both:
        with tenant(workspace):
            Contact.objects.create(name=f"of {workspace.pk}")
    return both


def told_to_postgresql() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('kaskad.workspace', true), '')")
        (value,) = cursor.fetchone()
    return str(value)


def names() -> list[str]:
    return list(Contact.objects.values_list("name", flat=True))


def test_each_workspace_sees_its_own_rows_and_nobody_sees_any_outside(two: Two) -> None:
    for workspace in two:
        with tenant(workspace):
            assert names() == [f"of {workspace.pk}"]
    with pytest.raises(NoWorkspaceError):
        Contact.objects.all()


def test_a_query_that_outlives_its_scope_raises(two: Two) -> None:
    with tenant(two[0]):
        rows = Contact.objects.all()
    with pytest.raises(NoWorkspaceError):
        list(rows)


def test_a_query_written_in_one_workspace_reads_nothing_of_it_in_another(two: Two) -> None:
    with tenant(two[0]):
        rows = Contact.objects.all()
    with tenant(two[1]):
        assert [row.name for row in rows] == [f"of {two[1].pk}"]


def test_another_workspace_cannot_be_opened_inside(two: Two) -> None:
    with tenant(two[0]):
        with pytest.raises(ForeignWorkspaceError), tenant(two[1]):
            pass
        assert names() == [f"of {two[0].pk}"]


def test_the_same_workspace_inside_is_a_savepoint(two: Two) -> None:
    with tenant(two[0]):
        with tenant(two[0]):
            Contact.objects.create(name="undone")
            transaction.set_rollback(True)
        with tenant(two[0]):
            Contact.objects.create(name="kept")
        assert names() == [f"of {two[0].pk}", "kept"]


def test_nothing_stays_open_after_the_scope(two: Two) -> None:
    with tenant(two[0]):
        assert told_to_postgresql() == str(two[0].pk)
    assert told_to_postgresql() == ""
    assert not has_workspace()


def test_an_error_of_the_database_is_told_as_it_is_and_closes_the_scope(two: Two) -> None:
    with pytest.raises(DatabaseError, match="division by zero"), tenant(two[0]), connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")
    assert told_to_postgresql() == ""
    assert not has_workspace()
    with tenant(two[1]):
        assert names() == [f"of {two[1].pk}"]


def test_an_error_inside_a_savepoint_leaves_the_scope_open(two: Two) -> None:
    with tenant(two[0]):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert names() == [f"of {two[0].pk}"]


def test_a_scope_in_a_transaction_that_is_to_be_rolled_back_closes_too(two: Two) -> None:
    with transaction.atomic():
        with tenant(two[0]):
            Contact.objects.create(name="undone")
            transaction.set_rollback(True)
        assert not has_workspace()
    with tenant(two[0]):
        assert names() == [f"of {two[0].pk}"]


@pytest.mark.django_db(transaction=True)
def test_what_runs_on_commit_opens_the_workspace_anew() -> None:
    workspace = a_workspace()
    seen: list[Any] = []

    def later() -> None:
        seen.append(has_workspace())
        with tenant(workspace):
            seen.append(names())

    with tenant(workspace):
        Contact.objects.create(name="new")
        transaction.on_commit(later)
    assert seen == [False, ["new"]]


@pytest.mark.django_db(transaction=True)
def test_the_next_transaction_of_the_same_connection_knows_no_workspace() -> None:
    with tenant(a_workspace()):
        an_identity()
    assert told_to_postgresql() == ""
    with transaction.atomic():
        assert told_to_postgresql() == ""
    assert transaction.get_connection().in_atomic_block is False


@pytest.mark.django_db(transaction=True)
def test_another_thread_has_no_workspace_even_when_it_inherits_the_context() -> None:
    with tenant(a_workspace()), ThreadPoolExecutor(1) as pool:
        assert pool.submit(_in_thread).result() == "none"
        assert pool.submit(copy_context().run, _in_thread).result() == "none"


def _in_thread() -> str:
    try:
        return str(names())
    except NoWorkspaceError:
        return "none"
    finally:
        connection.close()


def test_what_outlives_the_scope_that_it_was_started_in_has_none(two: Two) -> None:
    with tenant(two[0]):
        inherited = copy_context()
        assert inherited.run(names) == [f"of {two[0].pk}"]
    assert inherited.run(has_workspace) is False


@pytest.mark.django_db(transaction=True)
async def test_two_requests_at_once_each_see_their_own() -> None:
    both = [await sync_to_async(a_workspace)() for _ in range(2)]

    def work(workspace: Workspace) -> list[str]:
        try:
            with tenant(workspace):
                Contact.objects.create(name=f"of {workspace.pk}")
                return names()
        finally:
            connection.close()

    apart = sync_to_async(work, thread_sensitive=False)
    assert await asyncio.gather(*map(apart, both)) == [[f"of {one.pk}"] for one in both]


def test_related_rows_bulk_writes_and_updates_stay_inside(two: Two) -> None:
    with tenant(two[0]):
        talk = a_conversation()
        assert list(talk.contact.conversations.all()) == [talk]
        Contact.objects.bulk_create([Contact(name="bulk"), Contact(name="bulk")])
        assert Contact.objects.get_or_create(name="once")[1]
        assert not Contact.objects.get_or_create(name="once")[1]
        Contact.objects.update(language="ru")
        assert {row.workspace_id for row in Contact.objects.all()} == {two[0].pk}
    with tenant(two[1]):
        assert Contact.objects.filter(language="ru").count() == 0
        assert Contact.objects.all().delete()[0] == 1
    with tenant(two[0]):
        assert Contact.objects.count() == 5


def test_a_row_is_not_saved_changed_or_made_in_a_foreign_workspace(two: Two) -> None:
    with tenant(two[0]):
        mine = Contact.objects.get()
    with tenant(two[1]):
        for write in (mine.save, mine.delete, mine.refresh_from_db):
            with pytest.raises((ForeignWorkspaceError, Contact.DoesNotExist)):
                write()
        with pytest.raises(ForeignWorkspaceError):
            Contact.objects.create(workspace=two[0], name="smuggled")
        with pytest.raises((ForeignWorkspaceError, DatabaseError)), transaction.atomic():
            Contact.objects.bulk_create([Contact(workspace=two[0], name="smuggled")])
        assert Contact.objects.filter(pk=mine.pk).update(name="changed") == 0
    with tenant(two[0]):
        assert names() == [f"of {two[0].pk}"]


def test_a_row_cannot_point_to_one_of_a_foreign_workspace(two: Two) -> None:
    with tenant(two[1]):
        foreign = an_identity()
    with tenant(two[0]):
        an_identity(contact=foreign.contact)
        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _closed_afterwards() -> Iterator[None]:
    yield
    assert not has_workspace()
