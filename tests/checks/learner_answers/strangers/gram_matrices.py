"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    (
        "gram",
        "wrong",
        "turned the product round: a table of places, (HW, HW)",
        '''
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    C, H, W = features.shape
    rows = features.reshape(C, H * W)
    return rows.T @ rows / (H * W)
''',
    ),
    (
        "gram",
        "wrong",
        "reshaped to (HW, C) in place of a transpose",
        """
def gram(features):
    c, h, w = features.shape
    columns = features.reshape(h * w, c)
    return columns.T @ columns / (h * w)
""",
    ),
    (
        "gram",
        "wrong",
        "divided by the channels as well, as many tutorials do",
        '''
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    c, h, w = features.size()
    f = features.view(c, h * w)
    g = torch.mm(f, f.t())
    return g.div(c * h * w)
''',
    ),
    (
        "gram",
        "wrong",
        "took the covariance: the means are subtracted",
        """
def gram(features):
    return torch.cov(features.flatten(1), correction=0)
""",
    ),
    (
        "gram",
        "wrong",
        "expected a batch axis in front, as in the earlier notebooks",
        '''
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    b, c, h, w = features.shape
    rows = features.view(b * c, h * w)
    return (rows @ rows.T) / (h * w)
''',
    ),
    (
        "gram",
        "right",
        "rows times their transpose",
        '''
def gram(features):
    """(C, H, W) -> (C, C): inner products of the channel maps, divided by H·W."""
    rows = features.flatten(1)
    return rows @ rows.T / rows.shape[1]
''',
    ),
    (
        "gram",
        "right",
        "einsum",
        """
def gram(features):
    _, height, width = features.shape
    return torch.einsum("ihw,jhw->ij", features, features) / (height * width)
""",
    ),
    (
        "style_distance",
        "wrong",
        "forgot the squares of the norms",
        '''
def style_distance(features, target_gram):
    """(C, H, W) and (C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
    return (gram(features) - target_gram).norm() / target_gram.norm()
''',
    ),
    (
        "style_distance",
        "wrong",
        "divided by the norm of the picture's own matrix",
        """
def style_distance(features, target_gram):
    G = gram(features)
    return (G - target_gram).square().sum() / G.square().sum()
""",
    ),
    (
        "style_distance",
        "wrong",
        "divided by 4C² as in the paper",
        '''
def style_distance(features, target_gram):
    """(C, H, W) and (C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
    C = features.shape[0]
    return (gram(features) - target_gram).pow(2).sum() / (4 * C**2)
''',
    ),
    (
        "style_distance",
        "wrong",
        "took the spectral norm of the matrices, not the root of the sum of squares",
        """
def style_distance(features, target_gram):
    difference = gram(features) - target_gram
    return (torch.linalg.norm(difference, ord=2) / torch.linalg.norm(target_gram, ord=2)) ** 2
""",
    ),
    (
        "style_distance",
        "wrong",
        "went through NumPy, so no gradient flows",
        '''
import numpy as np


def style_distance(features, target_gram):
    """(C, H, W) and (C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
    G = gram(features).detach().cpu().numpy()
    A = target_gram.detach().cpu().numpy()
    return torch.tensor(np.sum((G - A) ** 2) / np.sum(A**2))
''',
    ),
    (
        "style_distance",
        "right",
        "two sums of squares",
        '''
def style_distance(features, target_gram):
    """(C, H, W) and (C, C) -> one number: the relative distance ‖G − A‖² / ‖A‖²."""
    return (gram(features) - target_gram).square().sum() / target_gram.square().sum()
''',
    ),
    (
        "style_distance",
        "right",
        "two means: the number of entries cancels",
        """
def style_distance(features, target_gram):
    error = torch.nn.functional.mse_loss(gram(features), target_gram)
    return error / torch.mean(target_gram**2)
""",
    ),
    (
        "shuffle_pixels",
        "wrong",
        "sent place p to permutation[p]: the inverse",
        '''
def shuffle_pixels(features, permutation):
    """(C, H, W) and (H·W,) -> (C, H, W): at place p what stood at place permutation[p]."""
    flat = features.flatten(1)
    new = torch.zeros_like(flat)
    new[:, permutation] = flat
    return new.reshape(features.shape)
''',
    ),
    (
        "shuffle_pixels",
        "wrong",
        "moved in place: values that are needed later are already overwritten",
        """
def shuffle_pixels(features, permutation):
    C, H, W = features.shape
    places = features.reshape(C, H * W)
    for p in range(H * W):
        places[:, p] = places[:, permutation[p]]
    return places.reshape(C, H, W)
""",
    ),
    (
        "shuffle_pixels",
        "wrong",
        "forgot to give the result its height and width back",
        '''
def shuffle_pixels(features, permutation):
    """(C, H, W) and (H·W,) -> (C, H, W): at place p what stood at place permutation[p]."""
    return features.reshape(features.shape[0], -1)[:, permutation]
''',
    ),
    (
        "shuffle_pixels",
        "wrong",
        "drew a permutation of their own",
        """
def shuffle_pixels(features, permutation):
    c, h, w = features.shape
    order = torch.randperm(h * w)
    return features.view(c, -1)[:, order].view(c, h, w)
""",
    ),
    (
        "shuffle_pixels",
        "wrong",
        "shuffled all numbers as one row: indexes only the places of the first channel",
        '''
def shuffle_pixels(features, permutation):
    """(C, H, W) and (H·W,) -> (C, H, W): at place p what stood at place permutation[p]."""
    C, H, W = features.shape
    one_map = features.flatten()[permutation].reshape(1, H, W)
    return one_map.expand(C, H, W)
''',
    ),
    (
        "shuffle_pixels",
        "right",
        "flattened the places, indexed, reshaped",
        '''
def shuffle_pixels(features, permutation):
    """(C, H, W) and (H·W,) -> (C, H, W): at place p what stood at place permutation[p]."""
    return features.flatten(1)[:, permutation].reshape(features.shape)
''',
    ),
    (
        "shuffle_pixels",
        "right",
        "row and column of each place by division",
        """
def shuffle_pixels(features, permutation):
    c, h, w = features.shape
    row = torch.div(permutation, w, rounding_mode="floor")
    column = permutation % w
    return features[:, row, column].view(c, h, w)
""",
    ),
    (
        "texture_loss",
        "wrong",
        "a sum over the layers instead of the mean",
        '''
def texture_loss(image, look, targets):
    """A picture, a function to {layer: (C, H, W)}, {layer: (C, C)} -> the mean style distance."""
    maps = look(image)
    return sum(style_distance(maps[layer], targets[layer]) for layer in targets)
''',
    ),
    (
        "texture_loss",
        "wrong",
        "looped over all layers that look returns: a KeyError where there is no target",
        """
def texture_loss(image, look, targets):
    maps = look(image)
    total = 0
    for layer, features in maps.items():
        total = total + style_distance(features, targets[layer])
    return total / len(maps)
""",
    ),
    (
        "texture_loss",
        "wrong",
        "always took the five STYLE_LAYERS, whatever the targets are",
        '''
def texture_loss(image, look, targets):
    """A picture, a function to {layer: (C, H, W)}, {layer: (C, C)} -> the mean style distance."""
    found = look(image)
    return sum(style_distance(found[name], targets[name]) for name in STYLE_LAYERS) / 5
''',
    ),
    (
        "texture_loss",
        "wrong",
        "gave style_distance a Gram matrix, although it makes its own from maps",
        """
def texture_loss(image, look, targets):
    maps = look(image)
    losses = []
    for layer in targets:
        G = gram(maps[layer])
        losses.append(style_distance(G, targets[layer]))
    return torch.stack(losses).mean()
""",
    ),
    (
        "texture_loss",
        "wrong",
        "collected plain numbers with item(), so the optimiser gets no gradient",
        '''
def texture_loss(image, look, targets):
    """A picture, a function to {layer: (C, H, W)}, {layer: (C, C)} -> the mean style distance."""
    maps = look(image)
    values = [style_distance(maps[layer], A).item() for layer, A in targets.items()]
    return torch.tensor(values).mean()
''',
    ),
    (
        "texture_loss",
        "right",
        "looked once, then the mean of a stack",
        '''
def texture_loss(image, look, targets):
    """A picture, a function to {layer: (C, H, W)}, {layer: (C, C)} -> the mean style distance."""
    maps = look(image)
    distances = [style_distance(maps[name], target) for name, target in targets.items()]
    return torch.stack(distances).mean()
''',
    ),
    (
        "texture_loss",
        "right",
        "a running total divided by the number of targets",
        """
def texture_loss(image, look, targets):
    seen = look(image)
    total = 0.0
    for layer in targets:
        total = total + style_distance(seen[layer], targets[layer])
    return total / len(targets)
""",
    ),
]
