# ruff: noqa: INP001 - a script, no package
"""Every error code that users can meet: found in its source, with what it says and what to do about it.

A code stands where its error is made, as the argument before the problem and the remedy. Where that is not
so, or where one code has several texts, `SHARED` says what all of them mean.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("responsys-io", "tap-responsys", "target-responsys", "responsys-status", "orchestrate")
CODE = re.compile(r"RSYS-\d{4}")
AREAS = {
    "1": "Settings and keys",
    "2": "The file server",
    "3": "Export files",
    "4": "The REST API",
    "5": "Tables and delivery",
    "6": "Singer messages",
    "7": "Accounts, shards and campaigns",
    "9": "The process",
}
SHARED: dict[str, tuple[str, str]] = {
    "RSYS-1000": (
        "Settings are missing or not as they have to be; each of them is named.",
        "`--about` of either plugin lists every setting.",
    ),
    "RSYS-1002": ("The file of a key cannot be read.", "Check the path and its permissions."),
    "RSYS-1006": (
        "The REST API's settings are incomplete.",
        "Set what is named: a login needs its host and user, and a password or the keys of a certificate.",
    ),
    "RSYS-1007": (
        "A stream does not deliver a property that is part of its key.",
        "Correct the key in tables, or the tap's selection.",
    ),
    "RSYS-1009": ("stream_maps cannot be used.", "Correct the expression that is named."),
    "RSYS-1015": (
        "The file of --config, --state or --catalog is not valid JSON.",
        "Look at the line and column that are named.",
    ),
    "RSYS-1016": ("There is no file of the name given.", "Correct the path."),
    "RSYS-1107": ("A private key is of a kind that cannot be used.", "Use an Ed25519, ECDSA or RSA key."),
    "RSYS-1308": (
        "gpg cannot sign with the key in pgp_private_key.",
        "Check pgp_passphrase, set a key that can sign, or unset pgp_private_key to do without signatures.",
    ),
    "RSYS-2101": (
        "There is no such folder or file, on the file server or on this machine.",
        "Check the path setting; it is relative to the user's home unless it begins with a slash.",
    ),
    "RSYS-2102": (
        "There is no permission for a folder or file.",
        "Check the path setting and the user's rights.",
    ),
    "RSYS-2103": (
        "The file server, or the disk, refused an operation.",
        "Look at the free space, the quota, and the reason that is named.",
    ),
    "RSYS-3204": (
        "An export is encrypted with PGP and pgp_private_key is not set.",
        "Set it, or pgp_private_key_file, to the private half of the key that the export job uses.",
    ),
    "RSYS-3207": (
        "A PGP message does not prove that it is whole: it is damaged, cut off or not protected.",
        "Nothing of it counts as read; have it exported again, by a current form of PGP.",
    ),
    "RSYS-4002": (
        "Responsys refused the user or the password.",
        "Check them; nothing was tried a second time.",
    ),
    "RSYS-4005": (
        "Responsys gave no usable answer, after all attempts.",
        "Run again later; maintenance windows can take hours. At a login, check api_url.",
    ),
    "RSYS-4007": (
        "An answer of Responsys cannot be matched with the records of its call.",
        "It is not known which were refused; run again, a merge by key does no harm twice.",
    ),
    "RSYS-4009": (
        "Responsys refused a call; its code and words follow.",
        "Go by the code that Responsys names.",
    ),
    "RSYS-4010": (
        "Responsys does not let this user, or this address, do what was asked.",
        "Have the user's rights, its password or the account looked at; the text names the reason.",
    ),
    "RSYS-4303": ("Responsys does not start a Connect job.", "Go by the reason that is named."),
    "RSYS-5001": (
        "A name cannot become a table or a column.",
        "Give another one with tables, or change the setting that is named.",
    ),
    "RSYS-5005": (
        "A table has no key that the stream can be merged by.",
        "Map or name the properties of the key in tables, or use another table.",
    ),
    "RSYS-5007": ("A supplemental table is not there.", "Create it, set create_tables, or correct its name."),
    "RSYS-5021": (
        "A load method or setting does not go with its destination.",
        "Choose another one; the text names which.",
    ),
    "RSYS-5022": (
        "Responsys has no list or table of the name that a stream, or erase_from, goes to.",
        "Create it in Responsys, or correct its name; the API user has to be allowed to see it.",
    ),
    "RSYS-5201": (
        "A text has a character that the file's character set cannot write.",
        "Set encoding to utf-8, here and in the import job. A record of this kind is refused alone.",
    ),
    "RSYS-5301": (
        "A record cannot be delivered; the reason names its property or column.",
        "It stands in rejects_file; correct it and send it again.",
    ),
    "RSYS-5305": (
        "An earlier row with this key may still be waiting in Responsys, so this one was not sent.",
        "It stands in rejects_file; send it again in a later run.",
    ),
    "RSYS-9000": ("An internal error.", "Please report it; LOGLEVEL=DEBUG shows more."),
}
"""Code to problem and remedy, for codes that are made in several places or in another way."""


@dataclass(frozen=True)
class Use:
    """A place where a code stands, and the texts beside it, where there are any."""

    place: str
    problem: str
    remedy: str


def uses() -> dict[str, list[Use]]:
    """Return the places of each code in the source, codes in their order."""
    found: dict[str, list[Use]] = defaultdict(list)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for code, use in _uses_in(path):
                found[code].append(use)
    return dict(sorted(found.items()))


def explained() -> dict[str, tuple[str, str]]:
    """Return problem and remedy of each code; empty texts for one that nothing explains."""
    return {
        code: SHARED.get(code) or next(((use.problem, use.remedy) for use in places if use.problem), ("", ""))
        for code, places in uses().items()
    }


def table() -> str:
    """Return the codes as Markdown tables, one for each area."""
    lines: list[str] = []
    for digit, area in AREAS.items():
        lines += ["", f"### {digit}: {area}", "", "| Code | What is wrong | What to do |", "|---|---|---|"]
        lines += [
            f"| {code} | {_cell(problem)} | {_cell(remedy)} |"
            for code, (problem, remedy) in explained().items()
            if code[5] == digit
        ]
    return "\n".join(lines[1:])


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _uses_in(path: Path) -> list[tuple[str, Use]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    found = []
    beside = _texts_beside(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            problem, remedy = (_text(part, constants) for part in beside.get(id(node), (None, None)))
            found.append((node.value, Use(f"{path.relative_to(ROOT)}:{node.lineno}", problem, remedy)))
    return found


def _texts_beside(tree: ast.Module) -> dict[int, tuple[ast.expr | None, ast.expr | None]]:
    """Return for arguments of calls which two follow them."""
    found: dict[int, tuple[ast.expr | None, ast.expr | None]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            for place, argument in enumerate(node.args):
                following = [*node.args[place + 1 : place + 3], None, None]
                found[id(argument)] = (following[0], following[1])
    return found


def _text(node: ast.expr | None, constants: dict[str, ast.expr]) -> str:
    """Return a text as it stands in the source, with … for what is filled in."""
    if isinstance(node, ast.Name):
        node = constants.get(node.id)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""
