"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    (
        "names_from_config",
        "wrong",
        "forgot to begin the number anew in each block",
        '''
def names_from_config(config):
    """[64, "M", 128] -> ["conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1"]."""
    names = []
    block, number = 1, 0
    for entry in config:
        if entry == "M":
            names.append(f"pool{block}")
            block += 1
        else:
            number += 1
            names += [f"conv{block}_{number}", f"relu{block}_{number}"]
    return names
''',
    ),
    (
        "names_from_config",
        "wrong",
        "counted from 0, as Python does",
        """
def names_from_config(config):
    names = []
    block = number = 0
    for entry in config:
        if entry == "M":
            names.append(f"pool{block}")
            block, number = block + 1, 0
        else:
            names.append(f"conv{block}_{number}")
            names.append(f"relu{block}_{number}")
            number += 1
    return names
""",
    ),
    (
        "names_from_config",
        "wrong",
        "raised the block before naming the pooling",
        '''
def names_from_config(config):
    """[64, "M", 128] -> ["conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1"]."""
    result, block, i = [], 1, 1
    for c in config:
        if c == "M":
            block += 1
            i = 1
            result.append("pool" + str(block))
        else:
            result.append("conv" + str(block) + "_" + str(i))
            result.append("relu" + str(block) + "_" + str(i))
            i += 1
    return result
''',
    ),
    (
        "names_from_config",
        "wrong",
        "left out the ReLUs",
        """
def names_from_config(config):
    names, block, number = [], 1, 1
    for item in config:
        if item == "M":
            names.append(f"pool{block}")
            block, number = block + 1, 1
        else:
            names.append(f"conv{block}_{number}")
            number += 1
    return names
""",
    ),
    (
        "names_from_config",
        "wrong",
        "read the notebook's vgg19_plan instead of the argument",
        '''
def names_from_config(config):
    """[64, "M", 128] -> ["conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1"]."""
    names = []
    block, number = 1, 1
    for layer in vgg19_plan:
        if layer == "M":
            names.append(f"pool{block}")
            block += 1
            number = 1
        else:
            names.extend([f"conv{block}_{number}", f"relu{block}_{number}"])
            number += 1
    return names
''',
    ),
    (
        "names_from_config",
        "right",
        "two counters and a loop",
        '''
def names_from_config(config):
    """[64, "M", 128] -> ["conv1_1", "relu1_1", "pool1", "conv2_1", "relu2_1"]."""
    names = []
    block, number = 1, 0
    for entry in config:
        if entry == "M":
            names.append(f"pool{block}")
            block, number = block + 1, 0
        else:
            number += 1
            names += [f"conv{block}_{number}", f"relu{block}_{number}"]
    return names
''',
    ),
    (
        "names_from_config",
        "right",
        "no counters: looked back at the poolings before each entry",
        """
def names_from_config(config):
    pools = [i for i, entry in enumerate(config) if entry == "M"]
    names = []
    for i, entry in enumerate(config):
        earlier = [p for p in pools if p < i]
        block = len(earlier) + 1
        if entry == "M":
            names.append(f"pool{block}")
        else:
            number = i - (earlier[-1] if earlier else -1)
            names.extend(f"{kind}{block}_{number}" for kind in ("conv", "relu"))
    return names
""",
    ),
    (
        "extract",
        "wrong",
        "walked, but kept no copy: the in-place ReLU writes over what was kept",
        '''
def extract(network, image, wanted):
    """A network, (B, 3, H, W) and a list of names -> {name: that layer's output (B, C, h, w)}."""
    maps, found = image, {}
    for name, layer in network.named_children():
        maps = layer(maps)
        if name in wanted:
            found[name] = maps
    return found
''',
    ),
    (
        "extract",
        "right",  # its author called it wrong; the exercise asks for the outputs, not for a gradient
        "detached the copies, so no gradient can flow to the picture",
        """
def extract(network, image, wanted):
    result = {}
    x = image
    with torch.no_grad():
        for name, layer in network.named_children():
            x = layer(x)
            if name in wanted:
                result[name] = x.detach().clone()
    return result
""",
    ),
    (
        "extract",
        "wrong",
        "gave the picture itself to every wanted layer",
        '''
def extract(network, image, wanted):
    """A network, (B, 3, H, W) and a list of names -> {name: that layer's output (B, C, h, w)}."""
    layers = dict(network.named_children())
    return {name: layers[name](image.clone()) for name in wanted}
''',
    ),
    (
        "extract",
        "wrong",
        "stored the maps before the layer had worked: its input instead of its output",
        """
def extract(network, image, wanted):
    kept = {}
    maps = image
    for name, layer in network.named_children():
        if name in wanted:
            kept[name] = maps.clone()
        maps = layer(maps)
    return kept
""",
    ),
    (
        "extract",
        "wrong",
        "walked through the notebook's `named` whatever network is given",
        '''
def extract(network, image, wanted):
    """A network, (B, 3, H, W) and a list of names -> {name: that layer's output (B, C, h, w)}."""
    out = {}
    x = image.clone()
    for name, layer in named.named_children():
        x = layer(x)
        if name in wanted:
            out[name] = x.clone()
    return out
''',
    ),
    (
        "extract",
        "right",
        "a walk that keeps clones",
        '''
def extract(network, image, wanted):
    """A network, (B, 3, H, W) and a list of names -> {name: that layer's output (B, C, h, w)}."""
    maps, found = image.clone(), {}
    for name, layer in network.named_children():
        maps = layer(maps)
        if name in wanted:
            found[name] = maps.clone()
    return found
''',
    ),
    (
        "extract",
        "right",
        "hooks that clone and are removed in the end",
        """
def extract(network, image, wanted):
    outputs, handles = {}, []

    def keeper(name):
        def hook(layer, given, out):
            outputs[name] = out.clone()

        return hook

    for name, layer in network.named_children():
        if name in wanted:
            handles.append(layer.register_forward_hook(keeper(name)))
    try:
        network(image.clone())
    finally:
        for handle in handles:
            handle.remove()
    return outputs
""",
    ),
    (
        "false_colours",
        "wrong",
        "used std for the root mean square, which divides by one less",
        '''
def false_colours(maps, axes):
    """(B, C, h, w) and (3, C) -> a picture (B, 3, h, w): centre, project, divide, sigmoid."""
    centred = maps - maps.mean(dim=(2, 3), keepdim=True)
    s = torch.einsum("kc,bcij->bkij", axes, centred)
    return torch.sigmoid(2 * s / s.std(dim=(2, 3), keepdim=True))
''',
    ),
    (
        "false_colours",
        "wrong",
        "forgot to centre",
        """
def false_colours(maps, axes):
    s = torch.einsum("kc,bchw->bkhw", axes, maps)
    r = s.pow(2).mean(dim=(2, 3), keepdim=True).sqrt()
    return (2 * s / r).sigmoid()
""",
    ),
    (
        "false_colours",
        "wrong",
        "subtracted the mean over the channels at each place",
        '''
def false_colours(maps, axes):
    """(B, C, h, w) and (3, C) -> a picture (B, 3, h, w): centre, project, divide, sigmoid."""
    F = maps - maps.mean(dim=1, keepdim=True)
    s = torch.einsum("kc,bcij->bkij", axes, F)
    r = s.square().mean(dim=(2, 3), keepdim=True).sqrt()
    return torch.sigmoid(2 * s / r)
''',
    ),
    (
        "false_colours",
        "wrong",
        "one root mean square for all three colours",
        """
def false_colours(maps, axes):
    b, c, h, w = maps.shape
    flat = maps.reshape(b, c, h * w)
    flat = flat - flat.mean(dim=2, keepdim=True)
    s = (axes @ flat).reshape(b, 3, h, w)
    r = (s**2).mean().sqrt()
    return torch.sigmoid(2 * s / r)
""",
    ),
    (
        "false_colours",
        "wrong",
        "overlooked the 2 in the sigmoid",
        '''
def false_colours(maps, axes):
    """(B, C, h, w) and (3, C) -> a picture (B, 3, h, w): centre, project, divide, sigmoid."""
    centred = maps - maps.mean(dim=(2, 3), keepdim=True)
    s = torch.einsum("kc,bcij->bkij", axes, centred)
    r = s.square().mean(dim=(2, 3), keepdim=True).sqrt()
    return 1 / (1 + torch.exp(-s / r))
''',
    ),
    (
        "false_colours",
        "right",
        "einsum for the dot products",
        '''
def false_colours(maps, axes):
    """(B, C, h, w) and (3, C) -> a picture (B, 3, h, w): centre, project, divide, sigmoid."""
    centred = maps - maps.mean(dim=(2, 3), keepdim=True)
    s = torch.einsum("kc,bcij->bkij", axes, centred)
    r = s.square().mean(dim=(2, 3), keepdim=True).sqrt()
    return torch.sigmoid(2 * s / r)
''',
    ),
    (
        "false_colours",
        "right",
        "flat places and a matrix product",
        """
def false_colours(maps, axes):
    b, c, h, w = maps.shape
    rows = maps.flatten(2)
    rows = rows - rows.mean(dim=2, keepdim=True)
    s = axes @ rows
    rms = (s * s).mean(dim=2, keepdim=True) ** 0.5
    return (1 / (1 + torch.exp(-2 * s / rms))).view(b, 3, h, w)
""",
    ),
    (
        "centred_cosine",
        "wrong",
        "subtracted the mean of each picture itself, not the usual means",
        '''
def centred_cosine(first, second, mean):
    """(1, C, h, w) twice and the usual means (C,) -> one number from -1 to 1."""
    a = first - first.mean(dim=(2, 3), keepdim=True)
    b = second - second.mean(dim=(2, 3), keepdim=True)
    return torch.cosine_similarity(a.flatten(), b.flatten(), dim=0)
''',
    ),
    (
        "centred_cosine",
        "wrong",
        "left the means in shape (C,), so they meet the width instead of the channels",
        """
def centred_cosine(first, second, mean):
    a, b = (first - mean).flatten(), (second - mean).flatten()
    return (a @ b) / (a.norm() * b.norm())
""",
    ),
    (
        "centred_cosine",
        "wrong",
        "a cosine over the channels at each place, then the mean of these",
        '''
def centred_cosine(first, second, mean):
    """(1, C, h, w) twice and the usual means (C,) -> one number from -1 to 1."""
    m = mean.view(1, -1, 1, 1)
    return torch.cosine_similarity(first - m, second - m, dim=1).mean()
''',
    ),
    (
        "centred_cosine",
        "wrong",
        "forgot the brackets in the denominator: divided by one norm, multiplied by the other",
        """
def centred_cosine(first, second, mean):
    m = mean[None, :, None, None]
    a, b = (first - m).flatten(), (second - m).flatten()
    return (a * b).sum() / a.norm() * b.norm()
""",
    ),
    (
        "centred_cosine",
        "wrong",
        "subtracted the means above, but took the norms of the uncentred maps below",
        '''
def centred_cosine(first, second, mean):
    """(1, C, h, w) twice and the usual means (C,) -> one number from -1 to 1."""
    m = mean.reshape(-1, 1, 1)
    top = ((first - m) * (second - m)).sum()
    return top / (first.norm() * second.norm())
''',
    ),
    (
        "centred_cosine",
        "right",
        "reshaped the means and used cosine_similarity",
        '''
def centred_cosine(first, second, mean):
    """(1, C, h, w) twice and the usual means (C,) -> one number from -1 to 1."""
    m = mean.view(1, -1, 1, 1)
    return torch.cosine_similarity((first - m).flatten(), (second - m).flatten(), dim=0)
''',
    ),
    (
        "centred_cosine",
        "right",
        "the formula by hand, returned as a Python number",
        """
def centred_cosine(first, second, mean):
    a = first - mean[:, None, None]
    b = second - mean[:, None, None]
    product = (a * b).sum()
    lengths = a.square().sum().sqrt() * b.square().sum().sqrt()
    return (product / lengths).item()
""",
    ),
]
