"""How a run ends: what is not published, what is said, and which exit code follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from responsys_io.errors import DataError

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

    from target_responsys.rejects import Rejects
    from target_responsys.tally import Tally


class RejectedRowsError(DataError):
    """The run is complete, with more refused records than are tolerated."""

    exit_code = 3


def refuse_half_an_audience(waiting: Sequence[str], last_message: str | None) -> None:
    """Publish nothing when the tap has not come to its end, which a tap marks with a STATE message.

    Args:
        waiting: Streams with rows that are to be published.
        last_message: Type of the input's last message.

    Raises:
        DataError: RSYS-6008.
    """
    if waiting and last_message != "STATE":
        raise DataError(
            "RSYS-6008",
            "The input does not end with a STATE message: the tap has probably died. Nothing was published "
            f"of {', '.join(waiting)}.",
            "Look at the tap's own errors. For a tap that writes no state, set require_final_state to false.",
        )


def refuse_half_a_mirror(last_message: str | None) -> None:
    """Delete nobody when the tap has not come to its end: those who are missing may be about to come.

    Raises:
        DataError: RSYS-6012.
    """
    if last_message != "STATE":
        raise DataError(
            "RSYS-6012",
            "The input does not end with a STATE message: the tap has probably died. Its records are merged, "
            "and nobody was deleted.",
            "Look at the tap's own errors. For a tap that writes no state, set require_final_state to false.",
        )


def report(logger: logging.Logger, tallies: Mapping[str, Tally], rejects: Rejects, *, tolerated: int) -> None:
    """Say what became of the records, a line per table or file.

    Args:
        logger: Where to say it.
        tallies: Counts by table or file.
        rejects: The rejects of the run.
        tolerated: How many of them still count as success.

    Raises:
        RejectedRowsError: RSYS-5302 when there are more, RSYS-5303 when rows could not be deleted.
    """
    for destination, tally in tallies.items():
        logger.info("%s: %s", destination, tally)
    if undeleted := sum(tally.undeleted for tally in tallies.values()):
        raise RejectedRowsError(
            "RSYS-5303",
            f"{undeleted} rows that have left their audience could not be deleted.",
            "The next run tries again.",
        )
    if rejects.count > tolerated:
        raise RejectedRowsError(
            "RSYS-5302",
            f"{rejects.count} records were refused, {tolerated} are tolerated; all others are delivered.",
            f"{rejects.path} has them with the reasons, and can be piped into target-responsys again.",
        )
    if rejects.count:
        logger.warning("%d records were refused: see %s", rejects.count, rejects.path)
