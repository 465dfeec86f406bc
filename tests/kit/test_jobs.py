"""Jobs: local effects once, external calls again with the same id, bounded retries, then dead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from support.both_homes import Place, Places
from support.kit_homes import START, NoteTx, Put, left, numbers, open_notes, put
from venule.kit.errors import DiskFull
from venule.kit.jobs import (
    BACKOFF_MAX_US,
    LAST_ATTEMPT_LOST,
    JobNotDead,
    JobNotFound,
    JobRunner,
    backoff_us,
    purge_done,
)
from venule.kit.jobs_table import JobId
from venule.kit.time import VirtualClock, to_us
from venule.kit.tx import Call, Outcome, Tx


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def home(places: Places, clock: VirtualClock):
    with open_notes(places("home"), clock) as home:
        yield home


def ask(tx: Tx, command: tuple[str, Put]) -> UUID:
    return tx.enqueue(command[0], command[1], max_attempts=3)


def note(tx: NoteTx, payload: Put) -> None:
    """A local handler: one more note."""
    assert isinstance(payload, Put)
    tx.tally.total += payload.number
    tx.sql.run("INSERT INTO note VALUES (?, ?, '')", (tx.new_id().bytes, payload.number))


class World:
    """An external handler, and what the world has seen of it."""

    def __init__(self) -> None:
        self.seen: list[tuple[JobId, int]] = []
        self.hook: Callable[[str], None] = lambda moment: None

    def call(self, payload: Put, job_id: JobId) -> str:
        self.hook("before the call")
        self.seen.append((job_id, payload.number))
        self.hook("after the call")
        return f"answer {payload.number}"

    def done(self, tx: NoteTx, payload: Put, answer: str) -> None:
        assert f"answer {payload.number}" == answer
        note(tx, payload)


def states(home) -> dict[str, int]:
    rows = home.read(lambda tx: tx.sql.rows("SELECT state, COUNT(*) FROM job GROUP BY state"))
    return dict(rows)


def test_a_local_job(home):
    home.run(ask, ("note", Put(5)))
    runner = JobRunner(home, {"note": note})

    assert [1, 0] == [runner.run_due(), runner.run_due()]
    assert [5] == numbers(home)
    assert {"done": 1} == states(home)


def test_an_external_job(home):
    job_id = home.run(ask, ("world", Put(5)))
    world = World()
    runner = JobRunner(home, {"world": world})

    assert [1, 0] == [runner.run_due(), runner.run_due()]
    assert [(job_id, 5)] == world.seen
    assert [5] == numbers(home)
    assert {"done": 1} == states(home)


def test_due_when_told_and_the_longest_due_first(home, clock):
    def later(tx: Tx, number: int) -> None:
        tx.enqueue("note", Put(number), due_at=tx.now + timedelta(hours=number))

    for number in (3, 1, 2):
        home.run(later, number)
    runner = JobRunner(home, {"note": note})

    assert 0 == runner.run_due()
    assert START + timedelta(hours=1) == runner.next_due_at()
    clock.advance(timedelta(hours=2))
    assert 1 == runner.run_due(limit=1)
    assert [1] == numbers(home)
    assert 1 == runner.run_due()
    assert START + timedelta(hours=3) == runner.next_due_at()
    clock.advance(timedelta(hours=1))
    assert 1 == runner.run_due()
    assert runner.next_due_at() is None


def fails(tx: NoteTx, payload: Put) -> None:
    note(tx, payload)
    raise ZeroDivisionError(f"job of {payload.number}")


def test_a_limit_takes_the_longest_due_of_all_kinds(home, clock):
    for number, kind in enumerate(("b", "a", "c", "a", "b")):
        home.run(ask, (kind, Put(number)))
        clock.advance(timedelta(seconds=1))
    runner = JobRunner(home, {"a": note, "b": note, "c": note})
    for number in range(5):
        assert 1 == runner.run_due(limit=1)
        assert list(range(number + 1)) == numbers(home)


class Unreachable(World):
    def call(self, payload: Put, job_id: JobId) -> str:
        super().call(payload, job_id)
        raise ConnectionError("nobody there")


class Unanswerable(World):
    def done(self, tx: NoteTx, payload: Put, answer: str) -> None:
        note(tx, payload)
        raise ZeroDivisionError("cannot record it")


@pytest.mark.parametrize("make", [lambda: fails, Unreachable, Unanswerable])
def test_retries_are_bounded_and_spaced(home, clock, make):
    handler = make()
    job_id = home.run(ask, ("bad", Put(5)))
    runner = JobRunner(home, {"bad": handler})

    waits = []
    while (due_at := runner.next_due_at()) is not None:
        waits.append((due_at - clock.now()).total_seconds())
        clock.set(due_at)
        assert 1 == runner.run_due()
        assert 0 == runner.run_due()

    assert [0, 1, 2] == waits
    [dead] = runner.dead_jobs()
    assert (job_id, "dead", 3) == (dead.id, dead.state, dead.attempts)
    assert dead.last_error is not None
    assert dead.last_error.startswith(("ZeroDivisionError", "ConnectionError: nobody there"))
    assert to_us(clock.now()) == dead.ended_at
    assert [] == numbers(home)
    if isinstance(handler, World):
        assert [(job_id, 5)] * 3 == handler.seen


def test_the_wait_doubles_up_to_a_bound():
    assert [1_000_000, 2_000_000, 4_000_000] == [backoff_us(n) for n in (1, 2, 3)]
    assert BACKOFF_MAX_US == backoff_us(13) == backoff_us(10_000)


def test_poison_blocks_no_others(home, clock):
    for number in range(20):
        home.run(ask, (("good", "bad", "unreachable", "unknown")[number % 4], Put(number)))
    world = Unreachable()
    runner = JobRunner(home, {"good": note, "bad": fails, "unreachable": world})
    while (due_at := runner.next_due_at()) is not None:
        clock.set(max(due_at, clock.now()))
        runner.run_due(limit=2)

    assert [0, 4, 8, 12, 16] == numbers(home)
    assert {"done": 5, "dead": 10, "ready": 5} == states(home)
    assert ["unknown"] == runner.unknown_kinds()
    assert [] == JobRunner(home, {"unknown": note}).unknown_kinds()


def test_an_unreadable_payload_is_the_jobs_own_failure(home, clock):
    def strange(tx: Tx, command: str) -> None:
        tx.enqueue(command, ["not", "a", "Put"], max_attempts=1)

    home.run(strange, "note")
    home.run(strange, "world")
    runner = JobRunner(home, {"note": note, "world": World()})
    runner.run_due()

    assert 2 == len(runner.dead_jobs())
    assert all("ValidationError" in str(job.last_error) for job in runner.dead_jobs())


def test_a_dead_job_can_be_revived(home, clock):
    job_id = home.run(ask, ("bad", Put(5)))
    runner = JobRunner(home, {"bad": fails})
    while runner.next_due_at() is not None:
        clock.advance(timedelta(minutes=1))
        runner.run_due()
    runner.revive(job_id)
    with pytest.raises(JobNotDead):
        runner.revive(job_id)
    with pytest.raises(JobNotFound):
        runner.revive(JobId(UUID(int=5)))

    mended = JobRunner(home, {"bad": note})
    assert clock.now() == mended.next_due_at()
    assert 1 == mended.run_due()
    assert [] == mended.dead_jobs()
    assert [5] == numbers(home)


def test_a_failure_of_the_home_is_not_the_jobs(home):
    job_id = home.run(ask, ("note", Put(5)))
    runner = JobRunner(home, {"note": lambda tx, payload: tx.sql.run("SELECT 1")})

    def full(tx: Tx, payload: Put) -> None:
        raise DiskFull("home")

    with pytest.raises(DiskFull):
        JobRunner(home, {"note": full}).run_due()
    [(attempts, state)] = home.read(
        lambda tx: tx.sql.rows("SELECT attempts, state FROM job WHERE id = ?", (job_id.bytes,))
    )
    assert (0, "ready") == (attempts, state)
    assert 1 == runner.run_due()


def test_done_jobs_are_purged_in_bounded_steps(home, clock, monkeypatch):
    monkeypatch.setattr("venule.kit.jobs.JOBS_AT_ONCE_MAX", 3)
    for number in range(5):
        home.run(ask, ("note", Put(number)))
    runner = JobRunner(home, {"note": note})
    while runner.run_due(limit=3):
        pass
    home.run(ask, ("note", Put(9)))
    clock.advance(timedelta(days=1))

    assert [3, 2, 0] == [home.run(purge_done, to_us(clock.now())) for _ in range(3)]
    assert {"ready": 1} == states(home)


def test_bad_arguments_are_bugs(home):
    def never(tx: Tx, command: None) -> None:
        tx.enqueue("note", Put(1), max_attempts=0)

    with pytest.raises(ValueError, match="attempt"):
        home.run(never, None)
    with pytest.raises(ValueError, match="limit"):
        JobRunner(home, {}).run_due(limit=0)


# Killed between any two lines: the copy is what a kill at that moment leaves on the disk.


class Camera:
    """Copies the home at every statement and at both sides of an external call."""

    def __init__(self, home, world: World, places: Places) -> None:
        self.home, self.places = home, places
        self.world = world
        self.shots: list[tuple[Place, list[tuple[JobId, int]]]] = []
        home.sql.watch(self.shoot)
        world.hook = self.shoot

    def shoot(self, moment: str) -> None:
        place = self.places.copy(self.home.place, f"shot{len(self.shots)}")
        self.shots.append((place, list(self.world.seen)))


def test_killed_at_any_moment_local_effects_happen_once_and_external_calls_repeat_their_id(
    home, clock, places: Places
):
    jobs = [("note", Put(1)), ("world", Put(2)), ("note", Put(3)), ("world", Put(4))]
    ids = [home.run(ask, job) for job in jobs]
    world = World()
    camera = Camera(home, world, places)
    JobRunner(home, {"note": note, "world": world}).run_due()
    assert len(camera.shots) > 30

    twice = 0
    for place, seen in camera.shots:
        later = VirtualClock(clock.now())
        survivor = World()
        survivor.seen += seen
        with open_notes(place, later) as again:
            runner = JobRunner(again, {"note": note, "world": survivor})
            while (due_at := runner.next_due_at()) is not None:
                later.set(max(due_at, later.now()))
                runner.run_due()
            assert [1, 2, 3, 4] == numbers(again)
            assert {"done": 4} == states(again)
            assert 10 == left(again)["tally"]
        assert {(ids[1], 2), (ids[3], 4)} == set(survivor.seen)
        assert len(survivor.seen) <= 3
        twice += len(survivor.seen) - 2
    assert twice > 0


def test_a_call_that_kills_the_runner_each_time_ends_dead(home, clock, places: Places):
    home.run(ask, ("world", Put(2)))
    rounds = [places.copy(home.place, "round0")]

    def shoot(moment: str) -> None:
        if moment == "after the call":
            rounds.append(places.copy(rounds[-1], f"round{len(rounds)}"))

    for _ in range(3):
        clock.advance(timedelta(hours=1))
        with open_notes(rounds[-1], clock) as again:
            world = World()
            world.hook = shoot
            assert 1 == JobRunner(again, {"world": world}).run_due()
            assert 1 == len(world.seen)
    clock.advance(timedelta(hours=1))
    with open_notes(rounds[-1], clock) as again:
        world = World()
        runner = JobRunner(again, {"world": world})
        assert 1 == runner.run_due()
        assert [] == world.seen
        [dead] = runner.dead_jobs()
        assert (3, LAST_ATTEMPT_LOST) == (dead.attempts, dead.last_error)


def test_jobs_of_a_group_that_fails_are_not_there(home):
    home.run_many([Call(put, Put(1)), Call(put, Put(-1))])

    assert {"ready": 1} == states(home)


class ManyWorld(World):
    """An external handler that is called for many at once; some fail."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[int] = []

    def call_many(self, asked: list[tuple[Put, JobId]]) -> list[Outcome]:
        self.calls.append(len(asked))
        self.hook("all")
        return [self._one(payload, job_id) for payload, job_id in asked]

    def _one(self, payload: Put, job_id: JobId) -> Outcome:
        if payload.number == 13:
            return Outcome(None, DiskFull("of the world, not of our home"))
        return Outcome(self.call(payload, job_id))


