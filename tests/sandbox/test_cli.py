"""The command line, as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support.pgp import needs_gpg

from responsys_sandbox.store import Store
from responsys_sandbox.tables import Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

COMMAND = (sys.executable, "-m", "responsys_sandbox")
QUICK = ("--days", "0", "--contacts", "30")
CART = Table("CDP", "Cart", (Column("CUSTOMER_ID", "STR100"), Column("SKU", "STR25")), ("CUSTOMER_ID", "SKU"))


def environment(tmp_path: Path) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if "RESPONSYS" not in name}
    return {**clean, "TMPDIR": str(tmp_path)}


def sandbox(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, env=environment(tmp_path), check=False
    )


def started(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(tmp_path),
    )


def script(text: str, *arguments: str) -> tuple[str, ...]:
    return ("--", sys.executable, "-c", text, *arguments)


def one_line(done: subprocess.CompletedProcess[str]) -> str:
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_run_gives_a_command_settings_and_a_day_can_go_by_meanwhile(tmp_path: Path) -> None:
    text = """
import json, os, pathlib, subprocess, sys
download = pathlib.Path(os.environ["RESPONSYS_SANDBOX_FOLDER"], "files", os.environ["TAP_RESPONSYS_PATH"])
before = len(list(download.iterdir()))
subprocess.run([sys.executable, "-m", "responsys_sandbox", "add-day"], check=True, stdout=subprocess.DEVNULL)
names = {name: value for name, value in os.environ.items() if "_RESPONSYS_" in name}
print(json.dumps([before, len(list(download.iterdir())), names, sys.argv[1:]]))
"""
    done = sandbox(tmp_path, "run", "--days", "2", "--contacts", "30", *script(text, "--days", "x"))
    before, after, settings, arguments = json.loads(done.stdout)
    assert (done.returncode, before, after) == (0, 44, 66)
    assert arguments == ["--days", "x"]
    assert set(settings) == {
        *(f"TAP_RESPONSYS_{name}" for name in ("PATH", "READY_EXTENSION")),
        *(
            f"{plugin}_RESPONSYS_{name}"
            for plugin in ("TAP", "TARGET")
            for name in ("HOST", "PORT", "USERNAME", "PRIVATE_KEY_FILE", "HOST_KEY_FINGERPRINT")
        ),
        *(f"TARGET_RESPONSYS_API_{name}" for name in ("URL", "USERNAME", "PASSWORD")),
        *(
            f"TARGET_RESPONSYS_{name}"
            for name in ("CA_BUNDLE", "ALLOWED_ENDPOINT_HOSTS", "FOLDER_NAME", "REMOTE_PATH")
        ),
    }
    assert not list(tmp_path.iterdir())


def test_run_returns_the_commands_exit_code(tmp_path: Path) -> None:
    assert sandbox(tmp_path, "run", *QUICK, *script("raise SystemExit(7)")).returncode == 7
    killed = script("import os; os.kill(os.getpid(), 9)")
    assert sandbox(tmp_path, "run", *QUICK, *killed).returncode == 128 + 9
    assert not list(tmp_path.iterdir())


def test_run_says_when_there_is_no_such_command(tmp_path: Path) -> None:
    done = sandbox(tmp_path, "run", *QUICK, "--", "no-such-command")
    assert done.returncode == 127
    assert one_line(done) == "Error: no-such-command was not found."


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_passes_signals_to_the_command(tmp_path: Path, number: signal.Signals) -> None:
    text = """
import signal, sys
def stop(number, frame):
    sys.exit(40 + number)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)
print("ready", flush=True)
signal.pause()
"""
    with started(tmp_path, "run", *QUICK, *script(text)) as process:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.wait() == 40 + number
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_settings_and_runs_until_it_is_told_to_stop(
    tmp_path: Path, number: signal.Signals
) -> None:
    with started(tmp_path, "serve", "--json", *QUICK) as process:
        assert process.stdout
        settings = json.loads(process.stdout.readline())
        assert int(settings["TAP_RESPONSYS_PORT"]) > 0
        process.send_signal(number)
        output, errors = process.communicate()
        assert (process.returncode, output, errors) == (0, "", "")
    assert not list(tmp_path.iterdir())


def test_serve_prints_lines_for_a_shell(tmp_path: Path) -> None:
    with started(tmp_path, "serve", "--folder", str(tmp_path / "my sandbox"), *QUICK) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.terminate()
    assert first == f"export RESPONSYS_SANDBOX_FOLDER='{tmp_path / 'my sandbox'}'\n"
    assert (tmp_path / "my sandbox" / "account.sqlite").exists()


def test_export_options_are_kept_with_the_folder(tmp_path: Path) -> None:
    folder = ("--folder", str(tmp_path / "kept"))
    options = (
        "--delimiter",
        "pipe",
        "--compression",
        "zip",
        "--ready-extension",
        "",
        "--start",
        "2026-05-01",
    )
    sandbox(tmp_path, "run", *folder, *QUICK, *options, *script("pass"))
    assert sandbox(tmp_path, "run", *folder, "--days", "1", *script("pass")).returncode == 0
    names = [path.name for path in (tmp_path / "kept" / "files" / "download").iterdir()]
    assert len(names) == 11
    assert all("_20260501_" in name and name.endswith(".zip") for name in names)


@needs_gpg
def test_encrypted_exports_come_with_the_settings_to_read_them(tmp_path: Path) -> None:
    text = """
