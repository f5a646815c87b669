"""Secrets in every setting and people in every row: whatever breaks, none of them is seen anywhere.

The plugins run as commands that log all they can. What they leave is searched: both streams, the state, the
folder they work in, temporary folders, the arguments and environments of what they start, receipts, logs.
Rows may be in the tap's records and in the rejects file, whose purpose they are, and nowhere else.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from support.canaries import Canaries, files_in, key_lines, processes_about, spies
from support.connectproxy import connect_proxy
from support.delivery import lines, record, schema, state
from support.exports import OPEN_HEADER, delimited, open_row
from support.keys import new_key
from support.pgp import HAS_GPG, encrypted, needs_gpg, pair
from support.plugins import environment
from support.ringfolder import ring_folder, rings_in

from responsys_io.keyring import sweep
from responsys_sandbox.rest import Answer, Fault, Refuse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from support.openssh import SshServer

    from responsys_sandbox.sandbox import Sandbox

EXPORT = "1234_OPEN_20190103_060500.txt"
MEMBERS = r"/suppData/[^/]+/members"
PEOPLE = schema("people", email="string", phone="string", score="integer")


@dataclass
class Scene:
    """A place to run plugins in, and what must not be seen of it afterwards.

    Args:
        folder: Where they run.
        memory: Where they have key rings.
    """

    folder: Path
    memory: Path
    canaries: Canaries = field(default_factory=Canaries)
    config: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    allowed: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        for name in ("work", "spool", "home"):
            (self.folder / name).mkdir()
        self.started = spies(self.folder / "bin", "gpg", "gpgconf")
        self.rings: list[Path] = []

    def secret(self, setting: str, **more: str) -> None:
        """Give a setting a value of its own that must not be seen."""
        self.config[setting] = more.get("value") or self.canaries.add(setting, f"canary-{setting}-Zx81Qp")

    def person(self, number: int) -> tuple[str, str]:
        """Return the e-mail address and telephone number of somebody who must not be seen."""
        email = self.canaries.add(f"address {number}", f"canary.person{number:03}@leaks.example")
        return email, self.canaries.add(f"telephone {number}", f"+49176555{number:06}")

    def environment(self) -> dict[str, str]:
        return environment(
            PATH=f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            TMPDIR=str(self.folder / "spool"), HOME=str(self.folder / "home"), LOGLEVEL="DEBUG",
            **self.variables,
        )  # fmt: skip

    def run(
        self, module: str, data: bytes = b"", *, program: str = "", by: str = "file"
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a plugin whose settings come from a file or from the environment.

        Args:
            module: `tap_responsys` or `target_responsys`.
            data: Its input.
            program: Python code that runs before it.
            by: file or environment.
        """
        if by == "environment":
            prefix = "TAP_RESPONSYS_" if module == "tap_responsys" else "TARGET_RESPONSYS_"
            self.variables |= {
                prefix + name.upper(): value if isinstance(value, str) else json.dumps(value)
                for name, value in self.config.items()
                if value is not None
            }
            source = "ENV"
        else:
            path = self.folder / "config.json"
            path.write_text(json.dumps(self.config), encoding="utf-8")
            source = str(path)
        name = "tap" if module == "tap_responsys" else "target"
        code = f"{rings_in(self.memory)}{program}\nimport {module}.{name} as plugin; plugin.main()"
        return subprocess.run(
            [sys.executable, "-c", code, "--config", source],
            input=data, capture_output=True, check=False, cwd=self.folder / "work", env=self.environment(),
            timeout=100,
        )  # fmt: skip

    def key_rings(self) -> list[Path]:
        """Return the folders of gpg's keys that are there now."""
        return [*self.memory.iterdir()]

    def agents(self) -> list[tuple[str, bytes]]:
        """Return arguments and environment of each process that such a folder was given to."""
        self.rings = self.key_rings() or self.rings
        return [(f"gpg's agent, {name}", content) for name, content in processes_about(*map(str, self.rings))]

    def leaks(self, done: subprocess.CompletedProcess[bytes], *, records: bool = False) -> list[str]:
        """Return what of it can be seen after a run.

        Args:
            done: The run.
            records: Whether standard output holds records, in which rows may stand.
        """
        folders = [self.folder / name for name in ("work", "spool", "home")]
        places = [("stderr", done.stderr), ("what was started", self.started.read_bytes())]
        places += files_in(*folders, self.memory, but=self.allowed)
        messages = [line for line in done.stdout.splitlines() if line.strip()]
        if records:
            secrets = Canaries(
                {name: self.canaries.values[name] for name in self.canaries.values if "_" in name}
            )
            found = secrets.leaks([("stdout", done.stdout)])
            messages = [line for line in messages if json.loads(line)["type"] != "RECORD"]
        else:
            found = []
        return found + self.canaries.leaks([*places, ("stdout", b"\n".join(messages))])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    (tmp_path / "scene").mkdir()
    with ring_folder() as memory:
        yield Scene(tmp_path / "scene", memory)


