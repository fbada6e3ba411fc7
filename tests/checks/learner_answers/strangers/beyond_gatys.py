"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ channel_statistics
    (
        "channel_statistics",
        "wrong",
        "std as it comes, divided by H·W - 1",
        """
def channel_statistics(features):
    mu = features.mean(dim=(2, 3))
    sigma = features.std(dim=(2, 3))
    return torch.stack([mu, sigma], dim=1)
""",
    ),
    (
        "channel_statistics",
        "wrong",
        "stacked at the end: (B, C, 2)",
        """
def channel_statistics(features):
    mu = features.mean(dim=(2, 3))
    sigma = features.std(dim=(2, 3), unbiased=False)
    return torch.stack((mu, sigma), dim=-1)
""",
    ),
    (
        "channel_statistics",
        "wrong",
        "cat and reshape: right for one picture only",
        """
def channel_statistics(features):
    B, C, H, W = features.shape
    mu = features.mean(dim=(2, 3))
    sigma = features.var(dim=(2, 3), unbiased=False).sqrt()
    return torch.cat([mu, sigma]).reshape(B, 2, C)
""",
    ),
    (
        "channel_statistics",
        "wrong",
        "the root of the mean square: the mean not taken off",
        """
def channel_statistics(features):
    f = features.flatten(2)
    mu = f.mean(2)
    sigma = (f**2).mean(2).sqrt()
    return torch.stack([mu, sigma], 1)
""",
    ),
    (
        "channel_statistics",
        "wrong",
        "one mean and deviation for the whole batch",
        """
def channel_statistics(features):
    B, C, H, W = features.shape
    mu = features.mean(dim=(0, 2, 3))
    sigma = features.std(dim=(0, 2, 3), unbiased=False)
    return torch.stack([mu, sigma]).expand(B, 2, C)
""",
    ),
    (
        "channel_statistics",
        "wrong",
        "ddof, as in NumPy: raises",
        """
def channel_statistics(features):
    mu = features.mean(axis=(2, 3))
    sigma = features.std(axis=(2, 3), ddof=0)
    return torch.stack([mu, sigma], axis=1)
""",
    ),
    (
        "channel_statistics",
        "right",
        "std without the correction",
        """
def channel_statistics(features):
    return torch.stack(
        [features.mean(dim=(2, 3)), features.std(dim=(2, 3), correction=0)], dim=1
    )
""",
    ),
    (
        "channel_statistics",
        "right",
        "the formulas by hand",
        """
def channel_statistics(features):
    B, C, H, W = features.shape
    points = features.reshape(B, C, H * W)
    mu = points.sum(dim=2) / (H * W)
    differences = points - mu.unsqueeze(2)
    sigma = torch.sqrt((differences * differences).sum(dim=2) / (H * W))
    return torch.cat([mu.unsqueeze(1), sigma.unsqueeze(1)], dim=1)
""",
    ),
    (
        "channel_statistics",
        "right",
        "loops over pictures and channels",
        """
def channel_statistics(features):
    pictures = []
    for picture in features:
        means = torch.stack([channel.mean() for channel in picture])
        deviations = torch.stack([channel.var(unbiased=False).sqrt() for channel in picture])
        pictures.append(torch.stack([means, deviations]))
    return torch.stack(pictures)
""",
    ),
    # ------------------------------------------------------------------ sorted_projections
    (
        "sorted_projections",
        "wrong",
        "torch.sort's pair as it comes: numbers and places",
        """
def sorted_projections(features, directions):
    p = directions @ features.flatten(1)
    return torch.sort(p, dim=1)
""",
    ),
    (
        "sorted_projections",
        "wrong",
        "sorted across the directions, not the places",
        """
def sorted_projections(features, directions):
    p = directions @ features.flatten(1)
    return p.sort(dim=0).values
""",
    ),
    (
        "sorted_projections",
        "wrong",
        "reshape(-1, C) as if the channels came last",
        """
def sorted_projections(features, directions):
    C, H, W = features.shape
    points = features.reshape(H * W, C)
    return (points @ directions.T).T.sort(dim=1).values
""",
    ),
    (
        "sorted_projections",
        "wrong",
        "sorts the channels first, then projects",
        """
def sorted_projections(features, directions):
    f = features.flatten(1).sort(dim=1).values
    return directions @ f
""",
    ),
    (
        "sorted_projections",
        "wrong",
        "sorts within each row of the picture only",
        """
def sorted_projections(features, directions):
    p = torch.einsum("kc,chw->khw", directions, features)
    values, _ = p.sort(dim=-1)
    return values.flatten(1)
""",
    ),
    (
        "sorted_projections",
        "wrong",
        "through NumPy: the numbers are right, the gradient is lost",
        """
def sorted_projections(features, directions):
    import numpy as np

    f = features.detach().numpy()
    p = np.tensordot(directions.detach().numpy(), f.reshape(f.shape[0], -1), axes=1)
    return torch.from_numpy(np.sort(p, axis=1))
""",
    ),
    (
        "sorted_projections",
        "right",
        "one product, one sort",
        """
def sorted_projections(features, directions):
    return (directions @ features.flatten(1)).sort(dim=1).values
""",
    ),
    (
        "sorted_projections",
        "right",
        "einsum",
        """
def sorted_projections(features, directions):
    projected = torch.einsum("kc,chw->khw", directions, features).reshape(len(directions), -1)
    values, places = torch.sort(projected)
    return values
""",
    ),
    (
        "sorted_projections",
        "right",
        "a loop over the directions",
        """
def sorted_projections(features, directions):
    C, H, W = features.shape
    points = features.permute(1, 2, 0).reshape(H * W, C)
    rows = []
    for d in directions:
        numbers = (points * d).sum(dim=1)
        rows.append(numbers[numbers.argsort()])
    return torch.stack(rows)
""",
    ),
    # ------------------------------------------------------------------ adain
    (
        "adain",
        "wrong",
        "std as it comes, divided by n - 1",
        """
def adain(content, style):
    dims = (2, 3)
    mx, sx = content.mean(dims, keepdim=True), content.std(dims, keepdim=True)
    my, sy = style.mean(dims, keepdim=True), style.std(dims, keepdim=True)
    return sy * (content - mx) / (sx + 1e-8) + my
""",
    ),
    (
        "adain",
        "wrong",
        "no keepdim: raises",
        """
def adain(content, style):
    mx, sx = content.mean((2, 3)), content.std((2, 3), unbiased=False)
    my, sy = style.mean((2, 3)), style.std((2, 3), unbiased=False)
    return sy * (content - mx) / (sx + 1e-8) + my
""",
    ),
    (
        "adain",
        "wrong",
        "divides by the deviation first, then takes off the mean",
        """
def adain(content, style):
    dims = (2, 3)
    mx, my = content.mean(dims, keepdim=True), style.mean(dims, keepdim=True)
    sx = content.std(dims, keepdim=True, unbiased=False) + 1e-8
    sy = style.std(dims, keepdim=True, unbiased=False)
    return sy * (content / sx - mx) + my
""",
    ),
    (
        "adain",
        "wrong",
        "statistics over the whole batch",
        """
def adain(content, style):
    dims = (0, 2, 3)
    mx, my = content.mean(dims, keepdim=True), style.mean(dims, keepdim=True)
    sx = content.std(dims, keepdim=True, unbiased=False) + 1e-8
    sy = style.std(dims, keepdim=True, unbiased=False)
    return sy * (content - mx) / sx + my
""",
    ),
    (
        "adain",
        "wrong",
        "one mean and deviation for all channels together",
        """
def adain(content, style):
    dims = (1, 2, 3)
    mx, my = content.mean(dims, keepdim=True), style.mean(dims, keepdim=True)
    sx = content.std(dims, keepdim=True, unbiased=False) + 1e-8
    sy = style.std(dims, keepdim=True, unbiased=False)
    return sy * (content - mx) / sx + my
""",
    ),
    (
        "adain",
        "wrong",
        "the roles exchanged: the style's maps with the content's statistics",
        """
def adain(content, style):
    dims = (2, 3)
    mx, my = content.mean(dims, keepdim=True), style.mean(dims, keepdim=True)
    sx = content.std(dims, keepdim=True, unbiased=False)
    sy = style.std(dims, keepdim=True, unbiased=False) + 1e-8
    return sx * (style - my) / sy + mx
""",
    ),
    (
        "adain",
        "right",
        "the formula",
        """
def adain(content, style):
    dims = (2, 3)
    mx, my = content.mean(dims, keepdim=True), style.mean(dims, keepdim=True)
    sx = content.std(dims, keepdim=True, unbiased=False)
    sy = style.std(dims, keepdim=True, unbiased=False)
    return sy * (content - mx) / (sx + 1e-8) + my
""",
    ),
    (
        "adain",
        "right",
        "with channel_statistics' formulas written out and an epsilon in the root",
        """
def adain(content, style):
    def statistics(maps):
        flat = maps.flatten(2)
        mean = flat.mean(2)[:, :, None, None]
        var = flat.var(2, correction=0)[:, :, None, None]
        return mean, (var + 1e-8).sqrt()

    content_mean, content_std = statistics(content)
    style_mean, style_std = statistics(style)
    normal = (content - content_mean) / content_std
    return normal * style_std + style_mean
""",
    ),
    (
        "adain",
        "right",
        "a loop over pictures and channels",
        """
def adain(content, style):
    result = torch.zeros_like(content)
    for b in range(content.shape[0]):
        y = style[b] if style.shape[0] > 1 else style[0]
        for c in range(content.shape[1]):
            x = content[b, c]
            white = (x - x.mean()) / (x.std(unbiased=False) + 1e-9)
            result[b, c] = y[c].std(unbiased=False) * white + y[c].mean()
    return result
""",
    ),
    # ------------------------------------------------------------------ train
    (
        "train",
        "wrong",
        "the gradients are never set back",
        """
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    losses = []
    for photographs in batches:
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses
""",
    ),
    (
        "train",
        "wrong",
        "a new optimiser in each step",
        """
def train(network, batches, loss, make_optimiser):
    losses = []
    for photographs in batches:
        optimiser = make_optimiser(network.parameters())
        optimiser.zero_grad()
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses
""",
    ),
    (
        "train",
        "wrong",
        "zero_grad between backward and step",
        """
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    losses = []
    for photographs in batches:
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.zero_grad()
        optimiser.step()
        losses.append(float(total))
    return losses
""",
    ),
    (
        "train",
        "wrong",
        "the losses keep their graphs: no item, no detach",
        """
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    losses = []
    for photographs in batches:
        optimiser.zero_grad()
        total = loss(network(photographs), photographs)["total"]
        total.backward()
        optimiser.step()
        losses.append(total)
    return losses
""",
    ),
    (
        "train",
        "wrong",
        "the loss measured again after the step",
        """
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    losses = []
    for photographs in batches:
        optimiser.zero_grad()
        loss(network(photographs), photographs)["total"].backward()
        optimiser.step()
        with torch.no_grad():
            losses.append(loss(network(photographs), photographs)["total"].item())
    return losses
""",
    ),
    (
        "train",
        "wrong",
        "loss(photographs, painted)",
        """
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    losses = []
    for photographs in batches:
        painted = network(photographs)
        total = loss(photographs, painted)["total"]
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        losses.append(total.item())
    return losses
""",
    ),
    (
        "train",
        "right",
        "the usual loop",
        """
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
""",
    ),
    (
        "train",
        "right",
        "with a closure, as for L-BFGS",
        """
def train(network, batches, loss, make_optimiser):
    optimiser = make_optimiser(network.parameters())
    losses = []
    for batch in batches:

        def closure(batch=batch):
            optimiser.zero_grad()
            total = loss(network(batch), batch)["total"]
            total.backward()
            return total

        losses.append(float(optimiser.step(closure)))
    return losses
""",
    ),
    (
        "train",
        "right",
        "verbose; detached tensors; zero_grad at the end",
        """
def train(network, batches, loss, make_optimiser):
    parameters = list(network.parameters())
    optimiser = make_optimiser(parameters)
    optimiser.zero_grad()
    history = []
    for number, photographs in enumerate(batches):
        painted = network(photographs)
        parts = loss(painted, photographs)
        total = parts["total"]
        history.append(total.detach().clone())
        total.backward()
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    return history
""",
    ),
]
