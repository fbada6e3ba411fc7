"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ hand_distance
    (
        "hand_distance",
        "wrong",
        "divided by the second only, as in 05",
        """
def hand_distance(first, second):
    d = [(first[k] - second[k]).square().sum() / second[k].square().sum() for k in first]
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "the sum over the layers",
        """
def hand_distance(first, second):
    total = 0
    for k in first:
        G, A = first[k], second[k]
        total += ((G - A) ** 2).sum() / ((G**2).sum() + (A**2).sum())
    return total
""",
    ),
    (
        "hand_distance",
        "wrong",
        "one quotient of sums over all layers",
        """
def hand_distance(first, second):
    above = sum(((first[k] - second[k]) ** 2).sum() for k in first)
    below = sum((first[k] ** 2).sum() + (second[k] ** 2).sum() for k in first)
    return above / below
""",
    ),
    (
        "hand_distance",
        "wrong",
        "the product of the two norms below",
        """
def hand_distance(first, second):
    d = [(first[k] - second[k]).norm() ** 2 / (first[k].norm() * second[k].norm()) for k in first]
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "norms without their squares",
        """
def hand_distance(first, second):
    d = [(first[k] - second[k]).norm() / (first[k].norm() + second[k].norm()) for k in first]
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "forgot the brackets below",
        """
def hand_distance(first, second):
    total = 0
    for k in first:
        G, A = first[k], second[k]
        total += ((G - A) ** 2).sum() / (G**2).sum() + (A**2).sum()
    return total / len(first)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "the five layers of the notebook, whatever the keys are",
        """
def hand_distance(first, second):
    d = []
    for layer in STYLE_LAYERS:
        G, A = first[layer], second[layer]
        d.append((G - A).square().sum() / (G.square().sum() + A.square().sum()))
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "always five layers in the mean",
        """
def hand_distance(first, second):
    total = 0
    for k in first:
        G, A = first[k], second[k]
        total = total + (G - A).square().sum() / (G.square().sum() + A.square().sum())
    return total / 5
""",
    ),
    (
        "hand_distance",
        "wrong",
        "the last layer only",
        """
def hand_distance(first, second):
    for k in first:
        G, A = first[k], second[k]
        d = (G - A).square().sum() / (G.square().sum() + A.square().sum())
    return d
""",
    ),
    (
        "hand_distance",
        "wrong",
        "return inside the loop: the first layer only",
        """
def hand_distance(first, second):
    total = 0
    for k in first:
        G, A = first[k], second[k]
        total += (G - A).square().sum() / (G.square().sum() + A.square().sum())
        return total / len(first)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "a dictionary of distances",
        """
def hand_distance(first, second):
    return {
        k: (first[k] - second[k]).square().sum() / (first[k].square().sum() + second[k].square().sum())
        for k in first
    }
""",
    ),
    (
        "hand_distance",
        "wrong",
        "absolute values for squares",
        """
def hand_distance(first, second):
    d = [(first[k] - second[k]).abs().sum() / (first[k].abs().sum() + second[k].abs().sum()) for k in first]
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "the likeness, 1 − d",
        """
def hand_distance(first, second):
    d = [(first[k] - second[k]).square().sum() / (first[k].square() + second[k].square()).sum() for k in first]
    return 1 - sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "a dictionary minus a dictionary",
        """
def hand_distance(first, second):
    return ((first - second) ** 2).sum() / ((first**2).sum() + (second**2).sum())
""",
    ),
    (
        "hand_distance",
        "wrong",
        "looped over the keys of one as if they were matrices",
        """
def hand_distance(first, second):
    d = [((G - A) ** 2).sum() / ((G**2).sum() + (A**2).sum()) for G, A in zip(first, second)]
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "subtracted in place, so that the painting is another one afterwards",
        """
def hand_distance(first, second):
    d = []
    for k in first:
        below = first[k].square().sum() + second[k].square().sum()
        first[k] -= second[k]
        d.append(first[k].square().sum() / below)
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "an entry-by-entry quotient, 0/0 where both are 0",
        """
def hand_distance(first, second):
    d = [((first[k] - second[k]) ** 2 / (first[k] ** 2 + second[k] ** 2)).mean() for k in first]
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "the square of the sum below",
        """
def hand_distance(first, second):
    d = [(first[k] - second[k]).square().sum() / (first[k] + second[k]).square().sum() for k in first]
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "took maps and made Gram matrices of them, an error",
        """
def hand_distance(first, second):
    d = []
    for k in first:
        G, A = gram_matrix(first[k]), gram_matrix(second[k])
        d.append((G - A).square().sum() / (G.square().sum() + A.square().sum()))
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "wrong",
        "an average below, so that d is twice as large",
        """
def hand_distance(first, second):
    d = []
    for k in first:
        G, A = first[k], second[k]
        d.append((G - A).square().sum() / ((G.square().sum() + A.square().sum()) / 2))
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "right",
        "a list of d and its mean",
        """
def hand_distance(first, second):
    d = []
    for layer in first:
        G, A = first[layer], second[layer]
        d.append(((G - A) ** 2).sum() / ((G**2).sum() + (A**2).sum()))
    return sum(d) / len(d)
""",
    ),
    (
        "hand_distance",
        "right",
        "1 minus twice the inner product over the squares, as a float",
        """
def hand_distance(first, second):
    total = 0.0
    for layer, G in first.items():
        A = second[layer]
        squares = (G * G).sum() + (A * A).sum()
        total += float(1 - 2 * (G * A).sum() / squares)
    return total / len(first)
""",
    ),
    (
        "hand_distance",
        "right",
        "means for sums, since the number of entries cancels",
        """
def hand_distance(first, second):
    def one(g, a):
        return (g - a).pow(2).mean() / (g.pow(2).mean() + a.pow(2).mean())

    return torch.stack([one(first[k], second[k]) for k in first.keys()]).mean()
""",
    ),
    # ------------------------------------------------------------------ telling
    (
        "telling",
        "wrong",
        "the mean over the channels",
        """
def telling(strengths):
    logs = strengths.log()
    return logs - logs.mean(dim=1, keepdim=True)
""",
    ),
    (
        "telling",
        "wrong",
        "one mean over everything",
        """
def telling(strengths):
    return strengths.log() - strengths.log().mean()
""",
    ),
    (
        "telling",
        "wrong",
        "the logarithm of the mean",
        """
def telling(strengths):
    return strengths.log() - strengths.mean(dim=0).log()
""",
    ),
    (
        "telling",
        "wrong",
        "logarithms to the base 10",
        """
def telling(strengths):
    logs = strengths.log10()
    return logs - logs.mean(dim=0)
""",
    ),
    (
        "telling",
        "wrong",
        "logarithms to the base 2",
        """
def telling(strengths):
    logs = torch.log2(strengths)
    return logs - logs.mean(0)
""",
    ),
    (
        "telling",
        "wrong",
        "no logarithm",
        """
def telling(strengths):
    return strengths - strengths.mean(dim=0)
""",
    ),
    (
        "telling",
        "wrong",
        "the logarithm of a difference, NaN below the mean",
        """
def telling(strengths):
    return torch.log(strengths - strengths.mean(dim=0))
""",
    ),
    (
        "telling",
        "wrong",
        "log(1 + s), to be safe at 0",
        """
def telling(strengths):
    logs = torch.log1p(strengths)
    return logs - logs.mean(dim=0, keepdim=True)
""",
    ),
    (
        "telling",
        "wrong",
        "the factor itself, exp(t)",
        """
def telling(strengths):
    logs = strengths.log()
    return (logs - logs.mean(dim=0)).exp()
""",
    ),
    (
        "telling",
        "wrong",
        "the sum for the mean",
        """
def telling(strengths):
    logs = strengths.log()
    return logs - logs.sum(dim=0)
""",
    ),
    (
        "telling",
        "wrong",
        "the median",
        """
def telling(strengths):
    logs = strengths.log()
    return logs - logs.median(dim=0).values
""",
    ),
    (
        "telling",
        "wrong",
        "divided by the deviation, too",
        """
def telling(strengths):
    logs = strengths.log()
    return (logs - logs.mean(dim=0)) / logs.std(dim=0)
""",
    ),
    (
        "telling",
        "wrong",
        "the mean over the others, without the painting itself",
        """
def telling(strengths):
    logs = strengths.log()
    n = logs.shape[0]
    others = (logs.sum(dim=0) - logs) / (n - 1)
    return logs - others
""",
    ),
    (
        "telling",
        "wrong",
        "always eight paintings",
        """
def telling(strengths):
    logs = strengths.log()
    return logs - logs.sum(dim=0) / 8
""",
    ),
    (
        "telling",
        "wrong",
        "log_(), in the caller's table",
        """
def telling(strengths):
    strengths.log_()
    return strengths - strengths.mean(dim=0)
""",
    ),
    (
        "telling",
        "wrong",
        "the mean of the rows without keepdim: a shape that does not fit",
        """
def telling(strengths):
    logs = strengths.log()
    return logs - logs.mean(dim=1)
""",
    ),
    (
        "telling",
        "wrong",
        "turned round: (C, N)",
        """
def telling(strengths):
    logs = strengths.log()
    return (logs - logs.mean(dim=0)).T
""",
    ),
    (
        "telling",
        "wrong",
        "how far from usual, without the sign",
        """
def telling(strengths):
    logs = strengths.log()
    return (logs - logs.mean(dim=0)).abs()
""",
    ),
    (
        "telling",
        "wrong",
        "math.log on a tensor",
        """
def telling(strengths):
    import math

    logs = math.log(strengths)
    return logs - logs.mean(dim=0)
""",
    ),
    (
        "telling",
        "wrong",
        "returns the mean",
        """
def telling(strengths):
    return strengths.log().mean(dim=0)
""",
    ),
    (
        "telling",
        "wrong",
        "mean minus logarithm",
        """
def telling(strengths):
    logs = strengths.log()
    return logs.mean(dim=0) - logs
""",
    ),
    (
        "telling",
        "right",
        "the formula",
        """
def telling(strengths):
    logs = torch.log(strengths)
    return logs - logs.mean(dim=0, keepdim=True)
""",
    ),
    (
        "telling",
        "right",
        "painting by painting, with a sum over m",
        """
def telling(strengths):
    N = len(strengths)
    usual = sum(row.log() for row in strengths) / N
    return torch.stack([row.log() - usual for row in strengths])
""",
    ),
    (
        "telling",
        "right",
        "the logarithm of the quotient by the geometric mean",
        """
def telling(strengths):
    geometric = strengths.log().mean(0).exp()
    return (strengths / geometric).log()
""",
    ),
    # ------------------------------------------------------------------ exaggerate
    (
        "exaggerate",
        "wrong",
        "the columns only",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * tells)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "forgot the half",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * (tells[:, None] + tells[None, :]))
