"""The demo app at `/demo`: an agent workspace in the browser, for people who look around.

It is built from `clients/typescript/demo` into `static/`, and what is built is committed, so that
nobody needs Node.js to see it. It is offered where development tokens are made, has no rights of
its own, and reaches the service by the public API alone.
"""

from session_api.demo.files import DEMO_PATH, DemoFiles

__all__ = ["DEMO_PATH", "DemoFiles"]
