"""Answers to the exercises of notebook 07."""
# ruff: noqa: F811

import math

import torch

from learner_answers import right, wrong
from nsthelpers import gram_matrix
from nsthelpers.checks import optimisation_loop as check


@right(check.gradient_step)
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_(True)
    loss_function(x).backward()
    return (x - learning_rate * x.grad).detach()


@right(check.gradient_step)
def gradient_step(image, loss_function, learning_rate):
    gradient = torch.func.grad(loss_function)(image)
    return image - learning_rate * gradient


@right(check.gradient_step)
def gradient_step(image, loss_function, learning_rate):
    pixels = torch.nn.Parameter(image.detach().clone())
    optimiser = torch.optim.SGD([pixels], lr=learning_rate)
    loss_function(pixels).backward()
    optimiser.step()
    return pixels.data


@right(check.gradient_step)
def gradient_step(image, loss_function, learning_rate):
    x = image.detach().clone()
    x.requires_grad = True
    (gradient,) = torch.autograd.grad(loss_function(x), [x])
    with torch.no_grad():
        x -= learning_rate * gradient
    return x.detach()


@wrong(check.gradient_step, "changed input")
def gradient_step(image, loss_function, learning_rate):
    image.requires_grad_()
    loss_function(image).backward()
    with torch.no_grad():
        image -= learning_rate * image.grad
    return image.detach()


@wrong(check.gradient_step, "uphill")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    loss_function(x).backward()
    return x.detach() + learning_rate * x.grad


@wrong(check.gradient_step, "attached")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    loss_function(x).backward()
    return x - learning_rate * x.grad


@wrong(check.gradient_step, "detached")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone()
    loss_function(x).backward()
    return x - learning_rate * x.grad


@wrong(check.gradient_step, "in-place")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    loss_function(x).backward()
    x -= learning_rate * x.grad
    return x


@wrong(check.gradient_step, "only the step")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    return learning_rate * torch.autograd.grad(loss_function(x), x)[0]


@wrong(check.gradient_step, "gradient twice")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    for _ in range(2):
        loss_function(x).backward()
    return (x - learning_rate * x.grad).detach()


@wrong(check.gradient_step, "given back")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    loss_function(x).backward()
    x.detach() - learning_rate * x.grad
    return x.detach()


@wrong(check.gradient_step, "argument not used")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    loss_function(x).backward()
    return x.detach() - x.grad


@wrong(check.gradient_step, "type")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    gradient = loss_function(x).backward()
    return x.detach() - learning_rate * gradient


def distance(found, wanted):
    return (found - wanted).square().sum() / wanted.square().sum()


def gram(maps):
    rows = maps[0].flatten(1)
    return rows @ rows.T / rows.shape[1]


@right(check.style_transfer)
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@right(check.style_transfer)
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    content_target = features(photo)[0].detach()
    style_targets = [gram_matrix(maps).detach() for maps in features(painting)[1]]
    image = torch.nn.Parameter(start.clone())
    optimizer = make_optimiser([image])
    history = []

    def evaluate():
        image.grad = None
        content_maps, style_maps = features(image)
        content = (content_maps - content_target).pow(2).mean() / content_target.pow(2).mean()
        style = torch.stack(
            [
                (gram_matrix(maps) - target).pow(2).sum() / target.pow(2).sum()
                for maps, target in zip(style_maps, style_targets, strict=True)
            ]
        ).mean()
        total = content_weight * content + style
        total.backward()
        history.append(float(total))
        return total

    for _ in range(steps):
        image.data.clamp_(0, 1)
        optimizer.step(evaluate)
    return image.data.clamp(0, 1), history


@right(check.style_transfer)
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    x = start.detach().clone()
    x.requires_grad = True
    with torch.no_grad():
        p, _ = features(photo)
        _, a = features(painting)
        a = [torch.einsum("bchw,bdhw->bcd", m, m) / (m.shape[2] * m.shape[3]) for m in a]
    values = []
    opt = make_optimiser([x])

    def closure():
        f, s = features(x)
        loss = content_weight * ((f - p) ** 2).sum() / (p**2).sum()
        for m, target in zip(s, a, strict=True):
            g = torch.einsum("bchw,bdhw->bcd", m, m) / (m.shape[2] * m.shape[3])
            loss += ((g - target) ** 2).sum() / (target**2).sum() / len(a)
        x.grad = torch.autograd.grad(loss, x)[0]
        values.append(loss.detach().item())
        return loss

    count = 0
    while count < steps:
        opt.step(closure)
        with torch.no_grad():
            x.copy_(x.clamp(0, 1))
        count += 1
    return x.detach().clone(), values


@wrong(check.style_transfer, "gradient not zeroed")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "clamp in the closure")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        pixels.data.clamp_(0, 1)
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach(), losses


@wrong(check.style_transfer, "clamp in the closure")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        with torch.no_grad():
            pixels.clamp_(0, 1)
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach().clamp(0, 1), losses


@wrong(check.style_transfer, "clamp only at the end")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach().clamp(0, 1), losses


@wrong(check.style_transfer, "not clamped")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.clamp(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "clamped into a new tensor")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels = pixels.clamp(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "in-place")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "target not detached")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    target = features(photo)[0]
    grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "returns the start")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return start, losses


