"""Everything to look at: figures of pictures, activations, Gram matrices and losses, and interactive views.

    from nsthelpers import show

    show.setup_notebook()
    show.pictures({"before": photo, "after": painted})

The functions of `nsthelpers.show.figures` draw figures and can be called from here. Beside them are scrubbers
(pictures with a slider that need no kernel), explorers, the live progress and the studio (these three need ipywidgets).
"""

# What is imported here is all that a notebook draws with.
from nsthelpers.show.figures import *  # noqa: F403
