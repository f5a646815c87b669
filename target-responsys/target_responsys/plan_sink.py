"""A stream of a run that is only planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from target_responsys.plandestination import plan_destination
from target_responsys.sink import RoutedSink
from target_responsys.streamcounts import Counting

if TYPE_CHECKING:
    from target_responsys.plan import DestinationPlan
    from target_responsys.streamcounts import StreamCounts


class PlanSink(RoutedSink):
    """A stream whose records are counted and not sent."""

    def prepare(self) -> None:
        """Compare the stream with its destination."""
        target = self._target
        self.plan: DestinationPlan = plan_destination(target.planned_api, self.route, target.config)
        types = [each.found or each.wanted for each in self.plan.columns]
        self._counting = Counting(self.route, self.zone, types)
        target.planned.append(self)

    @property
    def counts(self) -> StreamCounts:
        """What has come so far."""
        return self._counting.counts

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Count a record."""
        self._counting.add(record)

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing: nothing is sent."""
