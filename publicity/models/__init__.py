from .notices import Notice, Posting, TakeDown
from .objections import Objection
from .types import NoticeType

__all__ = ["Notice", "NoticeType", "Objection", "Posting", "TakeDown"]