def errors(done: subprocess.CompletedProcess[bytes]) -> str:
    text = done.stderr.decode()
    return "\n".join(line for line in text.splitlines() if "| ERROR " in line or "RSYS-" in line)


def personal_rows(scene: Scene) -> list[list[str]]:
    """Rows of an export, of which every third does not fit for a reason of its own."""
    rows = []
    for number in range(1, 31):
        email, phone = scene.person(number)
        row = open_row(number, email, phone)
        if number % 9 == 3:
            row[3] = phone  # no whole number
        elif number % 9 == 6:
            row[5] = email  # no time
        elif not number % 9:
            row.append(email)  # one field more than columns
        rows.append(row)
    return rows


@pytest.fixture
def tap_scene(scene: Scene, sshd: SshServer) -> Scene:
    """A tap with all its secrets, which reads an export about people."""
    scene.config = {
        **sshd.config, "settle_seconds": 0, "streams": ["open", "rejected_rows"], "max_rejected_rows": 1,
    }  # fmt: skip
    for setting in ("password", "api_password", "proxy_password"):
        scene.secret(setting)
    scene.config |= {
        "proxy_url": "http://127.0.0.1:9",
        "proxy_username": "someone",
        "api_username": "someone",
    }
    scene.config |= {"api_url": "https://127.0.0.1:9", "allowed_endpoint_hosts": ["127.0.0.1"]}
    key, phrase = new_key("ed25519"), scene.canaries.add("key_phrase", "canary-phrase-Zx81Qp")
    sshd.accept(key.public)
    text = key.text("openssh", phrase)
    scene.config |= {"private_key": text, "private_key_file": None, "private_key_passphrase": phrase}
    scene.canaries.add("private_key", key_lines(text))
    rows = [(*OPEN_HEADER, "EMAIL", "PHONE"), *personal_rows(scene)]
    path = sshd.files / "download" / EXPORT
    path.write_bytes(delimited(rows))
    return scene


def seal(scene: Scene, sshd: SshServer) -> None:
    """Encrypt the export for a key with a passphrase."""
    phrase = scene.canaries.add("pgp_passphrase", "canary-pgp-phrase-Zx81Qp")
    keys = pair("canary", passphrase=phrase)
    path = sshd.files / "download" / EXPORT
    path.with_suffix(".gpg").write_bytes(encrypted(path.read_bytes(), keys))
    path.unlink()
    scene.config |= {"pgp_private_key": keys.private.decode(), "pgp_passphrase": phrase}
    scene.canaries.add("pgp_private_key", key_lines(keys.private))


@needs_gpg
@pytest.mark.parametrize("by", ["file", "environment"])
def test_a_tap_that_reads_encrypted_files(by: str, tap_scene: Scene, sshd: SshServer) -> None:
    seal(tap_scene, sshd)
    done = tap_scene.run("tap_responsys", by=by)
    assert done.returncode == 0, done.stderr.decode()
    assert b"canary.person001" in done.stdout
    assert tap_scene.started.read_bytes().count(b"--decrypt") >= 1
    assert tap_scene.leaks(done, records=True) == []


