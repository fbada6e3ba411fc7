"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    (
        "content_loss",
        "wrong",
        "took PyTorch's mse_loss, which is a mean",
        '''
def content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    return 0.5 * torch.nn.functional.mse_loss(features, target)
''',
    ),
    (
        "content_loss",
        "wrong",
        "lost the half",
        """
def content_loss(features, target):
    return torch.sum((features - target) ** 2)
""",
    ),
    (
        "content_loss",
        "wrong",
        "put the square outside the sum",
        '''
def content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    return (features - target).sum().square() / 2
''',
    ),
    (
        "content_loss",
        "wrong",
        "wrapped a float into a new tensor, which carries no gradient",
        """
def content_loss(features, target):
    total = 0.0
    for f, p in zip(features.flatten().tolist(), target.flatten().tolist()):
        total += (f - p) ** 2
    return torch.tensor(total / 2, requires_grad=True)
""",
    ),
    (
        "content_loss",
        "wrong",
        "subtracted in place and so spoilt the features",
        '''
def content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    features -= target
    return 0.5 * (features * features).sum()
''',
    ),
    (
        "content_loss",
        "right",
        "one line as in the formula",
        '''
def content_loss(features, target):
    """(B, C, H, W) twice -> one number: half the sum of the squared differences."""
    return 0.5 * (features - target).square().sum()
''',
    ),
    (
        "content_loss",
        "right",
        "mse_loss with reduction='sum'",
        """
def content_loss(features, target):
    squared = torch.nn.functional.mse_loss(features, target, reduction="sum")
    return squared / 2
""",
    ),
    (
        "content_gradient",
        "wrong",
        "left out the ReLU's gate: F − P everywhere",
        '''
def content_gradient(before, target):
    """Z before the ReLU and P, both (B, C, H, W) -> the gradient of the content loss by Z."""
    return before.relu() - target
''',
    ),
    (
        "content_gradient",
        "wrong",
        "put the ReLU over the difference",
        """
def content_gradient(before, target):
    return torch.relu(before - target)
""",
    ),
    (
        "content_gradient",
        "wrong",
        "exchanged F and P, so the sign is turned",
        '''
def content_gradient(before, target):
    """Z before the ReLU and P, both (B, C, H, W) -> the gradient of the content loss by Z."""
    F = before.clamp(min=0)
    return (target - F) * (before > 0)
''',
    ),
    (
        "content_gradient",
        "wrong",
        "opened the gate where the target is positive",
        """
def content_gradient(before, target):
    features = before.relu()
    gradient = features - target
    return torch.where(target > 0, gradient, torch.zeros_like(gradient))
""",
    ),
    (
        "content_gradient",
        "wrong",
        "applied relu_ in place, so the caller's Z is gone",
        '''
def content_gradient(before, target):
    """Z before the ReLU and P, both (B, C, H, W) -> the gradient of the content loss by Z."""
    gate = (before > 0).float()
    features = before.relu_()
    return gate * (features - target)
''',
    ),
    (
        "content_gradient",
        "right",
        "the difference times the open places",
        '''
def content_gradient(before, target):
    """Z before the ReLU and P, both (B, C, H, W) -> the gradient of the content loss by Z."""
    return (before.relu() - target) * (before > 0)
''',
    ),
    (
        "content_gradient",
        "right",
        "torch.where; where the gate is open, F is Z",
        """
def content_gradient(before, target):
    closed = torch.zeros_like(before)
    return torch.where(before > 0, before - target, closed)
""",
    ),
    (
        "rebuild",
        "wrong",
        "forgot to clear the gradients, so they add up from step to step",
        '''
def rebuild(describe, photo, start, steps, rate, smooth):
    """Pictures (B, 3, H, W) -> start, changed until describe answers to it as it does to photo."""
    target = describe(photo).detach()
    x = start.clone().requires_grad_()
    adam = torch.optim.Adam([x], lr=rate)
    for _ in range(steps):
        loss = relative(describe(x), target) + smooth * total_variation_loss(x)
        loss.backward()
        adam.step()
        with torch.no_grad():
            x.clamp_(0, 1)
    return x.detach()
''',
    ),
    (
        "rebuild",
        "wrong",
        "took no copy: the start itself, the notebook's noise, is painted over",
        """
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    start.requires_grad_()
    optimiser = torch.optim.Adam([start], lr=rate)
    for _ in range(steps):
        optimiser.zero_grad()
        (relative(describe(start), target) + smooth * total_variation_loss(start)).backward()
        optimiser.step()
        start.data.clamp_(0, 1)
    return start.detach()
""",
    ),
    (
        "rebuild",
        "wrong",
        "gave the clamped picture a new name that Adam does not know, so nothing moves after that",
        '''
def rebuild(describe, photo, start, steps, rate, smooth):
    """Pictures (B, 3, H, W) -> start, changed until describe answers to it as it does to photo."""
    target = describe(photo).detach()
    x = start.detach().clone().requires_grad_()
    adam = torch.optim.Adam([x], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss = relative(describe(x), target) + smooth * total_variation_loss(x)
        loss.backward()
        adam.step()
        x = x.detach().clamp(0, 1).requires_grad_()
    return x.detach()
''',
    ),
    (
        "rebuild",
        "wrong",
        "left the content loss undivided, so the prior hardly counts",
        """
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.detach().clone().requires_grad_(True)
    opt = torch.optim.Adam([image], lr=rate)
    for step in range(steps):
        opt.zero_grad()
        loss = content_loss(describe(image), target) + smooth * total_variation_loss(image)
        loss.backward()
        opt.step()
        image.data = image.data.clamp(0, 1)
    return image.detach()
""",
    ),
    (
        "rebuild",
        "wrong",
        "clamped once, after the loop",
        '''
def rebuild(describe, photo, start, steps, rate, smooth):
    """Pictures (B, 3, H, W) -> start, changed until describe answers to it as it does to photo."""
    with torch.no_grad():
        target = describe(photo)
    image = start.detach().clone().requires_grad_()
    adam = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss = relative(describe(image), target) + smooth * total_variation_loss(image)
        loss.backward()
        adam.step()
    return image.detach().clamp(0, 1)
''',
    ),
    (
        "rebuild",
        "right",
        "the loop with zero_grad, backward, step and clamp_",
        '''
def rebuild(describe, photo, start, steps, rate, smooth):
    """Pictures (B, 3, H, W) -> start, changed until describe answers to it as it does to photo."""
    target = describe(photo).detach()
    image = start.detach().clone().requires_grad_()
    adam = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        adam.zero_grad()
        loss = relative(describe(image), target) + smooth * total_variation_loss(image)
        loss.backward()
        adam.step()
        with torch.no_grad():
            image.clamp_(0, 1)
    return image.detach()
''',
    ),
    (
        "rebuild",
        "right",
        "a closure for Adam, and the ratio of sums written out",
        """
def rebuild(describe, photo, start, steps, rate, smooth):
    with torch.no_grad():
        wanted = describe(photo)
        scale = wanted.square().sum()
    x = torch.nn.Parameter(start.detach().clone())
    optimiser = torch.optim.Adam([x], lr=rate)

    def closure():
        optimiser.zero_grad()
        loss = (describe(x) - wanted).square().sum() / scale
        loss = loss + smooth * total_variation_loss(x)
        loss.backward()
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        x.data.clamp_(0.0, 1.0)
    return x.data
""",
    ),
]
