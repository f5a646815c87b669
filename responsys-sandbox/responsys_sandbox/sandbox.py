"""Responsys on one machine: file server, REST API and account, for as long as a `with` block lasts."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo

from responsys_sandbox.account import Account, AccountPlan, known_plan
from responsys_sandbox.apicertificates import ApiCertificateFolder
from responsys_sandbox.background import BackgroundLoop
from responsys_sandbox.certificates import ensure_certificates, server_context
from responsys_sandbox.jobrunner import JobRunner
from responsys_sandbox.keys import ensure_key, fingerprint, write_secret
from responsys_sandbox.page.server import PageServer
from responsys_sandbox.pgp import PgpKeyFolder
from responsys_sandbox.profilelists import contacts_list
from responsys_sandbox.rest import RestApi, RestOptions
from responsys_sandbox.sftp import HOME_FOLDERS, FileServer, SftpOptions
from responsys_sandbox.store import Store
from responsys_sandbox.values import STORED_TIMESTAMP

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """What a sandbox is like.

    Args:
        days: How many days of exports there are at least, once it has started.
        plan: The account and its export jobs; None for the one that the folder has, or else the default one.
        sftp: The file server's user.
        rest: The API's user and behaviour. The target's settings name the first of its folders.
        api_for_tap: Whether the tap's settings hold the API too, so that it reads the streams that come from
            there.
        api_login: What the plugins' settings sign in to the API with.
        connect: Whether the API has Connect, with the jobs that `store.jobs` saves.
        import_every: Seconds between looks for files that an import job waits for; None for jobs that run
            only when they are started.
        page_port: Port of the page that shows what there is; 0 for a free one, None for no page.
    """

    days: int = 1
    plan: AccountPlan | None = None
    sftp: SftpOptions = field(default_factory=SftpOptions)
    rest: RestOptions = field(default_factory=RestOptions)
    api_for_tap: bool = False
    api_login: Literal["password", "certificate"] = "password"
    connect: bool = True
    import_every: float | None = None
    page_port: int | None = 0


class Sandbox:
    """A running sandbox.

    Everything it knows lies in its folder, so that it can be looked into, copied and used again: the next
    sandbox there continues the account's life.

    Args:
        folder: The state folder; made if missing.
        options: What the sandbox is like.

    Attributes:
        folder: The state folder.
        files: The file server's root: `upload/`, `download/`, `archive/`.
        keys: Keys and certificates.
        settings: Environment variables for the plugins, once it runs.
        account: Writes further days of exports.
        store: What the REST API has stored.
        rest: The REST API, to change its options and to program faults.
        connect: Runs import jobs.
    """

    account: Account
    store: Store
    rest: RestApi
    connect: JobRunner

    def __init__(self, folder: Path | str, *, options: SandboxOptions | None = None) -> None:
        self.folder = Path(folder).absolute()
        self.options = options or SandboxOptions()
        self.files = self.folder / "files"
        self.keys = self.folder / "keys"
        self.settings: dict[str, str] = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for path in (*(self.files / name for name in HOME_FOLDERS), self.keys):
                path.mkdir(parents=True, exist_ok=True)
            self.account = Account(self.folder, self.options.plan or known_plan(self.folder) or AccountPlan())
            self.account.add_days(max(0, self.options.days - self.account.days))
            self.store = stack.enter_context(Store(self.folder / "account.sqlite"))
            self.connect = stack.enter_context(self._job_runner())
            loop = stack.enter_context(BackgroundLoop())
            self.settings = {
                "RESPONSYS_SANDBOX_FOLDER": str(self.folder),
                **self._serve_files(loop, stack),
                **self._serve_api(loop, stack),
                **self._serve_page(loop, stack),
            }
            write_secret(self.folder / "settings.json", json.dumps(self.settings, indent=2).encode())
            self._running = stack.pop_all()
        return self

    def __exit__(self, *exc: object) -> None:
        self._running.close()

    def fill_list(self) -> None:
        """Make the account's contacts members of the list that the API has; without this it begins empty.

        What the API then does to members does not come back to the exports.
        """
        zone = ZoneInfo(self.options.rest.account_time_zone)
        profile_list = contacts_list(self.options.rest.folders[0])
        self.store.lists.add_members(
            profile_list, (_member(fields, zone) for fields in self.account.contacts())
        )

    def _job_runner(self) -> JobRunner:
        zone = ZoneInfo(self.options.rest.account_time_zone)
        every = self.options.import_every
        return JobRunner(self.store, self.files, keys=self.keys, zone=zone, every=every)

    def _serve_files(self, loop: BackgroundLoop, stack: ExitStack) -> dict[str, str]:
        """Start the file server; return the settings of those who use it."""
        host_key, client_key = self.keys / "host_key", self.keys / "client_key"
        authorized = self.keys / "authorized_keys"
        host_public, client_public = ensure_key(host_key), ensure_key(client_key)
        if not authorized.exists():
            authorized.write_text(f"{client_public}\n", encoding="ascii")
        server = FileServer(self.files, host_key, authorized, self.options.sftp)
        loop.run(server.start(HOST))
        stack.callback(lambda: loop.run(server.stop()))
        access = {
            "HOST": HOST,
            "PORT": str(server.port),
            "USERNAME": self.options.sftp.user_name,
            "PRIVATE_KEY_FILE": str(client_key),
            "HOST_KEY_FINGERPRINT": fingerprint(host_public),
        }
        settings = {
            f"{plugin}_{name}": value
            for plugin in ("TAP_RESPONSYS", "TARGET_RESPONSYS")
            for name, value in access.items()
        }
        settings |= {"TAP_RESPONSYS_PATH": "download", "TARGET_RESPONSYS_REMOTE_PATH": "upload"}
        exports = self.account.plan.exports
        if exports.ready_extension:
            settings["TAP_RESPONSYS_READY_EXTENSION"] = exports.ready_extension
        if exports.encryption == "pgp":
            pgp = PgpKeyFolder(self.keys)
            settings["TAP_RESPONSYS_PGP_PRIVATE_KEY_FILE"] = str(pgp.customer_private_key())
            if exports.pgp_signed:
                settings["TAP_RESPONSYS_PGP_PUBLIC_KEY_FILE"] = str(pgp.sender_public_key())
        return settings

    def _serve_api(self, loop: BackgroundLoop, stack: ExitStack) -> dict[str, str]:
        """Start the REST API over TLS; return the settings of those who use it."""
        options = self.options.rest
        authority = ensure_certificates(self.keys)
        self.rest = RestApi(
            self.store, options=options, runner=self.connect if self.options.connect else None
        )
        loop.run(self.rest.start(HOST, server_context(self.keys)))
        stack.callback(lambda: loop.run(self.rest.stop()))
        access = {
            "API_URL": self.rest.login_url,
            "API_USERNAME": options.user_name,
            **self._api_credentials(),
            "CA_BUNDLE": str(authority),
            "ALLOWED_ENDPOINT_HOSTS": json.dumps([HOST]),
        }
        plugins = ("TARGET_RESPONSYS", "TAP_RESPONSYS") if self.options.api_for_tap else ("TARGET_RESPONSYS",)
        settings = {f"{plugin}_{name}": value for plugin in plugins for name, value in access.items()}
        return settings | {"TARGET_RESPONSYS_FOLDER_NAME": options.folders[0]}

    def _serve_page(self, loop: BackgroundLoop, stack: ExitStack) -> dict[str, str]:
        """Start the page that shows what there is; return its address."""
        if self.options.page_port is None:
            return {}
        server = PageServer(self.store, self.files)
        loop.run(server.start(HOST, self.options.page_port))
        stack.callback(lambda: loop.run(server.stop()))
        return {"RESPONSYS_SANDBOX_PAGE": server.url}

    def _api_credentials(self) -> dict[str, str]:
        if self.options.api_login == "password":
            return {"API_PASSWORD": self.options.rest.password}
        files = ApiCertificateFolder(self.keys)
        self.options.rest.certificates = files.ensure()
        return {
            "API_PRIVATE_KEY_FILE": str(files.client_key_file),
            "API_SERVER_CERTIFICATE_FILE": str(files.server_certificate_file),
        }


def _member(fields: dict[str, str | int], zone: ZoneInfo) -> dict[str, str | None]:
    """Return a contact as the API keeps it: times as clock times, nothing for an empty text."""
    return {
        name: datetime.fromtimestamp(value, zone).strftime(STORED_TIMESTAMP)
        if isinstance(value, int)
        else value or None
        for name, value in fields.items()
    }
