"""Answers to the exercises of notebook 11."""
# ruff: noqa: F811

import torch

from learner_answers import right, wrong
from nsthelpers.checks import beyond_gatys as check


@right(check.channel_statistics)
def channel_statistics(features):
    mean = features.mean((2, 3))
    centred = features - mean[..., None, None]
    return torch.stack([mean, (centred**2).mean((2, 3)) ** 0.5], dim=1)


@right(check.channel_statistics)
def channel_statistics(features):
    deviation, mean = torch.std_mean(features.flatten(2), dim=-1, correction=0)
    return torch.stack((mean, deviation), 1)


@right(check.channel_statistics)
def channel_statistics(features):
    n = features.shape[2] * features.shape[3]
    mean = features.sum((2, 3)) / n
    square = (features * features).sum((2, 3)) / n
    return torch.cat([mean[:, None], (square - mean * mean).sqrt()[:, None]], dim=1)


@wrong(check.channel_statistics, "correction")
def channel_statistics(features):
    return torch.stack([features.mean((2, 3)), features.std((2, 3))], 1)


@wrong(check.channel_statistics, "variance")
def channel_statistics(features):
    mean = features.mean((2, 3), keepdim=True)
    return torch.stack([mean[..., 0, 0], ((features - mean) ** 2).mean((2, 3))], 1)


@wrong(check.channel_statistics, "upside down")
def channel_statistics(features):
    return torch.stack(torch.std_mean(features, (2, 3), correction=0), 1)


@wrong(check.channel_statistics, "joined")
def channel_statistics(features):
    return torch.cat([features.mean((2, 3)), features.std((2, 3), correction=0)], 1)


@wrong(check.channel_statistics, "transposed")
def channel_statistics(features):
    return torch.stack([features.mean((2, 3)), features.std((2, 3), correction=0)], -1)


@wrong(check.channel_statistics, "root mean square")
def channel_statistics(features):
    return torch.stack([features.mean((2, 3)), (features**2).mean((2, 3)).sqrt()], 1)


@wrong(check.channel_statistics, "over the channels")
def channel_statistics(features):
    return torch.stack([features.mean(1), features.std(1, correction=0)], 1)


@right(check.sorted_projections)
def sorted_projections(features, directions):
    channels = features.shape[0]
    values = torch.einsum("kc,cp->kp", directions, features.reshape(channels, -1))
    return torch.sort(values, dim=1)[0]


@right(check.sorted_projections)
def sorted_projections(features, directions):
    places = features.flatten(1).T
    return torch.stack([(places @ direction).sort().values for direction in directions])


@right(check.sorted_projections)
def sorted_projections(features, directions):
    values = (directions[:, :, None, None] * features).sum(1).flatten(1)
    return values.gather(1, values.argsort(1))


@wrong(check.sorted_projections, "not sorted")
def sorted_projections(features, directions):
    return torch.einsum("kc,chw->khw", directions, features).flatten(1)


@wrong(check.sorted_projections, "sorted too early")
def sorted_projections(features, directions):
    rising, _ = features.flatten(1).sort(1)
    return directions @ rising


@wrong(check.sorted_projections, "mirrored")
def sorted_projections(features, directions):
    return -((-directions @ features.flatten(1)).sort(1).values)


@wrong(check.sorted_projections, "missing")
def sorted_projections(features, directions):
    return torch.sort(directions @ features.flatten(1), dim=1)


@wrong(check.sorted_projections, "transposed")
def sorted_projections(features, directions):
    return (features.flatten(1).T @ directions.T).sort(0).values


@wrong(check.sorted_projections, "reshaped, not flattened")
def sorted_projections(features, directions):
    places = features.reshape(-1, features.shape[0])
    return (places @ directions.T).sort(0).values.T


@wrong(check.sorted_projections, "axis")
def sorted_projections(features, directions):
    return torch.sort(directions @ features.flatten(1), 0).values


@right(check.adain)
def adain(content, style):
    mean, deviation = content.mean((2, 3), keepdim=True), content.std((2, 3), correction=0, keepdim=True)
    style_mean, style_deviation = style.mean((2, 3), keepdim=True), style.std((2, 3), correction=0, keepdim=True)
    return style_deviation * (content - mean) / deviation + style_mean


@right(check.adain)
def adain(content, style):
    plain = torch.nn.functional.instance_norm(content, eps=1e-12)
    variance, mean = torch.var_mean(style, (2, 3), correction=0, keepdim=True)
    return plain * variance.sqrt() + mean


