"""Pieces of SQL that several statements share."""


def rfc3339(expression: str) -> str:
    """SQL for a timestamptz as RFC 3339 text in UTC, always with six decimals and a `Z`."""
    return f"""to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
