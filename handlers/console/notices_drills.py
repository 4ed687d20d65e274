"""訓練: drills are notices like any other, under a mark of their own."""

from flask import Blueprint

from handlers.console import notices

blueprint = Blueprint("drills", __name__)


@blueprint.get("/drills")
def page() -> str:
    return notices.list_of("console/notice_drills.html", drills_only=True)
