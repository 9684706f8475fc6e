"""Every setting of the service: typed, documented, read from environment variables.

Names are the field names in capitals after `SESSION_API_`, but for `DATABASE_URL`, whose name is
everyone's. Nothing in the package reads the environment anywhere else.
"""

import re
from datetime import timedelta
from typing import Annotated, Any, Self

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveInt,
    SecretStr,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode, SettingsConfigDict

from session_api.durations import Duration
from session_api.edge_settings import EdgeSettings
from session_api.guest_settings import GuestSettings
from session_api.sharing_settings import SharingSettings
from session_api.sign_in_settings import SignInSettings
from session_api.stream_settings import StreamSettings
from session_api.sync_settings import SyncSettings

ENV_PREFIX = "SESSION_API_"
MIGRATION_URL = f"{ENV_PREFIX}MIGRATION_URL"
SHORTEST_INTERVAL = timedelta(seconds=1)  # at 0 the jobs would ask the database without a pause
LONGEST_TIMEOUT = timedelta(days=24)  # PostgreSQL counts them in 31 bits of milliseconds
MINIMUM_SECRET_BYTES = 32  # RFC 7518 § 3.2: an HS256 key has at least the size of the hash

_MEDIA_TYPE_PATTERN = re.compile(r"[a-z0-9!#$&^_.+-]+/([a-z0-9!#$&^_.+-]+|\*)\Z")


