"""Which pages of other origins may call the API, and what they may send and read."""

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from session_api.settings import Settings


def cors(settings: Settings) -> list[Middleware]:
    """The middleware, where any other origin is let in at all."""
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "If-None-Match",
                "Idempotency-Key",
                "Last-Event-ID",
                "Session-Turn",
                "X-Device-ID",
                "X-Request-ID",
            ],
            expose_headers=[
                "Content-Disposition",
                "Content-Range",
                "ETag",
                "Location",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                "X-Request-ID",
            ],
            max_age=600,
        )
    ]
