"""Options of the REST API as texts, `NAME=VALUE`, for those who start a sandbox from another language."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin, get_type_hints

from responsys_sandbox.rest.options import RestOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

_TRUTHS = {"true": True, "false": False}


def rest_options(texts: Iterable[str]) -> RestOptions:
    """Return the options with those changed that the texts name; of two texts for one name the last counts.

    Truth values are `true` and `false`; several words stand between commas; `limits` takes words like
    `login:1000`, `ports` two numbers; where there may be no value, `none` is it.

    Raises:
        ValueError: a text is not of that form, or there is no such option or value.
    """
    # A certificate, a campaign or a program is no text: whoever needs others makes the options in Python.
    types = get_type_hints(RestOptions, localns={"ApiCertificates": object})
    changes = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or name not in types:
            raise ValueError(f"{text} is not NAME=VALUE with an option of the REST API as NAME")
        try:
            changes[name] = _value(value, types[name])
        except (KeyError, ValueError):
            raise ValueError(f"{name} cannot be {value!r}: {_allowed(types[name])}") from None
    return RestOptions(**changes)


def _value(text: str, kind: Any) -> Any:
    if kind is bool:
        return _TRUTHS[text]
    if kind in (str, int, float):
        return kind(text)
    return _choice_or_list(text, kind)


def _choice_or_list(text: str, kind: Any) -> Any:
    if get_origin(kind) is Literal:
        return {str(choice): choice for choice in get_args(kind)}[text]
    if isinstance(kind, UnionType):
        (other,) = (part for part in get_args(kind) if part is not NoneType)
        return None if text == "none" else _value(text, other)
    words = [word for word in text.split(",") if word]
    if kind == dict[str, int]:
        return {name: int(number) for name, _, number in (word.partition(":") for word in words)}
    if kind == tuple[int, int]:
        first, second = map(int, words)
        return first, second
    if get_origin(kind) in (tuple, frozenset) and get_args(kind)[0] is str:
        return get_origin(kind)(words)
    raise ValueError


def _allowed(kind: Any) -> str:
    if kind is bool:
        return "it is true or false"
    if get_origin(kind) is Literal:
        return f"it is one of {', '.join(map(str, get_args(kind)))}"
    if kind in (int, float):
        return "it is a number"
    if kind == int | None:
        return "it is a number or none"
    if kind == tuple[int, int]:
        return "it is two numbers with a comma between them"
    return "it is one that only Python code can set"
