"""Answers to the exercises of notebook 03."""
# ruff: noqa: F811

import torch

from learner_answers import right, wrong
from nsthelpers.checks import inside_vgg as check


@right(check.names_from_config)
def names_from_config(config):
    result = []
    block, number = 1, 1
    for entry in config:
        if entry == "M":
            result.append("pool" + str(block))
            block, number = block + 1, 1
        else:
            result += [f"conv{block}_{number}", f"relu{block}_{number}"]
            number += 1
    return result


@right(check.names_from_config)
def names_from_config(config):
    result = []
    text = "".join("M" if entry == "M" else "c" for entry in config)
    blocks = text.split("M")
    for b, block in enumerate(blocks, 1):
        for n in range(1, len(block) + 1):
            result.extend((f"conv{b}_{n}", f"relu{b}_{n}"))
        if b < len(blocks):
            result.append(f"pool{b}")
    return result


@right(check.names_from_config)
def names_from_config(config):
    def walk(entries, block, number):
        if not entries:
            return []
        if entries[0] == "M":
            return [f"pool{block}", *walk(entries[1:], block + 1, 1)]
        return [f"{kind}{block}_{number}" for kind in ("conv", "relu")] + walk(entries[1:], block, number + 1)

    return walk(config, 1, 1)


@wrong(check.names_from_config, "number not restarted")
def names_from_config(config):
    out, b, n = [], 1, 0
    for c in config:
        if c == "M":
            out.append(f"pool{b}")
            b += 1
            continue
        n += 1
        out.append(f"conv{b}_{n}")
        out.append(f"relu{b}_{n}")
    return out


@wrong(check.names_from_config, "block raised too early")
def names_from_config(config):
    out, b, n = [], 1, 1
    for c in config:
        if c == "M":
            b, n = b + 1, 1
            out.append(f"pool{b}")
        else:
            out += [f"conv{b}_{n}", f"relu{b}_{n}"]
            n += 1
    return out


@wrong(check.names_from_config, "no relu")
def names_from_config(config):
    out, b, n = [], 1, 1
    for c in config:
        if c == "M":
            out.append(f"pool{b}")
            b += 1
            n = 1
        else:
            out.append(f"conv{b}_{n}")
            n += 1
    return out


@wrong(check.names_from_config, "blocks and numbers from 0")
def names_from_config(config):
    out, b, n = [], 0, 0
    for c in config:
        if c == "M":
            out.append(f"pool{b}")
            b, n = b + 1, 0
        else:
            out += [f"conv{b}_{n}", f"relu{b}_{n}"]
            n += 1
    return out


@wrong(check.names_from_config, "too much")
def names_from_config(config):
    out, b, n = [], 1, 1
    for c in config:
        if c == "M":
            out.append(f"pool{b}")
            b, n = b + 1, 1
        else:
            out.append(f"conv{b}_{n}")
            n += 1
            out.append(f"relu{b}_{n}")
            n += 1
    return out


@wrong(check.names_from_config, "type")
def names_from_config(config):
    out, b, n = "", 1, 1
    for c in config:
        if c == "M":
            out += f"pool{b} "
            b, n = b + 1, 1
        else:
            out += f"conv{b}_{n} relu{b}_{n} "
            n += 1
    return out


@wrong(check.names_from_config, "no pool")
def names_from_config(config):
    out, b, n = [], 1, 1
    for c in config:
        if isinstance(c, str):
            b, n = b + 1, 1
            continue
        out += [f"conv{b}_{n}", f"relu{b}_{n}"]
        n += 1
    return out


@wrong(check.names_from_config, "underscore missing")
def names_from_config(config):
    out, b, n = [], 1, 1
    for c in config:
        if c == "M":
            out.append(f"pool{b}")
            b, n = b + 1, 1
        else:
            out += [f"conv{b}{n}", f"relu{b}{n}"]
            n += 1
    return out


@wrong(check.names_from_config, "order")
def names_from_config(config):
    out, b, n = [], 1, 0
    for c in config:
        if c == "M":
            out.append(f"pool{b}")
            b, n = b + 1, 0
        else:
            out += [f"conv{b}_{n}", f"relu{b}_{n}"]
            n += 1
    return out


@wrong(check.names_from_config, "pool counted in the block")
def names_from_config(config):
    out, b, n = [], 1, 1
    for c in config:
        if c == "M":
            out.append(f"pool{b}_1")
            b, n = b + 1, 1
        else:
            out += [f"conv{b}_{n}", f"relu{b}_{n}"]
            n += 1
    return out


@right(check.extract)
def extract(network, image, wanted):
    kept, maps = {}, image
    for name, layer in network.named_children():
        maps = layer(maps)
        if name in wanted:
            kept[name] = maps.clone()
    return kept


@right(check.extract)
def extract(network, image, wanted):
    kept, handles = {}, []
    for name in wanted:
        layer = network.get_submodule(name)
        handles.append(layer.register_forward_hook(lambda m, i, output, name=name: kept.update({name: output.clone()})))
    network(image)
    for handle in handles:
        handle.remove()
    return kept