@right(check.adain)
def adain(content, style):
    painted = torch.empty_like(content)
    for b in range(content.shape[0]):
        target = style[b] if len(style) > 1 else style[0]
        for c in range(content.shape[1]):
            x, y = content[b, c], target[c]
            painted[b, c] = (x - x.mean()) / x.var(correction=0).sqrt() * y.var(correction=0).sqrt() + y.mean()
    return painted


@wrong(check.adain, "exchanged")
def adain(content, style):
    m, s = content.mean((2, 3), keepdim=True), content.std((2, 3), correction=0, keepdim=True)
    p, t = style.mean((2, 3), keepdim=True), style.std((2, 3), correction=0, keepdim=True)
    return (style - p) / t * s + m


@wrong(check.adain, "correction")
def adain(content, style):
    m, s = content.mean((2, 3), keepdim=True), content.std((2, 3), keepdim=True)
    p, t = style.mean((2, 3), keepdim=True), style.std((2, 3), keepdim=True)
    return (content - m) / s * t + p


@wrong(check.adain, "argument not used")
def adain(content, style):
    return torch.nn.functional.instance_norm(content, eps=1e-12)


@wrong(check.adain, "not divided")
def adain(content, style):
    p, t = style.mean((2, 3), keepdim=True), style.std((2, 3), correction=0, keepdim=True)
    return (content - content.mean((2, 3), keepdim=True)) * t + p


@wrong(check.adain, "mean not added")
def adain(content, style):
    m, s = content.mean((2, 3), keepdim=True), content.std((2, 3), correction=0, keepdim=True)
    return (content - m) * (style.std((2, 3), correction=0, keepdim=True) / s)


@wrong(check.adain, "axis")
def adain(content, style):
    dims = (1, 2, 3)
    m, s = content.mean(dims, keepdim=True), content.std(dims, correction=0, keepdim=True)
    return (content - m) / s * style.std(dims, correction=0, keepdim=True) + style.mean(dims, keepdim=True)


@wrong(check.adain, "function")
def adain(content, style):
    m, s = content.mean((2, 3), keepdim=True), content.var((2, 3), correction=0, keepdim=True)
    return (content - m) / s * style.var((2, 3), correction=0, keepdim=True) + style.mean((2, 3), keepdim=True)


@right(check.train)
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    losses = []
    for photographs in batches:
        optimiser.zero_grad()
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses


@right(check.train)
def train(network, batches, loss, make_optimiser):
    weights, curve = list(network.parameters()), []
    optimiser = make_optimiser(weights)
    for batch in batches:

        def closure(batch=batch):
            optimiser.zero_grad()
            value = loss(network(batch), batch)["total"]
            value.backward()
            return value

        curve.append(float(optimiser.step(closure)))
    return curve


@right(check.train)
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())

    def one(photographs):
        painted = network(photographs)
        value = loss(painted, photographs)["total"]
        for parameter in network.parameters():
            parameter.grad = None
        value.backward()
        optimiser.step()
        return value.detach().item()

    return [one(photographs) for photographs in batches]


@wrong(check.train, "zero_grad")
def train(network, batches, loss, make_optimiser):
    optimiser, losses = make_optimiser(network.parameters()), []
    for photographs in batches:
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses


@wrong(check.train, "no step")
def train(network, batches, loss, make_optimiser):
    optimiser, losses = make_optimiser(network.parameters()), []
    for photographs in batches:
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.zero_grad()
        optimiser.step()
        losses.append(total.item())
    return losses


@wrong(check.train, "exchanged")
def train(network, batches, loss, make_optimiser):
    optimiser, losses = make_optimiser(network.parameters()), []
    for photographs in batches:
        optimiser.zero_grad()
        total = loss(photographs, network(photographs))["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses


@wrong(check.train, "optimiser anew")
def train(network, batches, loss, make_optimiser):
    losses = []
    for photographs in batches:
        network.zero_grad()
        optimiser = make_optimiser(network.parameters())
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses


@wrong(check.train, "only the first")
def train(network, batches, loss, make_optimiser):
    optimiser, losses = make_optimiser(network.parameters()), []
    for photographs in batches:
        optimiser.zero_grad()
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
        return losses


@wrong(check.train, "only the last")
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    for photographs in batches:
        losses = []
        optimiser.zero_grad()
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses


@wrong(check.train, "loss of the photographs")
def train(network, batches, loss, make_optimiser):
    optimiser, losses = make_optimiser(network.parameters()), []
    for photographs in batches:
        photographs = network(photographs)
        optimiser.zero_grad()
        total = loss(photographs, photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses
