"""``python -m nsthelpers CONTENT STYLE``: see `nsthelpers.command_line`."""

import sys

if __name__ == "__main__":
    try:
        from nsthelpers.command_line import main

        sys.exit(main())
    except KeyboardInterrupt:
        print("nsthelpers: interrupted; nothing was saved.", file=sys.stderr)
        sys.exit(130)