import json, os, pathlib
names = ("PGP_PRIVATE_KEY_FILE", "PGP_PUBLIC_KEY_FILE")
print(json.dumps([pathlib.Path(os.environ["TAP_RESPONSYS_" + name]).read_text()[:27] for name in names]))
download = pathlib.Path(os.environ["RESPONSYS_SANDBOX_FOLDER"], "files", "download")
print(json.dumps(sorted("".join(path.suffixes) for path in download.iterdir() if "_SENT_" in path.name)))
"""
    chosen = ("--encryption", "pgp", "--pgp-signed", "--pgp-armour", "--compression", "zip", "--pgp-first")
    life = ("--days", "1", "--contacts", "30", "--ready-name", "full")
    done = sandbox(tmp_path, "run", *life, *chosen, *script(text))
    keys, suffixes = map(json.loads, done.stdout.splitlines())
    assert keys == ["-----BEGIN PGP PRIVATE KEY ", "-----BEGIN PGP PUBLIC KEY B"]
    assert suffixes == [".gpg.zip", ".gpg.zip.ready"]
    assert not list(tmp_path.iterdir())


def test_import_loads_uploaded_files_and_tables_counts_rows(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    where = ("--folder", str(folder))
    sandbox(tmp_path, "run", *where, *QUICK, *script("pass"))
    with Store(folder / "account.sqlite") as store:
        store.create_table(CART)
    upload = folder / "files" / "upload"
    (upload / "cart_1.csv").write_text('"CUSTOMER_ID","SKU"\n"C1","A"\n"C1","B"\n')
    (upload / "cart_1.csv.count").write_text("2\n")
    job = ("--table", "Cart", "--folder-name", "CDP", "--file-pattern", "cart_*.csv")
    done = sandbox(tmp_path, "import", *where, *job, "--count-extension", "count")
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "cart_1.csv: 2 records, 2 inserted, 0 updated, 0 skipped\n",
        "",
    )
    assert sandbox(tmp_path, "tables", *where).stdout == "CDP\tCart\t2\n"

    (upload / "cart_2.csv").write_text('"CUSTOMER_ID","SKU"\n"C2","A"\n')
    (upload / "cart_2.csv.count").write_text("5\n")
    failed = sandbox(tmp_path, "import", *where, *job, "--count-extension", "count")
    assert failed.returncode == 1
    assert one_line(failed).startswith("cart_2.csv: not loaded, ")

    nothing = sandbox(tmp_path, "import", *where, *job)
    assert nothing.returncode == 1
    assert one_line(nothing) == "Error: No file in upload/ matches cart_*.csv."


def test_saved_jobs_run_by_themselves_when_files_wait(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    where = ("--folder", str(folder))
    sandbox(tmp_path, "run", *where, *QUICK, *script("pass"))
    with Store(folder / "account.sqlite") as store:
        store.create_table(CART)
    job = ("--table", "Cart", "--folder-name", "CDP", "--file-pattern", "cart_*.csv")
    added = sandbox(tmp_path, "add-job", *where, "--name", "Carts", *job)
    assert (added.returncode, added.stdout) == (0, "1\n")
    assert sandbox(tmp_path, "add-job", *where, "--name", "Off", "--inactive", *job).stdout == "2\n"
    assert sandbox(tmp_path, "jobs", *where).stdout == (
        "1\tCarts\tactive\tnever run\n2\tOff\tinactive\tnever run\n"
    )
    (folder / "files" / "upload" / "cart_1.csv").write_text('"CUSTOMER_ID","SKU"\n"C1","A"\n')
    text = """
import os, pathlib, time
upload = pathlib.Path(os.environ["RESPONSYS_SANDBOX_FOLDER"], "files", "upload")
for _ in range(3000):
    if not list(upload.iterdir()):
        break
    time.sleep(0.01)
