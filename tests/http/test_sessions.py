"""Sessions over HTTP: making, changing, reading."""

from tests.support.people import Person


async def test_a_new_session_is_active_and_has_an_empty_chat(ann: Person) -> None:
    session = await ann.has_session(name="Lisbon", session_metadata={"panel": "map"})
    assert session["status"] == "active"
    assert session["user_id"] == "ann"
    assert session["session_metadata"] == {"panel": "map"}
    assert session["version"] == 1
    whole = await ann.sees(session["id"])
    assert whole["chat"]["messages"] == []
    assert whole["mission"] is None
    assert whole["assets"] == []
