"""The pace at which messages leave: never more than the messenger allows, in any span."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messengers.adapter import Rate
from messengers.capacity import Capacity
from messengers.limits import SLACK, Bucket, shards, share

rates = st.builds(Rate, st.integers(1, 200), st.sampled_from([0.5, 1.0, 60.0, 3600.0]))


def leave(bucket: Bucket, count: int, idle_after: int | None = None) -> list[float]:
    """Send as fast as the bucket lets, but for a moment's idleness; the moments."""
    now, moments = 0.0, list[float]()
    for number in range(count):
        now += max(bucket.wait(now), SLACK if number == idle_after else 0)
        bucket.spend(1, now)
        moments.append(now)
    return moments


@given(rates)
def test_no_span_has_more_than_the_rate(rate: Rate) -> None:
    moments = leave(Bucket.full(rate, 0.0), rate.count * 3)
    for first, moment in enumerate(moments):
        within = [other for other in moments[first:] if other - moment < rate.seconds * (1 - 1e-6)]
        assert len(within) <= rate.count


@given(st.integers(50, 200), st.floats(0, 1), st.floats(0, 1))
def test_a_late_sender_and_a_call_that_is_late_on_its_way_make_no_span_too_full(
    a_second: int, idle_at: float, late: float
) -> None:
    last = a_second * 2 - 1
    moments = leave(Bucket.full(Rate(a_second), 0.0), last + 1, idle_after=round(idle_at * last))
    moments[round(late * last)] += 1.5 / a_second
    for moment in moments:
        assert sum(0 <= other - moment < 1 - 1e-6 for other in moments) <= a_second


@given(rates)
def test_it_is_not_slower_than_it_must_be(rate: Rate) -> None:
    moments = leave(Bucket.full(rate, 0.0), rate.count * 10 + 1)
    assert moments[-1] <= rate.seconds * 10 * 1.07


def test_the_first_leaves_at_once_and_a_mailing_leaves_room_for_an_answer() -> None:
    bucket = Bucket.full(Rate(30), 100.0)
    assert bucket.wait(100.0) == 0
    bucket.spend(bucket.available(100.0), 100.0)
    assert 0 < bucket.wait(100.0) < 0.05


@pytest.mark.parametrize(("an_hour", "at_once"), [(36_000, 10), (500, 8), (200, 4), (10, 1)])
def test_an_hours_rate_leaves_in_no_flood(an_hour: int, at_once: int) -> None:
    assert Bucket.full(Rate(an_hour, 3600), 0.0).available(0.0) == at_once


def test_a_heavy_message_is_paid_for_before_the_next() -> None:
    bucket = Bucket.full(Rate(10), 0.0)
    bucket.spend(5, 0.0)
    assert bucket.available(0.3) == 0
    assert bucket.available(0.52) == 1


def test_what_was_left_goes_to_the_next_sender() -> None:
    bucket = Bucket.full(Rate(1, 10), 0.0)
    bucket.spend(1, 0.0)
    heir = Bucket(bucket.rate, bucket.tokens, bucket.at)
    assert heir.available(5.0) == 0
    assert heir.available(10.1) == 1


def test_a_clock_that_goes_back_gives_nothing_away() -> None:
    bucket = Bucket.full(Rate(1), 100.0)
    bucket.spend(1, 100.0)
    assert bucket.available(90.0) == 0


@given(rates)
def test_shards_together_keep_the_rate(rate: Rate) -> None:
    number = shards(rate)
    assert 1 <= number <= 4
    assert number * share(rate, number).count <= rate.count


def test_one_workspace_has_all_places_until_another_comes() -> None:
    capacity = Capacity(10)
    capacity.enter(1)
    for _ in range(9):
        capacity.take(1)
    assert capacity.room(1) == 1
    capacity.enter(2)
    assert capacity.room(1) == 0
    assert capacity.room(2) == 1
    for _ in range(5):
        capacity.free(1)
    assert capacity.room(1) == 1
    capacity.leave(2)
    assert capacity.room(1) == 6


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans()), max_size=100))
def test_while_others_wait_nobody_has_more_than_half(wishes: list[tuple[int, bool]]) -> None:
    capacity, taken = Capacity(10), dict.fromkeys(range(1, 5), 0)
    for workspace in taken:
        capacity.enter(workspace)
    for workspace, wants in wishes:
        if wants and capacity.room(workspace):
            capacity.take(workspace)
            taken[workspace] += 1
        elif not wants and taken[workspace]:
            capacity.free(workspace)
            taken[workspace] -= 1
        assert max(taken.values()) <= 5
        assert sum(taken.values()) <= 10


def test_who_is_served_on_most_channels_makes_room() -> None:
    capacity = Capacity(10)
    for _ in range(3):
        capacity.enter(1)
    assert capacity.too_many(4) == 1
    assert capacity.too_many(6) is None
