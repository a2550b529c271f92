"""Annotations: what a function says of its parameters, brought into the few forms that converters understand."""

import collections.abc
import sys
import typing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Dict, Tuple

_ALIASES: "Dict[Any, Any]" = {
    list: typing.List,
    dict: typing.Dict,
    set: typing.Set,
    tuple: typing.Tuple,
    collections.abc.Iterable: typing.Iterable,
    collections.abc.Sequence: typing.Sequence,
    collections.abc.Mapping: typing.Mapping,
}


class Unknown:
    """An annotation that names something that exists for type checkers only."""


def _evaluate(function: "Any", annotation: "Any") -> "Any":
    """The value of one annotation, Unknown if its names cannot be found at run time."""
    holder = type("Holder", (), {"__annotations__": {"value": annotation}, "__module__": function.__module__})
    namespace = getattr(function, "__globals__", vars(sys.modules.get(function.__module__, sys)))
    try:
        return typing.get_type_hints(holder, globalns=namespace)["value"]
    except Exception:
        return Unknown


def _raw(function: "Any") -> "Dict[str, Any]":
    """`__annotations__` without evaluation; from 3.14 on they are made on demand and may fail."""
    if sys.version_info >= (3, 14):
        import annotationlib  # novm

        found = annotationlib.get_annotations(function, format=annotationlib.Format.FORWARDREF)  # novm
        return {name: getattr(value, "__forward_arg__", value) for name, value in found.items()}
    return dict(getattr(function, "__annotations__", {}))


def _described(function: "Callable[..., Any]") -> "Any":
    """What carries the annotations: the function itself, that under decorators, or that behind a partial."""
    seen = 0
    found: "Any" = function
    while seen < 100:  # a __wrapped__ that leads back to itself
        seen += 1
        if hasattr(found, "__wrapped__"):
            found = found.__wrapped__
        elif hasattr(found, "func") and not hasattr(found, "__code__"):
            found = found.func
        elif hasattr(found, "__func__"):
            found = found.__func__
        elif not hasattr(found, "__code__") and hasattr(type(found), "__call__"):  # noqa: B004 - an instance
            return type(found).__call__
        else:
            break
    return found


def hints(function: "Callable[..., Any]") -> "Dict[str, Any]":
    """Return the annotations by parameter name and ``return``; those that cannot be resolved are left out."""
    described = _described(function)
    try:
        found = typing.get_type_hints(described)
    except Exception:
        found = {name: _evaluate(described, value) for name, value in _raw(described).items()}
    return {name: value for name, value in found.items() if value is not Unknown and value is not typing.Any}


def members(annotation: "Any") -> "Tuple[Any, ...]":
    """Return what a Union or `X | Y` allows, without None; the annotation itself if it is neither."""
    origin = getattr(annotation, "__origin__", None)
    if origin is typing.Union or type(annotation).__name__ in ("UnionType", "_Union", "Union"):
        arguments = getattr(annotation, "__args__", None) or ()
        return tuple(plain(each) for each in arguments if each is not type(None))
    return (plain(annotation),)


def plain(annotation: "Any") -> "Any":
    """`list[X]` and its like as the `typing` form, which all releases of the library understand."""
    if type(annotation).__name__ != "GenericAlias":
        return annotation
    alias = _ALIASES.get(annotation.__origin__)
    return annotation if alias is None else alias[annotation.__args__]


def is_generic(annotation: "Any") -> bool:
    """Whether it is a parametrised type such as List[X] or Out[X]; Union and other special forms are not."""
    origin = getattr(annotation, "__origin__", None)
    return isinstance(origin, type) or (origin is None and isinstance(annotation, type(typing.List)))


def is_type(annotation: "Any") -> bool:
    return isinstance(annotation, type) or is_generic(annotation)


def is_out(annotation: "Any") -> bool:
    """Whether it is a class called Out, with or without its type; only the name counts."""
    found = getattr(annotation, "__origin__", None) or annotation
    return isinstance(found, type) and found.__name__ == "Out"


def arguments(annotation: "Any") -> "Tuple[Any, ...]":
    return tuple(getattr(annotation, "__args__", None) or ())


def name_of(annotation: "Any") -> str:
    return getattr(annotation, "__name__", None) or repr(annotation)
