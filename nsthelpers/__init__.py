"""nsthelpers: the small package behind a course in neural style transfer (Gatys, Ecker and Bethge 2015/2016).

>>> import nsthelpers
>>> result = nsthelpers.stylize("chelsea", "swirls", size=64, steps=2, progress=False)
"""

from nsthelpers.backbones import layer_table, load_backbone
from nsthelpers.features import extract_features
from nsthelpers.images import list_images, load_image, paintings, resize, save_image, to_pil
from nsthelpers.losses import StyleTransferLoss, content_loss, gram_matrix, style_loss, total_variation_loss
from nsthelpers.transfer import Progress, Result, minimise, reconstruct, stylize, stylize_steps

__version__ = "0.1.0"
__all__ = [
    "Progress",
    "Result",
    "StyleTransferLoss",
    "content_loss",
    "extract_features",
    "gram_matrix",
    "layer_table",
    "list_images",
    "load_backbone",
    "load_image",
    "minimise",
    "paintings",
    "reconstruct",
    "resize",
    "save_image",
    "style_loss",
    "stylize",
    "stylize_steps",
    "to_pil",
    "total_variation_loss",
]
