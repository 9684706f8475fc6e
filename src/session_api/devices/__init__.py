"""Where people are signed in, signing out before a token's time, and noticing strange use.

Always true: no request waits for the database because of it. What a request must know is in memory,
followed from the table of revocations by a task of each process; what requests leave behind is
written by another. The service's own methods, which somebody asked for, wait for their commit, and
take effect on this process before they answer.
"""

from session_api.devices.following import Follower
from session_api.devices.parts import SignIns
from session_api.devices.presences import Presences, SignsOfCaller
from session_api.devices.service import DeviceService
from session_api.devices.writing import Writer

__all__ = ["DeviceService", "Follower", "Presences", "SignIns", "SignsOfCaller", "Writer"]