"""
    done = sandbox(tmp_path, "run", *where, *QUICK, "--import-every", "0.01", *script(text))
    assert done.returncode == 0, done.stderr
    first, _ = sandbox(tmp_path, "jobs", *where).stdout.splitlines()
    counts = "1 records, 1 added, 0 updated, 0 rejected"
    assert first == f"1\tCarts\tactive\trun 1 succeeded: {counts}"
    assert sandbox(tmp_path, "tables", *where).stdout == "CDP\tCart\t1\n"


def mistakes() -> Sequence[tuple[tuple[str, ...], str]]:
    job = ("--table", "T", "--folder-name", "CDP", "--file-pattern", "*")
    return [
        (("add-day", "--folder", "nowhere"), "Error: nowhere holds no sandbox."),
        (("tables", "--folder", "nowhere"), "Error: nowhere holds no sandbox."),
        (("import", "--folder", "nowhere", *job), "Error: nowhere holds no sandbox."),
        (("jobs", "--folder", "nowhere"), "Error: nowhere holds no sandbox."),
        (("add-job", "--folder", "nowhere", "--name", "J", *job), "Error: nowhere holds no sandbox."),
        (
            ("import", "--folder", "nowhere", "--match", "RIID_", *job),
            "Error: An extension table needs its list and the columns that members are found by.",
        ),
        (
            ("run", *QUICK, "--quote-char", "''", "--", "true"),
            "Error: The delimiter is one character, the enclosure one or none.",
        ),
        (("run", *QUICK, "--encoding", "klingon", "--", "true"), "Error: There is no character set klingon."),
    ]


@pytest.mark.parametrize(("arguments", "message"), mistakes())
def test_mistakes_are_one_line(tmp_path: Path, arguments: Sequence[str], message: str) -> None:
    done = sandbox(tmp_path, *arguments)
    assert done.returncode == 1
    assert one_line(done) == message
    assert not list(tmp_path.iterdir())


def test_a_folder_with_another_account_is_refused(tmp_path: Path) -> None:
    where = ("--folder", str(tmp_path / "kept"))
    sandbox(tmp_path, "run", *where, *QUICK, *script("pass"))
    done = sandbox(tmp_path, "run", *where, "--seed", "5", *script("pass"))
    assert done.returncode == 1
    assert one_line(done).endswith("choose another folder.")


def test_the_other_export_jobs_are_chosen_by_options(tmp_path: Path) -> None:
    folder = tmp_path / "sandbox"
    options = (
        *("--feeds", "OPEN,CLICK", "--leaving", "0.01", "--silent-days", "1", "--extension-name", "PET.csv"),
        *(
            "--contacts-name",
            "ALL_{kind}.csv",
            "--contacts-full",
            "daily",
            "--supplemental-name",
            "SHOPS.csv",
        ),
        *("--second-list-name", "VIP.csv", "--second-list-full", "weekly", "--second-list-share", "0.5"),
    )
    done = sandbox(
        tmp_path, "run", "--folder", str(folder), "--days", "3", "--contacts", "30", *options, *script("")
    )
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (folder / "files" / "download").iterdir() if path.suffix != ".ready"}
    feeds = {name for name in names if name[0].isdigit()}
    assert {name.split("_")[1] for name in feeds} == {"OPEN", "CLICK"}
    assert len(feeds) == 4
    assert names - feeds == {"ALL_full.csv", "VIP.csv", "PET.csv", "SHOPS.csv"}
    plan = json.loads((folder / "account.json").read_text(encoding="utf-8"))
    assert plan["leaving"] == 0.01
    assert plan["exports"]["second_list_full"] == "weekly"


def test_silent_days_are_numbers(tmp_path: Path) -> None:
    done = sandbox(tmp_path, "run", *QUICK, "--silent-days", "monday", *script(""))
    assert done.returncode == 2
    assert "days are whole numbers" in done.stderr


def test_a_clients_interpreter_gets_an_api_of_its_choice(tmp_path: Path) -> None:
    text = """
import os, ssl, urllib.error, urllib.request
url = os.environ["TARGET_RESPONSYS_API_URL"] + "/rest/api/v1/auth/token"
context = ssl.create_default_context(cafile=os.environ["TARGET_RESPONSYS_CA_BUNDLE"])
assert "TARGET_RESPONSYS_API_PASSWORD" not in os.environ
assert os.path.exists(os.environ["TARGET_RESPONSYS_API_PRIVATE_KEY_FILE"])
try:
    urllib.request.urlopen(url, b"auth_type=token", timeout=20, context=context)
except urllib.error.HTTPError as error:
    raise SystemExit(error.code - 400)
"""
    chosen = (*QUICK, "--api-login", "certificate", "--rest", "older_versions=false")
    assert sandbox(tmp_path, "run", *chosen, *script(text)).returncode == 4
    assert sandbox(tmp_path, "run", *chosen, "--rest", "older_versions=true", *script(text)).returncode == 1


def test_an_api_option_that_there_is_not(tmp_path: Path) -> None:
    done = sandbox(tmp_path, "run", *QUICK, "--rest", "limit_status=418", *script("pass"))

    assert done.returncode == 1
    assert "limit_status cannot be '418': it is one of 400, 401, 429" in one_line(done)
