"""`/metrics` of a real service with two workers after real work, and what is built upon it."""

import asyncio
import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from benchmarks.ports import free_port
from session_api.app import create_app
from tests.support.people import new_id
from tests.support.processes import Service, data_folder, run_command
from tests.support.scrapes import Scrape, asked_for, scrape
from tests.support.settings import test_settings
from tests.support.waiting import eventually

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "deploy/prometheus/alerts.yml"
DASHBOARD = ROOT / "deploy/grafana/session-api.json"
SESSIONS = 30
UNKNOWN = 12
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    # Nothing listens there: the replica counts alone.
    settings = {
        "SESSION_API_RATE_LIMITS": "upload=3/minute,auth_failure=1000/minute",
        "SESSION_API_REDIS_URL": "redis://127.0.0.1:1/0",
    }
    with data_folder() as data, Service(data, "--workers", "2", **settings) as running:
        assert eventually(lambda: len(scrape(running).values_of("worker")) == 2)
        asyncio.run(work(running))
        yield running


async def work(service: Service) -> None:
    """A little of everything, over connections of its own each, so that both workers have some."""
    session = ""
    async with service.client() as ann:
        headers = {"Connection": "close"}
        for number in range(SESSIONS):
            made = await ann.post("/api/sessions/", json={"name": "x"}, headers=headers)
            session = f"/api/sessions/{made.json()['id']}"
            await ann.post(f"{session}/messages", json={"role": "user", "content": "hi"})
            await ann.get(session, headers=headers)
            if number < UNKNOWN:
                missing = await ann.get(f"/api/sessions/{new_id()}", headers=headers)
                assert missing.status_code == 404
        statuses = set()
        for name in ("a", "b", "c", "d", "e", "f", "g", "h"):
            form = {"file": (name, b"bytes", "text/plain")}
            answer = await ann.post(f"{session}/assets/upload", files=form, headers=headers)
            statuses.add(answer.status_code)
        assert statuses == {201, 429}
        for path in ("/nothing", f"/{new_id()}"):
            assert (await ann.get(path)).status_code == 404


def test_whichever_worker_answers_all_of_them_are_counted(service: Service) -> None:
    for _ in range(6):
        seen = scrape(service)
        made = {"method": "POST", "route": "/api/sessions/", "status": "2xx"}
        assert seen.sum("session_api_http_requests_total", **made) == SESSIONS
        one = {"method": "GET", "route": "/api/sessions/{session_id}"}
        assert seen.sum("session_api_http_requests_total", **one, status="4xx") == UNKNOWN
        assert seen.sum("session_api_http_requests_total", **one, status="2xx") == SESSIONS
        duration = "session_api_http_request_duration_seconds"
        assert seen.sum(f"{duration}_count", **one) == SESSIONS + UNKNOWN
        assert seen.sum(f"{duration}_bucket", **one, le="+Inf") == SESSIONS + UNKNOWN
        assert 0 < seen.sum(f"{duration}_sum", **one) < 600
        assert seen.sum("session_api_problems_total", code="session_not_found") == UNKNOWN
        assert seen.sum("session_api_audit_events_total", event="session.created") == SESSIONS
        assert seen.sum("session_api_rate_limited_total", limit="upload") > 0
        assert len(seen.values_of("worker")) == 2
        assert seen.sum("session_api_workers_silent") == 0


def test_what_the_workers_hold_is_told(service: Service) -> None:
    seen = scrape(service)
    assert seen.sum("session_api_database_pool_size") == 20
    assert seen.sum("session_api_database_pool_in_use") <= 20
    assert seen.sum("session_api_database_connection_wait_seconds_count") > 3 * SESSIONS
    assert seen.sum("session_api_storage_call_duration_seconds_count", call="write") >= 3
    assert seen.sum("session_api_rate_limits_alone") >= 1
    assert seen.sum("session_api_job_last_success_timestamp_seconds", task="abandon") > 1.7e9
    assert seen.sum("session_api_job_failures_total") == 0
    # There before the first: the rise of a count that was not there is none.
    assert seen.values_of("code") >= {"internal_error", "timed_out", "database_unavailable"}
    assert seen.values_of("level") >= {"error", "critical"}
    assert seen.sum("process_resident_memory_bytes") > 2 * 30e6
    assert seen.sum("session_api_log_lines_total", level="warning") >= UNKNOWN


