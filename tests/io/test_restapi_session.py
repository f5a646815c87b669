"""The session against a server that misbehaves in every way that the network and the reference allow."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from support.faketime import FakeTime
from support.scriptedserver import break_off, drip, hang_up, refuse, reply, scripted_server
from support.virtualtime import VirtualTime

from responsys_io.errors import DataError, SettingsError, TransientError
from responsys_io.restanswers import RefusedError
from responsys_io.restapi import RestApi
from responsys_io.resthosts import trusted_end_point
from responsys_io.resthttp import Http
from responsys_io.restlogin import ApiLogin
from responsys_io.restretry import Pursuit
from responsys_io.restsession import RestSession
from responsys_io.retry import Retry
from responsys_io.supplemental import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.scriptedserver import ScriptedServer

PASSWORD = "s&cret+%ü"
TABLE = Table("CDP", "AUDIENCE", ())
USER = {"userName": "cdp", "accountName": "acme", "accountTimeZone": "US/Pacific"}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with scripted_server() as running:
        yield running
        assert not running.script, "the client made fewer calls than expected"


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def api(server: ScriptedServer, time: FakeTime) -> Iterator[RestApi]:
    with api_of(server, time) as made:
        yield made


def api_of(server: ScriptedServer, time: FakeTime | VirtualTime, **http: Any) -> RestApi:
    login = ApiLogin(
        api_url=server.url,
        api_username="cdp_api",
        api_password=PASSWORD,
        allowed_endpoint_hosts=frozenset({"127.0.0.1"}),
    )
    pursuit = Pursuit(retry=Retry(limit=5, cap=60, sleep=time.sleep), clock=time.clock)
    return RestApi(RestSession(login, Http(**http), pursuit=pursuit))


def merge(api: RestApi, *, repeatable: bool = True) -> dict[int, str]:
    return api.merge(TABLE, ["ID1"], [["1"]], repeatable=repeatable)


def in_threads(number: int, work: Callable[[], object]) -> None:
    with ThreadPoolExecutor(number) as pool:
        for done in [pool.submit(work) for _ in range(number)]:
            done.result()


MERGED = reply(200, {"recordData": {"fieldNames": ["ID1"], "records": [["1"]]}})


def test_login_sends_the_credentials_encoded_in_the_body(server: ScriptedServer, api: RestApi) -> None:
    server.will_sign_in()
    server.will(reply(200, USER))
    assert api.user_info().time_zone == "US/Pacific"
    login, call = server.received
    assert login.path == "/rest/api/v1.3/auth/token"
    assert parse_qs(login.body.decode("ascii")) == {
        "user_name": ["cdp_api"],
        "password": [PASSWORD],
        "auth_type": ["password"],
    }
    assert call.headers["authorization"] == "token-1"
    assert call.headers["accept-encoding"] == "identity"


def test_a_refused_password_is_sent_once_in_a_run(server: ScriptedServer, api: RestApi) -> None:
    server.will(refuse(400, "INVALID_USER_NAME_PASSWORD"))
    for _ in range(3):
        with pytest.raises(SettingsError, match="RSYS-4002") as raised:
            api.user_info()
        assert PASSWORD not in str(raised.value)
    assert len(server.received) == 1


@pytest.mark.parametrize("code", ["PASSWORD_LOCKOUT", "PASSWORD_EXPIRED", "ACCOUNT_SUSPENDED"])
def test_other_refusals_of_a_login_are_final_too(server: ScriptedServer, api: RestApi, code: str) -> None:
    server.will(refuse(401, code))
    with pytest.raises(SettingsError, match=f"RSYS-4010.*{code}"):
        api.user_info()


def test_the_token_is_renewed_at_three_quarters_of_its_life(
    server: ScriptedServer, api: RestApi, time: FakeTime
) -> None:
    server.will_sign_in()
    server.will(reply(200, USER))
    api.user_info()
    time.now += 5401
    server.will_sign_in(2)
    server.will(reply(200, USER))
    api.user_info()
    renewal, call = server.received[2:]
    assert renewal.body == b"auth_type=token"
    assert renewal.headers["authorization"] == "token-1"
    assert call.headers["authorization"] == "token-2"


def test_a_renewal_that_fails_falls_back_to_a_login(
    server: ScriptedServer, api: RestApi, time: FakeTime
) -> None:
    server.will_sign_in()
    server.will(reply(200, USER))
    api.user_info()
    time.now += 7300
    server.will(refuse(401, "TOKEN_EXPIRED"))
    server.will_sign_in(2)
    server.will(reply(200, USER))
    api.user_info()
    assert b"auth_type=password" in server.received[3].body


@pytest.mark.parametrize(
    "expiry",
    [
        refuse(401, "TOKEN_EXPIRED", "Token expired"),
        refuse(401, "INVALID_TOKEN", "Not a valid authentication token"),
        refuse(500, "UNEXPECTED_EXCEPTION", "Not a valid authentication token"),
    ],
)
def test_an_expired_token_costs_one_login_and_the_call_is_repeated(
    server: ScriptedServer, api: RestApi, expiry: Any
) -> None:
    server.will_sign_in()
    server.will(expiry)
    server.will_sign_in(2)
    server.will(MERGED)
    assert merge(api, repeatable=False) == {}
    assert server.received[1].body == server.received[3].body
    assert server.received[3].headers["authorization"] == "token-2"


def test_a_renewal_that_cannot_be_made_falls_back_to_a_login(
    server: ScriptedServer, api: RestApi, time: FakeTime
) -> None:
    server.will_sign_in()
    server.will(reply(200, USER))
    api.user_info()
    time.now += 5401
    server.will(*[reply(502, text="")] * 4)
    server.will_sign_in(2)
    server.will(reply(200, USER))
    api.user_info()
    assert b"auth_type=password" in server.received[-2].body


def test_threads_share_one_login_and_one_renewal(
    server: ScriptedServer, api: RestApi, time: FakeTime
) -> None:
    server.will_sign_in()
    server.will(*[reply(200, USER)] * 8)
    in_threads(8, api.user_info)
    time.now += 5401
    server.will_sign_in(2)
    server.will(*[reply(200, USER)] * 8)
    in_threads(8, api.user_info)
    assert [request.method for request in server.received].count("POST") == 2


def test_threads_whose_token_is_refused_sign_in_once(server: ScriptedServer, api: RestApi) -> None:
    server.will_sign_in()
    server.will(reply(200, USER))
    api.user_info()
    answered = threading.Barrier(4)

    def expired(handler: Any) -> None:
        # All four calls are under way with the old token before any of them is refused.
        answered.wait()
        refuse(401, "TOKEN_EXPIRED")(handler)

    server.will(*[expired] * 4)
    server.will_sign_in(2)
    server.will(*[reply(200, USER)] * 4)
    in_threads(4, api.user_info)
    assert [request.method for request in server.received].count("POST") == 2


def test_several_tokens_may_end_within_a_call(server: ScriptedServer, api: RestApi, time: FakeTime) -> None:
    server.will_sign_in()
    for number in range(2, 5):
        server.will(refuse(401, "INVALID_TOKEN"))
        server.will_sign_in(number)
    server.will(MERGED)
    assert merge(api, repeatable=False) == {}
    assert server.received[-1].headers["authorization"] == "token-4"
    assert len(time.waits) == 2, "the first one is replaced at once"


def test_a_token_that_stays_refused_is_no_endless_loop(server: ScriptedServer, api: RestApi) -> None:
    for number in range(1, 5):
        server.will_sign_in(number)
        server.will(refuse(401, "INVALID_TOKEN"))
    with pytest.raises(TransientError, match="RSYS-4016.*merge records with 4 tokens.*INVALID_TOKEN"):
        merge(api)
    assert [request.path.endswith("/token") for request in server.received] == 4 * [True, False]


@pytest.mark.parametrize(
    "throttled",
    [
        refuse(400, "API_LIMIT_EXCEEDED"),
        refuse(401, "API_LIMIT_EXCEEDED"),
        refuse(429, "API_LIMIT_EXCEEDED"),
        reply(429, text="Too Many Requests"),
    ],
)
def test_throttling_waits_for_the_next_minute_and_costs_no_attempt(
    server: ScriptedServer, api: RestApi, time: FakeTime, throttled: Any
) -> None:
    server.will_sign_in()
    server.will(*[throttled] * 7, MERGED)
    merge(api, repeatable=False)
    assert len(time.waits) == 7
    assert all(60 <= wait <= 61 for wait in time.waits)


def test_a_stated_wait_is_kept_within_reason(server: ScriptedServer, api: RestApi, time: FakeTime) -> None:
    server.will_sign_in()
    server.will(
        reply(429, text="", Retry_After="120"),
        reply(429, text="", Retry_After="99999"),
        reply(429, text="", Retry_After="Fri, 31 Dec 2099 23:59:59 GMT"),
        MERGED,
    )
    merge(api)
    assert time.waits[:2] == [120, 300]
    assert time.waits[2] <= 61


def test_the_capacity_limit_is_waited_for(server: ScriptedServer, api: RestApi, time: FakeTime) -> None:
    server.will_sign_in()
    server.will(*[refuse(400, "INTERNAL_CAPACITY_LIMIT_EXCEEDED")] * 10, MERGED)
    merge(api, repeatable=False)
    assert sum(time.waits) >= 600


@pytest.mark.parametrize(
    ("code", "other_call"),
    [("API_LIMIT_EXCEEDED", merge), ("INTERNAL_CAPACITY_LIMIT_EXCEEDED", lambda api: api.user_info())],
)
def test_a_limit_that_one_thread_met_is_spared_the_others(
    server: ScriptedServer, code: str, other_call: Callable[[RestApi], object]
) -> None:
    time = VirtualTime()
    arrivals: list[float] = []
    first = threading.Lock()

    def answered(handler: Any) -> None:
        arrivals.append(time.now - 1000)
        reply(200, {"recordData": {"fieldNames": ["ID1"], "records": [["1"]]}})(handler)

    def work() -> None:
        if first.acquire(blocking=False):
            merge(client)
        else:
            time.sleep(10)
            other_call(client)

    server.will_sign_in()
    server.will(refuse(400, code), answered, answered)
    with api_of(server, time) as client:
        time.run(2, work)
    assert all(60 <= arrival <= 61 for arrival in arrivals)


def test_throttling_without_end_is_given_up(server: ScriptedServer, api: RestApi, time: FakeTime) -> None:
    server.will_sign_in()
    server.will(*[refuse(401, "API_LIMIT_EXCEEDED")] * 30)
    with pytest.raises(TransientError, match="API_LIMIT_EXCEEDED"):
        merge(api)
    server.script.clear()
    assert time.now - 1000 <= 1800


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "API_BLOCKED"),
        (429, "API_BLOCKED"),
        (401, "API_DISABLED_FOR_USER"),
        (401, "INSUFFICIENT_ACCESS"),
        (404, "INSUFFICIENT_ACCESS"),
    ],
)
def test_what_waiting_does_not_cure_is_not_retried(
    server: ScriptedServer, api: RestApi, status: int, code: str
) -> None:
    server.will_sign_in()
    server.will(refuse(status, code))
    with pytest.raises(SettingsError, match=f"RSYS-4010.*{code}"):
        merge(api)


MAINTENANCE = reply(503, text="<html>Service Temporarily Unavailable</html>")


@pytest.mark.parametrize(
    "fault",
    [
        MAINTENANCE,
        reply(502, text=""),
        refuse(500, "UNEXPECTED_EXCEPTION", "Error on the backend"),
        reply(200, text="<html>maintenance</html>"),
        reply(200, text=""),
        hang_up,
        break_off,
    ],
)
def test_faults_that_pass_are_waited_out_for_a_keyed_merge(
    server: ScriptedServer, api: RestApi, time: FakeTime, fault: Any
) -> None:
    server.will_sign_in()
    server.will(fault, fault, MERGED)
    assert merge(api) == {}
    first, second = time.waits
    assert first <= 0.5
    assert second <= 1


@pytest.mark.parametrize(
    "fault", [hang_up, break_off, refuse(500, "UNEXPECTED_EXCEPTION"), reply(200, text="<html>")]
)
def test_what_may_have_been_done_is_not_done_twice(server: ScriptedServer, api: RestApi, fault: Any) -> None:
    server.will_sign_in()
    server.will(fault)
    with pytest.raises(TransientError, match="RSYS-4004"):
        merge(api, repeatable=False)


def test_what_was_not_begun_is_sent_again(server: ScriptedServer, api: RestApi) -> None:
    server.will_sign_in()
    server.will(MAINTENANCE, MERGED)
    assert merge(api, repeatable=False) == {}


def test_a_fault_that_stays_is_given_up(server: ScriptedServer, api: RestApi) -> None:
    server.will_sign_in()
    server.will(*[MAINTENANCE] * 5)
    with pytest.raises(TransientError, match=r"RSYS-4005.*merge records.*HTTP 503"):
        merge(api)


def test_an_answer_that_drips_in_is_given_up(server: ScriptedServer, time: FakeTime) -> None:
    server.will_sign_in()
    server.will(drip)
    with (
        api_of(server, time, total_timeout=0.5) as api,
        pytest.raises(TransientError, match=r"RSYS-4004.*no complete answer within 0\.5 s"),
    ):
        merge(api, repeatable=False)


def test_an_answer_without_end_is_not_kept(server: ScriptedServer, api: RestApi) -> None:
    server.will_sign_in()
    server.will(reply(200, text="x" * (5 * 2**20)))
    with pytest.raises(TransientError, match=r"RSYS-4004.*larger than 4 MiB"):
        merge(api, repeatable=False)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(server: ScriptedServer, api: RestApi, status: int) -> None:
    server.will(reply(status, {}, Location=f"{server.url}/elsewhere"))
    with pytest.raises(SettingsError, match=r"RSYS-4006.*redirect"):
        api.user_info()


def test_no_netrc_takes_the_place_of_the_token(
    server: ScriptedServer, api: RestApi, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login u password p\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.will_sign_in()
    server.will(reply(200, USER))
    api.user_info()
    assert server.received[1].headers["authorization"] == "token-1"


def test_a_host_that_is_not_there(time: FakeTime) -> None:
    with scripted_server() as gone:
        pass
    with (
        api_of(gone, time) as api,
        pytest.raises(TransientError, match=r"RSYS-4001.*127\.0\.0\.1.*the connection was refused"),
    ):
        api.user_info()


def test_requests_are_plain_ascii_with_encoded_names(server: ScriptedServer, api: RestApi) -> None:
    server.will_sign_in()
    server.will(reply(200, {"recordData": {"fieldNames": ["N"], "records": [["é€😀"]]}}))
    api.merge(Table("!Master Data", "a/b[c]", ()), ["N"], [["é€😀"]])
    call = server.received[1]
    assert call.path == "/rest/api/v1.3/folders/%21Master%20Data/suppData/a%2Fb%5Bc%5D/members"
    assert call.body.isascii()
    assert json.loads(call.body)["recordData"]["records"] == [["é€😀"]]


def test_a_body_that_would_be_too_large_is_sent_in_halves(server: ScriptedServer, api: RestApi) -> None:
    # More than three MiB together; the one record that is refused is the last of the second half.
    records = [[str(place), "x" * 5 * 2**18] for place in range(3)]
    server.will_sign_in()
    server.will(reply(200, {"recordData": {"records": [["0", ""]]}}))
    server.will(reply(200, {"recordData": {"records": [["1", ""], ["MERGEFAILED: Record 1 = no\r\n", ""]]}}))
    assert api.merge(TABLE, ["ID1", "TEXT"], records) == {2: "no"}


def test_a_single_record_that_is_too_large(server: ScriptedServer, api: RestApi) -> None:
    with pytest.raises(DataError, match="RSYS-4011"):
        api.merge(TABLE, ["ID1"], [["x" * 9 * 2**20]])
    assert server.received == []


@pytest.mark.parametrize("answer", [[], True, {}, {"recordData": {}}, {"recordData": {"records": [1]}}])
def test_an_answer_of_another_form(server: ScriptedServer, api: RestApi, answer: Any) -> None:
    server.will_sign_in()
    server.will(reply(200, answer))
    with pytest.raises(TransientError, match=r"RSYS-4005.*not known"):
        merge(api)


def test_words_of_oracle_are_cleaned_of_values(server: ScriptedServer, api: RestApi) -> None:
    server.will_sign_in()
    server.will(refuse(400, "INVALID_PARAMETER", 'Record 0 = "secret" of jane@example.com is bad'))
    with pytest.raises(RefusedError) as raised:
        merge(api)
    assert raised.value.error_code == "INVALID_PARAMETER"
    assert "secret" not in str(raised.value)
    assert "jane" not in str(raised.value)
    assert "Record 0 =" in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api5-009.responsys.net",
        "https://api5-009.responsys.net/",
        "https://rest001.rsys9.net",
        "https://x.rsys8.net:443",
        "https://abcd-api.responsys.ocs.oraclecloud.com",
    ],
)
def test_end_points_of_responsys_are_trusted(url: str) -> None:
    assert trusted_end_point(url, frozenset()) == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "http://api5-009.responsys.net",
        "https://evilresponsys.net",
        "https://responsys.net.example.com",
        "https://api.responsys.net@example.com",
        "https://user:pw@api.responsys.net",
        "https://169.254.169.254",
        "https://localhost",
        "https://api.responsys.net/path",
        "https://api.responsys.net?x=1",
        "https://api.réspönsys.net",
        "https://api.responsys.net:port",
        "ftp://api.responsys.net",
        {"host": "api.responsys.net"},
    ],
)
def test_no_other_end_point_gets_the_token(url: Any) -> None:
    with pytest.raises(SettingsError, match="RSYS-4008"):
        trusted_end_point(url, frozenset())


@pytest.mark.parametrize(
    "url", ["http://login5.responsys.net", "login5.responsys.net", "https://x/y", "https://"]
)
def test_the_login_host_has_to_be_https(url: str) -> None:
    config = {"api_url": url, "api_username": "u", "api_password": PASSWORD}
    with pytest.raises(SettingsError, match="RSYS-4013"):
        RestApi.from_config(config)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_is_none(tmp_path: Any, content: str | None) -> None:
    bundle = tmp_path / "ca.pem"
    if content:
        bundle.write_text(content)
    with pytest.raises(SettingsError, match=r"RSYS-1005.*ca\.pem"):
        Http(ca_bundle=str(bundle))
