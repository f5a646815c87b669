"""The Responsys REST API on a loopback port."""

from responsys_sandbox.rest.api import RestApi
from responsys_sandbox.rest.faults import MAINTENANCE, Answer, Delay, Drop, Fault, RevokeTokens, Truncate
from responsys_sandbox.rest.options import RestOptions

__all__ = [
    "MAINTENANCE",
    "Answer",
    "Delay",
    "Drop",
    "Fault",
    "RestApi",
    "RestOptions",
    "RevokeTokens",
    "Truncate",
]
