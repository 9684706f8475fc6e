"""How a process learns at once what any process of the service commits.

A transaction that moved sessions tells this process after its commit, and this one the others, by
hints; polling the versions is the truth, so a hint may be lost. `Watch` is for whoever waits for a
session to change, `Asides` for what is said beside one and never stored.
"""

from session_api.database.commits import GONE, Moved, SessionKey
from session_api.sync.fanout.asides import ASIDE_BYTES, Asides, AsideTooLong, Hearing, Listening
from session_api.sync.fanout.parts import FanningOut
from session_api.sync.fanout.port import PAYLOAD_BYTES, FanOut, NoFanOut
from session_api.sync.fanout.watch import SOURCES, Watch, Watched

__all__ = [
    "ASIDE_BYTES",
    "GONE",
    "PAYLOAD_BYTES",
    "SOURCES",
    "AsideTooLong",
    "Asides",
    "FanOut",
    "FanningOut",
    "Hearing",
    "Listening",
    "Moved",
    "NoFanOut",
    "SessionKey",
    "Watch",
    "Watched",
]
