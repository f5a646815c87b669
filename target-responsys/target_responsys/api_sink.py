"""Delivery over REST: rows into merge calls, and what Responsys says of each."""

from __future__ import annotations

from collections import Counter
from functools import partial
from itertools import repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from responsys_io.errors import DataError
from responsys_io.intervals import Interval
from responsys_io.profilelists import ProfileLists
from target_responsys.batches import Batcher
from target_responsys.destinations import MergeRules
from target_responsys.loading import refuse_load_method, removals
from target_responsys.lookup import find_destination
from target_responsys.matching import match
from target_responsys.memberrecords import records_of
from target_responsys.mergecalls import MergeCalls
from target_responsys.rows import RowMaker, UnfitRecordError
from target_responsys.settings import chosen
from target_responsys.sink import RoutedSink
from target_responsys.statuswatch import StatusWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from target_responsys.batches import Batch, Key, Places, Source
    from target_responsys.deletion import Deleted
    from target_responsys.mergecalls import MergeOutcome
    from target_responsys.mirror import Audience
    from target_responsys.shortway import Values, Way


class ApiSink(RoutedSink):
    """A stream that is merged into a table or a list."""

    audience: Audience | None = None

    def prepare(self) -> None:
        """Find or create the table, and compile the way from records to rows.

        Raises:
            SettingsError: The table is not where it has to be.
            DataError: It does not fit the stream, or not what is to be done with its rows.
        """
        config, connections = self._target.config, self._target.connections
        load_method = chosen(config, "load_method")
        rules = MergeRules.from_config(config)
        destination = find_destination(
            connections.api,
            self.route,
            create=chosen(config, "create_tables"),
            admit=partial(
                refuse_load_method, load_method=load_method, rules=rules, removing=removals(config)
            ),
        )
        table = destination.table
        self._appends = load_method == "append"
        self._match = match(self.route, table, whole_rows=self._appends)
        self._records = records_of(connections.api, destination, rules, self._match.match_columns)
        counts = destination.kind == "list" and chosen(config, "count_status_changes")
        self._watch = StatusWatch.of(ProfileLists(connections.api.session), destination) if counts else None
        self._calls = MergeCalls(
            self._records,
            connections.carrier,
            repeatable=bool(table.primary_key),
            watch=self._watch,
        )
        self._deletes = load_method == "mirror" or chosen(config, "hard_delete")
        types = [column.type for column in self._match.columns]
        self._make_row = RowMaker(self.route, self.zone, column_types=types)
        self._column_types = types
        self._batches = Batcher(chosen(config, "batch_size_rows"))
        self._key_in = _picker(self._match.key)
        self._key_names = [self._match.columns[place].name for place in self._match.key]
        self._place = (table.folder, table.name)
        self._interval = Interval()
        self.tally = self._target.tally(f"{table.folder}/{table.name}", self.tally)
        if counts and self.tally.status_changes is None:
            self.tally.status_changes = Counter()
        if connections.mirror is not None:
            campaign = self.route.campaign_id
            self.audience = connections.mirror.audience(*self._place, campaign, self._key_names)

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Add a record to a call, and make the calls that are full."""
        self.tally.received += 1
        if self._deletes and self._target.deleted_at is not None:
            self._delete_of(record)
            return
        try:
            if self._appends:
                places, row = self._make_row.all_places, self._make_row.complete(record)
                key = tuple(row)
            else:
                places, row = self._make_row.present(record)
                key = self._key(places, row)
        except UnfitRecordError as error:
            self._note_unfit(record)
            self.reject(record, "RSYS-5301", str(error))
            return
        for batch in self._batches.add(places, key, row, record, self._target.version):
            self._deliver(batch)

    def _compiled_way(self) -> Way:
        refused = ("_sdc_deleted_at",) if self._deletes else ()
        self._short_rows = self.short_rows(self._make_row, self._column_types, refused=refused)
        return self._short_rows.reader, self._take

    def _take(self, records: Sequence[Values], lines: Sequence[bytes], versions: Iterable[Any]) -> int:
        """Add records to calls as `process_record` does, up to one that something is wrong with."""
        rows = self._short_rows.rows(records)
        present: Iterable[tuple[Places, Sequence[str]]]
        if self._appends or self._short_rows.all_are_present(records):
            present = zip(repeat(self._make_row.all_places), rows)
        else:
            present = map(self._short_rows.present, records, rows)
        key_of = self._whole if self._appends else self._key
        taken = 0
        try:
            for (places, row), line, version in zip(present, lines, versions, strict=False):
                try:
                    key = key_of(places, row)
                except UnfitRecordError:
                    break
                taken += 1
                for batch in self._batches.add(places, key, row, line, version):
                    self._deliver(batch)
        finally:
            self.tally.received += taken
            self.tally_record_read(taken)
            self.record_counter_metric.increment(taken)
        return taken

    def process_batch(self, context: dict[str, Any]) -> None:  # noqa: ARG002
        """Make the calls that remain, and wait until everything is settled."""
        for batch in self._batches.flush():
            self._deliver(batch)
        self.tally.superseded += self._batches.superseded
        self._batches.superseded = 0
        self._target.dispatcher.settle()

    def activate_version(self, new_version: int) -> None:
        """Delete the rows of this stream that were delivered with another version."""
        if self.audience is not None:
            self._remove(self.audience, self.audience.outdated(self.stream_name, new_version))

    def remove_leavers(self) -> None:
        """Delete the rows of the audience that earlier runs have delivered and this one has not.

        Raises:
            DataError: RSYS-5032 when that would be all of them, and is not allowed.
        """
        audience = self.audience
        if audience is None or not (missing := audience.missing):
            return
        if not audience.arrived and not chosen(self.config, "allow_empty_audience"):
            raise DataError(
                "RSYS-5032",
                f"No record came for campaign {self.route.campaign_id} in {'/'.join(self._place)}, which has "
                f"{missing} rows there: none of them was deleted.",
                "Look at the stream's source. To empty the audience, set allow_empty_audience.",
            )
        self._remove(audience, audience.leavers())

    def _key(self, places: Places, row: Sequence[str]) -> Key:
        """Return the key of a row.

        Raises:
            UnfitRecordError: A part of it is blank or left out.
        """
        if places is self._make_row.all_places:
            key = self._key_in(row)
        else:
            by_place = dict(zip(places, row, strict=True))
            key = tuple(by_place.get(place, "") for place in self._match.key)
        if not all(key):
            blank = self._match.key[key.index("")]
            raise UnfitRecordError(f"key column {self._match.columns[blank].name} is empty")
        return key

    @staticmethod
    def _whole(_: Places, row: Sequence[str]) -> Key:
        return tuple(row)

    def _key_of(self, record: dict[str, Any]) -> Key:
        """Return the key of a record, whatever else is in it.

        Raises:
            UnfitRecordError: It has none.
        """
        columns = {name.upper() for name in self._key_names}
        properties = {each.property for each in self.route.fields if each.column.upper() in columns}
        return self._key(*self._make_row.present({name: record[name] for name in properties & record.keys()}))

    def _note_unfit(self, record: dict[str, Any]) -> None:
        """Note who it is about: somebody whose record is refused has not left the audience."""
        if self.audience is None:
            return
        try:
            self.audience.note([self._key_of(record)], self.stream_name, self._target.version)
        except UnfitRecordError:
            return

    def _tell(self) -> None:
        """Tell from time to time how far it is; how many records will come nobody knows."""
        elapsed = self._interval.elapsed()
        if elapsed is not None:
            answered = self.tally.sent - self.tally.in_flight
            self.logger.info(
                "%s: %s rows sent so far, %s of them answered, %.0f a second",
                "/".join(self._place),
                f"{self.tally.sent:,}",
                f"{answered:,}",
                answered / elapsed,
            )

    def _deliver(self, batch: Batch) -> None:
        if self.audience is not None:
            self.audience.note(batch.rows, self.stream_name, batch.version)
        entries = list(batch.rows.values())
        names = [self._match.columns[place].name for place in batch.columns]
        rows = [row for row, _ in entries]
        records = [record for _, record in entries]
        self.tally.sent += len(entries)
        self.tally.in_flight += len(entries)
        self._tell()
        keys = [(self._place, key) for key in batch.rows]
        touched: list[Hashable] = [*keys]
        if self._watch is not None:
            # What is read around a merge must not be changed meanwhile by another one of the same people.
            values = self._watch.values(names, rows)
            touched += [(self._place, "people", self._watch.normal(value)) for value in values]
        self._target.dispatcher.submit(
            touched,
            partial(self._calls.merge, names, rows, keys),
            partial(self._settle, records, self._target.next_batch_id()),
            size=batch.size,
        )

    def _settle(self, records: list[Source], batch_id: str, outcome: MergeOutcome) -> None:
        for index, reason in outcome.refused.items():
            self.reject(records[index], "MERGEFAILED", reason, batch_id)
        for index, reason in outcome.unknown.items():
            self.reject(records[index], "UNKNOWN", reason, batch_id)
        for index, reason in outcome.held_back.items():
            self.reject(records[index], "RSYS-5305", reason, batch_id)
        if self.tally.status_changes is not None:
            self.tally.status_changes.update(outcome.status_changes)
        self.tally.requests += outcome.requests
        self.tally.in_flight -= len(records)
        self.tally.delivered += len(records) - outcome.merged_not

    def _delete_of(self, record: dict[str, Any]) -> None:
        """Delete the row of a record, after what was sent of it and instead of what was not."""
        try:
            key = self._key_of(record)
        except UnfitRecordError as error:
            self.reject(record, "RSYS-5301", str(error))
            return
        self._batches.withdraw(key)
        if self.audience is not None:
            # Not when it is done: a later record may bring the row back before that.
            self.audience.forget(key)
        marked = record | {"_sdc_deleted_at": self._target.deleted_at}
        self._submit_deletion(key, partial(self._settle_deletion_of, marked))

    def _settle_deletion_of(self, record: dict[str, Any], outcome: Deleted) -> None:
        if outcome.failure:
            self.reject(record, "DELETEFAILED", outcome.failure)
        self._count_deletion(outcome)

    def _remove(self, audience: Audience, keys: Iterable[Key]) -> None:
        for key in keys:
            self._submit_deletion(key, partial(self._settle_removal, audience, key))
        self._target.dispatcher.settle()

    def _settle_removal(self, audience: Audience, key: Key, outcome: Deleted) -> None:
        if outcome.failure:
            self.tally.undeleted += 1
        else:
            audience.forget(key)
        self._count_deletion(outcome)

    def _submit_deletion(self, key: Key, settle: Any) -> None:
        named = dict(zip(self._key_names, key, strict=True))
        self._target.dispatcher.submit([(self._place, key)], partial(self._records.delete, named), settle)

    def _count_deletion(self, outcome: Deleted) -> None:
        if not outcome.failure:
            self.tally.deleted += outcome.found
            self.tally.absent += not outcome.found


def _picker(places: Places) -> Callable[[Sequence[str]], Key]:
    """Return what takes the values at these places out of a row."""
    if len(places) == 1:
        (place,) = places
        return lambda row: (row[place],)
    return itemgetter(*places)
