"""The sandbox that the demo runs in: its files, its tables and its administrator's chores."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

from responsys_sandbox.account import Account
from responsys_sandbox.store import Store
from responsys_sandbox.tables import Column, Table

CART_COLUMNS = (
    Column("CUSTOMER_ID", "STR100", data_extraction_key=True),
    Column("SKU", "STR100"),
    Column("CAMPAIGN_ID", "STR100"),
    Column("EMAIL_ADDRESS", "STR500"),
    Column("PRODUCT_NAME", "STR500"),
    Column("PRICE", "NUMBER"),
    Column("IMAGE_URL", "STR500"),
)
CART_KEY = ("CUSTOMER_ID", "SKU", "CAMPAIGN_ID")


class SandboxError(Exception):
    """There is no sandbox, or a chore in it failed."""


class RunningSandbox:
    """The sandbox that started this process (`responsys-sandbox run -- …`).

    Raises:
        SandboxError: If there is none.
    """

    def __init__(self) -> None:
        try:
            self._folder = Path(os.environ["RESPONSYS_SANDBOX_FOLDER"])
            self.tables_folder = os.environ["TARGET_RESPONSYS_FOLDER_NAME"]
        except KeyError as error:
            raise SandboxError("No sandbox runs: start the demo with `make demo`.") from error

    @property
    def download(self) -> Path:
        """The folder that exports appear in."""
        return self._folder / "files" / "download"

    def exports(self) -> set[Path]:
        """Return the files that lie there now."""
        return set(self.download.iterdir())

    def last_day(self) -> date:
        """Return the day of the newest exports, in the account's calendar."""
        account = Account(self._folder)
        return account.plan.start + timedelta(account.days - 1)

    def make_table(self, name: str, columns: tuple[Column, ...], key: tuple[str, ...]) -> None:
        """Make a supplemental table, as an administrator does in the user interface."""
        with self._store() as store:
            store.create_table(Table(self.tables_folder, name, columns, key))

    def rows(self, table: str) -> list[dict[str, str | None]]:
        """Return the rows of a supplemental table."""
        with self._store() as store:
            return [dict(row) for row in store.rows(self.tables_folder, table)]

    def add_day(self) -> None:
        """Let a day go by: its exports appear on the file server."""
        self._command("add-day")

    def add_import_job(self, table: str, pattern: str) -> str:
        """Save a Connect job that imports what is uploaded, as an administrator does; return its id."""
        where = ("--table", table, "--folder-name", self.tables_folder, "--file-pattern", pattern)
        return self._command("add-job", "--name", table, *where, "--count-extension", "count").strip()

    def _store(self) -> Store:
        return Store(self._folder / "account.sqlite")

    def _command(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "responsys_sandbox", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        if done.returncode != 0:
            raise SandboxError(f"responsys-sandbox {arguments[0]} failed: {done.stderr.strip()}")
        return done.stdout
