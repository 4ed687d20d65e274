"""Wake-ups: at most one waits, and without one the sweep finds what is due."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from rq import Queue

from bot import jobs
from bot.jobs import Lane, LaneRunner, work_off
from bot.runtime import Runtime
from bot.settings import Settings
from tests.conftest import free_port, wait_until


def waiting(runtime: Runtime, queue: str) -> int:
    return len(Queue(queue, connection=runtime.redis))


def test_of_many_wake_ups_one_waits(runtime: Runtime) -> None:
    assert all(runtime.wakeups.send("replies") for _ in range(50))
    assert waiting(runtime, "replies") == 1
    runtime.wakeups.taken("replies")
    runtime.wakeups.send("replies")
    assert waiting(runtime, "replies") == 2


def test_a_wake_up_carries_nothing_but_its_queue(runtime: Runtime) -> None:
    runtime.wakeups.send("urgent")
    (job,) = Queue("urgent", connection=runtime.redis).jobs
    assert (job.func_name, job.args, job.kwargs) == ("bot.jobs.run_lane", ("urgent",), {})


def test_without_redis_it_says_so_and_never_raises(settings: Settings) -> None:
    away = Runtime.build(replace(settings, redis_url=f"redis://127.0.0.1:{free_port()}"))
    assert away.wakeups.send("replies") is False
    away.wakeups.taken("replies")
    away.close()


class Work:
    """A lane with so much to do, which counts how often it ran."""

    def __init__(self, amount: int) -> None:
        self.amount = amount
        self.runs = 0

    def run(self, runtime: Runtime) -> bool:
        self.runs += 1
        self.amount = max(0, self.amount - 1)
        return self.amount > 0

    def lanes(self) -> dict[str, Lane]:
        return {"replies": Lane(self.run, lambda _: self.amount > 0)}


def test_a_lane_that_is_not_through_hands_the_rest_to_a_new_wake_up(runtime: Runtime) -> None:
    work = Work(2)
    runner = LaneRunner(runtime, work.lanes(), "replies")
    runner.run()
    assert (work.amount, waiting(runtime, "replies")) == (1, 1)
    runner.run()
    assert (work.amount, waiting(runtime, "replies")) == (0, 1), "nothing is left: no new one"


def test_a_lane_that_raises_can_run_again(runtime: Runtime) -> None:
    def broken(_: Runtime) -> bool:
        raise RuntimeError("private words")

    runner = LaneRunner(runtime, {"replies": Lane(broken, lambda _: True)}, "replies")
    runner.run()
    runner.run()


def test_told_to_end_it_starts_nothing_more(runtime: Runtime) -> None:
    work = Work(5)
    runner = LaneRunner(runtime, work.lanes(), "replies")
    runner.finish()
    assert runner.stopping.is_set()
    assert work.runs == 0


@pytest.fixture
def swept(settings: Settings) -> Iterator[tuple[LaneRunner, Work]]:
    """A runner whose Redis is away, with its sweep."""
    away = Runtime.build(replace(settings, redis_url=f"redis://127.0.0.1:{free_port()}"))
    work = Work(3)
    runner = LaneRunner(away, work.lanes(), "replies")
    yield runner, work
    runner.stopping.set()
    away.close()


def test_without_wake_ups_the_sweep_works_by_itself(swept: tuple[LaneRunner, Work]) -> None:
    runner, work = swept
    runner.start_sweep()
    wait_until(lambda: work.runs >= 1, 3 * jobs.SWEEP_SECONDS)


def test_jobs_are_claimed_until_there_are_none(runtime: Runtime) -> None:
    left = list(range(40))
    done: list[int] = []

    def claim(limit: int) -> list[object]:
        taken, left[:] = left[:limit], left[limit:]
        return [lambda n=n: done.append(n) for n in taken]

    assert work_off(claim, 4) is False  # type: ignore[arg-type]
    assert sorted(done) == list(range(40))


def test_a_job_that_raises_costs_no_other_and_its_words_are_not_logged(
    runtime: Runtime, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    words = "what a resident wrote"

    def broken() -> None:
        raise RuntimeError(words)

    batches = [[broken, lambda: done.append("ran")]]
    assert work_off(lambda _: batches.pop() if batches else [], 4) is False  # type: ignore[arg-type]
    assert done == ["ran"]
    assert "RuntimeError" in caplog.text
    assert words not in caplog.text
