"""Session API: persistent, JWT-scoped workspaces for AI-agent web apps.

The package is layered, and imports only go down: app → routers → services → repositories →
models, database, security → settings, problems. `session_api.app.create_app` is the map.
"""

from importlib.metadata import version

__version__ = version("session-api")
__all__ = ["__version__"]
