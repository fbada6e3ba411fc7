"""What one looks at: figures of pictures, activations, Gram matrices and losses, and what can be moved.

    from nsthelpers import show

    show.setup_notebook()
    show.pictures({"before": photo, "after": painted})

The functions of `nsthelpers.show.figures` draw figures; they are here under their own names. Beside them are scrubbers
(pictures with a slider that need no kernel), explorers, the live progress and the studio (these three need ipywidgets).
"""

from nsthelpers.show.figures import (
    COLOURS,
    activations,
    feature_maps,
    gram_entry,
    gram_matrices,
    hidden_weights,
    loss_curves,
    pictures,
    progress_figure,
    receptive_field,
    setup_notebook,
    step_picture,
    vgg,
)

__all__ = [
    "COLOURS",
    "activations",
    "feature_maps",
    "gram_entry",
    "gram_matrices",
    "hidden_weights",
    "loss_curves",
    "pictures",
    "progress_figure",
    "receptive_field",
    "setup_notebook",
    "step_picture",
    "vgg",
]
