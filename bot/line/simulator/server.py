"""The platform put together: one process, one thread, one port."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from .acts import Acts, MessageIds
from .behaviour import Behaviour, Clock
from .control import Control, speak_json
from .gate import Answer, Call, Gate, Refusal
from .journal import Journal
from .menus import Menus
from .messaging import Messaging
from .state import State
from .webhooks import Webhooks, is_loopback

PHONE = Path(__file__).parent / "phone"
MAXIMUM_UPLOAD = 300 * 1024 * 1024


@dataclass(frozen=True)
class Options:
    host: str = "127.0.0.1"
    port: int = 0
    webhook: str | None = None
    secret: str = "simulator"
    token: str = "simulator"
    state: Path | None = None
    redelivery: bool = True
    clock_offset: float | None = None
    expose: bool = False
    name: str = "Simulator"


@web.middleware
async def only_this_machine(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what a page from elsewhere makes the browser of this machine ask for."""
    host = urlsplit(f"//{request.host}").hostname or ""
    origin = request.headers.get("Origin")
    if not is_loopback(host) or (origin and urlsplit(origin).netloc != request.host):
        return web.json_response({"error": "only from this machine"}, status=403)
    return await handler(request)


def not_simulated(call: Call) -> Answer:
    raise Refusal(404, "Not found")


def page(name: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def serve(request: web.Request) -> web.StreamResponse:
        path = PHONE / name
        if not path.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(path, headers={"Cache-Control": "no-cache"})

    return serve


async def phone_file(request: web.Request) -> web.StreamResponse:
    path = (PHONE / request.match_info["name"]).resolve()
    if not path.is_relative_to(PHONE) or not path.is_file():
        raise web.HTTPNotFound
    return web.FileResponse(path, headers={"Cache-Control": "no-cache"})


class Simulator:
    def __init__(self, options: Options) -> None:
        self.options = options
        self.journal = None if options.state is None else Journal(options.state)
        self.state = State(self.journal, options.name)
        offset = options.clock_offset
        self.clock = Clock(self.state.clock_offset if offset is None else offset)
        self.behaviour = Behaviour(redelivery=options.redelivery)
        self.webhooks = Webhooks(self.state, self.clock, self.behaviour, options.secret)
        if options.webhook is not None:
            self.state.set_webhook(url=options.webhook)

    def application(self) -> web.Application:
        state, clock, behaviour = self.state, self.clock, self.behaviour
        message_ids = MessageIds(clock)
        gate = Gate(state, clock, behaviour, self.options.token)
        acts = Acts(state, clock, message_ids)
        messaging = Messaging(state, clock, behaviour, self.webhooks, message_ids)
        control = Control(state, clock, behaviour, self.webhooks, acts, gate)
        guards = [speak_json] if self.options.expose else [only_this_machine, speak_json]
        app = web.Application(middlewares=guards, client_max_size=MAXIMUM_UPLOAD)
        for name, method, path, call in messaging.routes() + Menus(state, behaviour).routes():
            app.router.add_route(method, path, gate.route(name, call))
        for method, path, serve in control.routes():
            app.router.add_route(method, f"/_simulator/{path}", serve)
        app.router.add_get("/", page("index.html"))
        app.router.add_get("/_simulator/control", page("control.html"))
        app.router.add_get("/phone/{name:.+}", phone_file)
        app.router.add_route("*", "/v2/{rest:.*}", gate.route("unknown", not_simulated))
        return app

    async def run(self) -> None:
        """Serve until SIGTERM or SIGINT."""
        ended = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, ended.set)
        runner = web.AppRunner(self.application(), access_log=None, shutdown_timeout=0.05)
        await runner.setup()
        site = web.TCPSite(runner, self.options.host, self.options.port, backlog=1024)
        await site.start()
        await self.webhooks.start()
        port = runner.addresses[0][1]
        host = f"[{self.options.host}]" if ":" in self.options.host else self.options.host
        print(f"simulator listening on http://{host}:{port}", flush=True)
        await ended.wait()
        await self.webhooks.stop()
        await runner.cleanup()
        if self.journal is not None:
            self.journal.close()
