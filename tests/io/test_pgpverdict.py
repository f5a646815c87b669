"""gpg's status lines, as several versions of it write them."""

from __future__ import annotations

import pytest

from responsys_io.pgpverdict import Verdict

OURS, THEIRS = "A" * 40, "B" * 40
KEY = ["ENC_TO 1234 18 0", "DECRYPTION_KEY 12 34 -", "BEGIN_DECRYPTION"]
WHOLE = [*KEY, "DECRYPTION_INFO 2 9 0", "PLAINTEXT 62 0", "DECRYPTION_OKAY", "GOODMDC", "END_DECRYPTION"]


def signature(judged: str, fingerprint: str = OURS) -> list[str]:
    return ["NEWSIG", f"{judged} 12 A name", f"VALIDSIG 99 2026-01-01 0 0 4 0 22 8 00 {fingerprint}"]


def verdict(
    lines: list[str], exit_code: int = 0, *, signers: frozenset[str] = frozenset(), took_all: bool = True
) -> str:
    found = Verdict("X.gpg", signers)
    for line in lines:
        found.add(f"[GNUPG:] {line}")
    problem = found.problem(exit_code, took_all=took_all)
    return problem.code if problem else ""


@pytest.mark.parametrize(
    ("lines", "exit_code", "code"),
    [
        (WHOLE, 0, ""),
        # GnuPG 2.4 encrypts with OCB, which vouches for itself.
        ([*KEY, "DECRYPTION_INFO 0 9 2", "DECRYPTION_OKAY", "END_DECRYPTION"], 0, ""),
        ([*KEY, "DECRYPTION_INFO 0 9 0", "DECRYPTION_OKAY"], 0, "RSYS-3207"),
        ([*KEY, "DECRYPTION_INFO 2 9 0", "DECRYPTION_OKAY"], 0, "RSYS-3207"),
        ([*WHOLE[:-3], "GOODMDC"], 0, "RSYS-3207"),
        (["NO_SECKEY 12", *WHOLE], 2, ""),
        (["NO_SECKEY 12", *WHOLE, "NODATA 3"], 2, "RSYS-3212"),
        (WHOLE, 2, "RSYS-3212"),
        ([*WHOLE, "FAILURE decrypt 1"], 2, "RSYS-3212"),
        (WHOLE, -9, "RSYS-3214"),
        (["ENC_TO 1 1 0", "NO_SECKEY 1", "DECRYPTION_FAILED"], 2, "RSYS-3205"),
        (["ENC_TO 1 1 0", "ERROR pkdecrypt_failed 67108875", "DECRYPTION_FAILED"], 2, "RSYS-3206"),
        (["ENC_TO 1 1 0", "ERROR pkdecrypt_failed 67108941", "DECRYPTION_FAILED"], 2, "RSYS-3207"),
        ([], 0, "RSYS-3208"),
        ([], 2, "RSYS-3208"),
    ],
)
def test_decryption(lines: list[str], exit_code: int, code: str) -> None:
    assert verdict(lines, exit_code) == code


def test_what_gpg_did_not_want_to_read_does_not_count() -> None:
    assert verdict(WHOLE, took_all=False) == "RSYS-3207"


@pytest.mark.parametrize(
    ("lines", "exit_code", "code"),
    [
        (signature("GOODSIG"), 0, ""),
        ([*signature("GOODSIG", THEIRS), *signature("GOODSIG")], 0, ""),
        (["NEWSIG", "ERRSIG 12 1 8 00 0 9", "NO_PUBKEY 12", *signature("GOODSIG")], 2, ""),
        ([], 0, "RSYS-3210"),
        (signature("GOODSIG", THEIRS), 0, "RSYS-3210"),
        (["NEWSIG", "ERRSIG 12 1 8 00 0 9", "NO_PUBKEY 12"], 2, "RSYS-3210"),
        (signature("EXPKEYSIG"), 0, "RSYS-3211"),
        (signature("REVKEYSIG"), 0, "RSYS-3211"),
        (signature("EXPSIG"), 0, "RSYS-3211"),
        (["NEWSIG", "BADSIG 12 A name"], 1, "RSYS-3209"),
    ],
)
def test_signatures(lines: list[str], exit_code: int, code: str) -> None:
    assert verdict([*WHOLE[:5], *lines, *WHOLE[5:]], exit_code, signers=frozenset({OURS})) == code


def test_lines_that_are_no_status_are_passed_over() -> None:
    found = Verdict("X.gpg", ())
    found.add("gpg: something for people")
    problem = found.problem(0, took_all=True)
    assert problem
    assert problem.code == "RSYS-3208"