@wrong(check.style_transfer, "changed input")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "attached")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels, losses


@wrong(check.style_transfer, "attached")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss)
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "Gram matrix not divided")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [maps[0].flatten(1) @ maps[0].flatten(1).T for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(maps[0].flatten(1) @ maps[0].flatten(1).T, wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "closure")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "closure")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        closure()
        optimiser.step()
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "type")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure())
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "shapes")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = features(painting)[1]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(maps, wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "argument not used")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "only one style layer")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            style = distance(gram(maps), wanted)
        loss = loss + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "style not averaged")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "not relative")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * torch.nn.functional.mse_loss(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + torch.nn.functional.mse_loss(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "optimiser made anew")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser = make_optimiser([pixels])
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "one loss for each step")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(optimiser.step(closure).item())
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "one step")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
        return pixels.detach(), losses


@wrong(check.style_transfer, "pixels do not move")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels.detach())
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "pixels do not move")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels.detach().clone().requires_grad_()])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "argument not used")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@wrong(check.style_transfer, "reversed")
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        grams = [gram(maps) for maps in features(painting)[1]]
    pixels, losses = start.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for maps, wanted in zip(styles, grams, strict=True):
            loss = loss + distance(gram(maps), wanted) / len(grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return losses, pixels.detach()


@right(check.adam_step)
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + 0.1 * gradient
    v = 0.999 * square + 0.001 * gradient**2
    m_hat = m / (1 - 0.9**step)
    v_hat = v / (1 - 0.999**step)
    return learning_rate * m_hat / (torch.sqrt(v_hat) + 1e-8), m, v


@right(check.adam_step)
def adam_step(gradient, mean, square, step, learning_rate):
    m = torch.lerp(mean, gradient, 0.1)
    v = square.mul(0.999).addcmul(gradient, gradient, value=0.001)
    root = v.sqrt() / math.sqrt(1 - 0.999**step) + 1e-8
    return [learning_rate / (1 - 0.9**step) * m / root, m, v]


@right(check.adam_step)
def adam_step(gradient, mean, square, step, learning_rate):
    beta1, beta2 = 0.9, 0.999
    mean = beta1 * mean + (1 - beta1) * gradient
    square = beta2 * square + (1 - beta2) * gradient * gradient
    update = mean / (1 - beta1**step) / ((square / (1 - beta2**step)) ** 0.5 + 1e-8)
    return update * learning_rate, mean, square


@wrong(check.adam_step, "no bias correction")
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + 0.1 * gradient
    v = 0.999 * square + 0.001 * gradient**2
    return learning_rate * m / (v.sqrt() + 1e-8), m, v


@wrong(check.adam_step, "epsilon inside the root")
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + 0.1 * gradient
    v = 0.999 * square + 0.001 * gradient**2
    return learning_rate * (m / (1 - 0.9**step)) / torch.sqrt(v / (1 - 0.999**step) + 1e-8), m, v


@wrong(check.adam_step, "other betas")
def adam_step(gradient, mean, square, step, learning_rate):
    beta1, beta2 = 0.999, 0.9
    m = beta1 * mean + (1 - beta1) * gradient
    v = beta2 * square + (1 - beta2) * gradient**2
    return learning_rate * m / (1 - beta1**step) / ((v / (1 - beta2**step)).sqrt() + 1e-8), m, v


@wrong(check.adam_step, "corrected state")
def adam_step(gradient, mean, square, step, learning_rate):
    mean = (0.9 * mean + 0.1 * gradient) / (1 - 0.9**step)
    square = (0.999 * square + 0.001 * gradient**2) / (1 - 0.999**step)
    return learning_rate * mean / (square.sqrt() + 1e-8), mean, square


@wrong(check.adam_step, "changed input")
def adam_step(gradient, mean, square, step, learning_rate):
    mean.mul_(0.9).add_(gradient, alpha=0.1)
    square.mul_(0.999).add_(gradient**2, alpha=0.001)
    update = mean / (1 - 0.9**step) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return learning_rate * update, mean, square


@wrong(check.adam_step, "no epsilon")
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + 0.1 * gradient
    v = 0.999 * square + 0.001 * gradient.square()
    return learning_rate * (m / (1 - 0.9**step)) / (v / (1 - 0.999**step)).sqrt(), m, v


@wrong(check.adam_step, "no root")
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + 0.1 * gradient
    v = 0.999 * square + 0.001 * gradient**2
    return learning_rate * (m / (1 - 0.9**step)) / (v / (1 - 0.999**step) + 1e-8), m, v


@wrong(check.adam_step, "tensor")
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + 0.1 * gradient
    v = 0.999 * square + 0.001 * gradient**2
    return learning_rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8)


@wrong(check.adam_step, "new gradient not scaled")
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + gradient
    v = 0.999 * square + gradient**2
    return learning_rate * (m / (1 - 0.9**step)) / ((v / (1 - 0.999**step)).sqrt() + 1e-8), m, v


@wrong(check.adam_step, "correction times step")
def adam_step(gradient, mean, square, step, learning_rate):
    m = 0.9 * mean + 0.1 * gradient
    v = 0.999 * square + 0.001 * gradient**2
    return learning_rate * (m / (1 - 0.9 * step)) / ((v / abs(1 - 0.999 * step)).sqrt() + 1e-8), m, v
