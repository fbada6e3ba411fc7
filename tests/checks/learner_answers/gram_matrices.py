"""Answers to the exercises of notebook 05."""
# ruff: noqa: F811

import torch

from learner_answers import right, wrong
from nsthelpers.checks import gram_matrices as check


@right(check.gram)
def gram(features):
    c, h, w = features.shape
    return torch.einsum("iyx,jyx->ij", features, features) / (h * w)


@right(check.gram)
def gram(features):
    flat = features.reshape(features.shape[0], -1)
    return torch.mm(flat, flat.t()).div(flat.shape[1])


@right(check.gram)
def gram(features):
    f = features.flatten(1).unsqueeze(0)
    return torch.bmm(f, f.transpose(1, 2))[0] / f.shape[2]


@right(check.gram)
def gram(features):
    channels = len(features)
    rows = []
    for i in range(channels):
        rows.append(torch.stack([(features[i] * features[j]).mean() for j in range(channels)]))
    return torch.stack(rows)


@right(check.gram)
def gram(features):
    return (features[:, None] * features[None, :]).mean(dim=(-1, -2))


@wrong(check.gram, "summed over channels")
def gram(features):
    c, h, w = features.shape
    flat = features.view(c, h * w)
    return torch.mm(flat.t(), flat) / (h * w)


@wrong(check.gram, "not divided")
def gram(features):
    return torch.einsum("chw,dhw->cd", features, features)


@wrong(check.gram, "divided by C·H·W")
def gram(features):
    c, h, w = features.size()
    f = features.view(c, h * w)
    return torch.mm(f, f.t()).div(c * h * w)


@wrong(check.gram, "reshaped, not transposed")
def gram(features):
    c, h, w = features.shape
    f = features.reshape(h * w, c)
    return f.T @ f / (h * w)


@wrong(check.gram, "detached")
def gram(features):
    f = features.detach().flatten(1)
    return f @ f.T / f.shape[1]


@wrong(check.gram, "numpy")
def gram(features):
    f = features.numpy().reshape(features.shape[0], -1)
    return f @ f.T / f.shape[1]


@wrong(check.gram, "shapes")
def gram(features):
    b, c, h, w = features.shape
    f = features.reshape(b, c, h * w)
    return f @ f.transpose(1, 2) / (h * w)


@wrong(check.gram, "mean removed")
def gram(features):
    f = features.flatten(1)
    f = f - f.mean(1, keepdim=True)
    return f @ f.T / f.shape[1]


@wrong(check.gram, "over W")
def gram(features):
    c, h, w = features.shape
    f = features.reshape(c, h * w)
    return f @ f.T / (h * w * w)


@wrong(check.gram, "shapes")
def gram(features):
    f = features.flatten(1)
    return f @ f / f.shape[1]


@wrong(check.gram, "times W")
def gram(features):
    f = features.flatten(1)
    return f @ f.T / features.shape[1]


@wrong(check.gram, "detached")
def gram(features):
    c = features.shape[0]
    table = [[(features[i] * features[j]).mean().item() for j in range(c)] for i in range(c)]
    return torch.tensor(table, dtype=features.dtype)


@wrong(check.gram, "half filled")
def gram(features):
    c = features.shape[0]
    g = torch.zeros(c, c, dtype=features.dtype)
    for i in range(c):
        for j in range(i):
            g[i, j] = (features[i] * features[j]).mean()
    return g


def own_gram(features):
    c, h, w = features.shape
    flat = features.reshape(c, h * w)
    return torch.mm(flat, flat.t()) / (h * w)


@right(check.style_distance)
def style_distance(features, target_gram):
    return torch.sum((own_gram(features) - target_gram) ** 2) / torch.sum(target_gram**2)


@right(check.style_distance)
def style_distance(features, target_gram):
    gap = own_gram(features) - target_gram
    return gap.pow(2).mean() / target_gram.pow(2).mean()


@right(check.style_distance)
def style_distance(features, target_gram):
    return (torch.linalg.vector_norm(own_gram(features) - target_gram) / target_gram.norm()) ** 2


