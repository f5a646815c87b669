# ruff: noqa: INP001 - a program
"""Make merge calls as fast as requests does over some connections, with no Singer and no care for answers.

    python requests_push.py SETTINGS CALLS CONNECTIONS TABLE

Settings are the target's; the table has to be there.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import local

import requests

ROWS = 200
FIRST_ID = 500_000_000
# As the target sends a row of the benchmark's audience; its first column is the row's own.
COLUMNS = {
    "CUSTOMER_ID": "",
    "CAMPAIGN_ID": "6f1c2f1e-0000-5000-8000-000000000000",
    "EMAIL": "customer.1@example.com",
    "FIRST_NAME": "José",
    "CITY": "Springfield, IL",
    "LOYALTY_POINTS": "4711",
    "LAST_ORDER_VALUE": "199.9",
    "LAST_ORDER_AT": "2026-01-17 11:12:00",
    "IS_MEMBER": "1",
    "SEGMENT": "segment 7",
    "PRODUCT": 'size "42" shoe',
}
settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
calls, connections, table = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
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
    others = list(COLUMNS.values())[1:]
    rows = [[str(FIRST_ID + number * ROWS + row), *others] for row in range(ROWS)]
    body = {
        "recordData": {"fieldNames": list(COLUMNS), "records": rows, "mapTemplateName": None},
        "insertOnNoMatch": True,
        "updateOnMatch": "REPLACE_ALL",
    }
    done = threads.session.post(
        url,
        json=body,
        headers={"Authorization": answer["authToken"]},
        verify=settings["ca_bundle"],
        timeout=60,
    )
    if not done.ok:
        sys.exit(done.text)


with ThreadPoolExecutor(connections) as pool:
    list(pool.map(push, range(calls)))
