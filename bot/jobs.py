"""Waking workers. What must be done stands in the database; RQ only says that there is something.

Each queue has one lane: a function that claims what is due and does it. A wake-up carries nothing,
and at most one per queue is pending. The sweep, a thread in every worker process, wakes queues that
have something due, and runs its own process's lane itself where no wake-up comes through.
"""

import logging
import signal
import time
import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from redis import ConnectionPool, Redis, RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested

if TYPE_CHECKING:
    from bot.runtime import Runtime

log = logging.getLogger(__name__)

QUEUES = ("urgent", "alerts", "replies", "default")
SWEEP_SECONDS = 5.0
SLICE_SECONDS = 5.0
_PENDING_SECONDS = 5


@dataclass(frozen=True)
class Lane:
    """What one queue does: `run` until nothing is due (or a slice of time is over, then True)."""

    run: Callable[["Runtime"], bool]
    is_due: Callable[["Runtime"], bool]


class Wakeups:
    """Sends wake-ups; never raises, since the sweep finds what nobody was woken for."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._queues = {name: Queue(name, connection=redis) for name in QUEUES}

    def send(self, queue: str) -> bool:
        """Wake a queue's workers unless a wake-up is already pending. False if Redis is away."""
        try:
            if self._redis.set(_pending(queue), 1, nx=True, ex=_PENDING_SECONDS):
                self._queues[queue].enqueue(
                    run_lane, queue, job_timeout=-1, result_ttl=0, failure_ttl=0
                )
        except RedisError as error:
            log.warning("no wake-up for %s: %s", queue, type(error).__name__)
            return False
        return True

    def taken(self, queue: str) -> None:
        """A wake-up begins to be served: the next one may be sent."""
        try:
            self._redis.delete(_pending(queue))
        except RedisError:
            log.warning("Redis is away; the pending mark of %s ends by itself", queue)


def _pending(queue: str) -> str:
    return f"wake:{queue}"


class LaneRunner:
    """Runs the lane of one queue in this process, one run at a time, and the sweep beside it."""

    def __init__(self, runtime: "Runtime", lanes: Mapping[str, Lane], queue: str) -> None:
        self._runtime = runtime
        self._lanes = lanes
        self._queue = queue
        self._running = Lock()
        self._runs = 0
        self.stopping = Event()

    def run(self) -> None:
        """Serve one wake-up: until nothing is due, or hand the rest to a new wake-up."""
        self._runtime.wakeups.taken(self._queue)
        with self._running:
            if self.stopping.is_set():
                return
            self._runs += 1
            try:
                more = self._lanes[self._queue].run(self._runtime)
            except Exception as error:
                log_failure(log, f"lane {self._queue}", error)
                return
        if more:
            self._runtime.wakeups.send(self._queue)

    def finish(self) -> None:
        """Start nothing more, and wait for the sweep's own run if there is one."""
        self.stopping.set()
        self._running.acquire()

    def start_sweep(self) -> None:
        Thread(target=self._sweep, name="sweep", daemon=True).start()

    def _sweep(self) -> None:
        overdue_at = -1
        while not self.stopping.wait(SWEEP_SECONDS):
            for name, lane in self._lanes.items():
                try:
                    due = lane.is_due(self._runtime)
                    woken = not due or self._runtime.wakeups.send(name)
                except Exception as error:
                    log_failure(log, f"sweep {name}", error)
                    continue
                if name != self._queue:
                    continue
                if due and (not woken or overdue_at == self._runs) and not self._running.locked():
                    self.run()
                overdue_at = self._runs if due else -1


_served: dict[str, LaneRunner] = {}


def run_lane(queue: str) -> None:
    """The one RQ job: serve a wake-up with this process's runner."""
    _served[queue].run()


class _Worker(SimpleWorker):
    """RQ's worker; `stopping` is set once it was told to end, whatever else makes it return."""

    stopping: Event

    def handle_warm_shutdown_request(self) -> None:
        self.stopping.set()


def work(runtime: "Runtime", lanes: Mapping[str, Lane], queue: str) -> None:
    """Serve one queue until SIGTERM or SIGINT; what is claimed then is finished."""
    runner = LaneRunner(runtime, lanes, queue)
    _served[queue] = runner
    for number in (signal.SIGTERM, signal.SIGINT):  # until RQ takes the signals over
        signal.signal(number, lambda *_: runner.stopping.set())
    runner.start_sweep()
    runner.run()
    while not runner.stopping.is_set():
        try:
            worker = _Worker([queue], connection=_patient(runtime.redis))
            worker.stopping = runner.stopping
            worker.log.setLevel(logging.WARNING)
            worker.max_connection_wait_time = SWEEP_SECONDS
            worker.work(logging_level=None)
            runner.stopping.wait(1)
        except (RedisError, StopRequested) as error:
            log.warning("no wake-ups: %s", type(error).__name__)
    runner.finish()


def _patient(redis: Redis) -> Redis:
    """A connection that may wait for a wake-up: the runtime's own gives up soon."""
    options = redis.connection_pool.connection_kwargs | {"socket_timeout": None}
    pool = redis.connection_pool
    return Redis(connection_pool=ConnectionPool(connection_class=pool.connection_class, **options))


_late: set[Future[None]] = set()
"""What this process still does from the slice before: it counts among the next one's threads."""


def work_off(claim: Callable[[int], list[Callable[[], object]]], threads: int) -> bool:
    """Claim jobs and do them on threads until there are none; `claim(n)` takes up to n of them.

    Returns True when the slice of time ended first and something may be left. What is still
    running then finishes beside the next slice: nobody waits for another one's slow request.
    """
    end = time.monotonic() + SLICE_SECONDS
    running = set(_late)
    pool = ThreadPoolExecutor(threads)
    try:
        while time.monotonic() < end:
            free = threads - len(running)
            jobs = claim(free) if free > 0 else []
            if not jobs and not running:
                return False
            running |= {pool.submit(_finish, job) for job in jobs}
            _, running = wait(running, timeout=0.05, return_when=FIRST_COMPLETED)
    finally:
        pool.shutdown(wait=False)
        _late.clear()
        _late.update(running)
    return True


def _finish(job: Callable[[], object]) -> None:
    try:
        job()
    except Exception as error:  # its lease runs out, then it is taken up again
        log_failure(log, "a claimed job", error)


def log_failure(logger: logging.Logger, what: str, error: Exception) -> None:
    """Log an unexpected error by type and place, without its text, which may quote a resident."""
    place = "".join(traceback.format_tb(error.__traceback__))
    logger.error("%s failed: %s\n%s", what, type(error).__name__, place)
