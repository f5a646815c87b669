"""Many calls at the same time and connections that break: the table ends as the input says."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from support.delivery import FOLDER, deliver, record, schema, state

from responsys_sandbox.rest import Answer, Drop, Fault, RevokeTokens

if TYPE_CHECKING:
    from responsys_sandbox.sandbox import Sandbox

PEOPLE = schema("people", email="string", score="integer", city="string")
MEMBERS = r"/suppData/[^/]+/members"
BUSY = Answer(500, json.dumps({"errorCode": "UNEXPECTED_EXCEPTION", "detail": "busy"}), "application/json")


def history(seed: int) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
    """Many changes of few people, in changing column sets and deletions among them, and how that ends."""
    chance = random.Random(seed)
    messages: list[dict[str, Any]] = []
    expected: dict[str, dict[str, str]] = {}
    for number in range(1500):
        email = f"p{chance.randrange(25)}@example.com"
        kind = chance.random()
        if kind < 0.1:
            messages.append(record("people", email=email, _sdc_deleted_at="2026-07-01T00:00:00Z"))
            expected.pop(email, None)
            continue
        values: dict[str, Any] = {"score": number, "city": f"c{number}"}
        if kind < 0.5:
            del values["city" if kind < 0.3 else "score"]
        messages.append(record("people", email=email, **values))
        row = expected.setdefault(email, {})
        row |= {name.upper(): str(value) for name, value in values.items()}
    return messages, expected


@pytest.mark.parametrize("seed", [1, 2])
def test_the_table_equals_the_input_whatever_breaks(
    sandbox: Sandbox, config: dict[str, Any], seed: int
) -> None:
    messages, expected = history(seed)
    chance = random.Random(seed)
    for action in (Drop("before"), Drop("after"), Drop("during"), BUSY, RevokeTokens()):
        for _ in range(3):
            sandbox.rest.faults.add(Fault(action=action, path=MEMBERS, skip=chance.randrange(200)))
    config |= {"hard_delete": True, "batch_size_rows": 5}
    assert deliver(config, [PEOPLE, *messages, state(at=1)]) == [{"at": 1}]
    stored = {
        str(row["EMAIL"]): {name: row[name] for name in ("SCORE", "CITY") if row.get(name)}
        for row in sandbox.store.rows(FOLDER, "people")
    }
    assert stored == expected
