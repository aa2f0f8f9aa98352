"""Who an `Authorization: Token …` header speaks for."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from rest_framework.authentication import TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

TOKEN_LIFE = dt.timedelta(days=30)


class OfficeTokenAuthentication(TokenAuthentication):
    """For TOKEN_LIFE, by people who are not disabled and have a password of their own."""

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        user, token = super().authenticate_credentials(key)
        if timezone.now() - token.created > TOKEN_LIFE:
            raise AuthenticationFailed("令牌已过期，请重新取得")
        if user.must_change_password:
            raise AuthenticationFailed("请先登录网页修改初始密码")
        return user, token