@right(check.extract)
def extract(network, image, wanted):
    names = [name for name, _ in network.named_children()]
    return {name: network[: names.index(name) + 1](image) for name in wanted}


@right(check.extract)
def extract(network, image, wanted):
    all_of_them = {"": image}
    for name, module in network._modules.items():
        all_of_them[name] = module(list(all_of_them.values())[-1].clone())
    return {name: all_of_them[name] for name in wanted}


@wrong(check.extract, "overwritten by the ReLU")
def extract(network, image, wanted):
    kept, maps = {}, image
    for name, layer in network.named_children():
        maps = layer(maps)
        if name in wanted:
            kept[name] = maps
    return kept


@wrong(check.extract, "overwritten by the ReLU")
def extract(network, image, wanted):
    kept, handles = {}, []
    for name in wanted:
        layer = network.get_submodule(name)
        handles.append(layer.register_forward_hook(lambda m, i, output, name=name: kept.update({name: output})))
    network(image)
    [handle.remove() for handle in handles]
    return kept


@wrong(check.extract, "overwritten by the ReLU")
def extract(network, image, wanted):
    kept, x = {}, image
    for name, layer in network.named_children():
        x = layer(x)
        kept[name] = x.detach()
    return {name: kept[name] for name in wanted}


@wrong(check.extract, "changed input")
def extract(network, image, wanted):
    kept = {}
    for name in wanted:
        layer = network.get_submodule(name)
        layer.register_forward_hook(lambda m, i, output, name=name: kept.update({name: output.clone()}))
    network(image)
    return kept


@wrong(check.extract, "one layer too early")
def extract(network, image, wanted):
    kept, maps = {}, image
    for name, layer in network.named_children():
        if name in wanted:
            kept[name] = maps.clone()
        maps = layer(maps)
    return kept


@wrong(check.extract, "keys")
def extract(network, image, wanted):
    kept = {}
    for name, layer in network.named_children():
        image = layer(image)
        kept[name] = image.clone()
    return kept


@wrong(check.extract, "only the first")
def extract(network, image, wanted):
    kept = {}
    for name, layer in network.named_children():
        image = layer(image)
        if name in wanted:
            kept[name] = image.clone()
            return kept


@wrong(check.extract, "only the last")
def extract(network, image, wanted):
    for name, layer in network.named_children():
        image = layer(image)
        if name in wanted:
            kept = {name: image.clone()}
    return kept


@wrong(check.extract, "name")
def extract(network, image, wanted):
    kept = {}
    for name, layer in network.named_children():
        image = layer(image)
        if layer in wanted:
            kept[name] = image.clone()
    return kept


@wrong(check.extract, "list")
def extract(network, image, wanted):
    kept = []
    for name, layer in network.named_children():
        image = layer(image)
        if name in wanted:
            kept.append(image.clone())
    return kept


@wrong(check.extract, "output of the network")
def extract(network, image, wanted):
    kept = {}
    for layer in network:
        image = layer(image)
    for name in wanted:
        kept[name] = image
    return kept


@right(check.false_colours)
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    return torch.sigmoid(2 * seen / seen.square().mean(dim=(2, 3), keepdim=True).sqrt())


@right(check.false_colours)
def false_colours(maps, axes):
    b, c, h, w = maps.shape
    rows = maps.reshape(b, c, h * w)
    rows = rows - rows.mean(dim=-1, keepdim=True)
    seen = axes @ rows
    r = (seen**2).mean(dim=-1, keepdim=True) ** 0.5
    return (1 / (1 + torch.exp(-2 * seen / r))).reshape(b, 3, h, w)


@right(check.false_colours)
def false_colours(maps, axes):
    last = maps.permute(0, 2, 3, 1)
    seen = (last - last.mean(dim=(1, 2), keepdim=True)) @ axes.T
    seen = seen.permute(0, 3, 1, 2)
    return (2 * seen / seen.std(dim=(2, 3), keepdim=True, correction=0)).sigmoid()


@right(check.false_colours)
def false_colours(maps, axes):
    centred = maps - maps.mean((-1, -2))[..., None, None]
    planes = []
    for axis in axes:
        plane = (centred * axis[:, None, None]).sum(dim=1)
        planes.append(torch.sigmoid(2 * plane / plane.pow(2).mean((-1, -2), keepdim=True).sqrt()))
    return torch.stack(planes, dim=1)


@wrong(check.false_colours, "not centred")
def false_colours(maps, axes):
    seen = torch.nn.functional.conv2d(maps, axes[:, :, None, None])
    return torch.sigmoid(2 * seen / seen.square().mean(dim=(2, 3), keepdim=True).sqrt())


@wrong(check.false_colours, "axis")
def false_colours(maps, axes):
    seen = torch.einsum("kc,bchw->bkhw", axes, maps - maps.mean())
    return torch.sigmoid(2 * seen / seen.square().mean(dim=(2, 3), keepdim=True).sqrt())


