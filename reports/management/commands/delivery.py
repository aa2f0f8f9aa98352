from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from organizations.models import Division
from reports.keys import add_key, end_key, make_key
from reports.models import Addressee, Office, UnitKey

LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Command(BaseCommand):
    help = "Keys of units and the addresses to which returns are delivered."

    def add_arguments(self, parser: ArgumentParser) -> None:
        steps = parser.add_subparsers(dest="step", required=True)
        new = steps.add_parser("new-key", help="make a pair for a unit of this deployment")
        new.add_argument("division")
        add = steps.add_parser("add-key", help="enter the public key of another deployment's unit")
        add.add_argument("division")
        add.add_argument("public_key", help="64 hex digits")
        end = steps.add_parser("end-key", help="the last day on which a key counts")
        end.add_argument("key_id")
        end.add_argument("valid_until", type=dt.date.fromisoformat)
        to = steps.add_parser("addressee", help="where an office takes returns")
        to.add_argument("division")
        to.add_argument("office", choices=Office.values)
        to.add_argument("address", nargs="?", default="", help="https://…; none: by hand")
        steps.add_parser("list", help="all keys and addresses")

    def handle(self, *args: Any, **options: Any) -> None:
        step = options["step"]
        if step == "new-key":
            key = make_key(division_called(options["division"]))
            self.stdout.write(f"{key}\n{key.public_key}")
        elif step == "add-key":
            self.stdout.write(str(entered(options)))
        elif step == "end-key":
            end_key(key_called(options["key_id"]), valid_until=options["valid_until"])
        elif step == "addressee":
            set_addressee(options)
        else:
            self.show()

    def show(self) -> None:
        for key in UnitKey.objects.select_related("division"):
            days = f"{key.valid_from}—{key.valid_until or ''}"
            self.stdout.write(f"{key} {days} {key.public_key}")
        for addressee in Addressee.objects.select_related("division"):
            self.stdout.write(f"{addressee} {addressee.address or '人工递送'}")


def division_called(code: str) -> Division:
    found = Division.objects.filter(code=code).first()
    if found is None:
        raise CommandError(f"没有区划 {code}")
    return found


def key_called(key_id: str) -> UnitKey:
    found = UnitKey.objects.filter(key_id=key_id, valid_until=None).first()
    if found is None:
        raise CommandError(f"没有在用的公钥 {key_id}")
    return found


def entered(options: dict[str, Any]) -> UnitKey:
    try:
        return add_key(division_called(options["division"]), options["public_key"].lower())
    except (ValueError, IntegrityError) as error:
        raise CommandError("公钥须为 64 位十六进制，且没有登记过") from error


def set_addressee(options: dict[str, Any]) -> None:
    """Only over TLS, but for another deployment on this very machine."""
    address = options["address"]
    parts = urlsplit(address)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if address and not is_safe:
        raise CommandError("接收地址须以 https:// 开头")
    Addressee.objects.update_or_create(
        division=division_called(options["division"]),
        office=options["office"],
        defaults={"address": address, "is_current": True},
    )