""",
    ),
    (
        "exaggerate",
        "wrong",
        "the half for one of the two only",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * (tells[:, None] + tells[None, :] / 2))
""",
    ),
    (
        "exaggerate",
        "wrong",
        "t[i] times t[j]",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * torch.outer(tells, tells) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "no exponential",
        """
def exaggerate(gram, tells, amount):
    return gram * amount * (tells[:, None] + tells[None, :]) / 2
""",
    ),
    (
        "exaggerate",
        "wrong",
        "1 + x for the exponential of x",
        """
def exaggerate(gram, tells, amount):
    return gram * (1 + amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "the amount outside the exponent",
        """
def exaggerate(gram, tells, amount):
    return gram * amount * torch.exp((tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "ignored the amount",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp((tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "in place, in the caller's Gram matrix",
        """
def exaggerate(gram, tells, amount):
    gram *= torch.exp(amount * (tells[:, None] + tells[None, :]) / 2)
    return gram
""",
    ),
    (
        "exaggerate",
        "wrong",
        "the wrong sign",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(-amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "the difference of the two",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * (tells[:, None] - tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "the same axis twice",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * (tells[None, :] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "added and not multiplied",
        """
def exaggerate(gram, tells, amount):
    return gram + torch.exp(amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "a matrix product for the product of the entries",
        """
def exaggerate(gram, tells, amount):
    return gram @ torch.exp(amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "powers of 10",
        """
def exaggerate(gram, tells, amount):
    return gram * 10 ** (amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "the diagonal only",
        """
def exaggerate(gram, tells, amount):
    new = gram.clone()
    for i in range(len(tells)):
        new[i, i] = gram[i, i] * torch.exp(amount * tells[i])
    return new
""",
    ),
    (
        "exaggerate",
        "wrong",
        "math.exp on a matrix, an error",
        """
def exaggerate(gram, tells, amount):
    import math

    return gram * math.exp(amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "a loop that leaves out the last channel",
        """
def exaggerate(gram, tells, amount):
    new = gram.clone()
    C = gram.shape[0]
    for i in range(C - 1):
        for j in range(C - 1):
            new[i, j] = gram[i, j] * torch.exp(amount * (tells[i] + tells[j]) / 2)
    return new
""",
    ),
    (
        "exaggerate",
        "wrong",
        "expected a batch axis, as at the other Gram matrices",
        """
def exaggerate(gram, tells, amount):
    B, C, _ = gram.shape
    factor = torch.exp(amount * (tells.view(1, C, 1) + tells.view(1, 1, C)) / 2)
    return gram * factor
""",
    ),
    (
        "exaggerate",
        "wrong",
        "the factor without the Gram matrix",
        """
def exaggerate(gram, tells, amount):
    return torch.exp(amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "wrong",
        "divided an integer amount down to 0",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp((amount // 2) * (tells[:, None] + tells[None, :]))
""",
    ),
    (
        "exaggerate",
        "wrong",
        "scaled back so that the trace stays the same",
        """
def exaggerate(gram, tells, amount):
    new = gram * torch.exp(amount * (tells[:, None] + tells[None, :]) / 2)
    return new * gram.trace() / new.trace()
""",
    ),
    (
        "exaggerate",
        "right",
        "broadcast",
        """
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * (tells[:, None] + tells[None, :]) / 2)
""",
    ),
    (
        "exaggerate",
        "right",
        "a diagonal matrix from both sides",
        """
def exaggerate(gram, tells, amount):
    D = torch.diag(torch.exp(amount * tells / 2))
    return D @ gram @ D
""",
    ),
    (
        "exaggerate",
        "right",
        "two loops over i and j, into a new matrix",
        """
def exaggerate(gram, tells, amount):
    new = torch.empty_like(gram)
    for i, t in enumerate(tells):
        for j, u in enumerate(tells):
            new[i, j] = gram[i, j] * (amount * (t + u) / 2).exp()
    return new
""",
    ),
]