@needs_gpg
def test_a_tap_with_the_wrong_passphrase_of_its_pgp_key(tap_scene: Scene, sshd: SshServer) -> None:
    seal(tap_scene, sshd)
    tap_scene.config["pgp_passphrase"] = tap_scene.canaries.add("pgp_wrong", "canary-pgp-wrong-Zx81Qp")
    done = tap_scene.run("tap_responsys")
    assert "RSYS-3206" in errors(done)
    assert tap_scene.leaks(done, records=True) == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"private_key": None, "private_key_passphrase": None}, "RSYS-2003"),
        ({"private_key_passphrase": "canary-phrase-Zx81Qp, and more"}, "RSYS-110"),
        ({"max_rejected_rows": 0}, "RSYS-3111"),
        ({"has_header": False, "column_names": {"open": ["A", "B"]}}, "RSYS-3109"),
        ({"delimiter": ";"}, "RSYS-3102"),
        ({"streams": ["open", "campaigns"]}, "RSYS-4"),
        ({"port": "canary-password-Zx81Qp"}, "RSYS-1000"),
        ({"host_key_fingerprint": "canary-password-Zx81Qp"}, "RSYS-1201"),
        ({"pgp_private_key": "canary-password-Zx81Qp"}, "RSYS-13"),
        ({"private_key": "canary-password-Zx81Qp"}, "RSYS-110"),
        ({"timezone": "canary-password-Zx81Qp"}, "RSYS-1000"),
        ({"api_url": "canary-password-Zx81Qp", "streams": ["campaigns"]}, "RSYS-4013"),
        ({"proxy_url": "canary-password-Zx81Qp", "streams": ["campaigns"]}, "RSYS-10"),
    ],
)
def test_a_tap_that_fails(settings: dict[str, Any], code: str, tap_scene: Scene) -> None:
    """Also with a secret that was put into the wrong setting."""
    tap_scene.config |= settings
    tap_scene.canaries.add("misplaced_secret", "canary-password-Zx81Qp")
    done = tap_scene.run("tap_responsys")
    assert done.returncode not in (0, None)
    assert code in errors(done), done.stderr.decode()
    assert tap_scene.leaks(done, records=True) == []


CRASH = """
import tap_responsys.streams
def crash(self, row, reading):
    raise ValueError(f"{row.values} {dict(self.config)}") from KeyError(str(row.values))
tap_responsys.streams.ExportStream._record = crash
"""


def test_a_tap_with_a_fault_of_ours(tap_scene: Scene) -> None:
    """The error's own text holds a row and all settings."""
    done = tap_scene.run("tap_responsys", program=CRASH)
    assert (done.returncode, "RSYS-9000" in errors(done)) == (1, True)
    assert b"in _rows_of" in done.stderr, "the traceback is told at DEBUG"
    assert tap_scene.leaks(done) == []


def test_the_doctor_and_discovery(tap_scene: Scene) -> None:
    for option in ("--doctor", "--discover"):
        done = tap_scene.run("tap_responsys", program=f"import sys; sys.argv.append({option!r})")
        done.stdout = json.dumps({"type": "STATE", "value": done.stdout.decode()}).encode()
        assert tap_scene.leaks(done) == []


@pytest.fixture
def target_scene(scene: Scene, sandbox: Sandbox, config: dict[str, Any]) -> Scene:
    """A target with all its secrets that writes all the files it can, against the sandbox."""
    work = scene.folder / "work"
    scene.config = config | {
        "rejects_file": str(work / "rejects.jsonl"),
        "receipt_file": str(work / "receipt.json"),
        "request_log_file": str(work / "requests.jsonl"),
    }
    scene.allowed.append(work / "rejects.jsonl")
    scene.secret("password")
    sandbox.rest.options.password = scene.canaries.add("api_password", "canary-api-password-Zx81Qp")
    scene.config["api_password"] = scene.canaries.values["api_password"]
    return scene


def people(scene: Scene, *more: Mapping[str, Any]) -> bytes:
    rows = [record("people", email=email, phone=phone, score=number)
            for number in range(1, 21) for email, phone in [scene.person(number)]]  # fmt: skip
    return lines([PEOPLE, *rows, *more, state(at=1)])