def test_external_jobs_of_a_kind_are_called_together(home, clock):
    for number in (5, 13, 7):
        home.run(ask, ("world", Put(number)))
    home.run(ask, ("other", Put(9)))
    home.run(ask_nonsense, "world")
    world, other = ManyWorld(), World()
    runner = JobRunner(home, {"world": world, "other": other})

    assert [5, 0] == [runner.run_due(), runner.run_due()]
    assert [3] == world.calls
    assert [5, 7, 9] == sorted(numbers(home))
    assert {"done": 3, "ready": 2} == states(home)
    for _ in range(2):
        clock.advance(timedelta(seconds=10))
        assert 2 == runner.run_due()
    assert [3, 1, 1] == world.calls
    dead = {job.last_error.partition(":")[0] for job in runner.dead_jobs()}
    assert {"DiskFull", "ValidationError"} == dead


def ask_nonsense(tx: Tx, kind: str) -> UUID:
    return tx.enqueue(kind, "no note", max_attempts=3)


def test_what_the_handler_of_many_raises_is_each_jobs_failure(home, clock):
    for number in (5, 7):
        home.run(ask, ("world", Put(number)))
    world = ManyWorld()
    runner = JobRunner(home, {"world": world})
    world.hook = lambda moment: 1 / 0
    assert 2 == runner.run_due()
    assert {"ready": 2} == states(home)
    world.hook = lambda moment: None
    clock.advance(timedelta(seconds=10))

    assert 2 == runner.run_due()
    assert ([5, 7], {"done": 2}) == (sorted(numbers(home)), states(home))
