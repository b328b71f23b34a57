from __future__ import annotations

from unmask.streams.clock import StreamClock


class Wall:
    """A wall clock that the test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_timestamps_count_and_not_the_time_between_the_calls() -> None:
    clock, wall = StreamClock(wall := Wall()), wall
    positions = []
    for stamp in (7.0, 7.5, 9.0):
        wall.now += 3.0
        positions.append(clock.advance(stamp))
    assert positions == [0.0, 0.5, 2.0]


def test_the_wall_clock_replaces_missing_restarting_and_jumping_timestamps() -> None:
    wall = Wall()
    clock = StreamClock(wall)
    positions = []
    for stamp in (50.0, None, 51.0, 3.0, 900.0, 901.0):
        wall.now += 2.0
        positions.append(clock.advance(stamp))
    assert positions == [0.0, 2.0, 4.0, 6.0, 8.0, 9.0]


def test_a_new_connection_continues_after_the_time_without_one() -> None:
    wall = Wall()
    clock = StreamClock(wall)
    clock.advance(5.0)
    wall.now += 60.0
    clock.restart()
    assert clock.advance(5.5) == 60.0
    assert clock.advance(6.5) == 61.0
