from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from organizations.models import Division, Organization, Post, Role, User
from organizations.passwords import make_one_time_password
from organizations.pinyin import pinyin_of
from organizations.services import appoint, create_user


class Command(BaseCommand):
    help = "Make the first system administrator of a territory and print a one-time password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("real_name")
        parser.add_argument("--division", required=True, help="12-digit code, e.g. 652826000000")
        parser.add_argument("--unit", required=True, help="name of the unit, made if it is new")
        parser.add_argument("--title", default="系统管理员")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        division = Division.objects.filter(code=options["division"]).first()
        if division is None:
            raise CommandError(f"没有区划 {options['division']}，请先运行 load_divisions")
        refuse_second(division)
        if User.objects.filter(username=options["username"]).exists():
            raise CommandError(f"用户名 {options['username']} 已有人使用")
        password = make_one_time_password()
        appoint(
            user=create_user(
                username=options["username"], real_name=options["real_name"], password=password
            ),
            role=Role.SYSTEM_ADMIN,
            organization=unit_called(options["unit"], division),
            title=options["title"],
            valid_from=timezone.localdate(),
            by=None,
        )
        self.stdout.write(f"用户名 {options['username']}，一次性密码 {password}，首次登录须修改")


def refuse_second(division: Division) -> None:
    """From the second on, administrators are appointed by one another, in the open."""
    posts = Post.objects.in_force().filter(role=Role.SYSTEM_ADMIN)
    for post in posts.select_related("user", "organization__division"):
        if post.division.contains(division):
            raise CommandError(f"{division} 已有系统管理员 {post.user}，请由其在网页上任命")


def unit_called(name: str, division: Division) -> Organization:
    kind, pinyin = Organization.Kind.ADMINISTRATION, " ".join(pinyin_of(name))
    defaults = {"kind": kind, "pinyin": pinyin}
    return Organization.objects.get_or_create(name=name, division=division, defaults=defaults)[0]
