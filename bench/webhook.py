"""Taking in webhooks: ours against the pattern of line-bot-sdk's own Flask example.

The same gunicorn command, the same Valkey, the same load, in turns. No worker runs on either side:
ours has the event in the database on disk when it answers 200, the pattern has a job in Redis.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from pathlib import Path
from statistics import median

from bench.figures import Figure, percentile
from bench.installation import free_ports, settings_for
from bench.load import CONNECTIONS, PROCESSES, Target, fire
from bot.demo.supervisor import Children, answers, procfile

ROUNDS = 4
SECONDS = 4.0
LINE_GIVES_UP_AFTER = 2000.0
"""Milliseconds until LINE calls a webhook failed (facts of the Messaging API)."""


def measure(folder: Path, given: Mapping[str, str]) -> Iterator[Figure]:
    """Requests a second and the 99th percentile of their time."""
    port = free_ports()
    other = port + 1
    settings = settings_for(folder, port, given)
    targets = {
        "ours": Target(port, "/webhook", settings["LINE_CHANNEL_SECRET"]),
        "pattern": Target(other, "/webhook", settings["LINE_CHANNEL_SECRET"]),
    }
    children = Children(folder / "logs", settings)
    try:
        children.start("redis", procfile()["redis"])
        children.run("prepare", procfile()["release"])
        web = procfile()["web"]
        children.start("ours", web)
        pattern = web.replace("wsgi:", "bench.sdk_pattern:").replace("${PORT:-8000}", str(other))
        children.start("pattern", pattern)
        for target in targets.values():
            address = f"http://127.0.0.1:{target.port}/health"
            children.wait_until(partial(answers, address), address)
        times = _in_turns(targets, children)
    finally:
        children.stop()
    rates = {name: median(len(part) / SECONDS for part in parts) for name, parts in times.items()}
    slow = {name: percentile(list(chain(*parts)), 0.99) for name, parts in times.items()}
    at_once = PROCESSES * CONNECTIONS
    yield Figure(
        f"webhook requests, {at_once} connections",
        rates["ours"],
        "1/s",
        rates["pattern"],
        more_is_better=True,
    )
    yield Figure("webhook request p99", slow["ours"], "ms", slow["pattern"], LINE_GIVES_UP_AFTER)


def _in_turns(targets: dict[str, Target], children: Children) -> dict[str, list[list[float]]]:
    times: dict[str, list[list[float]]] = {name: [] for name in targets}
    for target in targets.values():
        fire(target, 1.0)
    for _ in range(ROUNDS):
        for name, target in targets.items():
            times[name].append(fire(target, SECONDS))
            children.pause()
    return times
