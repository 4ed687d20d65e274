"""The limits on guessing, as the core counts them."""

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

from sqlalchemy import select

from bot.models import SignInFailure
from bot.runtime import Runtime
from bot.staff_accounts import Locked, check_password

PASSWORD = "correct horse battery"
EMAIL = "sato@minato.example"


def test_one_address_may_fail_for_a_whole_town_hall_but_not_for_ever(demo_city: Runtime) -> None:
    now = demo_city.clock.now()
    with demo_city.database.write() as session:
        subject = sha256(b"address:2001:db8::/64").hexdigest()
        session.add_all(SignInFailure(subject=subject, at=now) for _ in range(49))
    assert check_password(demo_city.database, "a@b.example", "no", "2001:db8::1", now) is None
    locked = check_password(demo_city.database, EMAIL, PASSWORD, "2001:db8::9:9", now)
    assert isinstance(locked, Locked)
    assert check_password(demo_city.database, EMAIL, PASSWORD, "2001:db8:1::1", now)


def test_tries_at_the_same_time_all_count(demo_city: Runtime) -> None:
    now = demo_city.clock.now()

    def guess(number: int) -> object:
        return check_password(demo_city.database, EMAIL, f"guess {number}", "192.0.2.1", now)

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(guess, range(24)))
    looked_at = answers.count(None)
    # PostgreSQL's transactions do not see each other's tries until they commit.
    assert 5 <= looked_at <= (5 if demo_city.database.is_sqlite else 12)
    assert isinstance(guess(99), Locked)


def test_failures_are_hashed_and_erased_after_a_day(demo_city: Runtime) -> None:
    check_password(demo_city.database, EMAIL, "no", "192.0.2.1", demo_city.clock.now())
    demo_city.clock.move(24 * 3600 + 1)
    check_password(demo_city.database, "b@b.example", "no", "192.0.2.2", demo_city.clock.now())
    with demo_city.database.read() as session:
        kept = session.scalars(select(SignInFailure)).all()
    assert len(kept) == 2
    assert all(len(failure.subject) == 64 for failure in kept)


def test_the_same_password_from_another_input_method_fits(demo_city: Runtime) -> None:
    wide = PASSWORD.replace("c", "ｃ")  # full-width
    assert check_password(demo_city.database, EMAIL, wide, "192.0.2.1", demo_city.clock.now())
