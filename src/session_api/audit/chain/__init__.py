"""The tamper-evident side of the audit trail: a hash chain for each tenant.

Requests only record. A job seals what was recorded into its tenant's chain, in the order in which
it finds it, so a transaction that commits late is sealed late and never missed; another writes the
signed head of each chain that grew outside the database. `docs/audit.md` says what can be proved.
"""

from session_api.audit.chain.encoding import FORMAT, NOTHING_BEFORE, encode_link, hash_link
from session_api.audit.chain.export import Export
from session_api.audit.chain.findings import Finding
from session_api.audit.chain.heads import Head, HeadKeys, HeadStore
from session_api.audit.chain.sealing import AuditSealing
from session_api.audit.chain.verification import ChainVerifier, Verdict

__all__ = [
    "FORMAT",
    "NOTHING_BEFORE",
    "AuditSealing",
    "ChainVerifier",
    "Export",
    "Finding",
    "Head",
    "HeadKeys",
    "HeadStore",
    "Verdict",
    "encode_link",
    "hash_link",
]
