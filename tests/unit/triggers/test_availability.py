from __future__ import annotations

from funchost.errors import StorageError, StorageUnavailableError
from funchost.logs import HostLog, LogFilter
from funchost.triggers.availability import Availability
from tests.unit.http.apps import Lines

SERVICE = "http://127.0.0.1:10001/devstoreaccount1"
ERROR = StorageUnavailableError("ServerBusy", "The server is busy.", 503)


def fresh() -> tuple[Availability, Lines]:
    console = Lines()
    return Availability(HostLog(console, LogFilter({}))), console


def test_a_service_is_away_from_the_first_failure_to_the_last_success() -> None:
    availability, console = fresh()
    availability.failed(SERVICE, "a", ERROR)
    availability.failed(SERVICE, "b", ERROR)
    availability.failed(SERVICE, "a", ERROR)
    assert list(availability.problems) == [
        f"The storage at {SERVICE} cannot be used: The server is busy. (ServerBusy)."
    ]
    availability.succeeded(SERVICE, "a")
    assert len(availability.problems) == 1
    availability.succeeded(SERVICE, "b")
    assert len(availability.problems) == 0
    assert console.text.count("cannot be used") == 1
    assert console.text.count("can be used again") == 1


def test_a_success_without_a_failure_is_no_news() -> None:
    availability, console = fresh()
    availability.succeeded(SERVICE, "a")
    availability.failed(SERVICE, "a", ERROR)
    availability.succeeded(SERVICE, "stranger")
    assert len(availability.problems) == 1
    assert "can be used again" not in console.text


def test_what_to_do_about_it_is_told_as_well() -> None:
    availability, console = fresh()
    refused = StorageError("AuthenticationFailed", "Server failed to authenticate.", 403, hint="Check the setting X.")
    availability.failed(SERVICE, "a", refused)
    assert "(AuthenticationFailed). Check the setting X. It is tried again." in console.text
    assert availability.problems[0].endswith("Check the setting X.")


def test_who_has_ended_is_forgotten_without_a_word() -> None:
    availability, console = fresh()
    availability.failed(SERVICE, "a", ERROR)
    availability.forget("a")
    assert availability.problems == ()
    assert "can be used again" not in console.text


def test_an_outage_goes_on_when_those_who_knew_of_it_have_ended() -> None:
    """A lock that cannot be kept ends the work under it; the lock itself is what fails next."""
    availability, console = fresh()
    availability.failed(SERVICE, "a", ERROR)
    availability.forget("a")
    availability.failed(SERVICE, "b", ERROR)
    assert len(availability.problems) == 1
    assert console.text.count("cannot be used") == 1
    availability.forget("b")
    availability.succeeded(SERVICE, "c")
    availability.succeeded(SERVICE, "d")
    assert console.text.count("can be used again") == 1


def test_a_failure_long_after_is_news() -> None:
    now = 0.0
    console = Lines()
    availability = Availability(HostLog(console, LogFilter({})), lambda: now)
    availability.failed(SERVICE, "a", ERROR)
    availability.forget("a")
    now = 100.0
    availability.succeeded(SERVICE, "b")
    assert "can be used again" not in console.text
    availability.failed(SERVICE, "b", ERROR)
    assert console.text.count("cannot be used") == 2
