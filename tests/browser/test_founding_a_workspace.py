"""Somebody far from Moscow founds a workspace: it begins in the time zone of his browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from builders import a_user
from workspaces.models import Workspace

OpenPage = Callable[..., Page]


def test_a_workspace_begins_in_its_founders_time_zone(open_page: OpenPage) -> None:
    page = open_page("/workspaces/new/", a_user(), language="en", time_zone="Asia/Omsk")
    expect(page.get_by_label("Time zone", exact=True)).to_have_value("(UTC+06:00) Asia/Omsk")
    page.get_by_label("Name of the workspace").fill("Far away")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("The workspace is ready.")).to_be_visible()
    assert Workspace.objects.get(name="Far away").time_zone == "Asia/Omsk"


def test_a_zone_that_is_not_in_the_list_is_not_guessed(open_page: OpenPage) -> None:
    page = open_page("/workspaces/new/", a_user(), language="en", time_zone="Etc/GMT+5")
    expect(page.get_by_label("Time zone", exact=True)).to_have_value("(UTC+03:00) Europe/Moscow")


def test_what_the_person_chose_outlives_a_refused_form(open_page: OpenPage) -> None:
    page = open_page("/workspaces/new/", a_user(), language="en", time_zone="Asia/Omsk")
    zone = page.get_by_label("Time zone", exact=True)
    zone.fill("Tokyo")
    zone.press("Enter")
    page.get_by_label("Name of the workspace").fill("   ")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_text("Give the workspace a name.")).to_be_visible()
    expect(zone).to_have_value("(UTC+09:00) Asia/Tokyo")
