"""What a run reaches and keeps open: each made when it is first asked for, all closed at the end."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from responsys_io.fileserver import FileServer, FileServerLogin
from responsys_io.keyring import KeyRing
from responsys_io.pgpkeys import PgpKeys
from responsys_io.restapi import RestApi
from responsys_io.restlogin import has_login
from target_responsys.asyncmode import queue_of, queues
from target_responsys.carriers import Direct, ThroughQueue
from target_responsys.followup import FollowUp
from target_responsys.mirror import MirrorState
from target_responsys.requestlog import RequestLog
from target_responsys.settings import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping

    from responsys_io.asynccalls import AsyncCalls
    from responsys_io.traffic import Traffic
    from target_responsys.carriers import Carrier
    from target_responsys.importjobs import JobResult


class Connections:
    """Responsys, and the files of this machine that a run writes beside its rejects and its receipt.

    Args:
        config: The target's settings.
        execution_id: Id of the run.

    Attributes:
        traffic: What went over the wire, if anything.
    """

    def __init__(self, config: Mapping[str, Any], execution_id: str) -> None:
        self._config = config
        self._execution_id = execution_id
        self.traffic: Traffic | None = None

    @property
    def over_rest(self) -> bool:
        """Whether records go over the REST API."""
        return bool(chosen(self._config, "delivery") == "api")

    @cached_property
    def api(self) -> RestApi:
        """The REST API, paced by the account's own limits."""
        api = RestApi.from_config(self._config)
        if self.request_log is not None:
            api.session.traffic.watch(self.request_log.write)
        self.traffic = api.session.traffic
        api.keep_to_limits()
        return api

    @property
    def planned_api(self) -> RestApi | None:
        """The REST API for a plan, which can ask it for tables that files go to as well."""
        return self.api if self.over_rest or has_login(self._config) else None

    @cached_property
    def queue(self) -> AsyncCalls:
        """The queue of the asynchronous API, of api_mode async, which the user is seen to be allowed."""
        queue = queue_of(self._config, self.api.session)
        queue.check_permission()
        return queue

    @property
    def used_queue(self) -> AsyncCalls | None:
        """The queue, if anything has asked for it."""
        return self.__dict__.get("queue")

    @cached_property
    def carrier(self) -> Carrier:
        """What makes the merge calls of all streams."""
        return ThroughQueue(self.queue) if queues(self._config) else Direct(self.api.session)

    @cached_property
    def request_log(self) -> RequestLog | None:
        """The request log, where one is wanted."""
        path = self._config.get("request_log_file")
        return RequestLog(path.format(execution_id=self._execution_id), self._execution_id) if path else None

    @cached_property
    def mirror(self) -> MirrorState | None:
        """Who is in which audience, where that has to be known."""
        path = self._config.get("mirror_state_file")
        mirrors = chosen(self._config, "load_method") == "mirror"
        wanted = ("process_activate_version_messages", "erase")
        if not path or not (mirrors or any(chosen(self._config, name) for name in wanted)):
            return None
        return MirrorState(path, self._execution_id)

    @cached_property
    def file_server(self) -> FileServer:
        """The file server; it is reached when the first file is published."""
        return FileServer(FileServerLogin.from_config(self._config))

    @cached_property
    def followed(self) -> FollowUp:
        """What follows the upload of files."""
        return FollowUp(self._config, self.file_server, lambda: self.api)

    @property
    def jobs(self) -> list[JobResult]:
        """What became of import jobs so far."""
        followed: FollowUp | None = self.__dict__.get("followed")
        return followed.jobs if followed else []

    @cached_property
    def key_ring(self) -> KeyRing:
        """The PGP keys that files are encrypted and signed with."""
        return KeyRing(PgpKeys.from_config(self._config))

    def close(self) -> None:
        """Close all but the key ring, which may have a receipt to sign."""
        for name in ("api", "file_server", "mirror", "request_log"):
            if connection := self.__dict__.pop(name, None):
                connection.close()

    def close_key_ring(self) -> None:
        """Remove the keys from this machine."""
        if ring := self.__dict__.pop("key_ring", None):
            ring.close()