def tokens(scene: Scene, sandbox: Sandbox) -> None:
    """Add the tokens that the sandbox has given out."""
    with contextlib.closing(sqlite3.connect(sandbox.folder / "account.sqlite")) as store:
        for number, (token,) in enumerate(store.execute("SELECT token FROM token")):
            scene.canaries.add(f"access_token {number}", token)


def bad(scene: Scene) -> dict[str, Any]:
    email, phone = scene.person(90)
    return record("people", email=email, phone=phone, score="not a number " + phone)


UNFIT = {"validate_records": False, "max_rejected_rows": 5}


def test_a_target_whose_rows_are_refused(target_scene: Scene, sandbox: Sandbox) -> None:
    email, phone = target_scene.person(91)
    echo = Refuse("INVALID_PARAMETER", f"bad value '{email}' of \"{phone}\" for {email}")
    sandbox.rest.faults.add(Fault(action=echo, method="POST", path=MEMBERS, count=3))
    target_scene.config |= UNFIT
    done = target_scene.run("target_responsys", people(target_scene, bad(target_scene)))
    tokens(target_scene, sandbox)
    assert (target_scene.folder / "work" / "receipt.json").exists()
    assert (target_scene.folder / "work" / "requests.jsonl").exists()
    assert target_scene.leaks(done) == []


@pytest.mark.parametrize(
    "action",
    [
        Refuse(
            "UNEXPECTED_EXCEPTION", "row 'canary.person001@leaks.example' of canary.person001@leaks.example"
        ),
        Refuse("INVALID_OBJECT", 'no "canary.person001@leaks.example"'),
        Answer(503, "<html><title>Sorry canary.person001@leaks.example</title>+49176555000001</html>"),
        Answer(200, '{"recordData": {"records": [["MERGEFAILED: canary.person001@leaks.example"]]}}'),
        Answer(200, "canary.person001@leaks.example +49176555000001"),
    ],
)
def test_a_service_that_repeats_what_it_was_sent(action: Any, target_scene: Scene, sandbox: Sandbox) -> None:
    sandbox.rest.faults.add(Fault(action=action, method="POST", path=MEMBERS, count=1))
    sandbox.rest.faults.add(Fault(action=Refuse("INVALID_REQUEST_CONTENT"), path=MEMBERS, count=None))
    done = target_scene.run("target_responsys", people(target_scene))
    assert done.returncode not in (0, None)
    tokens(target_scene, sandbox)
    assert target_scene.leaks(done) == []


def wrong_password(scene: Scene) -> None:
    scene.config["api_password"] = scene.canaries.add("wrong_password", "canary-wrong-password-Zx81Qp")


def misplaced(scene: Scene) -> None:
    scene.config["api_url"] = scene.canaries.add("misplaced_secret", "canary-misplaced-Zx81Qp")


def as_file(scene: Scene) -> None:
    scene.config |= {"delivery": "sftp", "private_key_file": None}


def two_logins(scene: Scene) -> None:
    key = new_key("rsa2048").openssh
    scene.config["api_private_key"] = key
    scene.canaries.add("api_private_key", key_lines(key))


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (wrong_password, "RSYS-4002"),
        (misplaced, "RSYS-4013"),
        (as_file, "RSYS-2003"),
        (two_logins, "RSYS-1011"),
    ],
)
@pytest.mark.parametrize("by", ["file", "environment"])
def test_a_target_that_cannot_sign_in(spoil: Any, code: str, by: str, target_scene: Scene) -> None:
    data = people(target_scene)
    spoil(target_scene)
    done = target_scene.run("target_responsys", data, by=by)
    assert code in errors(done), done.stderr.decode()
    assert target_scene.leaks(done) == []


def test_a_proxy_that_refuses_its_user(target_scene: Scene) -> None:
    with connect_proxy(user="someone:else") as proxy:
        target_scene.config |= {"proxy_url": proxy.url, "proxy_username": "someone"}
        target_scene.secret("proxy_password")
        done = target_scene.run("target_responsys", people(target_scene))
    assert "RSYS-4015" in errors(done)
    assert target_scene.leaks(done) == []


