"""nsthelpers: the small package behind a course in neural style transfer (Gatys, Ecker and Bethge 2015/2016).

>>> import nsthelpers
>>> result = nsthelpers.stylize("tuebingen", "starry_night", size=64, steps=2, progress=False)
"""

import sys
from importlib import import_module
from typing import Any

try:
    from nsthelpers.backbones import layer_table, load_backbone
    from nsthelpers.engine.colours import keep_colours, luminance, match_colours
    from nsthelpers.engine.running import Result
    from nsthelpers.features import extract_features, receptive_field
    from nsthelpers.files.catalogue import list_images, paintings
    from nsthelpers.files.settings import load_settings
    from nsthelpers.images import load_image, resize, save_image, save_with_settings, to_pil
    from nsthelpers.losses import StyleTransferLoss, content_loss, gram_matrix, style_loss, total_variation_loss
    from nsthelpers.transfer import Progress, Settings, minimise, reconstruct, stylize, stylize_steps
except KeyboardInterrupt:
    if sys.argv[:1] != ["-m"]:  # what Python calls the program while it imports the package for `python -m nsthelpers`
        raise
    print("nsthelpers: interrupted; nothing was saved.", file=sys.stderr)
    raise SystemExit(130) from None

__version__ = "1.0.0"
__all__ = [
    "LiveProgress",
    "Progress",
    "Result",
    "Settings",
    "StyleTransferLoss",
    "before_after",
    "content_loss",
    "exciting_patches",
    "explore_activations",
    "explore_gram",
    "explore_receptive_field",
    "extract_features",
    "gram_matrix",
    "grid_scrubber",
    "keep_colours",
    "layer_table",
    "list_images",
    "load_backbone",
    "load_image",
    "load_settings",
    "luminance",
    "match_colours",
    "minimise",
    "paintings",
    "receptive_field",
    "reconstruct",
    "resize",
    "save_image",
    "save_with_settings",
    "scrubber",
    "studio",
    "style_loss",
    "stylize",
    "stylize_steps",
    "to_pil",
    "total_variation_loss",
]

# Name -> module, imported when the name is first used: `import nsthelpers` loads no matplotlib and no ipywidgets.
_LAZY = {
    "explore_activations": "show.explorers",
    "explore_gram": "show.gram_explorer",
    "explore_receptive_field": "show.explorers",
    "exciting_patches": "show.channels",
    "studio": "show.studio",
    "LiveProgress": "show.progress",
    "before_after": "show.scrubbers",
    "grid_scrubber": "show.scrubbers",
    "scrubber": "show.scrubbers",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    except ModuleNotFoundError as problem:
        if str(problem.name).startswith(__name__):
            raise
        raise ImportError(f"{name} needs {problem.name}; install it: pip install {problem.name}") from problem


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
