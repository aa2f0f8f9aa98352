#!/usr/bin/env python3
"""Django's command line, with the database role that the command deserves."""

import os
import sys

# Commands that change the shape of the database run as its owner.
# Everything else runs as the application's role, which may not.
OWNER_COMMANDS = {"migrate"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    owner = os.environ.get("OWNER_DATABASE_URL")
    if owner and len(sys.argv) > 1 and sys.argv[1] in OWNER_COMMANDS:
        os.environ["DATABASE_URL"] = owner
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
