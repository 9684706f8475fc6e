"""The page of each problem, which its `type` points to."""

from html import escape

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from session_api.problems import CATALOGUE, RouteNotFound

router = APIRouter(include_in_schema=False)

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<style>
  body {{ font: 16px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 4rem auto;
         padding: 0 1.5rem; color: #1c2430; background: #fff; }}
  code {{ background: #eef1f5; padding: .1em .35em; border-radius: 4px; }}
  .status {{ color: #5b6675; }} a {{ color: #0b62c4; }} li {{ margin: .2rem 0; }}
  @media (prefers-color-scheme: dark) {{
    body {{ background: #14181f; color: #e3e8ef; }} code {{ background: #232a35; }}
    .status {{ color: #9aa6b5; }} a {{ color: #7db4ff; }}
  }}
</style>
{body}
</html>
"""


def _code_spans(text: str) -> str:
    parts = escape(text).split("`")
    return "".join(
        f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts)
    )


@router.get("/problems")
async def problem_index() -> HTMLResponse:
    """All problems."""
    items = "".join(
        f'<li><a href="/problems/{code}"><code>{code}</code></a> '
        f'<span class="status">{kind.status}</span> {escape(kind.title)}</li>'
        for code, kind in sorted(CATALOGUE.items(), key=lambda item: (item[1].status, item[0]))
    )
    body = f"<h1>Problems</h1><p>Every error of Session API (RFC 9457).</p><ul>{items}</ul>"
    return HTMLResponse(_PAGE.format(title="Problems", body=body))


@router.get("/problems/{code}")
async def problem_page(code: str) -> HTMLResponse:
    """One problem: what it means and what to do about it."""
    kind = CATALOGUE.get(code)
    if kind is None:
        raise RouteNotFound
    body = (
        f"<h1>{escape(kind.title)}</h1>"
        f'<p class="status"><code>{code}</code> · HTTP {kind.status}</p>'
        f"<p>{_code_spans(kind.remedy)}</p>"
        '<p><a href="/problems">All problems</a> · <a href="/docs">API documentation</a></p>'
    )
    return HTMLResponse(_PAGE.format(title=escape(kind.title), body=body))
