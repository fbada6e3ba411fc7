"""Answers to the exercises of notebook 04."""
# ruff: noqa: F811

import torch
import torch.nn.functional as F

from learner_answers import right, wrong
from nsthelpers import total_variation_loss
from nsthelpers.checks import what_layers_remember as check


@right(check.content_loss)
def content_loss(features, target):
    return ((features - target) ** 2).sum() / 2


@right(check.content_loss)
def content_loss(features, target):
    return 0.5 * F.mse_loss(features, target, reduction="sum")


@right(check.content_loss)
def content_loss(features, target):
    difference = (features - target).flatten()
    return 0.5 * torch.dot(difference, difference)


@wrong(check.content_loss, "mean")
def content_loss(features, target):
    return F.mse_loss(features, target)


@wrong(check.content_loss, "no one half")
def content_loss(features, target):
    return torch.sum((features - target) ** 2)


@wrong(check.content_loss, "absolute values")
def content_loss(features, target):
    return F.l1_loss(features, target)


@wrong(check.content_loss, "number")
def content_loss(features, target):
    return 0.5 * float(((features - target) ** 2).sum())


@wrong(check.content_loss, "not summed")
def content_loss(features, target):
    return 0.5 * (features - target) ** 2


@wrong(check.content_loss, "detached")
def content_loss(features, target):
    with torch.no_grad():
        return 0.5 * ((features - target) ** 2).sum()


@wrong(check.content_loss, "not squared")
def content_loss(features, target):
    return (features - target).sum() * 0.5


@wrong(check.content_loss, "number")
def content_loss(features, target):
    return 0.5 * ((features - target) ** 3).sum()


@wrong(check.content_loss, "power")
def content_loss(features, target):
    return 0.5 * ((features - target) ^ 2).sum()


@right(check.content_gradient)
def content_gradient(before, target):
    return torch.where(before > 0, before - target, torch.zeros_like(before))


@right(check.content_gradient)
def content_gradient(before, target):
    gradient = F.relu(before) - target
    gradient[before <= 0] = 0
    return gradient


@right(check.content_gradient)
def content_gradient(before, target):
    z = before.clone().requires_grad_()
    loss = 0.5 * ((z.relu() - target) ** 2).sum()
    loss.backward()
    return z.grad


@right(check.content_gradient)
def content_gradient(before, target):
    return (before.clamp(min=0) - target) * before.gt(0)


@wrong(check.content_gradient, "gate missing")
def content_gradient(before, target):
    return torch.clamp(before, min=0) - target


@wrong(check.content_gradient, "ReLU missing")
def content_gradient(before, target):
    return before - target


@wrong(check.content_gradient, "wrong sign")
def content_gradient(before, target):
    return torch.where(before > 0, target - before, 0.0)


@wrong(check.content_gradient, "missing")
def content_gradient(before, target):
    z = before.clone().requires_grad_()
    return torch.autograd.grad(((z.relu() - target) ** 2).sum(), z)[0]


@wrong(check.content_gradient, "gate of the target")
def content_gradient(before, target):
    return (before.relu() - target) * (target > 0)


@wrong(check.content_gradient, "gate of the difference")
def content_gradient(before, target):
    return F.relu(before.relu() - target)


@wrong(check.content_gradient, "the loss")
def content_gradient(before, target):
    return 0.5 * torch.sum((before.relu() - target) ** 2)


@wrong(check.content_gradient, "over B·C·H·W")
def content_gradient(before, target):
    z = before.clone().requires_grad_()
    loss = 0.5 * F.mse_loss(z.relu(), target)
    return torch.autograd.grad(2 * loss, z)[0] / 2


@wrong(check.content_gradient, "operator")
def content_gradient(before, target):
    return torch.where(before > 0, torch.zeros_like(before), before.relu() - target)


@wrong(check.content_gradient, "times F")
def content_gradient(before, target):
    features = before.relu()
    return (features - target) * features


@right(check.rebuild)
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo)
    image = start.clone()
    image.requires_grad = True
    adam = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        features = describe(image)
        loss = ((features - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        adam.zero_grad()
        loss.backward()
        adam.step()
        image.data.clamp_(0, 1)
    return image.detach()


@right(check.rebuild)
def rebuild(describe, photo, start, steps, rate, smooth):
    with torch.no_grad():
        target = describe(photo)
    image = torch.nn.Parameter(start.clone())
    optimizer = torch.optim.Adam([image], rate)

    def closure():
        optimizer.zero_grad()
        loss = F.mse_loss(describe(image), target) / target.square().mean() + smooth * total_variation_loss(image)
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
        with torch.no_grad():
            image.clamp_(0, 1)
    return image.data


@right(check.rebuild)
def rebuild(describe, photo, start, steps, rate, smooth):
    target, image = describe(photo).detach(), start.detach().clone().requires_grad_(True)
    optimizer, step = torch.optim.Adam([image], lr=rate), 0
    while step < steps:
        image.grad = None
        content = (describe(image) - target).norm() ** 2 / target.norm() ** 2
        (content + smooth * total_variation_loss(image)).backward()
        optimizer.step()
        with torch.no_grad():
            image.copy_(torch.clamp(image, 0.0, 1.0))
        step += 1
    return image.detach().clone()


@wrong(check.rebuild, "gradients not zeroed")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()


@wrong(check.rebuild, "attached")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image


@wrong(check.rebuild, "not clamped")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(describe(image), target) / (target**2).mean() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
    return image.detach()


@wrong(check.rebuild, "clamped at the end only")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.mse_loss(describe(image), target) / (target**2).mean() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
    return image.detach().clip(0, 1)


@wrong(check.rebuild, "not relative")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = 0.5 * ((describe(image) - target) ** 2).sum() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()


@wrong(check.rebuild, "argument not used")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum()
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()


@wrong(check.rebuild, "argument not used")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = photo.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()


@wrong(check.rebuild, "one step only")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
        return image.detach()


@wrong(check.rebuild, "another optimiser")
def rebuild(describe, photo, start, steps, rate, smooth):
    target, image = describe(photo).detach(), start.clone()
    for _ in range(steps):
        image.requires_grad_()
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        (gradient,) = torch.autograd.grad(loss, image)
        image = (image.detach() - rate * gradient).clamp(0, 1)
    return image


@wrong(check.rebuild, "nothing moves")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone()
    copy = image.clone().requires_grad_()
    optimizer = torch.optim.Adam([copy], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((describe(copy) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(copy)
        loss.backward()
        optimizer.step()
        copy.data.clamp_(0, 1)
    return image


@wrong(check.rebuild, "argument not used")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([image])
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()


@wrong(check.rebuild, "another optimiser")
def rebuild(describe, photo, start, steps, rate, smooth):
    target = describe(photo).detach()
    image = start.clone().requires_grad_()
    optimizer = torch.optim.RMSprop([image], lr=rate)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = ((describe(image) - target) ** 2).sum() / (target**2).sum() + smooth * total_variation_loss(image)
        loss.backward()
        optimizer.step()
        image.data.clamp_(0, 1)
    return image.detach()
