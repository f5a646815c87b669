"""The Responsys REST API on a loopback port."""

from responsys_sandbox.rest.api import RestApi
from responsys_sandbox.rest.faults import (
    EMPTY,
    MAINTENANCE,
    MAINTENANCE_AS_OK,
    WRONG_TYPE,
    Answer,
    Delay,
    Drop,
    Fault,
    Refuse,
    RevokeTokens,
    Truncate,
)
from responsys_sandbox.rest.options import RestOptions

__all__ = [
    "EMPTY",
    "MAINTENANCE",
    "MAINTENANCE_AS_OK",
    "WRONG_TYPE",
    "Answer",
    "Delay",
    "Drop",
    "Fault",
    "Refuse",
    "RestApi",
    "RestOptions",
    "RevokeTokens",
    "Truncate",
]