@right(check.style_distance)
def style_distance(features, target_gram):
    flat = features.flatten(1)
    difference = (flat @ flat.T / flat.shape[1] - target_gram).flatten()
    return difference @ difference / (target_gram.flatten() @ target_gram.flatten())


@wrong(check.style_distance, "not relative")
def style_distance(features, target_gram):
    return torch.nn.functional.mse_loss(own_gram(features), target_gram)


@wrong(check.style_distance, "not relative")
def style_distance(features, target_gram):
    return torch.dist(own_gram(features), target_gram) ** 2


@wrong(check.style_distance, "root")
def style_distance(features, target_gram):
    return torch.dist(own_gram(features), target_gram) / torch.norm(target_gram)


@wrong(check.style_distance, "detached")
def style_distance(features, target_gram):
    g = own_gram(features)
    return torch.tensor(((g - target_gram) ** 2).sum() / (target_gram**2).sum()).to(features.dtype)


@wrong(check.style_distance, "number")
def style_distance(features, target_gram):
    g = own_gram(features)
    return (((g - target_gram) ** 2).sum() / (target_gram**2).sum()).item()


@wrong(check.style_distance, "shapes")
def style_distance(features, target_gram):
    flat = features.flatten(2)
    return ((flat @ flat.mT / flat.shape[2] - target_gram) ** 2).sum() / (target_gram**2).sum()


@wrong(check.style_distance, "Gram not divided")
def style_distance(features, target_gram):
    flat = features.flatten(1)
    g = flat @ flat.T
    return ((g - target_gram) ** 2).sum() / (target_gram**2).sum()


@wrong(check.style_distance, "divided by G")
def style_distance(features, target_gram):
    g = own_gram(features)
    return ((target_gram - g) ** 2).sum() / (g**2).sum()


@wrong(check.style_distance, "shapes")
def style_distance(features, target_gram):
    return ((features - target_gram) ** 2).sum() / (target_gram**2).sum()


@wrong(check.style_distance, "element by element")
def style_distance(features, target_gram):
    return torch.mean((own_gram(features) - target_gram) ** 2 / target_gram**2)


@wrong(check.style_distance, "changed input")
def style_distance(features, target_gram):
    g = own_gram(features)
    size = (target_gram**2).sum()
    target_gram -= g
    return (target_gram**2).sum() / size


def near(features, target):
    f = features.flatten(1)
    return ((f @ f.T / f.shape[1] - target) ** 2).sum() / (target**2).sum()


@right(check.texture_loss)
def texture_loss(image, look, targets):
    features = look(image)
    return sum(near(features[layer], targets[layer]) for layer in targets) / len(targets)


@right(check.texture_loss)
def texture_loss(image, look, targets):
    total = 0
    for layer, maps in look(image).items():
        if layer in targets:
            total = total + near(maps, targets[layer]) / len(targets)
    return total


@right(check.texture_loss)
def texture_loss(image, look, targets):
    maps = look(image)
    return torch.stack([near(maps[name], target) for name, target in targets.items()]).mean()


@right(check.texture_loss)
def texture_loss(image, look, targets):
    return sum([near(look(image)[name], targets[name]) for name in targets]) / len(targets)


@wrong(check.texture_loss, "times the number of entries")
def texture_loss(image, look, targets):
    features = look(image)
    loss = 0
    for name in targets:
        loss += near(features[name], targets[name])
    return loss


@wrong(check.texture_loss, "only the first layer")
def texture_loss(image, look, targets):
    features = look(image)
    total = 0
    for name in targets:
        total = total + near(features[name], targets[name])
        return total


@wrong(check.texture_loss, "only the last layer")
def texture_loss(image, look, targets):
    features = look(image)
    for name in targets:
        total = 0
        total = total + near(features[name], targets[name])
    return total


@wrong(check.texture_loss, "not relative")
def texture_loss(image, look, targets):
    total, features = 0, look(image)
    for name, target in targets.items():
        f = features[name].flatten(1)
        total = total + torch.nn.functional.mse_loss(f @ f.T / f.shape[1], target)
    return total / len(targets)


