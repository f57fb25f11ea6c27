#!/usr/bin/env python3
"""Django's command line."""

import os
import sys


def main() -> None:
    """Run the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line

        import config  # noqa: F401
    except ImportError:
        sys.exit("Kaskad is not installed in this Python. Run `make install`, then `.venv/bin/python manage.py …`.")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
