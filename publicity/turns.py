"""How often strangers may object: a flood must not drown what people have to say."""

from __future__ import annotations

import hashlib

from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.http import HttpRequest

from organizations.policies import Refused

from .models import Notice

SECONDS = 3600
FROM_ONE_ADDRESS = 10
TO_ONE_NOTICE = 30


class TooMany(Refused):
    status_code = 429


def take_turn(request: HttpRequest, notice: Notice) -> None:
    """Raises TooMany. An address is told as the log-in page tells it, and kept as a digest only."""
    address = str(get_client_ip_address(request))
    count("address", address, most=FROM_ONE_ADDRESS)
    count("notice", notice.number, most=TO_ONE_NOTICE)


def count(kind: str, of: str, *, most: int) -> None:
    key = f"objections:{kind}:{hashlib.sha256(of.encode()).hexdigest()}"
    cache.add(key, 0, SECONDS)
    if cache.incr(key) > most:
        raise TooMany("提交过于频繁，请一小时后再试，或拨打监督举报电话")
