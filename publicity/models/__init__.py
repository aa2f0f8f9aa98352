from .notices import Notice, Posting, TakeDown
from .types import NoticeType

__all__ = ["Notice", "NoticeType", "Posting", "TakeDown"]
