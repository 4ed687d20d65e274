"""Which role each page of the console needs. A page that is not in the table opens for nobody."""

from typing import cast

from flask import abort, current_app, g, request, session

from bot import staff_accounts
from bot.models import Staff
from bot.runtime import Runtime

SESSION_ID = "staff_session"

ANYBODY = None
"""Open without signing in."""

ROLES_BY_ENDPOINT: dict[str, str | None] = {
    "console.nowhere": "operator",
    "console.sign_in.page": ANYBODY,
    "console.sign_in.enter": ANYBODY,
    "console.sign_in.leave": ANYBODY,
    "console.sign_in.language": ANYBODY,
    "console.passwords.link": ANYBODY,
    "console.passwords.use_link": ANYBODY,
    "console.passwords.own": "operator",
    "console.passwords.change_own": "operator",
    "console.now.page": "operator",
    "console.now.news": "operator",
    "console.cases.inbox": "operator",
    "console.cases.inbox_news": "operator",
    "console.cases.page": "operator",
    "console.cases.news": "operator",
    "console.cases.take": "operator",
    "console.cases.give_back": "operator",
    "console.cases.hand_over": "operator",
    "console.cases.note": "operator",
    "console.cases.close": "operator",
    "console.cases.reopen": "operator",
    "console.cases.urgent": "operator",
    "console.cases.protect": "operator",
    "console.cases.translate": "operator",
    "console.learned.teach": "operator",
    "console.learned.page": "operator",
    "console.learned.remove": "operator",
    "console.replies.writing": "operator",
    "console.replies.send": "operator",
    "console.notices.page": "operator",
    "console.notices.choose": "operator",
    "console.notices.notice": "operator",
    "console.notices.compose.blank": "operator",
    "console.notices.compose.edit": "operator",
    "console.notices.compose.send": "operator",
    "console.notices.compose.preview": "operator",
    "console.notices.machine.translate": "operator",
    "console.notices.approval.submit": "operator",
    "console.notices.approval.take_back": "operator",
    "console.notices.approval.discard": "operator",
    "console.notices.approval.approve": "approver",
    "console.notices.approval.give_back": "approver",
    "console.notices.approval.reject": "approver",
    "console.notices.live.news": "operator",
    "console.notices.live.pause": "operator",
    "console.notices.live.resume": "operator",
    "console.notices.live.stop": "operator",
    "console.notices.live.again": "operator",
    "console.notices.safety.page": "operator",
    "console.notices.sound.listen": "operator",
    "console.notices.sound.release": "operator",
    "console.notices.sound.refuse": "operator",
    "console.notices.relay.page": "operator",
    "console.notices.relay.news": "operator",
    "console.notices.relay.table": "operator",
    "console.notices.relay.ask_next": "operator",
    "console.notices.relay.release": "operator",
    "console.notices.relay.give_back": "operator",
    "console.notices.relay.stop_writing": "operator",
    "console.notices.relay.withdraw": "operator",
    "console.networks.page": "operator",
    "console.networks.blank": "approver",
    "console.networks.add": "approver",
    "console.networks.network": "operator",
    "console.networks.edit": "approver",
    "console.networks.change": "approver",
    "console.networks.new_code": "approver",
    "console.networks.revoke_code": "approver",
    "console.networks.retire": "approver",
    "console.networks.use": "approver",
    "console.networks.questions.page": "operator",
    "console.networks.questions.draft": "approver",
    "console.networks.kit.poster": "operator",
    "console.networks.kit.expect": "approver",
    "console.networks.kit.group_on": "approver",
    "console.networks.kit.group_off": "approver",
    "console.networks.people.blank": "approver",
    "console.networks.people.invite": "approver",
    "console.networks.people.invite_again": "approver",
    "console.networks.people.add": "approver",
    "console.networks.people.up": "approver",
    "console.networks.people.down": "approver",
    "console.networks.people.remove": "approver",
    "console.networks.people.page": "operator",
    "console.networks.people.confirm": "approver",
    "console.networks.people.suspend": "operator",
    "console.networks.people.reinstate": "approver",
    "console.networks.people.leave": "approver",
    "console.networks.care.change": "operator",
    "console.networks.readiness.page": "operator",
    "console.networks.readiness.table": "operator",
    "console.networks.readiness.aims": "admin",
    "console.networks.readiness.set_aims": "admin",
    "console.rumours.page": "operator",
    "console.rumours.group": "operator",
    "console.rumours.to_case": "operator",
    "console.rumours.rumour": "operator",
    "console.rumours.change": "operator",
    "console.rumours.take_out": "operator",
    "console.rumours.answer": "operator",
    "console.rumours.confirm": "approver",
    "console.rumours.withdraw": "operator",
    "console.rumours.end": "operator",
    "console.drills.page": "operator",
    "console.drills.plan": "admin",
    "console.reports.page": "operator",
    "console.reports.table": "operator",
    "console.reports.paper": "operator",
    "console.texts.page": "operator",
    "console.texts.text": "operator",
    "console.texts.edit": "approver",
    "console.texts.adopt": "approver",
    "console.texts.review": "approver",
    "console.texts.many": "approver",
    "console.texts.adopt_many": "approver",
    "console.oncall.page": "operator",
    "console.oncall.alarm": "operator",
    "console.oncall.take": "operator",
    "console.oncall.give_back": "operator",
    "console.oncall.settle": "operator",
    "console.oncall.add": "admin",
    "console.oncall.up": "admin",
    "console.oncall.remove": "admin",
    "console.policy.page": "admin",
    "console.policy.change": "admin",
    "console.accounts.page": "admin",
    "console.accounts.blank": "admin",
    "console.accounts.add": "admin",
    "console.accounts.person": "admin",
    "console.accounts.change": "admin",
    "console.accounts.new_link": "admin",
    "console.accounts.deactivate": "admin",
    "console.accounts.activate": "admin",
}


def may_open(staff: Staff | None, endpoint: str) -> bool:
    """Whether this person, or nobody in particular, may open a page of the console."""
    if endpoint not in ROLES_BY_ENDPOINT:
        return False
    role = ROLES_BY_ENDPOINT[endpoint]
    return role is ANYBODY or (staff is not None and staff.may(role))


def signed_in() -> Staff | None:
    """Who asks, by the session of this browser."""
    if "staff" not in g:
        runtime: Runtime = current_app.extensions["runtime"]
        session_id = session.get(SESSION_ID)
        g.staff = (
            staff_accounts.staff_of_session(runtime.database, session_id, runtime.clock.now())
            if session_id
            else None
        )
    return cast(Staff | None, g.staff)


def the_staff() -> Staff:
    """Who asks, on a page that nobody opens without signing in."""
    staff = signed_in()
    if staff is None:
        abort(401)
    return staff


def enforce() -> None:
    """Before every request to the console: 401 sign in first, 403 not for you."""
    endpoint = request.endpoint or ""
    if may_open(signed_in(), endpoint):
        return
    abort(401 if signed_in() is None and endpoint in ROLES_BY_ENDPOINT else 403)
