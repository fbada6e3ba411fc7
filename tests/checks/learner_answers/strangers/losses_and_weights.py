"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ my_style_loss
    (
        "style_loss",
        "wrong",
        "forgot to square C",
        """
def my_style_loss(features, target_gram):
    G = gram_matrix(features)
    C = features.shape[1]
    return ((G - target_gram) ** 2).sum() / (4 * C)
""",
    ),
    (
        "style_loss",
        "wrong",
        "thought that the channels come last, as in TensorFlow",
        """
def my_style_loss(features, target_gram):
    C = features.shape[-1]
    return (gram_matrix(features) - target_gram).pow(2).sum() / (4 * C**2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "took the batch size for the number of channels",
        """
def my_style_loss(features, target_gram):
    C = len(features)
    return (gram_matrix(features) - target_gram).pow(2).sum() / (4 * C**2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "a mean over everything, so that the batch is averaged and not summed",
        """
def my_style_loss(features, target_gram):
    return (gram_matrix(features) - target_gram).square().mean() / 4
""",
    ),
    (
        "style_loss",
        "wrong",
        "forgot the brackets around the divisor",
        """
def my_style_loss(features, target_gram):
    C = features.size(1)
    return torch.sum((gram_matrix(features) - target_gram) ** 2) / 4 * C**2
""",
    ),
    (
        "style_loss",
        "wrong",
        "divided the Gram matrix by M once more",
        """
def my_style_loss(features, target_gram):
    B, C, H, W = features.shape
    G = gram_matrix(features) / (H * W)
    return ((G - target_gram) ** 2).sum() / (4 * C**2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "divided by the paper's 4 C² M², though M is in the Gram matrix",
        """
def my_style_loss(features, target_gram):
    B, C, H, W = features.shape
    M = H * W
    return torch.sum((gram_matrix(features) - target_gram) ** 2) / (4 * C**2 * M**2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "left the 4 out",
        """
def my_style_loss(features, target_gram):
    b, c, h, w = features.shape
    return torch.sum((gram_matrix(features) - target_gram) ** 2) / c**2
""",
    ),
    (
        "style_loss",
        "wrong",
        "typed in the 16 of the pencil",
        """
def my_style_loss(features, target_gram):
    G = gram_matrix(features)
    return ((G - target_gram) ** 2).sum() / 16
""",
    ),
    (
        "style_loss",
        "wrong",
        "made a Gram matrix of its own and did not divide by the places",
        """
def my_style_loss(features, target_gram):
    f = features.flatten(2)
    gram = f @ f.transpose(1, 2)
    return (gram - target_gram).square().sum() / (4 * f.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "absolute differences for squares",
        """
def my_style_loss(features, target_gram):
    return (gram_matrix(features) - target_gram).abs().sum() / (4 * features.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "squared the sum and not the entries",
        """
def my_style_loss(features, target_gram):
    return (gram_matrix(features) - target_gram).sum() ** 2 / (4 * features.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "looked at the first picture of the batch only",
        """
def my_style_loss(features, target_gram):
    F = features[0].flatten(1)
    G = F @ F.T / F.shape[1]
    return ((G - target_gram[0]) ** 2).sum() / (4 * F.shape[0] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "a view for one picture, which breaks with two",
        """
def my_style_loss(features, target_gram):
    B, C, H, W = features.shape
    F = features.view(C, H * W)
    G = torch.mm(F, F.t()) / (H * W)
    return ((G - target_gram) ** 2).sum() / (4 * C**2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "no graph: thought that a number needs no gradient",
        """
def my_style_loss(features, target_gram):
    with torch.no_grad():
        G = gram_matrix(features)
        return ((G - target_gram) ** 2).sum() / (4 * features.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "numpy, which cuts the graph",
        """
def my_style_loss(features, target_gram):
    import numpy as np

    G = gram_matrix(features).detach().numpy()
    return np.sum((G - target_gram.numpy()) ** 2) / (4 * G.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "subtracts in place and so changes the caller's target",
        """
def my_style_loss(features, target_gram):
    target_gram -= gram_matrix(features)
    return target_gram.square().sum() / (4 * features.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "squares in place, which autograd refuses in backward",
        """
def my_style_loss(features, target_gram):
    d = gram_matrix(features) - target_gram
    d *= d
    return d.sum() / (4 * features.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "made a Gram matrix of the Gram matrix, an error",
        """
def my_style_loss(features, target_gram):
    G, A = gram_matrix(features), gram_matrix(target_gram)
    return ((G - A) ** 2).sum() / (4 * G.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "wrong",
        "expected a dictionary of five layers",
        """
def my_style_loss(features, target_gram):
    total = 0
    for layer in STYLE_LAYERS:
        G = gram_matrix(features[layer])
        total += ((G - target_gram[layer]) ** 2).sum() / (4 * G.shape[1] ** 2)
    return total / 5
""",
    ),
    (
        "style_loss",
        "wrong",
        "half finished: the result is calculated and never returned",
        """
def my_style_loss(features, target_gram):
    G = gram_matrix(features)
    C = G.shape[1]
    E = ((G - target_gram) ** 2).sum() / (4 * C**2)
    print(E)
""",
    ),
    (
        "style_loss",
        "wrong",
        "used the global painting as the target and ignored the argument",
        """
def my_style_loss(features, target_gram):
    A = gram_matrix(extract_features(backbone, painting, "relu1_1")["relu1_1"])
    G = gram_matrix(features)
    return ((G - A) ** 2).sum() / (4 * G.shape[1] ** 2)
""",
    ),
    (
        "style_loss",
        "right",
        "the formula, word by word",
        """
def my_style_loss(features, target_gram):
    C = features.shape[1]
    G = gram_matrix(features)
    return torch.sum((G - target_gram) ** 2) / (4 * C**2)
""",
    ),
    (
        "style_loss",
        "right",
        "einsum for the Gram matrix, mse_loss with a sum for the rest",
        """
def my_style_loss(features, target_gram):
    b, c, h, w = features.shape
    gram = torch.einsum("bihw,bjhw->bij", features, features) / (h * w)
    return torch.nn.functional.mse_loss(gram, target_gram, reduction="sum") / (2 * c) ** 2
""",
    ),
    (
        "style_loss",
        "right",
        "picture by picture in a loop",
        """
def my_style_loss(features, target_gram):
    total = 0.0
    for maps, goal in zip(features, target_gram):
        flat = maps.reshape(maps.shape[0], -1)
        gram = flat.mm(flat.t()) / flat.shape[1]
        total = total + (gram - goal).norm() ** 2 / (4 * maps.shape[0] ** 2)
    return total
""",
    ),
    # ------------------------------------------------------------------ my_relative_loss
    (
        "relative_style_loss",
        "wrong",
        "divided by the picture's Gram matrix",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return (G - target_gram).square().sum() / G.square().sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "divided each entry and summed then, which is infinite where A is 0",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return ((G - target_gram) ** 2 / target_gram**2).sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "forgot the square below the line",
        """
def my_relative_loss(features, target_gram):
    return (gram_matrix(features) - target_gram).square().sum() / target_gram.sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "a quotient of norms, without the squares",
        """
def my_relative_loss(features, target_gram):
    return torch.norm(gram_matrix(features) - target_gram) / torch.norm(target_gram)
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "the paper's E above, so that 4 C² stays in",
        """
def my_relative_loss(features, target_gram):
    return style_loss(features, target_gram) / (target_gram**2).sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "divided by the global A, the pencil's unit matrix",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return ((G - target_gram) ** 2).sum() / (A**2).sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "forgot the brackets: a matrix comes out",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return G - target_gram.square().sum() / target_gram.square().sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "added 1 below, against a division by zero",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return ((G - target_gram) ** 2).sum() / ((target_gram**2).sum() + 1)
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "squares of sums",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return (G - target_gram).sum() ** 2 / target_gram.sum() ** 2
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "a mean above and a sum below",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return torch.nn.functional.mse_loss(G, target_gram) / target_gram.pow(2).sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "returned how like they are, 1 minus the distance",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return 1 - ((G - target_gram) ** 2).sum() / (target_gram**2).sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "compared the features with themselves through detach",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features.detach())
    return ((G - target_gram) ** 2).sum() / (target_gram**2).sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "a plain float, so that the picture could not be painted with it",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return ((G - target_gram) ** 2).sum().item() / (target_gram**2).sum().item()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "scaled the target in place",
        """
def my_relative_loss(features, target_gram):
    size = target_gram.norm()
    target_gram /= size
    return (gram_matrix(features) / size - target_gram).square().sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "features minus the Gram matrix, shapes that do not fit",
        """
def my_relative_loss(features, target_gram):
    return (features - target_gram).square().sum() / target_gram.square().sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "divided by both norms, as for two pictures of equal rank",
        """
def my_relative_loss(features, target_gram):
    G, A = gram_matrix(features), target_gram
    return ((G - A) ** 2).sum() / (G.pow(2).sum() + A.pow(2).sum())
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "normalised both to length 1, so that a louder G goes unseen",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return (G / G.norm() - target_gram / target_gram.norm()).square().sum()
""",
    ),
    (
        "relative_style_loss",
        "wrong",
        "misspelt the argument",
        """
def my_relative_loss(features, target_gram):
    G = gram_matrix(features)
    return ((G - target_grams) ** 2).sum() / (target_grams**2).sum()
""",
    ),
    (
        "relative_style_loss",
        "right",
        "the formula",
        """
def my_relative_loss(features, target_gram):
    gram = gram_matrix(features)
    return (gram - target_gram).pow(2).sum() / target_gram.pow(2).sum()
""",
    ),
    (
        "relative_style_loss",
        "right",
        "the paper's loss over its own value at features of zero",
        """
def my_relative_loss(features, target_gram):
    nothing = torch.zeros_like(features)
    return style_loss(features, target_gram) / style_loss(nothing, target_gram)
""",
    ),
    (
        "relative_style_loss",
        "right",
        "norms, squared at the end",
        """
def my_relative_loss(features, target_gram):
    flat = features.flatten(start_dim=2)
    gram = torch.bmm(flat, flat.mT) / flat.shape[-1]
    return (torch.linalg.vector_norm(gram - target_gram) / torch.linalg.vector_norm(target_gram)) ** 2
""",
    ),
    # ------------------------------------------------------------------ my_layer_shares
    (
        "layer_shares",
        "wrong",
        "did not divide by C²",
        """
def my_layer_shares(grams):
    parts = {name: (A**2).sum().item() for name, A in grams.items()}
    return {name: part / sum(parts.values()) for name, part in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "divided by C and not by its square",
        """
def my_layer_shares(grams):
    parts = {name: ((A**2).sum() / A.shape[1]).item() for name, A in grams.items()}
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "stopped at the parts, which do not add up to 1",
        """
def my_layer_shares(grams):
    return {name: (A.square().sum() / A.shape[1] ** 2).item() for name, A in grams.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "a list, without the names",
        """
def my_layer_shares(grams):
    parts = [A.square().mean().item() for A in grams.values()]
    return [part / sum(parts) for part in parts]
""",
    ),
    (
        "layer_shares",
        "wrong",
        "took the batch axis for C, so that C is 1",
        """
def my_layer_shares(grams):
    parts = {}
    for layer, A in grams.items():
        C = A.shape[0]
        parts[layer] = float((A**2).sum() / C**2)
    total = sum(parts.values())
    return {layer: parts[layer] / total for layer in parts}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "squared the sum",
        """
def my_layer_shares(grams):
    parts = {k: float(a.sum() ** 2 / a.shape[1] ** 2) for k, a in grams.items()}
    return {k: v / sum(parts.values()) for k, v in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "in per cent",
        """
def my_layer_shares(grams):
    parts = {k: a.square().mean().item() for k, a in grams.items()}
    return {k: 100 * v / sum(parts.values()) for k, v in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "all weigh the same, says the formula",
        """
def my_layer_shares(grams):
    return {name: 1 / len(grams) for name in grams}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "divided while the sum was still growing",
        """
def my_layer_shares(grams):
    shares, total = {}, 0.0
    for name, A in grams.items():
        part = A.square().mean().item()
        total += part
        shares[name] = part / total
    return shares
""",
    ),
    (
        "layer_shares",
        "wrong",
        "VGG's channels from memory",
        """
def my_layer_shares(grams):
    channels = [64, 128, 256, 512, 512]
    parts = {n: (A**2).sum().item() / C**2 for (n, A), C in zip(grams.items(), channels)}
    total = sum(parts.values())
    return {n: p / total for n, p in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "softmax, as it makes shares of anything",
        """
def my_layer_shares(grams):
    parts = torch.stack([A.square().mean() for A in grams.values()])
    return dict(zip(grams, parts.softmax(dim=0).tolist()))
""",
    ),
    (
        "layer_shares",
        "wrong",
        "sizes and not their squares",
        """
def my_layer_shares(grams):
    parts = {n: (A.norm() / A.shape[1]).item() for n, A in grams.items()}
    total = sum(parts.values())
    return {n: p / total for n, p in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "floor division makes every share 0",
        """
def my_layer_shares(grams):
    parts = {n: A.square().mean().item() for n, A in grams.items()}
    return {n: p // sum(parts.values()) for n, p in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "divided by the largest and not by the sum",
        """
def my_layer_shares(grams):
    parts = {n: A.square().mean().item() for n, A in grams.items()}
    return {n: p / max(parts.values()) for n, p in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "took features and made Gram matrices of them, an error",
        """
def my_layer_shares(grams):
    parts = {n: gram_matrix(A).square().mean().item() for n, A in grams.items()}
    return {n: p / sum(parts.values()) for n, p in parts.items()}
""",
    ),
    (
        "layer_shares",
        "wrong",
        "looped over the names as if they were matrices",
        """
def my_layer_shares(grams):
    parts = [A.square().mean().item() for A in grams]
    return {n: p / sum(parts) for n, p in zip(grams, parts)}
""",
    ),
    (
        "layer_shares",
        "right",
        "two steps: the parts, then each over their sum",
        """
def my_layer_shares(grams):
    parts = {name: A.square().sum().item() / A.shape[-1] ** 2 for name, A in grams.items()}
    total = sum(parts.values())
    return {name: part / total for name, part in parts.items()}
""",
    ),
    (
        "layer_shares",
        "right",
        "a tensor of means, for Σ/C² is a mean",
        """
def my_layer_shares(grams):
    means = torch.stack([(A * A).mean() for A in grams.values()])
    return dict(zip(grams.keys(), (means / means.sum()).tolist()))
""",
    ),
    # ------------------------------------------------------------------ my_variation
    (
        "total_variation",
        "wrong",
        "sums for means",
        """
def my_variation(image):
    return image.diff(dim=3).square().sum() + image.diff(dim=2).square().sum()
""",
    ),
    (
        "total_variation",
        "wrong",
        "absolute values, as Rudin, Osher and Fatemi",
        """
def my_variation(image):
    right = (image[:, :, :, 1:] - image[:, :, :, :-1]).abs().mean()
    down = (image[:, :, 1:, :] - image[:, :, :-1, :]).abs().mean()
    return right + down
""",
    ),
    (
        "total_variation",
        "wrong",
        "only to the right",
        """
def my_variation(image):
    return (image[..., 1:] - image[..., :-1]).square().mean()
""",
    ),
    (
        "total_variation",
        "wrong",
        "one mean over all steps",
        """
def my_variation(image):
    right, down = image.diff(dim=3).flatten(), image.diff(dim=2).flatten()
    return torch.cat([right, down]).square().mean()
""",
    ),
    (
        "total_variation",
        "wrong",
        "divided by all pixels, also those without a neighbour",
        """
def my_variation(image):
    right, down = image.diff(dim=3).square().sum(), image.diff(dim=2).square().sum()
    return (right + down) / image.numel()
""",
    ),
    (
        "total_variation",
        "wrong",
        "roll, which joins the last column to the first",
        """
def my_variation(image):
    right = (torch.roll(image, -1, dims=3) - image).square().mean()
    down = (torch.roll(image, -1, dims=2) - image).square().mean()
    return right + down
""",
    ),
    (
        "total_variation",
        "wrong",
        "channels and rows instead of rows and columns",
        """
def my_variation(image):
    return image.diff(dim=1).square().mean() + image.diff(dim=2).square().mean()
""",
    ),
    (
        "total_variation",
        "wrong",
        "rows first, as in a numpy picture (H, W, 3)",
        """
def my_variation(image):
    down = (image[1:] - image[:-1]).square().mean()
    right = (image[:, 1:] - image[:, :-1]).square().mean()
    return right + down
""",
    ),
    (
        "total_variation",
        "wrong",
        "a colon and a minus too few: everything minus the first column",
        """
def my_variation(image):
    right = (image[:, :, :, 1:] - image[:, :, :, :1]).square().mean()
    down = (image[:, :, 1:, :] - image[:, :, :1, :]).square().mean()
    return right + down
""",
    ),
    (
        "total_variation",
        "wrong",
        "the neighbour after the next",
        """
def my_variation(image):
    right = (image[..., 2:] - image[..., :-2]).square().mean()
    down = (image[..., 2:, :] - image[..., :-2, :]).square().mean()
    return right + down
""",
    ),
    (
        "total_variation",
        "wrong",
        "the length of the step, a root of the two squares",
        """
def my_variation(image):
    right = image[:, :, :-1].diff(dim=3)
    down = image[:, :, :, :-1].diff(dim=2)
    return (right**2 + down**2 + 1e-12).sqrt().mean()
""",
    ),
    (
        "total_variation",
        "wrong",
        "squared the mean, so that light and dark cancel",
        """
def my_variation(image):
    return image.diff(dim=3).mean() ** 2 + image.diff(dim=2).mean() ** 2
""",
    ),
    (
        "total_variation",
        "wrong",
        "zeros around the picture before the steps",
        """
def my_variation(image):
    padded = torch.nn.functional.pad(image, (0, 1, 0, 1))
    return padded.diff(dim=3).square().mean() + padded.diff(dim=2).square().mean()
""",
    ),
    (
        "total_variation",
        "wrong",
        "the mean of the two means",
        """
def my_variation(image):
    right, down = image.diff(dim=-1), image.diff(dim=-2)
    return (right.square().mean() + down.square().mean()) / 2
""",
    ),
    (
        "total_variation",
        "wrong",
        "a loop that stops one column and one row early",
        """
def my_variation(image):
    B, C, H, W = image.shape
    right = sum(((image[:, :, :, c + 1] - image[:, :, :, c]) ** 2).sum() for c in range(W - 2))
    down = sum(((image[:, :, r + 1] - image[:, :, r]) ** 2).sum() for r in range(H - 2))
    return right / (B * C * H * (W - 1)) + down / (B * C * (H - 1) * W)
""",
    ),
    (
        "total_variation",
        "wrong",
        "the same direction twice",
        """
def my_variation(image):
    return sum(image.diff(dim=side).square().mean() for side in (3, 3))
""",
    ),
    (
        "total_variation",
        "wrong",
        "item(), after which nothing can be painted",
        """
def my_variation(image):
    return (image.diff(dim=3).square().mean() + image.diff(dim=2).square().mean()).item()
""",
    ),
    (
        "total_variation",
        "wrong",
        "in place, into the caller's picture",
        """
def my_variation(image):
    image = image.data
    right = image[..., 1:].sub_(image[..., :-1].clone()).square().mean()
    down = image[..., 1:, :].sub_(image[..., :-1, :].clone()).square().mean()
    return right + down
""",
    ),
    (
        "total_variation",
        "wrong",
        "clamped the picture first",
        """
def my_variation(image):
    image = image.clamp(0, 1)
    return image.diff(dim=3).square().mean() + image.diff(dim=2).square().mean()
""",
    ),
    (
        "total_variation",
        "wrong",
        "a row that is shorter subtracted from one that is longer",
        """
def my_variation(image):
    right = (image[:, :, :, 1:] - image[:, :, :, :]).square().mean()
    down = (image[:, :, 1:, :] - image[:, :, :, :]).square().mean()
    return right + down
""",
    ),
    (
        "total_variation",
        "wrong",
        "two numbers and not their sum",
        """
def my_variation(image):
    return image.diff(dim=3).square().mean(), image.diff(dim=2).square().mean()
""",
    ),
    (
        "total_variation",
        "wrong",
        "measured the global photograph",
        """
def my_variation(image):
    return photo.diff(dim=3).square().mean() + photo.diff(dim=2).square().mean()
""",
    ),
    (
        "total_variation",
        "right",
        "slices",
        """
def my_variation(image):
    right = image[:, :, :, 1:] - image[:, :, :, :-1]
    down = image[:, :, 1:, :] - image[:, :, :-1, :]
    return (right**2).mean() + (down**2).mean()
""",
    ),
    (
        "total_variation",
        "right",
        "mse_loss between the picture and itself, moved by one",
        """
def my_variation(image):
    mse = torch.nn.functional.mse_loss
    return mse(image[..., 1:], image[..., :-1]) + mse(image[..., 1:, :], image[..., :-1, :])
""",
    ),
    (
        "total_variation",
        "right",
        "diff, in a sum over the two sides",
        """
def my_variation(image):
    return sum(image.diff(dim=side).pow(2).mean() for side in (-1, -2))
""",
    ),
    # ------------------------------------------------------------------ my_conversion
    (
        "convert_weight",
        "wrong",
        "upside down",
        """
def my_conversion(weight, channels):
    return weight * channels**2 / 4
""",
    ),
    (
        "convert_weight",
        "wrong",
        "divided by the 4 as well",
        """
def my_conversion(weight, channels):
    return weight / (4 * channels**2)
""",
    ),
    (
        "convert_weight",
        "wrong",
        "forgot the 4",
        """
def my_conversion(weight, channels):
    return weight / channels**2
""",
    ),
    (
        "convert_weight",
        "wrong",
        "did not cancel C² against C⁴",
        """
def my_conversion(weight, channels):
    return 4 * weight / channels**4
""",
    ),
    (
        "convert_weight",
        "wrong",
        "C and not C²",
        """
def my_conversion(weight, channels):
    return 4 * weight / channels
""",
    ),
    (
        "convert_weight",
        "wrong",
        "forgot the brackets below the line",
        """
def my_conversion(weight, channels):
    return 4 * weight / channels * channels
""",
    ),
    (
        "convert_weight",
        "wrong",
        "wrote ^ for a power",
        """
def my_conversion(weight, channels):
    return 4 * weight / (channels ^ 2)
""",
    ),
    (
        "convert_weight",
        "wrong",
        "floor division",
        """
def my_conversion(weight, channels):
    return 4 * weight // channels**2
""",
    ),
    (
        "convert_weight",
        "wrong",
        "rounded to a whole number, as weights look nicer so",
        """
def my_conversion(weight, channels):
    return int(4 * weight / channels**2)
""",
    ),
    (
        "convert_weight",
        "wrong",
        "the factor alone, without the weight",
        """
def my_conversion(weight, channels):
    return 4 / channels**2
""",
    ),
    (
        "convert_weight",
        "wrong",
        "typed in 64 channels",
        """
def my_conversion(weight, channels):
    return 4 * weight / 64**2
""",
    ),
    (
        "convert_weight",
        "wrong",
        "typed in 1e6",
        """
def my_conversion(weight, channels):
    return 4e6 / channels**2
""",
    ),
    (
        "convert_weight",
        "wrong",
        "exchanged the two arguments",
        """
def my_conversion(weight, channels):
    return 4 * channels / weight**2
""",
    ),
    (
        "convert_weight",
        "wrong",
        "multiplied where the formula divides",
        """
def my_conversion(weight, channels):
    return weight * (1 / channels**4) * (1 / (4 * channels**2))
""",
    ),
    (
        "convert_weight",
        "wrong",
        "a text for reading",
        """
def my_conversion(weight, channels):
    return f"{4 * weight / channels**2:.1f}"
""",
    ),
    (
        "convert_weight",
        "wrong",
        "prints and returns nothing",
        """
def my_conversion(weight, channels):
    print(4 * weight / channels**2)
""",
    ),
    (
        "convert_weight",
        "wrong",
        "S, which nobody gave",
        """
def my_conversion(weight, channels):
    tutorial = weight * S / channels**4
    return tutorial / (S / (4 * channels**2))
""",
    ),
    (
        "convert_weight",
        "right",
        "solved for the new weight on paper",
        """
def my_conversion(weight, channels):
    return 4 * weight / channels**2
""",
    ),
    (
        "convert_weight",
        "right",
        "one divisor over the other",
        """
def my_conversion(weight, channels):
    S = 1.0
    tutorial = S / channels**4
    paper = S / (4 * channels**2)
    return weight * tutorial / paper
""",
    ),
]
