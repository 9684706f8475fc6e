"""What people would use instead: each a server of its own, asked the same questions.

`tutorial` is the service as one writes it after the tutorials of FastAPI and SQLModel; `adk` brings
Google ADK, whose `api_server` runs with its database session service, in an environment of its own.
"""