def test_no_label_holds_what_people_send(service: Service) -> None:
    seen = scrape(service)
    values = {value for _, labels, _ in seen.samples for value in labels.values()}
    assert not [value for value in values if UUID.search(value) or "ann" in value.split("/")]
    assert seen.values_of("route") >= {"none", "/api/sessions/{session_id}/messages"}
    assert len(seen.samples) < 3000


def expressions() -> Iterator[tuple[str, str]]:
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for annotation in dashboard["annotations"]["list"]:
        yield annotation["name"], annotation["expr"]


def missing(name: str, labels: set[str], seen: Scrape) -> bool:
    return name not in seen.names or not labels <= seen.labels_of(name)


def test_every_figure_that_alerts_and_dashboard_ask_for_is_there(service: Service) -> None:
    seen = scrape(service)
    asked = {
        (title, name): labels
        for title, expression in expressions()
        for name, labels in asked_for(expression)
    }
    assert len(asked) > 40
    assert [key for key, labels in asked.items() if missing(key[1], labels, seen)] == []
    # And the other way round: what is counted is shown.
    own = {re.sub(r"_(bucket|sum|count)$", "", name) for name in seen.names}
    shown = {re.sub(r"_(bucket|sum|count)$", "", name) for _, name in asked}
    shown |= {"session_api_info"}
    assert {name for name in own if name.startswith("session_api_")} - shown == set()


@pytest.mark.parametrize(
    "expression",
    [
        "sum(rate(session_api_http_request_total[5m]))",
        'sum by (status) (session_api_http_requests_total{stats="5xx"})',
        "sum by (state) (session_api_http_requests_total)",
    ],
)
def test_a_figure_that_is_misspelt_is_found(service: Service, expression: str) -> None:
    seen = scrape(service)
    assert [name for name, labels in asked_for(expression) if missing(name, labels, seen)]


def test_every_alert_says_how_bad_it_is_and_is_explained() -> None:
    told = (ROOT / "docs/operations.md").read_text()
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["labels"]["severity"] in {"critical", "warning", "info"}
            assert rule["annotations"]["summary"]
            assert f"`{rule['alert']}`" in told, rule["alert"]


def test_a_worker_that_was_killed_takes_only_its_own_figures_along(service: Service) -> None:
    first, second = sorted(scrape(service).values_of("worker"))
    os.kill(int(first), signal.SIGKILL)

    def is_replaced() -> bool:
        workers = scrape(service).values_of("worker")
        return second in workers and first not in workers and len(workers) == 2

    assert eventually(is_replaced)
    assert scrape(service).sum("session_api_workers_silent") == 0


def test_they_are_told_at_an_address_of_their_own() -> None:
    port = free_port()
    apart = f"http://127.0.0.1:{port}"
    with data_folder() as data, Service(data, SESSION_API_METRICS=f"127.0.0.1:{port}") as service:
        assert httpx.get(f"{service.url}/metrics").status_code == 404
        assert Scrape.of(httpx.get(f"{apart}/metrics").text).sum("session_api_info") == 1
        for path in ("/", "/api/sessions/", "/healthz", "/metricsx"):
            assert httpx.get(apart + path).status_code == 404
        taken = {"SESSION_API_METRICS": f"127.0.0.1:{port}"}
        refused = run_command("serve", "--port", "0", "--data", data, environment=taken)
        assert refused.returncode == 1
        assert refused.stderr == (
            f"session-api: can't listen on 127.0.0.1:{port}: address already in use; "
            "choose another SESSION_API_METRICS\n"
        )
        assert service.stop() == 0


async def test_they_can_be_turned_off(database_url: str) -> None:
    transport = httpx.ASGITransport(create_app(test_settings(database_url, metrics="off")))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
