# One image for every command: `serve` (the default), `migrate`, `sweep`, `keys`, …
ARG PYTHON_VERSION=3.13

FROM python:${PYTHON_VERSION}-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_ROOT_USER_ACTION=ignore \
    PIP_NO_CACHE_DIR=1 \
    UV_NO_CACHE=1 \
    UV_LINK_MODE=copy \
    UV_COMPILE_BYTECODE=1 \
    UV_PYTHON_DOWNLOADS=never

RUN pip install uv==0.13.8

# What we depend on changes less often than what we write: a layer of its own.
WORKDIR /build
COPY requirements/runtime.lock requirements/dev.lock requirements/
RUN uv venv /opt/session-api \
    && uv pip install --python /opt/session-api --require-hashes -r requirements/runtime.lock

COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY alembic alembic
# The build's own tools come from the dev lock, by hash as well.
RUN uv build --wheel --build-constraints requirements/dev.lock --require-hashes -o dist \
    && uv pip install --python /opt/session-api --no-deps dist/*.whl

FROM python:${PYTHON_VERSION}-slim

ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Session API" \
      org.opencontainers.image.description="Persistent, JWT-scoped workspaces for AI-agent web apps" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# A fixed id, so that a volume's files belong to the same user after every build. The passwd entry is
# for programs that ask for their user's name.
RUN groupadd --gid 10001 session-api \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/session-api \
        --shell /usr/sbin/nologin session-api \
    && install -d -o session-api -g session-api -m 0700 /var/lib/session-api

COPY --from=build /opt/session-api /opt/session-api

ENV PATH=/opt/session-api/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONFAULTHANDLER=1

# Only here and in /tmp is anything ever written: the root file system may be read-only. Without
# SESSION_API_STORAGE, people's files are kept here: name this volume, so that they outlive the
# container.
WORKDIR /var/lib/session-api
VOLUME /var/lib/session-api
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8000, timeout=4); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]

ENTRYPOINT ["session-api"]
CMD ["serve", "--host", "0.0.0.0"]