@wrong(check.texture_loss, "detached")
def texture_loss(image, look, targets):
    with torch.no_grad():
        features = look(image)
    return sum(near(features[name], targets[name]) for name in targets) / len(targets)


@wrong(check.texture_loss, "number")
def texture_loss(image, look, targets):
    features = look(image)
    return sum(near(features[name], targets[name]).item() for name in targets) / len(targets)


@wrong(check.texture_loss, "divided by all layers")
def texture_loss(image, look, targets):
    features = look(image)
    return sum(near(features[name], targets[name]) for name in targets) / len(features)


@wrong(check.texture_loss, "not averaged")
def texture_loss(image, look, targets):
    features = look(image)
    return torch.stack([near(features[name], targets[name]) for name in targets])


@wrong(check.texture_loss, "key")
def texture_loss(image, look, targets):
    features = look(image)
    return sum(near(features[name], targets[name]) for name in features) / len(targets)


@wrong(check.texture_loss, "type")
def texture_loss(image, look, targets):
    features = look(image)
    return near(features, targets)


@wrong(check.texture_loss, "product")
def texture_loss(image, look, targets):
    total, features = 1, look(image)
    for name in targets:
        total = total * near(features[name], targets[name])
    return total


@wrong(check.texture_loss, "divided by five")
def texture_loss(image, look, targets):
    features = look(image)
    return sum(near(features[name], targets[name]) for name in targets) / 5


@right(check.shuffle_pixels)
def shuffle_pixels(features, permutation):
    c, h, w = features.shape
    return features.view(c, h * w)[:, permutation].view(c, h, w)


@right(check.shuffle_pixels)
def shuffle_pixels(features, permutation):
    return torch.index_select(features.flatten(1), 1, permutation).reshape(features.shape)


@right(check.shuffle_pixels)
def shuffle_pixels(features, permutation):
    flat = features.flatten(1)
    index = permutation.expand(len(features), -1)
    return flat.gather(1, index).unflatten(1, features.shape[1:])


@right(check.shuffle_pixels)
def shuffle_pixels(features, permutation):
    width = features.shape[2]
    return features[:, permutation // width, permutation % width].reshape_as(features)


@wrong(check.shuffle_pixels, "inverse permutation")
def shuffle_pixels(features, permutation):
    flat = features.flatten(1)
    result = torch.empty_like(flat)
    result[:, permutation] = flat
    return result.view_as(features)


@wrong(check.shuffle_pixels, "loop")
def shuffle_pixels(features, permutation):
    flat = features.flatten(1)
    result = torch.empty_like(flat)
    for place in range(len(permutation)):
        result[:, place] = flat[:, permutation[place]]
    return result.reshape(features.shape)


@wrong(check.shuffle_pixels, "not reshaped")
def shuffle_pixels(features, permutation):
    c = features.shape[0]
    return features.reshape(c, -1)[:, permutation]


@wrong(check.shuffle_pixels, "index")
def shuffle_pixels(features, permutation):
    return features[permutation]


@wrong(check.shuffle_pixels, "index")
def shuffle_pixels(features, permutation):
    return features[:, permutation]


@wrong(check.shuffle_pixels, "not repeatable")
def shuffle_pixels(features, permutation):
    flat = features.flatten(1)
    return flat[:, torch.randperm(flat.shape[1])].reshape(features.shape)


@wrong(check.shuffle_pixels, "scrambled")
def shuffle_pixels(features, permutation):
    c, h, w = features.shape
    pixels = features.reshape(h * w, c)
    return pixels[permutation].reshape(c, h, w)


@wrong(check.shuffle_pixels, "positions first")
def shuffle_pixels(features, permutation):
    c, h, w = features.shape
    pixels = features.flatten(1).T[permutation]
    return pixels.reshape(c, h, w)


@wrong(check.shuffle_pixels, "given back")
def shuffle_pixels(features, permutation):
    features.flatten(1)[:, permutation].reshape(features.shape)
    return features
