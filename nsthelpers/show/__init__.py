"""What one looks at: figures of pictures, activations, Gram matrices and losses, and what can be moved.

    from nsthelpers import show

    show.setup_notebook()
    show.pictures({"before": photo, "after": painted})

The functions of `nsthelpers.show.figures` draw figures; they are here under their own names. Beside them are scrubbers
(pictures with a slider that need no kernel), explorers, the live progress and the studio (these three need ipywidgets).
"""

# What is imported here is the list of what a notebook draws with.
from nsthelpers.show.figures import *  # noqa: F403
