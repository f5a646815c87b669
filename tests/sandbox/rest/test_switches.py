"""Options of the REST API as texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from responsys_sandbox.rest import RestOptions
from responsys_sandbox.rest.switches import rest_options


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("limit_status=429", 429),
        ("expired_token=INVALID_TOKEN", "INVALID_TOKEN"),
        ("lists_in_items=true", True),
        ("emd=false", False),
        ("capacity=100", 100),
        ("capacity=none", None),
        ("token_life=0.5", 0.5),
        ("password=a=b", "a=b"),
        ("folders=CDP,Other", ("CDP", "Other")),
        ("blocked=createTable", frozenset({"createTable"})),
        ("limits=login:1000,createTable:1", {"login": 1000, "createTable": 1}),
        ("ports=8443,8444", (8443, 8444)),
    ],
)
def test_texts_become_options(text: str, value: Any) -> None:
    name = text.partition("=")[0]
    options = rest_options(["limit_status=401", text])

    assert getattr(options, name) == value
    password, status = options.password, options.limit_status
    assert options == replace(RestOptions(password=password, limit_status=status), **{name: value})


def test_of_two_texts_the_last_counts() -> None:
    assert rest_options(["emd=false", "emd=true"]).emd is True


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("limit_status", "not NAME=VALUE"),
        ("nonsense=1", "not NAME=VALUE"),
        ("limit_status=418", "one of 400, 401, 429"),
        ("lists_in_items=yes", "true or false"),
        ("capacity=many", "a number or none"),
        ("token_life=long", "a number"),
        ("ports=8443", "two numbers"),
        ("campaigns=x", "only Python code"),
        ("certificates=x", "only Python code"),
    ],
)
def test_texts_that_are_no_options(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        rest_options([text])
