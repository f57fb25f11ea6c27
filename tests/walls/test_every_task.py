"""Every Celery task: it works inside one workspace, and handed a foreign object's id it touches nothing."""

import inspect
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, transaction

from config.celery import app
from tests.walls.world import World
from workspaces.models import Workspace
from workspaces.scope import tenant
from workspaces.tenant_task import TenantTask
from workspaces.walls import tenant_models

app.loader.import_default_modules()
TASKS = {name: task for name, task in app.tasks.items() if task.__module__.split(".")[0] in settings.LOCAL_APPS}

# Tasks of the whole house: they take ids from `crossings` and open each workspace themselves.
HOUSE_TASKS = {
    "config.tasks.heartbeat": "touches no row",
    "messengers.tasks.sweep_unsent_files": "finds what was uploaded anywhere and never sent",
    "messengers.tasks.end_expired": "finds what waits in vain anywhere",
    "messengers.tasks.prune": "finds what is older anywhere than it need be",
    "messengers.tasks.run_listener": "listens to the channels of many workspaces",
    "messengers.tasks.run_sender": "serves the channels of many workspaces in turn",
    "messengers.tasks.watch_channels": "finds which channels anywhere are to be looked after",
    "messengers.tasks.tick": "finds what is due anywhere, and starts it in its own workspace",
    "workspaces.tasks.clear_expired_sessions": "sessions are people's",
    "workspaces.tasks.erase_deleted_workspaces": "finds what was deleted anywhere",
    "workspaces.tasks.erase_workspace": "a workspace that was deleted, and no other, batch by batch",
}
# Tasks that open the workspace they are given more than once: each step is a transaction of its own.
STEPWISE_TASKS = {
    "messengers.tasks.receive",
    "messengers.tasks.receive_waiting",
    "messengers.tasks.fetch_file",
    "messengers.tasks.prepare_file",
    "messengers.tasks.ask_profile",
    "messengers.tasks.watch_channel",
    "messengers.tasks.fetch_missed",
    "messengers.tasks.sync_templates_of",
}

WORKSPACE_TASKS = sorted(set(TASKS) - set(HOUSE_TASKS))


def test_every_task_works_inside_a_workspace_or_is_known_to_be_the_houses() -> None:
    outside = {name for name, task in TASKS.items() if not isinstance(task, TenantTask)}
    assert outside == set(HOUSE_TASKS) | STEPWISE_TASKS


@pytest.mark.parametrize("name", WORKSPACE_TASKS)
def test_a_task_touches_nothing_foreign(name: str, world: World) -> None:
    task = TASKS[name]
    wanted = [one for one in inspect.signature(task.run).parameters if one not in {"self", "workspace_id"}]
    assert wanted, f"{name} takes no object: list it, or hand it what it works on"
    before = fingerprint(world.foreign)
    arguments = {parameter: world.value(parameter, world.foreign) for parameter in wanted}
    with transaction.atomic():
        try:
            task(**arguments, workspace_id=world.own.pk)
        except ObjectDoesNotExist:
            transaction.set_rollback(False)
        assert fingerprint(world.foreign) == before
        transaction.set_rollback(True)


def test_a_call_that_names_no_workspace_is_refused_before_it_is_queued() -> None:
    @app.task(base=TenantTask, name="tests.walls.nameless")
    def nameless() -> None: ...

    with pytest.raises(TypeError, match="workspace_id"):
        nameless.delay()
    with pytest.raises(TypeError, match="workspace_id"):
        nameless()


def test_a_task_runs_in_the_workspace_that_it_was_given(world: World) -> None:
    @app.task(base=TenantTask, name="tests.walls.whose")
    def whose(model_index: int) -> set[int]:
        return {row.workspace_id for row in tenant_models()[model_index].objects.all()}

    for workspace in (world.own, world.foreign):
        done: Any = whose.apply(kwargs={"model_index": 0, "workspace_id": workspace.pk})
        assert done.get() == {workspace.pk}


def fingerprint(workspace: Workspace) -> dict[str, str]:
    """Return a sum over all that the workspace has."""
    sums = {}
    with tenant(workspace), connection.cursor() as cursor:
        for model in tenant_models():
            table = model._meta.db_table
            cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY id)) FROM "{table}" t')
            (sums[table],) = cursor.fetchone()
    return sums
