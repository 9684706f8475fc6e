"""A real identity provider on this machine, and signing in there as a browser does."""

import base64
import hashlib
import html
import re
import secrets
import subprocess
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.support.issuers import AUDIENCE
from tests.support.node import node_with

HERE = Path(__file__).parent
REDIRECT_URI = "https://app.example/signed-in"
SCOPES = "sessions:read sessions:write"
STOP_SECONDS = 20


class Provider:
    """oidc-provider in a process of its own, which ends with the block."""

    def __init__(self) -> None:
        node = node_with("oidc-provider", HERE)
        self._process = subprocess.Popen(
            [node, str(HERE / "provider.mjs"), REDIRECT_URI],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # its warnings that it is not for production
            text=True,
            cwd=HERE,
        )
        self.url = self._address()
        self.setting = f"{self.url}|{AUDIENCE}"

    def _address(self) -> str:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.match(r"provider at (\S+)", line):
                return found[1]
        raise AssertionError(f"the provider ended with {self._process.wait(STOP_SECONDS)}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(STOP_SECONDS)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def exchanges_its_key(self, alg: str) -> None:
        """From now on a new key signs; those before stay published."""
        httpx.post(f"{self.url}/exchange/{alg}", timeout=20).raise_for_status()

    async def token_of_a_robot(self, http: httpx.AsyncClient) -> str:
        """An access token of a client without a person, straight from the token endpoint."""
        answer = await http.post(
            f"{self.url}/token",
            auth=("robot", "robots-secret"),
            data={"grant_type": "client_credentials", "resource": AUDIENCE, "scope": SCOPES},
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def signs_in(self, login: str) -> dict[str, Any]:
        """The authorization-code flow with PKCE (RFC 7636), from the app's link to its tokens."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        state = secrets.token_urlsafe(16)
        asked = {
            "client_id": "app",
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": f"openid {SCOPES}",
            "resource": AUDIENCE,
            "state": state,
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        async with httpx.AsyncClient(timeout=20) as browser:
            answer = await browser.get(f"{self.url}/auth", params=asked)
            while not (at := answer.headers.get("location", "")).startswith(REDIRECT_URI):
                if at:
                    answer = await browser.get(httpx.URL(self.url).join(at))
                    continue
                assert answer.status_code == 200, answer.text
                action, fields = _filled_in(answer.text, login)
                answer = await browser.post(action, data=fields)
            brought = parse_qs(urlsplit(at).query)
            assert brought["state"] == [state], brought
            assert brought["iss"] == [self.url]  # RFC 9207
            exchange = {
                "client_id": "app",
                "grant_type": "authorization_code",
                "code": brought["code"][0],
                "redirect_uri": REDIRECT_URI,
                "code_verifier": verifier,
            }
            tokens = await browser.post(f"{self.url}/token", data=exchange)
            assert tokens.status_code == 200, tokens.text
            found: dict[str, Any] = tokens.json()
            return found


def _filled_in(page: str, login: str) -> tuple[str, dict[str, str]]:
    """Where the page's form goes, and what a person would send: a sign-in, or their consent."""
    action = re.search(r'<form[^>]* action="([^"]+)"', page)
    prompt = re.search(r'name="prompt" value="([^"]+)"', page)
    assert action is not None, page
    assert prompt is not None, page
    fields = {"prompt": prompt[1], "login": login, "password": "any"}
    return html.unescape(action[1]), fields
