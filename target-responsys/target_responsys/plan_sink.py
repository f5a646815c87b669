"""A stream of a run that is only planned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from responsys_io.errors import ResponsysError
from target_responsys.destinations import NAMES
from target_responsys.plan import DestinationPlan
from target_responsys.plandestination import plan_destination
from target_responsys.routing import unrouted
from target_responsys.rows import file_column_types
from target_responsys.settings import chosen
from target_responsys.sink import RoutedSink
from target_responsys.streamcounts import Counting, StreamCounts

if TYPE_CHECKING:
    from target_responsys.routing import Route


class PlanSink(RoutedSink):
    """A stream whose records are counted and not sent."""

    _problem = ""

    def _routed(self) -> Route:
        """Decide where the stream goes, or note why it goes nowhere."""
        try:
            return super()._routed()
        except ResponsysError as error:
            self._problem = str(error)
            return unrouted(self.stream_name, self._target.config)

    def prepare(self) -> None:
        """Compare the stream with its destination, where it has one."""
        target = self._target
        target.planned.append(self)
        self._counting: Counting | None = None
        if self._problem:
            goal = f"{NAMES[self.route.kind]} {self.route.table}"
            self.plan = DestinationPlan(self.stream_name, goal, None, problems=(self._problem,))
            self.counts = StreamCounts()
            return
        self.plan = plan_destination(target.connections.planned_api, self.route, target.config)
        if chosen(target.config, "delivery") == "sftp":
            known = file_column_types(self.route)
            types = [each.found or kind for each, kind in zip(self.plan.columns, known, strict=True)]
        else:
            types = [each.found or each.wanted for each in self.plan.columns]
        self._counting = Counting(self.route, self.zone, types)
        self.counts = self._counting.counts

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Count a record."""
        if self._counting:
            self._counting.add(record)
        else:
            self.counts.rows += 1

    def process_batch(self, context: dict[str, Any]) -> None:
        """Do nothing: nothing is sent."""
