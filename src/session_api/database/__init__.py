"""PostgreSQL: the pool and its transactions, the embedded server, migrations, and its health.

One pool a process; nothing commits but a `transaction()`, and a connection whose answer may not
have been read is closed. Repositories and services use the engine; only the command line starts
servers and migrations.
"""
