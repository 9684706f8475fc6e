"""The keys of the tables: no row can refer to another person's, whatever a query does."""

import pytest
from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint

from session_api.models import METADATA

# A lease is of the service, not of any person; a person's own row has the owner as its whole key.
WITHOUT_OWNER = {"installation", "job_leases"}
# The chains of the audit trail are the tenants'.
OF_TENANTS = {"audit_logs", "audit_seals", "audit_unsealed"}
# The audit trail outlives what it tells of, an object that must go its row, and a sign-out the
# person who is erased while tokens are about.
OUTLIVING = {"audit_events", "object_deletions", "revocations"}
TREE = [
    table
    for name, table in METADATA.tables.items()
    if name not in WITHOUT_OWNER and name not in OF_TENANTS
]

every_table = pytest.mark.parametrize("table", TREE, ids=lambda table: table.name)


def _uniques(table: Table) -> list[UniqueConstraint | Index]:
    constraints = [each for each in table.constraints if isinstance(each, UniqueConstraint)]
    return [*constraints, *(index for index in table.indexes if index.unique)]


def _foreign_keys(table: Table) -> list[ForeignKeyConstraint]:
    return [each for each in table.constraints if isinstance(each, ForeignKeyConstraint)]


def test_the_exemptions_are_tables_that_exist_and_need_them() -> None:
    for name in WITHOUT_OWNER:
        assert "owner_id" not in METADATA.tables[name].columns


@every_table
def test_the_owner_comes_first_in_the_primary_key(table: Table) -> None:
    assert next(iter(table.primary_key.columns)).name == "owner_id"


@pytest.mark.parametrize("name", sorted(OF_TENANTS))
def test_of_a_chain_the_tenant_comes_first(name: str) -> None:
    assert next(iter(METADATA.tables[name].primary_key.columns)).name == "tenant_id"


@every_table
def test_the_owner_comes_first_in_whatever_must_be_unique(table: Table) -> None:
    for unique in _uniques(table):
        assert next(iter(unique.columns)).name == "owner_id", unique.name


@every_table
def test_the_owner_comes_first_on_both_sides_of_every_foreign_key(table: Table) -> None:
    for key in _foreign_keys(table):
        first = key.elements[0]
        assert (first.parent.name, first.column.name) == ("owner_id", "owner_id"), key.name


@every_table
def test_a_row_goes_with_what_it_refers_to(table: Table) -> None:
    for key in _foreign_keys(table):
        # A reply outlives the message it answers; it only forgets which one that was.
        expected = "SET NULL (parent_id)" if "parent_id" in key.column_keys else "CASCADE"
        if table.name == "assets":
            # Its object has to go with it, which the schema can't see to.
            expected = "NO ACTION"
        assert key.ondelete == expected, key.name


@every_table
def test_every_row_of_the_tree_leads_to_its_owner(table: Table) -> None:
    targets = {key.referred_table.name for key in _foreign_keys(table)}
    # Users are the root.
    assert bool(targets) == (table.name not in {"users", *OUTLIVING})


@every_table
def test_nothing_is_numbered_or_made_up_by_the_database(table: Table) -> None:
    for column in table.columns:
        assert column.server_default is None, column.name
        assert column.identity is None, column.name
        assert column.autoincrement is not True, column.name


@pytest.mark.parametrize("name", METADATA.tables)
def test_every_constraint_has_a_name_that_postgresql_keeps_whole(name: str) -> None:
    table = METADATA.tables[name]
    names = [constraint.name for constraint in table.constraints]
    names += [index.name for index in table.indexes]
    assert all(name is not None and len(str(name)) <= 63 for name in names), names
