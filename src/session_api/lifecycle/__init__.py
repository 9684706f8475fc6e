"""What happens when nobody does anything: sessions are abandoned, then archived; files that were
announced and never came go, and so does whatever a crash or an outage left in the store.

Jobs are functions of the time they are given, work in batches, and can be cut off anywhere and
run again. A lease lets one replica run each at a time; that is economy, not correctness, for two
at once would only skip each other's rows.
"""

from session_api.lifecycle.jobs import LifecycleJobs
from session_api.lifecycle.runner import JobRunner

__all__ = ["JobRunner", "LifecycleJobs"]
