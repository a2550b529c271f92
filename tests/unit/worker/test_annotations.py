from __future__ import annotations

import functools
import typing
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Union  # noqa: UP035 - as apps write them

import azure.functions as func

from funchost_worker.annotations import arguments, hints, is_out, is_type, members, plain

if TYPE_CHECKING:
    from decimal import Decimal


def test_string_annotations_are_resolved() -> None:
    def main(req: func.HttpRequest, name: str) -> bytes:
        return b""

    assert hints(main) == {"req": func.HttpRequest, "name": str, "return": bytes}


def test_names_for_type_checkers_only_count_as_not_annotated() -> None:
    def main(req: func.HttpRequest, price: Decimal, other: Dict[str, Decimal]) -> str:  # noqa: UP006
        return ""

    assert hints(main) == {"req": func.HttpRequest, "return": str}


def test_any_says_nothing() -> None:
    def main(req: Any) -> str:
        return ""

    assert hints(main) == {"return": str}


class Callable:
    async def __call__(self, req: str) -> str:
        return req


def test_decorated_bound_partial_and_callable_objects() -> None:
    def main(req: str) -> str:
        return req

    @functools.wraps(main)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return main(*args, **kwargs)

    expected = {"req": str, "return": str}
    assert hints(wrapper) == expected
    assert hints(functools.partial(main)) == expected
    assert hints(Callable()) == expected
    assert hints(Callable().__call__) == expected


def test_builtins_have_no_hints() -> None:
    assert hints(print) == {}


def test_members_of_optional_and_unions() -> None:
    assert members(Optional[str]) == (str,)  # noqa: UP045
    assert members(str | None) == (str,)
    assert members(Union[str, bytes, None]) == (str, bytes)  # noqa: UP007
    assert members(int) == (int,)


def test_builtin_generics_become_typing_forms() -> None:
    assert members(list[str]) == (List[str],)  # noqa: UP006
    assert members(list[str] | None) == (List[str],)  # noqa: UP006
    assert plain(dict[str, int]) == Dict[str, int]  # noqa: UP006


def test_out_is_known_by_its_name() -> None:
    class Out:
        pass

    assert is_out(func.Out)
    assert is_out(func.Out[str])
    assert is_out(Out)
    assert not is_out(str)
    assert arguments(func.Out[List[str]]) == (List[str],)  # noqa: UP006


def test_what_is_a_type() -> None:
    assert is_type(str)
    assert is_type(List[str])  # noqa: UP006
    assert is_type(typing.Iterable[str])
    assert not is_type("text")
    assert not is_type(typing.TypeVar("T"))
    assert not is_type(3)