class Settings(
    EdgeSettings, SignInSettings, SharingSettings, StreamSettings, SyncSettings, GuestSettings
):
    """What an operator can choose. `session-api serve --help` prints this table."""

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX,
        env_ignore_empty=True,
        frozen=True,
        hide_input_in_errors=True,
        validate_by_name=True,
    )

    database_url: SecretStr | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        description="PostgreSQL 15 to 18, e.g. postgresql://user:password@host:5432/name. "
        "Unset: a PostgreSQL of our own runs in the data folder.",
    )
    migration_url: SecretStr | None = Field(
        default=None,
        description="The same database as the role that owns its tables, for migrations; they then "
        "grant to the role of DATABASE_URL what the service needs, and nothing more. Unset: as "
        "DATABASE_URL.",
    )
    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Secret that signs HS256 tokens, at least 32 bytes. Unset with the embedded "
        "database: one is made in the data folder. Required with DATABASE_URL, unless there are "
        "OIDC issuers.",
    )
    jwt_issuer: str | None = Field(
        default=None, description="When set, tokens must carry exactly this `iss`."
    )
    jwt_audience: str | None = Field(
        default=None, description="When set, tokens must carry this `aud`."
    )
    jwt_leeway: Duration = Field(
        default=timedelta(seconds=5),
        description="How far ahead a token's `nbf` and `iat` may be, for clocks that differ. "
        "`exp` gets none.",
    )
    oidc_issuers: str | None = Field(
        default=None,
        description="Identity providers whose access tokens count, as ISSUER|AUDIENCE, "
        "comma-separated; their keys are found by OpenID Connect Discovery.",
    )
    oidc_require_at_jwt: bool = Field(
        default=False,
        description="Providers' tokens must say that they are access tokens, by the type at+jwt "
        "of RFC 9068.",
    )
    oidc_refresh_interval: Duration = Field(
        default=timedelta(seconds=5),
        ge=timedelta(milliseconds=100),
        le=timedelta(minutes=1),
        description="Tokens with unknown keys make the service ask their issuer at most this "
        "often; 0.1 seconds to a minute.",
    )
    oidc_keys_max_age: Duration = Field(
        default=timedelta(hours=24),
        ge=timedelta(minutes=10),
        description="While an issuer does not answer, its keys count for this long; 10 minutes "
        "at least.",
    )
    encryption_keys: SecretStr | None = Field(
        default=None,
        description="Key ring for metadata, `kid:base64,…` of 32-byte keys: the first encrypts, "
        "all decrypt. Required with DATABASE_URL.",
    )
    storage: str | None = Field(
        default=None,
        description="Where files are kept: file:///an/absolute/folder, or s3://bucket/prefix with "
        "?endpoint=, public_endpoint=, region=, addressing=path|virtual, upload=put|post, "
        "overwriting=refused|possible, digests=read|trusted; credentials come from AWS's own "
        "variables. Unset: the folder files in the data folder.",
    )
    auto_migrate: bool = Field(
        default=True, description="Apply migrations when `serve` starts; else use `migrate`."
    )
    pool_size: PositiveInt = Field(
        default=10, description="Database connections of one worker, at most."
    )
    pool_timeout: Duration = Field(
        default=timedelta(seconds=5), description="How long a request waits for a connection."
    )
    statement_timeout: Duration = Field(
        default=timedelta(seconds=10),
        le=LONGEST_TIMEOUT,
        description="PostgreSQL gives up on a statement after this.",
    )
    lock_timeout: Duration = Field(
        default=timedelta(seconds=5),
        le=LONGEST_TIMEOUT,
        description="PostgreSQL gives up on a lock after this.",
    )
    abandon_after: Duration = Field(
        default=timedelta(hours=24), description="Without activity, a session is abandoned."
    )
    archive_after: Duration = Field(
        default=timedelta(days=7), description="An abandoned session is archived."
    )
    activity_interval: Duration = Field(
        default=timedelta(seconds=5),
        description="Activity of one session is written at most this often.",
    )
    job_interval: Duration = Field(
        default=timedelta(seconds=60),
        ge=SHORTEST_INTERVAL,
        description="How often the lifecycle jobs run in `serve`; 1 second at least.",
    )
    jobs_enabled: bool = Field(
        default=True, description="Run the lifecycle jobs inside `serve`; else use `sweep`."
    )
    orphan_interval: Duration = Field(
        default=timedelta(minutes=5),
        ge=SHORTEST_INTERVAL,
        description="How often `serve` walks the store for objects that no file knows of.",
    )
    mission_completes_session: bool = Field(
        default=True, description="A completed mission completes its session."
    )
    upload_lifetime: Duration = Field(
        default=timedelta(hours=1),
        ge=SHORTEST_INTERVAL,
        description="How long a ticket for an upload is good; the announced file goes with it.",
    )
    download_lifetime: Duration = Field(
        default=timedelta(minutes=5),
        ge=SHORTEST_INTERVAL,
        description="How long a link to a file's content is good.",
    )
    upload_parts_above: PositiveInt = Field(
        default=64 * 1024**2, description="Files of more bytes come in parts."
    )
    upload_part_bytes: int = Field(
        default=16 * 1024**2,
        ge=5 * 1024**2,
        le=5 * 1024**3,
        description="Bytes of a part; S3 takes 5 MiB to 5 GiB.",
    )
    asset_max_bytes: PositiveInt = Field(
        default=5 * 1024**3, description="The largest file that is taken, in bytes."
    )
    asset_types_allowed: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Media types of files that are taken, comma-separated, such as "
        "image/*,application/pdf. Unset: all.",
    )
    asset_types_denied: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Media types that are refused even where they are allowed."
    )
    session_max_assets: NonNegativeInt | None = Field(
        default=1000, description="Files of one session, at most."
    )
    session_max_bytes: NonNegativeInt | None = Field(
        default=None, description="Bytes of one session's files, at most. Unset: no limit."
    )
    user_max_assets: NonNegativeInt | None = Field(
        default=None, description="Files of one user, at most. Unset: no limit."
    )
    user_max_bytes: NonNegativeInt | None = Field(
        default=None, description="Bytes of one user's files, at most. Unset: no limit."
    )
    tenant_max_assets: NonNegativeInt | None = Field(
        default=None, description="Files of one tenant, at most. Unset: no limit."
    )
    tenant_max_bytes: NonNegativeInt | None = Field(
        default=None, description="Bytes of one tenant's files, at most. Unset: no limit."
    )
    rate_limits: str = Field(
        default="read=6000/minute,write=3000/minute,upload=600/minute,auth_failure=120/minute,"
        "guest=60/hour",
        description="How often one user may ask, as class=number/unit, comma-separated: read, "
        "write, upload; and one address: auth_failure, guest (new ones), address.read and so on. "
        "`off`: no limits.",
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis or Valkey, such as redis://host:6379/0, in which all replicas count "
        "together. Unset: each counts for itself.",
    )

    @field_validator("asset_types_allowed", "asset_types_denied", mode="before")
    @classmethod
    def _split_types(cls, value: Any) -> Any:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("asset_types_allowed", "asset_types_denied")
    @classmethod
    def _refuse_what_is_no_type(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in value:
            if not _MEDIA_TYPE_PATTERN.match(pattern):
                raise ValueError("list media types such as image/png or image/*")
        return value

    @model_validator(mode="after")
    def _refuse_short_secret(self) -> Self:
        if self.jwt_secret is not None:
            size = len(self.jwt_secret.get_secret_value().encode())
            if size < MINIMUM_SECRET_BYTES:
                raise ValueError(
                    f"{ENV_PREFIX}JWT_SECRET has {size} bytes and needs at least "
                    f"{MINIMUM_SECRET_BYTES}; `openssl rand -base64 48` makes one"
                )
        return self
