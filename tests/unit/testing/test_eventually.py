import pytest

from funchost.testing import eventually


def test_the_first_true_result_is_returned() -> None:
    results = iter(["", None, "third", "fourth"])
    assert eventually(lambda: next(results)) == "third"


def test_a_failed_assertion_counts_as_not_yet() -> None:
    calls: list[int] = []

    def check() -> bool:
        calls.append(1)
        assert len(calls) > 2
        return True

    assert eventually(check)
    assert len(calls) == 3


def test_the_last_false_value_is_named_when_the_time_is_over() -> None:
    with pytest.raises(TimeoutError, match=r"still \[\] after 0 s"):
        eventually(list, timeout=0)


def test_the_last_assertion_is_raised_when_the_time_is_over() -> None:
    def check() -> bool:
        raise AssertionError("three of four")

    with pytest.raises(AssertionError, match="three of four"):
        eventually(check, timeout=0)


def test_other_errors_end_the_wait_at_once() -> None:
    def check() -> bool:
        raise LookupError("no use in waiting")

    with pytest.raises(LookupError):
        eventually(check)
