"""Traces of a real service, as a collector of OpenTelemetry's receives them over HTTP."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.processes import Service, clean_environment, data_folder

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SECRET_TEXT = "diary-canary of a person"

Span = dict[str, Any]


@contextmanager
def collector() -> Iterator[tuple[str, list[Span]]]:
    """Its address, and the spans that came in."""
    spans: list[Span] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                raise AssertionError("nobody asked for compression")
            sent = ExportTraceServiceRequest.FromString(body)
            for resource in sent.resource_spans:
                about = {item.key: item.value.string_value for item in resource.resource.attributes}
                for scope in resource.scope_spans:
                    spans.extend(_span(span, about) for span in scope.spans)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1/traces", spans
        server.shutdown()


def _span(span: Any, about: dict[str, str]) -> Span:
    values = {item.key: item.value.string_value or item.value.int_value for item in span.attributes}
    return {
        "name": span.name,
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "values": values,
        "failed": span.status.code == 2,
        "service": about["service.name"],
        "all": str(span),
    }


@pytest.fixture(scope="module")
def seen() -> Iterator[tuple[list[Span], list[dict[str, Any]], str]]:
    """The spans of a few requests, the log, and the token that came with them."""
    import asyncio

    async def calls(service: Service) -> None:
        async with service.client() as ann:
            made = (await ann.post("/api/sessions/", json={"name": SECRET_TEXT})).json()
            carried = {"traceparent": f"00-{TRACE}-{CALLER}-01", "tracestate": "a=b"}
            await ann.get(f"/api/sessions/{made['id']}", headers=carried)
            await ann.get("/api/sessions/nowhere", headers=carried)
            for broken in ("", "nonsense", f"00-{'0' * 32}-{CALLER}-01", "0" * 9000):
                await ann.get("/api/sessions/", headers={"traceparent": broken})
            await ann.get("/healthz")
            await service.query("ALTER TABLE chat_messages ADD CONSTRAINT none CHECK (seq < 0)")
            message = {"role": "user", "content": SECRET_TEXT}
            await ann.post(f"/api/sessions/{made['id']}/messages", json=message)

    with collector() as (endpoint, spans), data_folder() as data:
        traced = {"SESSION_API_TRACES_ENDPOINT": endpoint}
        with Service(data, SESSION_API_ACCESS_LOG="true", **traced) as service:
            asyncio.run(calls(service))
            token = service.token("ann")
            assert service.stop() == 0  # and sends what is left
            log = [json.loads(line) for line in service.output.splitlines() if line[:1] == "{"]
        yield spans, log, token


Seen = tuple[list[Span], list[dict[str, Any]], str]


def test_a_request_goes_on_with_the_trace_of_its_caller(seen: Seen) -> None:
    spans, log, _ = seen
    (read,) = [
        span
        for span in spans
        if span["name"] == "GET /api/sessions/{session_id}"
        and span["values"]["http.response.status_code"] == 200
    ]
    assert (read["trace"], read["parent"], read["service"]) == (TRACE, CALLER, "session-api")
    assert read["values"]["http.route"] == "/api/sessions/{session_id}"
    # The log names both, so that one leads to the other.
    lines = [line for line in log if line.get("trace_id") == TRACE]
    assert {line["span_id"] for line in lines} >= {read["id"]}
    assert {line["request_id"] for line in lines} >= {read["values"]["session_api.request_id"]}


def test_what_the_database_does_for_it_is_part_of_it(seen: Seen) -> None:
    spans, _, _ = seen
    by_id = {span["id"]: span for span in spans}
    inner = [span for span in spans if span["name"] in ("statement", "transaction")]
    assert {by_id[span["parent"]]["name"] for span in inner} >= {
        "POST /api/sessions/",
        "GET /api/sessions/{session_id}",
    }
    statements = [span["values"]["db.query.text"] for span in inner if span["name"] == "statement"]
    assert any("FROM user_sessions" in text for text in statements)


def test_a_broken_parent_begins_a_new_trace(seen: Seen) -> None:
    spans, _, _ = seen
    lists = [span for span in spans if span["name"] == "GET /api/sessions/"]
    assert len(lists) == 4
    assert {span["parent"] for span in lists} == {""}
    assert len({span["trace"] for span in lists}) == 4


def test_an_error_is_marked_and_tells_nothing_that_people_wrote(seen: Seen) -> None:
    spans, _, token = seen
    (failed,) = [span for span in spans if span["name"].endswith("/messages")]
    assert failed["failed"]
    assert failed["values"]["http.response.status_code"] == 500
    assert not [span for span in spans if "healthz" in span["all"]]
    for secret in (SECRET_TEXT, token, "eyJ", "Failing row"):
        assert not [span["name"] for span in spans if secret in span["all"]]


def test_without_the_packages_the_start_is_refused_in_one_line() -> None:
    program = (
        "import sys; sys.modules['opentelemetry.sdk.trace'] = None\n"
        "from session_api.cli import main; sys.argv[0] = 'session-api'; main()"
    )
    refused = subprocess.run(
        [sys.executable, "-c", program, "serve", "--port", "0", "--data", "/nowhere/at/all"],
        env=clean_environment(SESSION_API_TRACES_ENDPOINT="http://127.0.0.1:1/v1/traces"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 1
    assert "pip install 'session-api[otel]'" in refused.stderr
    assert refused.stderr.count("\n") == 1
