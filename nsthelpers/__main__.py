"""``python -m nsthelpers CONTENT STYLE``: see `nsthelpers.command_line`."""

import os
import sys

if __name__ == "__main__":
    try:
        from nsthelpers.command_line import SIGNALS, main
        from nsthelpers.engine.running import one_interrupt

        with one_interrupt(*SIGNALS) as interrupts:
            status = main()
            interrupts.quiet = True
            os._exit(status)  # at once: everything is written, and a second Ctrl-C must not hit Python at its exit
    except KeyboardInterrupt:
        print("nsthelpers: interrupted; nothing was saved.", file=sys.stderr)
        sys.exit(130)
