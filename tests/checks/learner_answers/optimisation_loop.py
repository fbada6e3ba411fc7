"""Answers to the exercises of notebook 07."""
# ruff: noqa: F811

import math

import numpy as np
import torch

from learner_answers import right, wrong
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


@wrong(check.gradient_step, "unchanged")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    loss_function(x).backward()
    x.detach() - learning_rate * x.grad
    return x.detach()


@wrong(check.gradient_step, "no learning rate")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    loss_function(x).backward()
    return x.detach() - x.grad


@wrong(check.gradient_step, "type")
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_()
    gradient = loss_function(x).backward()
    return x.detach() - learning_rate * gradient


@right(check.descend)
def descend(image, loss_function, learning_rate, steps):
    x, losses = image.clone(), []
    for _ in range(steps):
        x.requires_grad_()
        loss = loss_function(x)
        losses.append(loss.item())
        (gradient,) = torch.autograd.grad(loss, x)
        x = (x - learning_rate * gradient).detach()
    return x, losses


@right(check.descend)
def descend(image, loss_function, learning_rate, steps):
    pixels = image.clone().requires_grad_()
    optimiser = torch.optim.SGD([pixels], lr=learning_rate)
    losses = []
    for _ in range(steps):
        optimiser.zero_grad()
        loss = loss_function(pixels)
        loss.backward()
        optimiser.step()
        losses.append(float(loss))
    return pixels.detach(), losses


@right(check.descend)
def descend(image, loss_function, learning_rate, steps):
    def rest(pixels, steps):
        if steps == 0:
            return pixels, []
        x = pixels.clone().requires_grad_()
        loss = loss_function(x)
        loss.backward()
        final, later = rest((x - learning_rate * x.grad).detach(), steps - 1)
        return final, [loss.item(), *later]

    return rest(image, steps)


@wrong(check.descend, "gradients add up")
def descend(image, loss_function, learning_rate, steps):
    x, losses = image.clone().requires_grad_(), []
    for _ in range(steps):
        loss = loss_function(x)
        loss.backward()
        losses.append(loss.item())
        x.data -= learning_rate * x.grad
    return x.detach(), losses


@wrong(check.descend, "attached")
def descend(image, loss_function, learning_rate, steps):
    x, losses = image.clone().requires_grad_(), []
    for _ in range(steps):
        loss = loss_function(x)
        losses.append(loss)
        gradient = torch.autograd.grad(loss, x)[0]
        x = (x - learning_rate * gradient).detach().requires_grad_()
    return x.detach(), losses


@wrong(check.descend, "loss after the step")
def descend(image, loss_function, learning_rate, steps):
    x, losses = image.clone(), []
    for _ in range(steps):
        y = x.clone().requires_grad_()
        loss_function(y).backward()
        x = x - learning_rate * y.grad
        losses.append(loss_function(x).item())
    return x, losses


@wrong(check.descend, "one step")
def descend(image, loss_function, learning_rate, steps):
    losses = []
    for _ in range(steps):
        x = image.clone().requires_grad_()
        loss = loss_function(x)
        losses.append(loss.item())
        loss.backward()
        return (x - learning_rate * x.grad).detach(), losses


@wrong(check.descend, "one step")
def descend(image, loss_function, learning_rate, steps):
    losses = []
    for _ in range(steps):
        x = image.clone().requires_grad_()
        loss = loss_function(x)
        losses.append(loss.item())
        loss.backward()
        new = (x - learning_rate * x.grad).detach()
    return new, losses


@wrong(check.descend, "order of results")
def descend(image, loss_function, learning_rate, steps):
    x, losses = image.clone(), []
    while len(losses) < steps:
        x = x.detach().requires_grad_()
        loss = loss_function(x)
        loss.backward()
        losses.append(loss.item())
        x = x.detach() - learning_rate * x.grad
    return losses, x


@wrong(check.descend, "endless")
def descend(image, loss_function, learning_rate, steps):
    x, losses, step = image.clone(), [], 0
    while step < steps:
        losses.append(loss_function(x).item())
    return x, losses


@wrong(check.descend, "only the last loss")
def descend(image, loss_function, learning_rate, steps):
    x = image.clone()
    for _ in range(steps):
        losses = []
        x = x.detach().requires_grad_()
        loss = loss_function(x)
        losses.append(loss.item())
        x = x.detach() - learning_rate * torch.autograd.grad(loss, x)[0]
    return x, losses


@wrong(check.descend, "changed input")
def descend(image, loss_function, learning_rate, steps):
    image.requires_grad_()
    losses = []
    for _ in range(steps):
        loss = loss_function(image)
        losses.append(loss.item())
        (gradient,) = torch.autograd.grad(loss, image)
        image.data -= learning_rate * gradient
    return image.detach(), losses


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


@wrong(check.adam_step, "betas exchanged")
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


@wrong(check.adam_step, "only the update")
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


@right(check.keep_best)
def keep_best(images, losses):
    best, lowest = None, math.inf
    for image, loss in zip(images, losses, strict=True):
        if math.isfinite(loss) and loss < lowest:
            best, lowest = image, loss
    return best


@right(check.keep_best)
def keep_best(images, losses):
    values = torch.tensor(losses)
    values[~torch.isfinite(values)] = torch.inf
    return images[values.argmin()]


@right(check.keep_best)
def keep_best(images, losses):
    pairs = [(loss, place) for place, loss in enumerate(losses) if math.isfinite(loss)]
    return images[min(pairs)[1]].clone()


@wrong(check.keep_best, "NaN wins")
def keep_best(images, losses):
    return images[int(np.argmin(losses))]


@wrong(check.keep_best, "NaN wins")
def keep_best(images, losses):
    best, lowest = images[0], losses[0]
    for image, loss in zip(images, losses, strict=True):
        if loss < lowest:
            best, lowest = image, loss
    return best


@wrong(check.keep_best, "−inf wins")
def keep_best(images, losses):
    return images[int(np.nanargmin(losses))]


@wrong(check.keep_best, "last image")
def keep_best(images, losses):
    return images[-1]


@wrong(check.keep_best, "the index")
def keep_best(images, losses):
    clean = [loss if math.isfinite(loss) else 1e30 for loss in losses]
    return clean.index(min(clean))


@wrong(check.keep_best, "index shifted")
def keep_best(images, losses):
    losses = [loss for loss in losses if math.isfinite(loss)]
    return images[losses.index(min(losses))]


@wrong(check.keep_best, "changed input")
def keep_best(images, losses):
    for place, loss in enumerate(losses):
        if not math.isfinite(loss):
            losses[place] = math.inf
    return images[losses.index(min(losses))]


@wrong(check.keep_best, "highest loss")
def keep_best(images, losses):
    best, lowest = None, -math.inf
    for image, loss in zip(images, losses, strict=True):
        if math.isfinite(loss) and loss > lowest:
            best, lowest = image, loss
    return best


@wrong(check.keep_best, "last finite image")
def keep_best(images, losses):
    for image, loss in zip(images, losses, strict=True):
        if math.isfinite(loss):
            best = image
    return best
