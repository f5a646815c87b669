# ruff: noqa: INP001 - a program
"""Make merge calls as fast as requests does over some connections, with no Singer and no care for answers.

    python requests_push.py SETTINGS CALLS CONNECTIONS TABLE COLUMNS

Settings are the target's; the table has to be there.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

import requests

ROWS = 200
settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
calls, connections, table, columns = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5].split(",")
login = requests.post(
    f"{settings['api_url']}/rest/api/v1.3/auth/token",
    data={
        "user_name": settings["api_username"],
        "password": settings["api_password"],
        "auth_type": "password",
    },
    verify=settings["ca_bundle"],
    timeout=60,
)
login.raise_for_status()
answer = login.json()
url = f"{answer['endPoint']}/rest/api/v1.3/folders/{settings['folder_name']}/suppData/{table}/members"
threads = local()


def push(number: int) -> None:
    """Merge one batch of rows that no other call has."""
    if not hasattr(threads, "session"):
        threads.session = requests.Session()
    rows = [[f"{number}-{row}"] * len(columns) for row in range(ROWS)]
    body = {
        "recordData": {"fieldNames": columns, "records": rows, "mapTemplateName": None},
        "insertOnNoMatch": True,
        "updateOnMatch": "REPLACE_ALL",
    }
    done = threads.session.post(
        url, json=body, headers={"Authorization": answer["authToken"]}, verify=settings["ca_bundle"], timeout=60
    )
    done.raise_for_status()


with ThreadPoolExecutor(connections) as pool:
    list(pool.map(push, range(calls)))
