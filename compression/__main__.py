"""From trained networks to the packages that ship: ``python -m compression VERB --help`` explains each verb."""

from __future__ import annotations

import sys
from importlib import import_module

from appliance.errors import OutpostError
from compression.arguments import parser


def main(given: list[str] | None = None) -> int:
    """Run one verb; errors are sentences."""
    args = parser(__doc__ or "").parse_args(given)
    try:
        getattr(import_module("compression.commands"), args.action)(args)
    except OutpostError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    sys.exit(main())
