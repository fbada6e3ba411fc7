"""Answers to the exercises of notebook 03."""
# ruff: noqa: F811

import torch
from torch import nn

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


@wrong(check.names_from_config, "relu counted by itself")
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


def all_names(config):
    out, b, n = [], 1, 1
    for c in config:
        if c == "M":
            out.append(f"pool{b}")
            b, n = b + 1, 1
        else:
            out += [f"conv{b}_{n}", f"relu{b}_{n}"]
            n += 1
    return out


@right(check.layer_index)
def layer_index(config, name):
    return all_names(config).index(name)


@right(check.layer_index)
def layer_index(config, name):
    return {layer: number for number, layer in enumerate(all_names(config))}[name]


@right(check.layer_index)
def layer_index(config, name):
    block, number, index = 1, 1, 0
    for entry in config:
        found = [f"pool{block}"] if entry == "M" else [f"conv{block}_{number}", f"relu{block}_{number}"]
        if name in found:
            return index + found.index(name)
        index += len(found)
        block, number = (block + 1, 1) if entry == "M" else (block, number + 1)


@wrong(check.layer_index, "counted from 1")
def layer_index(config, name):
    for index, layer in enumerate(all_names(config), start=1):
        if layer == name:
            return index


@wrong(check.layer_index, "only convolutions")
def layer_index(config, name):
    layers = [layer for layer in all_names(config) if "conv" in layer]
    name = name.replace("relu", "conv")
    return layers.index(name) if name in layers else len(layers) - 1


@wrong(check.layer_index, "pools not counted")
def layer_index(config, name):
    count = 0
    for layer in all_names(config):
        if layer == name:
            break
        if not layer.startswith("pool"):
            count += 1
    return min(count, sum("pool" not in layer for layer in all_names(config)) - 1)


@wrong(check.layer_index, "counted from the end")
def layer_index(config, name):
    backwards = all_names(config)[::-1]
    return -1 - backwards.index(name)


@wrong(check.layer_index, "the name")
def layer_index(config, name):
    return [layer for layer in all_names(config) if layer == name][0]


@wrong(check.layer_index, "list")
def layer_index(config, name):
    return [index for index, layer in enumerate(all_names(config)) if layer == name]


@wrong(check.layer_index, "convolution for relu")
def layer_index(config, name):
    layers = all_names(config)
    if name.startswith("relu"):
        name = "conv" + name[4:]
    return layers.index(name)


@right(check.grab)
def grab(network, index, image):
    kept = []
    handle = network[index].register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))
    network(image)
    handle.remove()
    return kept[0]


@right(check.grab)
def grab(network, index, image):
    return network[: index + 1](image)


@right(check.grab)
def grab(network, index, image):
    x = image
    for number, layer in enumerate(network):
        x = layer(x)
        if number == index:
            return x


@right(check.grab)
def grab(network, index, image):
    return nn.Sequential(*list(network.children())[: index + 1]).eval()(image)


@wrong(check.grab, "overwritten by the ReLU")
def grab(network, index, image):
    kept = {}

    def hook(module, inputs, output):
        kept["output"] = output

    handle = network[index].register_forward_hook(hook)
    network(image)
    handle.remove()
    return kept["output"]


@wrong(check.grab, "changed input")
def grab(network, index, image):
    kept = []
    network[index].register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))
    network(image)
    return kept[0]


@wrong(check.grab, "one layer too early")
def grab(network, index, image):
    return network[:index](image)


@wrong(check.grab, "only this layer")
def grab(network, index, image):
    return network[index](image)


@wrong(check.grab, "output of the network")
def grab(network, index, image):
    for layer in network:
        image = layer(image)
    return image


@wrong(check.grab, "one layer too early")
def grab(network, index, image):
    kept = []
    handle = network[index].register_forward_hook(lambda module, inputs, output: kept.append(inputs[0].clone()))
    network(image)
    handle.remove()
    return kept[0]


@wrong(check.grab, "list")
def grab(network, index, image):
    kept = []
    handle = network[index].register_forward_hook(lambda module, inputs, output: kept.append(output.clone()))
    network(image)
    handle.remove()
    return kept


@wrong(check.grab, "first relu wins")
def grab(network, index, image):
    x = image
    for number, layer in enumerate(network):
        x = layer(x)
        if type(layer) is type(network[index]) and number <= index:
            return x


@right(check.count_weights)
def count_weights(config):
    total, channels = 0, 3
    for entry in config:
        if entry == "M":
            continue
        total += channels * entry * 9 + entry
        channels = entry
    return total


@right(check.count_weights)
def count_weights(config):
    widths = [3] + [entry for entry in config if isinstance(entry, int)]
    return sum((9 * a + 1) * b for a, b in zip(widths[:-1], widths[1:], strict=True))


@right(check.count_weights)
def count_weights(config):
    total, channels = 0, 3
    for width in filter(lambda entry: entry != "M", config):
        layer = nn.Conv2d(channels, width, 3, device="meta")
        total += sum(p.numel() for p in layer.parameters())
        channels = width
    return total


@wrong(check.count_weights, "no bias")
def count_weights(config):
    total, channels = 0, 3
    for entry in config:
        if entry != "M":
            total += channels * entry * 3 * 3
            channels = entry
    return total


@wrong(check.count_weights, "always 3 channels")
def count_weights(config):
    total, channels = 0, 3
    for entry in config:
        if entry != "M":
            total += channels * entry * 9 + entry
    return total


@wrong(check.count_weights, "input channels forgotten")
def count_weights(config):
    return sum(9 * entry + entry for entry in config if entry != "M")


@wrong(check.count_weights, "starts with 1 channel")
def count_weights(config):
    total, channels = 0, 1
    for entry in config:
        if entry != "M":
            total += (9 * channels + 1) * entry
            channels = entry
    return total


@wrong(check.count_weights, "type")
def count_weights(config):
    total, channels = 0, 3
    for entry in config:
        total += channels * entry * 9 + entry
        channels = entry
    return total


@wrong(check.count_weights, "one bias for a layer")
def count_weights(config):
    total, channels = 0, 3
    for entry in config:
        if entry != "M":
            total += channels * entry * 9 + 1
            channels = entry
    return total


@wrong(check.count_weights, "kernel of 3 numbers")
def count_weights(config):
    total, channels, kernel = 0, 3, 3
    for entry in config:
        if entry != "M":
            total += entry * (channels * kernel + 1)
            channels = entry
    return total


@wrong(check.count_weights, "only the last layer")
def count_weights(config):
    channels = torch.tensor(3).item()
    for entry in config:
        if entry != "M":
            total = entry * (channels * 9 + 1)
            channels = entry
    return total
