"""Who asks and what of the house they see; the base of every other API module."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import authentication, exceptions, mixins, status, viewsets
from rest_framework.authtoken.models import Token
from rest_framework.decorators import action
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .delegations import lend_post, revoke_delegation
from .models import Delegation, Division, Organization, Post, User
from .queries import organizations_listed, posts_of
from .serializers import (
    DelegationSerializer,
    DivisionSerializer,
    OrganizationSerializer,
    PersonSerializer,
    PostSerializer,
    TokenRequestSerializer,
    TokenSerializer,
)
from .services import accept_post
from .tokens import TOKEN_LIFE

WORDS = OpenApiParameter("q", str, description="名称、代码或拼音首字母")


def person(request: Request) -> User:
    """Who asks; the default permission lets nobody else through."""
    assert isinstance(request.user, User)
    return request.user


class VisibleViewSet(viewsets.GenericViewSet[Any]):
    """Rows of `queryset` that the person may see; anything else does not exist (404).

    `demand_reader` refuses (403) people whose posts have nothing to do with these rows.
    """

    lookup_value_regex = r"\d{1,18}"

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.demand_reader(person(request))

    def demand_reader(self, user: User) -> None:
        """Raises WrongRole; here everybody may read what their posts cover."""

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):  # the schema is drawn for nobody
            return rows
        visible: QuerySet[Any] = rows.visible_to(person(self.request))  # type: ignore[attr-defined]
        return visible

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrowed(queryset) if self.action == "list" else queryset

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What of the list the query string asks for."""
        return queryset


@extend_schema(parameters=[WORDS, OpenApiParameter("level", str), OpenApiParameter("parent", str)])
class DivisionViewSet(mixins.ListModelMixin, VisibleViewSet):
    """本人管辖范围内的区划。"""

    queryset = Division.objects.select_related("parent")
    serializer_class = DivisionSerializer

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.request.query_params
        for name, lookup in (("level", "level"), ("parent", "parent__code")):
            if asked.get(name):
                queryset = queryset.filter(**{lookup: plain(asked[name])})
        words = plain(asked.get("q", ""))
        found: QuerySet[Any] = queryset.search(words) if words.strip() else queryset  # type: ignore[attr-defined]
        return found


def plain(text: str) -> str:
    """What PostgreSQL can compare: no NUL, and no longer than any name."""
    return text.replace("\0", "")[:60]


@extend_schema(parameters=[WORDS])
class OrganizationViewSet(mixins.ListModelMixin, VisibleViewSet):
    """本人管辖范围内的单位。"""

    queryset = Organization.objects.select_related("division")
    serializer_class = OrganizationSerializer

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return organizations_listed(
            person(self.request), plain(self.request.query_params.get("q", ""))
        )


class MyPostViewSet(mixins.ListModelMixin, viewsets.GenericViewSet[Post]):
    """本人的岗位任职，包括已卸任的和待确认接任的。"""

    queryset = Post.objects.all()
    serializer_class = PostSerializer
    lookup_value_regex = r"\d{1,18}"

    def get_queryset(self) -> QuerySet[Post]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        return posts_of(person(self.request))

    @extend_schema(request=None, responses=PostSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """接任确认。"""
        post = accept_post(post=self.get_object(), by=person(request))
        return Response(PostSerializer(post).data)


class DelegationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, VisibleViewSet):
    """委派：本人管辖范围内谁在代谁办理；委派和收回只限本人的岗位。"""

    queryset = Delegation.objects.select_related(
        "post__user", "post__organization", "delegate", "revoked_by"
    )
    serializer_class = DelegationSerializer

    @extend_schema(request=DelegationSerializer, responses={201: DelegationSerializer})
    def create(self, request: Request) -> Response:
        """把本人的一个岗位委派给同一区划的同事代办。"""
        asked = DelegationSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        by, post = person(request), asked.validated_data["post"]
        if post.user_id != by.pk and post not in Post.objects.visible_to(by):
            raise exceptions.NotFound
        made = lend_post(**asked.validated_data, by=by)
        return Response(DelegationSerializer(made).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=DelegationSerializer)
    @action(detail=True, methods=["post"])
    def revoke(self, request: Request, pk: str) -> Response:
        """收回，或由代办人交回。"""
        done = revoke_delegation(delegation=self.get_object(), by=person(request))
        return Response(DelegationSerializer(done).data)


class MeView(APIView):
    @extend_schema(responses=PersonSerializer)
    def get(self, request: Request) -> Response:
        """本人和今天在任的岗位。"""
        return Response(PersonSerializer(person(request)).data)


class TokenView(APIView):
    """取得或收回令牌。同一账户只有一个令牌，重新取得后旧令牌失效。"""

    def get_authenticators(self) -> list[authentication.BaseAuthentication]:
        signing_in = self.request is None or self.request.method == "POST"
        return [] if signing_in else super().get_authenticators()

    def get_permissions(self) -> Any:
        return [AllowAny()] if self.request.method == "POST" else super().get_permissions()

    def get_authenticate_header(self, request: Request) -> str:
        """A wrong password is a 401, though nobody was asked for credentials in a header."""
        return "Token"

    @extend_schema(request=TokenRequestSerializer, responses=TokenSerializer, auth=[])
    def post(self, request: Request) -> Response:
        asked = TokenRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        token = issue_token(signed_in(request, **asked.validated_data))
        answer = {"token": token.key, "expires_at": token.created + TOKEN_LIFE}
        return Response(TokenSerializer(answer).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        Token.objects.filter(user=person(request)).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


def signed_in(request: Request, username: str, password: str) -> User:
    """Through the same back ends as the log-in page, so that failures count and lock."""
    asked = cast(HttpRequest, request)
    user = authenticate(request=asked, username=username, password=password)
    if getattr(request, "axes_locked_out", False):
        raise exceptions.Throttled(detail="登录失败次数过多，账户已暂时锁定，请稍后再试")
    if not isinstance(user, User):
        raise exceptions.AuthenticationFailed("用户名或密码不正确")
    if user.must_change_password:
        raise exceptions.PermissionDenied("请先登录网页修改初始密码")
    user_logged_in.send(sender=User, request=asked, user=user)
    return user


@transaction.atomic
def issue_token(user: User) -> Token:
    Token.objects.filter(user=user).delete()
    return Token.objects.create(user=user)
