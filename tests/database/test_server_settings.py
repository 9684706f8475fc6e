"""What each connection is told, whatever the database says by default."""

import asyncpg
import pytest

from session_api.database.engine import Database
from tests.support.settings import test_settings


@pytest.mark.parametrize(
    ("setting", "value"),
    [("transaction_isolation", "read committed"), ("application_name", "shop"), ("jit", "off")],
)
async def test_a_connection_has_what_our_statements_rest_on(
    database_url: str,
    sql: "asyncpg.Connection[asyncpg.Record]",
    setting: str,
    value: str,
) -> None:
    name = await sql.fetchval("SELECT current_database()")
    default = f"ALTER DATABASE {name} SET default_transaction_isolation"
    await sql.execute(f"{default} = 'serializable'")
    joined = "&" if "?" in database_url else "?"
    database = Database(test_settings(f"{database_url}{joined}application_name=shop"))
    try:
        row = await database.fetch_row("SELECT current_setting($1) AS value", setting)
        assert row is not None
        assert row["value"] == value
    finally:
        await database.close()
        await sql.execute(f"{default} TO DEFAULT")
