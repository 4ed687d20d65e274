"""What a page asks for every three seconds: its moving part, or that nothing moved."""

from datetime import datetime

from flask import Response, make_response, render_template, request

from handlers.console.language import clock_time


def news(template: str, etag: str, now: datetime, /, **shown: object) -> Response:
    """The moving part, with `etag` and `as_of` in it; 304 while nothing changed. `As-Of` is its
    time in either case.
    """
    as_of = clock_time(now, seconds=True)
    response = make_response("")
    response.set_etag(etag)
    response.headers["As-Of"] = as_of
    response.make_conditional(request)
    if response.status_code == 200:
        response.set_data(render_template(template, **{"etag": etag, "as_of": as_of, **shown}))
    return response
