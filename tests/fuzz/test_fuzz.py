"""Everything that reads from outside, fed with what nobody would send: kept inputs, and changes of them.

`make fuzz` does the same under coverage guidance, for as long as one likes.
"""

from __future__ import annotations

import pytest
from fuzz.targets import TARGETS, corpus
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("target", TARGETS)
def test_kept_inputs(target: str) -> None:
    inputs = corpus(target)
    assert inputs
    for data in inputs:
        TARGETS[target](data)


def changed(data: bytes) -> st.SearchStrategy[bytes]:
    """Some bytes of an input replaced, left out or repeated."""
    place = st.integers(0, len(data))

    def spliced(start: int, end: int, piece: bytes, times: int) -> bytes:
        return data[:start] + piece * times + data[end:]

    return st.builds(spliced, place, place, st.binary(max_size=8), st.sampled_from([0, 1, 2, 300]))


@pytest.mark.parametrize("target", TARGETS)
def test_changed_and_random_inputs(target: str) -> None:
    anything = st.one_of(st.binary(max_size=300), st.sampled_from(corpus(target)).flatmap(changed))

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(anything)
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    holds()
