"""Files to take along, with names in the page's language."""

from io import BytesIO

from flask import Response, send_file

BOM = "\ufeff"
"""What a spreadsheet needs at the beginning of a text to read it as UTF-8."""


def download(content: str | bytes, mimetype: str, name: str) -> Response:
    """A file of this name, however it is written."""
    data = (BOM + content).encode() if isinstance(content, str) else content
    return send_file(BytesIO(data), mimetype=mimetype, as_attachment=True, download_name=name)