@needs_gpg
def test_a_target_that_writes_encrypted_and_signed_files(target_scene: Scene) -> None:
    seal_output(target_scene)
    target_scene.config |= {"delivery": "sftp", "encryption": "pgp"}
    done = target_scene.run("target_responsys", people(target_scene), by="environment")
    assert done.returncode == 0, done.stderr.decode()
    assert target_scene.started.read_bytes().count(b"--encrypt") >= 1
    assert target_scene.leaks(done) == []


@pytest.mark.parametrize(
    "line",
    [
        b'{"type": "RECORD", "stream": "people", "record": {"email": "%s"',
        b'{"type": "%s"}\n',
        b'{"type": "RECORD", "stream": "people", "record": {"phone": "%s"}}\n',
        b'{"type": "RECORD", "stream": "people", "record": {"email": {"a": "%s"}}}\n',
        b'{"type": "RECORD", "stream": "others", "record": {"email": "%s"}}\n',
        b'{"type": "RECORD", "stream": "people", "record": "%s"}\n',
        b'{"type": "SCHEMA", "stream": "people", "schema": {"properties": {"email": {"type": "%s"}}}}\n',
        b"%s\n",
    ],
)
def test_messages_that_are_none(line: bytes, target_scene: Scene) -> None:
    email, _ = target_scene.person(92)
    data = people(target_scene) + line.replace(b"%s", email.encode())
    done = target_scene.run("target_responsys", data)
    assert "RSYS-60" in errors(done), done.stderr.decode()
    assert target_scene.leaks(done) == []


TARGET_CRASH = """
import target_responsys.api_sink
def crash(self, batch):
    try:
        raise KeyError(str(batch))
    except KeyError:
        raise ValueError(f"{batch} {dict(self.config)}")
target_responsys.api_sink.ApiSink._deliver = crash
"""


def test_a_target_with_a_fault_of_ours(target_scene: Scene) -> None:
    done = target_scene.run("target_responsys", people(target_scene), program=TARGET_CRASH)
    assert (done.returncode, "RSYS-9000" in errors(done)) == (1, True)
    assert b"in crash" in done.stderr, "the traceback is told at DEBUG"
    assert target_scene.leaks(done) == []


INTERRUPT = """
import os, signal, {module} as place
before = {place}
def interrupted(*arguments, **named):
    if not hasattr(interrupted, "done"):
        interrupted.done = True
        os.kill(os.getpid(), signal.SIGTERM)
    return before(*arguments, **named)
{place} = interrupted
"""


def test_plugins_that_are_ended_by_a_signal(target_scene: Scene) -> None:
    program = INTERRUPT.format(module="target_responsys.api_sink", place="place.ApiSink.process_batch")
    done = target_scene.run("target_responsys", people(target_scene), program=program)
    assert done.returncode == 128 + signal.SIGTERM
    assert target_scene.leaks(done) == []


KILL = """
import itertools, os, signal, {module} as place
before, calls = {place}, itertools.count(1)
def killed(*arguments, **named):
    if next(calls) == {call}:
        os.kill(os.getpid(), signal.SIGKILL)
    return before(*arguments, **named)
{place} = killed
"""


@pytest.mark.parametrize(
    ("module", "place", "call", "settings"),
    [
        # Some calls are answered, others under way, rows wait, and the rejects file is open.
        ("target_responsys.api_sink", "place.ApiSink._settle", 3, {"batch_size_rows": 4}),
        ("target_responsys.rejects", "place.os.fsync", 1, {}),
        # The receipt is written and has not got its name.
        ("target_responsys.receipts", "place.os.fsync", 1, {"max_rejected_rows": 5}),
        ("target_responsys.csvspool", "place.CsvSpool.finished", 1, {"delivery": "sftp"}),
        # gpg waits for the rows.
        ("responsys_io.encryption", "place.Encrypting.write", 1, {"delivery": "sftp", "encryption": "pgp"}),
    ],
)
def test_a_target_that_is_killed(
    module: str, place: str, call: int, settings: dict[str, Any], target_scene: Scene, sandbox: Sandbox
) -> None:
    if "encryption" in settings:
        if not HAS_GPG:
            pytest.skip("gpg is not installed")
        seal_output(target_scene)
    target_scene.config |= UNFIT | settings
    program = KILL.format(module=module, place=place, call=call)
    data = lines([PEOPLE, bad(target_scene)]) + people(target_scene)
    done = target_scene.run("target_responsys", data, program=program)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    tokens(target_scene, sandbox)
    assert len(target_scene.key_rings()) == ("encryption" in settings)
    assert target_scene.leaks(done) == []
    assert target_scene.canaries.leaks(target_scene.agents()) == []
    assert_swept(target_scene)


