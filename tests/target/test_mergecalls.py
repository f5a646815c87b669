"""Halving a call that was refused as a whole: what was refused is told of the row that it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from responsys_io.restanswers import Judged, RefusedError, Verdict
from target_responsys.mergecalls import MergeCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence


@dataclass
class Service:
    """Stands for table and connection: refuses calls with `poison` as a whole, and rows that are `bad`."""

    code: str = "INVALID_PARAMETER"
    loose: set[Hashable] = field(default_factory=set)
    calls: list[list[str]] = field(default_factory=list)
    merged: list[str] = field(default_factory=list)

    def merge_call(self, _names: Any, records: Sequence[Sequence[str]], *, repeatable: bool) -> Any:
        assert repeatable
        return [row[0] for row in records]

    def carry_out(self, call: Any, _on_loose: Callable[[], object]) -> dict[int, str]:
        self.calls.append(call)
        if "poison" in call:
            raise RefusedError("merge", Judged(Verdict.REFUSED, 400, {"errorCode": self.code}))
        self.merged += [row for row in call if row != "bad"]
        return {place: "no" for place, row in enumerate(call) if row == "bad"}


def outcome(service: Service, *rows: str, keys: Sequence[str] | None = None) -> Any:
    calls = MergeCalls(service, service, repeatable=True)  # type: ignore[arg-type]
    return calls.merge(["A"], [[row] for row in rows], keys or rows)


def test_each_refusal_is_told_of_its_own_row() -> None:
    service = Service()
    told = outcome(service, "a", "poison", "b", "bad", "c")
    assert told.refused.keys() == {1, 3}
    assert told.refused[3] == "no"
    assert "INVALID_PARAMETER" in told.refused[1]
    assert service.merged == ["a", "b", "c"]
    assert (told.requests, told.merged_not) == (len(service.calls), 2)


def test_a_call_of_which_every_row_is_refused_is_not_the_fault_of_its_rows() -> None:
    with pytest.raises(RefusedError):
        outcome(Service(), "poison", "poison")


def test_a_refusal_that_is_no_rows_fault_is_not_halved() -> None:
    service = Service(code="TABLE_NOT_FOUND")
    with pytest.raises(RefusedError):
        outcome(service, "a", "poison")
    assert len(service.calls) == 1


def test_rows_that_may_still_be_overwritten_are_held_back() -> None:
    service = Service(loose={"k2"})
    told = outcome(service, "a", "b", "bad", keys=("k1", "k2", "k3"))
    assert (set(told.held_back), told.refused, service.merged) == ({1}, {2: "no"}, ["a"])
    service = Service(loose={"k"})
    assert (set(outcome(service, "a", keys=("k",)).held_back), service.calls) == ({0}, [])
