"""A worker process: `python worker.py QUEUE` serves one of the queues in `bot.jobs.QUEUES`.

Several queues are served by a process each, forked after the imports, which take longest: 17 s of
processor time for a demo became 10 s. When one of them ends, all do.
"""

import signal
import sys
from collections.abc import Sequence
from multiprocessing import connection, get_context

from bot.jobs import QUEUES, work
from bot.runtime import Runtime
from bot.settings import SettingsError
from handlers.lanes import LANES


def serve(queue: str) -> None:
    try:
        runtime = Runtime.from_environment()
    except SettingsError as error:
        sys.exit(str(error))
    print(f"serving {queue}", flush=True)
    work(runtime, LANES, queue)


def serve_each(queues: Sequence[str]) -> None:
    """Serve until SIGTERM or SIGINT, or until one of the processes ends by itself: then exit 1."""
    fork = get_context("fork")
    workers = [fork.Process(target=serve, args=(queue,), name=queue) for queue in queues]
    for worker in workers:
        worker.start()
    asked = False

    def end(number: int, frame: object) -> None:
        nonlocal asked
        asked = True
        for worker in workers:
            worker.terminate()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    ended = connection.wait([worker.sentinel for worker in workers])
    for worker in workers:
        if worker.sentinel in ended:
            worker.join()  # its pipes close a moment before its exit code is there
            if not asked:
                print(f"the worker of {worker.name} ended with code {worker.exitcode}", flush=True)
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
    sys.exit(0 if asked else 1)


if __name__ == "__main__":
    named = sys.argv[1:]
    if not named or not set(named) <= set(QUEUES):
        sys.exit(f"usage: python worker.py QUEUE …, of {', '.join(QUEUES)}")
    if len(named) == 1:
        serve(named[0])
    else:
        serve_each(named)