@needs_gpg
def test_a_tap_that_is_killed_while_gpg_decrypts(tap_scene: Scene, sshd: SshServer) -> None:
    seal(tap_scene, sshd)
    program = KILL.format(
        module="tap_responsys.streams", place="place.ExportStream._increment_stream_state", call=8
    )
    done = tap_scene.run("tap_responsys", program=program)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert tap_scene.key_rings(), "the run had keys"
    assert tap_scene.leaks(done, records=True) == []
    agents = tap_scene.agents()
    assert agents, "the agent has outlived the run"
    assert tap_scene.canaries.leaks(agents) == []
    assert_swept(tap_scene)


AGENT = """
import contextlib, os, pathlib, responsys_io.keyring as place
before = place._removed
def removed(home, lock):
    with open("agents", "wb") as agents:
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended
                arguments = (process / "cmdline").read_bytes()
                if os.fsencode(home) in arguments:
                    agents.write(arguments + b"\\n" + (process / "environ").read_bytes() + b"\\n")
    for path in sorted(home.rglob("*")):
        if path.is_file():
            pathlib.Path("ring-" + path.name).write_bytes(path.read_bytes())
    before(home, lock)
place._removed = removed
"""


@needs_gpg
@pytest.mark.parametrize("by", ["file", "environment"])
def test_what_the_agent_of_gpg_is_given(by: str, tap_scene: Scene, sshd: SshServer) -> None:
    """Its arguments, its environment and all files of the key ring, as they are at the end of a run."""
    seal(tap_scene, sshd)
    done = tap_scene.run("tap_responsys", program=AGENT, by=by)
    assert done.returncode == 0, done.stderr.decode()
    work = tap_scene.folder / "work"
    assert b"gpg-agent" in (work / "agents").read_bytes()
    assert list(work.glob("ring-*.key")), "the key ring's files were seen"
    assert tap_scene.leaks(done, records=True) == []
    assert tap_scene.key_rings() == []


def seal_output(scene: Scene) -> None:
    """Encrypt files for somebody, and sign them by a key with a passphrase."""
    phrase = scene.canaries.add("pgp_passphrase", "canary-pgp-phrase-Zx81Qp")
    signer = pair("canary", passphrase=phrase)
    scene.canaries.add("pgp_private_key", key_lines(signer.private))
    scene.config |= {
        "pgp_public_key": pair("receiver").public.decode(),
        "pgp_private_key": signer.private.decode(), "pgp_passphrase": phrase,
    }  # fmt: skip


def assert_swept(scene: Scene) -> None:
    """The next run's key ring has those that a killed one has left removed, with their agents."""
    sweep(scene.memory)
    assert scene.key_rings() == []
    # Told to end, an agent takes a moment.
    until = time.monotonic() + 20
    while scene.agents() and time.monotonic() < until:
        time.sleep(0.05)
    assert scene.agents() == []


def test_the_search_finds_what_is_there(scene: Scene) -> None:
    """A search that finds nothing ever would prove nothing."""
    email, _ = scene.person(1)
    for name, text in (("plain", email), ("quoted", email.replace("@", "%40")), ("encoded", "xx " + email)):
        data = text.encode() if name != "encoded" else base64.b64encode(text.encode())
        (scene.folder / "spool" / name).write_bytes(data)
    done = subprocess.CompletedProcess([], 0, email.encode(), b"log: " + email.encode())
    assert len(scene.leaks(done)) == 5