@wrong(check.false_colours, "axis")
def false_colours(maps, axes):
    maps = maps - maps.mean(1, keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    return torch.sigmoid(2 * seen / seen.square().mean(dim=(2, 3), keepdim=True).sqrt())


@wrong(check.false_colours, "one scale for all colours")
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    r = torch.stack([one.square().mean().sqrt() for one in seen])[:, None, None, None]
    return torch.sigmoid(2 * seen / r)


@wrong(check.false_colours, "no root")
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    return torch.sigmoid(2 * seen / (seen**2).mean(dim=(2, 3), keepdim=True))


@wrong(check.false_colours, "not divided")
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    return torch.sigmoid(2 * torch.einsum("kc,bchw->bkhw", axes, maps))


@wrong(check.false_colours, "no factor 2")
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    return torch.sigmoid(seen / seen.square().mean(dim=(2, 3), keepdim=True).sqrt())


@wrong(check.false_colours, "no sigmoid")
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    return 2 * seen / seen.square().mean(dim=(2, 3), keepdim=True).sqrt()


@wrong(check.false_colours, "mean of absolute values")
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    return torch.sigmoid(2 * seen / seen.square().sqrt().mean(dim=(2, 3), keepdim=True))


@wrong(check.false_colours, "stretched")
def false_colours(maps, axes):
    seen = torch.einsum("kc,bchw->bkhw", axes, maps)
    low = seen.flatten(2).min(dim=2).values[..., None, None]
    high = seen.flatten(2).max(dim=2).values[..., None, None]
    return (seen - low) / (high - low)


@wrong(check.false_colours, "axes")
def false_colours(maps, axes):
    maps = maps - maps.mean(dim=(2, 3), keepdim=True)
    seen = torch.einsum("kc,bchw->bhwk", axes, maps)
    return torch.sigmoid(2 * seen / seen.square().mean(dim=(1, 2), keepdim=True).sqrt())


@right(check.centred_cosine)
def centred_cosine(first, second, mean):
    a, b = (maps - mean[:, None, None] for maps in (first, second))
    return (a * b).sum() / (a.norm() * b.norm())


@right(check.centred_cosine)
def centred_cosine(first, second, mean):
    mean = mean.view(1, -1, 1, 1)
    return torch.cosine_similarity((first - mean).flatten(), (second - mean).flatten(), dim=0)


@right(check.centred_cosine)
def centred_cosine(first, second, mean):
    a = torch.nn.functional.normalize((first[0].flatten(1) - mean.unsqueeze(1)).reshape(-1), dim=0)
    b = torch.nn.functional.normalize((second[0].flatten(1) - mean.unsqueeze(1)).reshape(-1), dim=0)
    return a @ b


@wrong(check.centred_cosine, "argument not used")
def centred_cosine(first, second, mean):
    return torch.cosine_similarity(first.flatten(), second.flatten(), dim=0)


@wrong(check.centred_cosine, "one centred")
def centred_cosine(first, second, mean):
    first = first - mean[:, None, None]
    return torch.cosine_similarity(first.flatten(), second.flatten(), dim=0)


@wrong(check.centred_cosine, "own means")
def centred_cosine(first, second, mean):
    first = first - first.mean(dim=(2, 3), keepdim=True)
    second = second - second.mean(dim=(2, 3), keepdim=True)
    return torch.cosine_similarity(first.flatten(), second.flatten(), dim=0)


@wrong(check.centred_cosine, "one mean for all")
def centred_cosine(first, second, mean):
    a, b = (first - mean.mean()).flatten(), (second - mean.mean()).flatten()
    return a @ b / (a.norm() * b.norm())


@wrong(check.centred_cosine, "not divided")
def centred_cosine(first, second, mean):
    mean = mean[None, :, None, None]
    return ((first - mean) * (second - mean)).sum()


@wrong(check.centred_cosine, "squared lengths")
def centred_cosine(first, second, mean):
    a, b = ((maps - mean[:, None, None]).flatten() for maps in (first, second))
    return a @ b / (a @ a) / (b @ b)


@wrong(check.centred_cosine, "place by place")
def centred_cosine(first, second, mean):
    a, b = (maps - mean[:, None, None] for maps in (first, second))
    return torch.cosine_similarity(a, b).mean()


@wrong(check.centred_cosine, "channel by channel")
def centred_cosine(first, second, mean):
    a, b = (maps[0].flatten(1) - mean[:, None] for maps in (first, second))
    return torch.stack([torch.cosine_similarity(x, y, dim=0) for x, y in zip(a, b, strict=True)]).mean()


@wrong(check.centred_cosine, "not averaged")
def centred_cosine(first, second, mean):
    a, b = (maps - mean[:, None, None] for maps in (first, second))
    return torch.cosine_similarity(a, b)


@wrong(check.centred_cosine, "too much")
def centred_cosine(first, second, mean):
    a, b = ((maps - mean[:, None, None]).flatten() for maps in (first, second))
    return 1 - (a * b).sum() / a.norm() / b.norm()


@wrong(check.centred_cosine, "shapes")
def centred_cosine(first, second, mean):
    a, b = (maps - mean for maps in (first, second))
    return (a * b).sum() / (a.norm() * b.norm())
