"""A run of an agent as a process of its own: `python -m tests.faults.agent URL TOKEN PATH NAME TTL`

It waits for the turn of the session at PATH, then writes under it for as long as it is let:
messages, one of which it grows, and renewals. Each line that it prints is something the service has
acknowledged. Once it is told that its turn is over it tries all kinds of writes again, prints what
it was told, and ends.
"""

import sys
import time
from typing import Any
from uuid import uuid4

import httpx

WAIT_SECONDS = 0.05


def say(*words: object) -> None:
    """Tells whoever started it."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


class Agent:
    """One run."""

    def __init__(self, http: httpx.Client, path: str, name: str, ttl_seconds: int) -> None:
        self.http = http
        self.path = path
        self.name = name
        self.ttl_seconds = ttl_seconds
        self.headers: dict[str, str] = {}
        self.growing = ""
        self.length = 0

    def run(self) -> None:
        self.take()
        while self.write() and self.grow() and self.renew():
            pass
        told = [self.write(), self.grow(), self.renew(), self.write("tool"), self.write("user")]
        say("lost" if not any(told) else "was let in again")

    def take(self) -> None:
        body = {"id": str(uuid4()), "ttl_seconds": self.ttl_seconds, "holder": self.name}
        while True:
            answer = self.http.post(f"{self.path}/turn", json=body)
            if answer.is_success:
                break
            # 503: the session's row is held by somebody who stands still.
            assert answer.status_code in (409, 503), answer.text
            time.sleep(WAIT_SECONDS)
        self.headers = {"Session-Turn": str(answer.json()["number"])}
        say("took", answer.json()["number"])
        self.growing = str(uuid4())
        self.write(message_id=self.growing, status="in_progress", content="")

    def write(
        self,
        role: str = "assistant",
        *,
        message_id: str | None = None,
        content: str | None = None,
        status: str = "complete",
    ) -> bool:
        text = self.name if content is None else content
        body: dict[str, Any] = {"id": message_id or str(uuid4()), "role": role, "content": text}
        body |= {"status": status, "metadata": {"run": self.name}}
        done = self.sent("POST", "messages", body)
        if done:
            say("wrote", body["id"])
        return done

    def grow(self) -> bool:
        body = {"offset": self.length, "text": "x"}
        done = self.sent("POST", f"messages/{self.growing}/append", body)
        self.length += done
        return done

    def renew(self) -> bool:
        return self.sent("PUT", "turn", {"ttl_seconds": self.ttl_seconds})

    def sent(self, method: str, path: str, body: object) -> bool:
        """Whether it was done. Repeated while nobody answers, as is safe; False for a lost turn."""
        while True:
            try:
                answer = self.http.request(
                    method, f"{self.path}/{path}", json=body, headers=self.headers
                )
            except httpx.TransportError:
                continue
            if answer.is_success:
                return True
            if answer.status_code != 503:
                assert (answer.status_code, answer.json()["code"]) == (409, "turn_lost"), (
                    answer.text
                )
                return False


def main() -> None:
    url, token, path, name, ttl = sys.argv[1:]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, timeout=30) as http:
        Agent(http, path, name, int(ttl)).run()


if __name__ == "__main__":
    main()
