"""nsthelpers: the small package behind a course in neural style transfer (Gatys, Ecker and Bethge 2015/2016).

>>> import nsthelpers
>>> result = nsthelpers.stylize("tuebingen", "starry_night", size=64, steps=2, progress=False)
"""

from importlib import import_module
from typing import Any

from nsthelpers.backbones import layer_table, load_backbone
from nsthelpers.features import exciting_patches, extract_features, receptive_field
from nsthelpers.images import list_images, load_image, paintings, resize, save_image, to_pil
from nsthelpers.losses import StyleTransferLoss, content_loss, gram_matrix, style_loss, total_variation_loss
from nsthelpers.transfer import Progress, Result, minimise, reconstruct, stylize, stylize_steps

__version__ = "0.1.0"
__all__ = [
    "LiveProgress",
    "Progress",
    "Result",
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
    "minimise",
    "paintings",
    "receptive_field",
    "reconstruct",
    "resize",
    "save_animation",
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

# Name -> module, imported when the name is first asked for: `import nsthelpers` loads no matplotlib and no ipywidgets.
_LAZY = {
    "explore_activations": "explorers",
    "explore_gram": "explorers",
    "explore_receptive_field": "explorers",
    "save_with_settings": "settings",
    "load_settings": "settings",
    "keep_colours": "colours",
    "studio": "widgets",
    "LiveProgress": "widgets",
    "before_after": "scrubbers",
    "grid_scrubber": "scrubbers",
    "save_animation": "scrubbers",
    "scrubber": "scrubbers",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
