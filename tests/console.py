"""A member of staff at the console, over HTTP."""

import re
from typing import Self

import requests

PASSWORD = "correct horse battery"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_TAKE = re.compile(r'action="([^"]*/cases/(\d+)/take)"')


class Console:
    """One browser of one person."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._browser = requests.Session()

    def get(self, path: str) -> str:
        """A page's HTML."""
        response = self._browser.get(self._url + path, timeout=10)
        response.raise_for_status()
        return response.text

    def status(self, path: str) -> int:
        """What the server says to somebody who asks for a page."""
        return self._browser.get(self._url + path, timeout=10).status_code

    def post(self, page: str, path: str, **fields: str) -> str:
        """Send a form that stands on `page`; returns the page it leads to."""
        response = self.post_any(page, path, **fields)
        response.raise_for_status()
        return response.text

    def post_any(self, page: str, path: str, **fields: str) -> requests.Response:
        """Send a form that may be refused."""
        found = _TOKEN.search(self.get(page))
        assert found, f"no form on {page}"
        data = {"csrf_token": found.group(1), **fields}
        return self._browser.post(self._url + path, data=data, timeout=10)

    def sign_in(self, email: str) -> Self:
        self.post("/console/sign-in", "/console/sign-in", email=email, password=PASSWORD)
        return self

    def take_newest_case(self) -> None:
        """Take the waiting case that was opened last."""
        found = _TAKE.findall(self.get("/console/"))
        assert found, "no case waits"
        path, _ = max(found, key=lambda row: int(row[1]))
        self.post("/console/", path)
