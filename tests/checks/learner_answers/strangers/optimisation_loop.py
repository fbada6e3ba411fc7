"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ gradient_step
    (
        "gradient_step",
        "wrong",
        "walked up the hill",
        """
def gradient_step(image, loss_function, learning_rate):
    x = image.detach().clone().requires_grad_(True)
    loss_function(x).backward()
    return (x + learning_rate * x.grad).detach()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "switched the gradient on in the caller's picture, where it piles up",
        """
def gradient_step(image, loss_function, learning_rate):
    image.requires_grad_(True)
    value = loss_function(image)
    value.backward()
    return (image - learning_rate * image.grad).detach()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "changed the caller's picture in place",
        """
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().requires_grad_(True)
    loss_function(x).backward()
    image -= learning_rate * x.grad
    return image
""",
    ),
    (
        "gradient_step",
        "wrong",
        "detach() without clone(): the memory is still the caller's",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().requires_grad_(True)
    loss_function(pixels).backward()
    pixels.data -= learning_rate * pixels.grad
    return pixels.detach()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "forgot the learning rate",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(loss_function(pixels), pixels)
    return image - gradient
""",
    ),
    (
        "gradient_step",
        "wrong",
        "a gradient of length 1",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(loss_function(pixels), pixels)
    return image - learning_rate * gradient / gradient.norm()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "the sign of the gradient only",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(loss_function(pixels), pixels)
    return image - learning_rate * gradient.sign()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "clamped to 0…1, which nobody asked for here",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    loss_function(pixels).backward()
    return (pixels.detach() - learning_rate * pixels.grad).clamp(0, 1)
""",
    ),
    (
        "gradient_step",
        "wrong",
        "used the notebook's loss and ignored the argument",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    loss(pixels)["total"].backward()
    return image - learning_rate * pixels.grad
""",
    ),
    (
        "gradient_step",
        "wrong",
        "typed in a rate",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    loss_function(pixels).backward()
    return image - 0.1 * pixels.grad
""",
    ),
    (
        "gradient_step",
        "wrong",
        "returned the gradient, not the picture",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    loss_function(pixels).backward()
    return learning_rate * pixels.grad
""",
    ),
    (
        "gradient_step",
        "wrong",
        "no_grad around everything: no gradient is there",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.clone().requires_grad_(True)
    with torch.no_grad():
        value = loss_function(pixels)
        value.backward()
        return pixels - learning_rate * pixels.grad
""",
    ),
    (
        "gradient_step",
        "wrong",
        "requires_grad only after the loss",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone()
    value = loss_function(pixels)
    pixels.requires_grad_(True)
    value.backward()
    return image - learning_rate * pixels.grad
""",
    ),
    (
        "gradient_step",
        "wrong",
        "item() before backward()",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    value = loss_function(pixels).item()
    value.backward()
    return image - learning_rate * pixels.grad
""",
    ),
    (
        "gradient_step",
        "wrong",
        "Adam, which has a step of its own",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    optimiser = torch.optim.Adam([pixels], lr=learning_rate)
    loss_function(pixels).backward()
    optimiser.step()
    return pixels.detach()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "ten steps for one",
        """
def gradient_step(image, loss_function, learning_rate):
    for _ in range(10):
        pixels = image.detach().clone().requires_grad_(True)
        loss_function(pixels).backward()
        image = image - learning_rate * pixels.grad
    return image.detach()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "measured the loss of the original, so that the copy has no gradient",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    value = loss_function(image)
    value.backward()
    return image - learning_rate * pixels.grad
""",
    ),
    (
        "gradient_step",
        "wrong",
        "one mean slope for all pixels",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    loss_function(pixels).backward()
    return image - learning_rate * pixels.grad.mean()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "subtracted the loss, not its gradient",
        """
def gradient_step(image, loss_function, learning_rate):
    return image - learning_rate * loss_function(image).detach()
""",
    ),
    (
        "gradient_step",
        "wrong",
        "the gradient of the target 0.5 from the pencil",
        """
def gradient_step(image, loss_function, learning_rate):
    return image - learning_rate * (image - 0.5)
""",
    ),
    (
        "gradient_step",
        "wrong",
        "autograd.grad returns a tuple, and that was multiplied",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    gradient = torch.autograd.grad(loss_function(pixels), pixels)
    return image - learning_rate * gradient
""",
    ),
    (
        "gradient_step",
        "right",
        "autograd.grad on a copy",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = image.detach().clone().requires_grad_(True)
    gradient = torch.autograd.grad(loss_function(pixels), pixels)[0]
    return image.detach() - learning_rate * gradient
""",
    ),
    (
        "gradient_step",
        "right",
        "backward, then a step without a graph",
        """
def gradient_step(image, loss_function, learning_rate):
    x = image.clone().detach()
    x.requires_grad = True
    loss = loss_function(x)
    loss.backward()
    with torch.no_grad():
        new = x - learning_rate * x.grad
    return new
""",
    ),
    (
        "gradient_step",
        "right",
        "torch's SGD on a copy",
        """
def gradient_step(image, loss_function, learning_rate):
    pixels = torch.nn.Parameter(image.detach().clone())
    optimiser = torch.optim.SGD([pixels], lr=float(learning_rate))
    loss_function(pixels).backward()
    optimiser.step()
    return pixels.data
""",
    ),
    # ------------------------------------------------------------------ style_transfer
    (
        "style_transfer",
        "wrong",
        "no zero_grad()",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser = make_optimiser([pixels])
    losses = []

    def closure():
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the content target taken from the start",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    pixels = start.clone().requires_grad_(True)
    with torch.no_grad():
        target = features(start)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "photograph and painting exchanged",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target, _ = features(painting)
        wanted = [gram_matrix(m) for m in features(photo)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "keeps every loss with its graph",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss)
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "a sum over the style layers and not their mean",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for m, a in zip(styles, wanted):
            loss = loss + distance(gram_matrix(m), a)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "a clamp that makes another tensor than the optimiser's",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels = pixels.clamp(0, 1).detach().requires_grad_(True)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "no clamp at all",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "no copy of the start: the caller's picture is painted over",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.detach().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the optimiser holds a copy of the pixels",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels.detach().clone().requires_grad_(True)]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the content weight stands before the style",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = distance(content, target) + content_weight * style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the loss and its gradient once before the loop",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []
    optimiser.zero_grad()
    content, styles = features(pixels)
    style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
    loss = content_weight * distance(content, target) + style
    loss.backward()

    def closure():
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "one step too few",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(1, steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "Adam, whatever make_optimiser says",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = torch.optim.Adam([pixels], lr=0.02), []
    for _ in range(steps):
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "step() without a closure, as in a tutorial on training",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []
    for _ in range(steps):
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the pixels without a list around them",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser(pixels), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the closure returns nothing",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "clamp_ on a leaf with its graph, which PyTorch refuses",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "one loss for each step, though a step may evaluate several times",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        return loss

    for _ in range(steps):
        losses.append(optimiser.step(closure).item())
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the losses first, then the picture",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return losses, pixels.detach()
""",
    ),
    (
        "style_transfer",
        "wrong",
        "compared the maps of the style layers, without Gram matrices",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = features(painting)[1]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(m, a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the notebook's StyleTransferLoss, whatever the arguments are",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        total = loss(pixels)["total"]
        total.backward()
        losses.append(total.item())
        return total

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the style maps detached: only the content pulls",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m.detach()), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the best picture, not the last",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses, seen = make_optimiser([pixels]), [], []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        seen.append(pixels.detach().clone())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return seen[losses.index(min(losses))], losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "zero_grad() between backward() and the step",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        optimiser.zero_grad()
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "always from the photograph, never from the start",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = photo.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "the distance the wrong way round, divided by the picture's own maps",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(m) for m in features(painting)[1]]
    pixels = start.clone().requires_grad_(True)
    optimiser, losses = make_optimiser([pixels]), []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(a, gram_matrix(m)) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(target, content) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "wrong",
        "half finished: the targets are there, the loop is not",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    target, _ = features(photo)
    grams = [gram_matrix(maps) for maps in features(painting)[1]]
    pixels = start.clone()
    pixels.requires_grad_(True)
    optimiser = make_optimiser([pixels])
    losses = []
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "right",
        "as the list says",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    with torch.no_grad():
        wanted_content, _ = features(photo)
        _, painting_maps = features(painting)
        wanted_grams = [gram_matrix(maps) for maps in painting_maps]
    pixels = start.detach().clone().requires_grad_(True)
    optimiser = make_optimiser([pixels])
    losses = []

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = 0
        for maps, gram in zip(styles, wanted_grams):
            style = style + distance(gram_matrix(maps), gram)
        loss = content_weight * distance(content, wanted_content) + style / len(wanted_grams)
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "style_transfer",
        "right",
        "a Parameter, targets detached, a mean of stacked terms",
        """
def style_transfer(features, photo, painting, start, make_optimiser, steps, content_weight):
    p = features(photo)[0].detach()
    grams = [gram_matrix(m).detach() for m in features(painting)[1]]
    x = torch.nn.Parameter(start.clone())
    opt, history = make_optimiser([x]), []

    def evaluate():
        x.grad = None
        f, maps = features(x)
        terms = torch.stack([distance(gram_matrix(m), a) for m, a in zip(maps, grams)])
        value = content_weight * distance(f, p) + terms.mean()
        value.backward()
        history.append(float(value))
        return value

    done = 0
    while done < steps:
        opt.step(evaluate)
        x.data = x.data.clamp(0, 1)
        done += 1
    return x.detach().clone(), history
""",
    ),
    # ------------------------------------------------------------------ adam_step
    (
        "adam_step",
        "wrong",
        "0.9 and 0.999 exchanged",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.999 * mean + 0.001 * gradient
    square = 0.9 * square + 0.1 * gradient**2
    m, v = mean / (1 - 0.999**step), square / (1 - 0.9**step)
    return learning_rate * m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "no correction for the start at 0",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    return learning_rate * mean / (square.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "forgot to square the gradient",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient
    update = learning_rate * (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)
    return update, mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "epsilon under the root",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return learning_rate * m / torch.sqrt(v + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "returns the divided averages",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = (0.9 * mean + 0.1 * gradient) / (1 - 0.9**step)
    square = (0.999 * square + 0.001 * gradient**2) / (1 - 0.999**step)
    return learning_rate * mean / (square.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "no root",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return learning_rate * m / (v + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "a minus in the update, which is subtracted later",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return -learning_rate * m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "counted the step from 0",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9 ** (step + 1)), square / (1 - 0.999 ** (step + 1))
    return learning_rate * m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "no learning rate",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "an average over the pixels",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient.mean()
    square = 0.999 * square + 0.001 * gradient.square().mean()
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return learning_rate * m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "left epsilon out: 0/0 where the gradient is 0",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    return learning_rate * (mean / (1 - 0.9**step)) / (square / (1 - 0.999**step)).sqrt(), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "times the step and not to its power",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9 * step), square / (1 - 0.999 * step)
    return learning_rate * m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "the averages first, the update last",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return mean, square, learning_rate * m / (v.sqrt() + 1e-8)
""",
    ),
    (
        "adam_step",
        "wrong",
        "the update from the old averages",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    update = learning_rate * m / (v.sqrt() + 1e-8)
    return update, 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
""",
    ),
    (
        "adam_step",
        "wrong",
        "a fresh torch Adam at every step, without a memory",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    pixels = torch.zeros_like(gradient, requires_grad=True)
    pixels.grad = gradient.clone()
    torch.optim.Adam([pixels], lr=learning_rate).step()
    return -pixels.detach(), 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
""",
    ),
    (
        "adam_step",
        "wrong",
        "only the update",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return learning_rate * m / (v.sqrt() + 1e-8)
""",
    ),
    (
        "adam_step",
        "wrong",
        "sums and no averages: 0.1 and 0.001 forgotten",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + gradient
    square = 0.999 * square + gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return learning_rate * m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "the correction of the first step at every step",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / 0.1, square / 0.001
    return learning_rate * m / (v.sqrt() + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "the sign of the gradient, as by hand at t = 1",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    update = learning_rate * gradient / (gradient.abs() + 1e-8)
    return update, 0.9 * mean + 0.1 * gradient, 0.999 * square + 0.001 * gradient**2
""",
    ),
    (
        "adam_step",
        "wrong",
        "math.sqrt on a tensor of many pixels, an error",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    import math

    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m, v = mean / (1 - 0.9**step), square / (1 - 0.999**step)
    return learning_rate * m / (math.sqrt(v) + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "wrong",
        "the brackets of the correction forgotten",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    update = learning_rate * mean / 1 - 0.9**step / (torch.sqrt(square / (1 - 0.999**step)) + 1e-8)
    return update, mean, square
""",
    ),
    (
        "adam_step",
        "right",
        "the formula",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    m_hat = mean / (1 - 0.9**step)
    v_hat = square / (1 - 0.999**step)
    return learning_rate * m_hat / (torch.sqrt(v_hat) + 1e-8), mean, square
""",
    ),
    (
        "adam_step",
        "right",
        "lerp and two named betas",
        """
def adam_step(gradient, mean, square, step, learning_rate):
    b1, b2, epsilon = 0.9, 0.999, 1e-8
    mean = torch.lerp(mean, gradient, 1 - b1)
    square = torch.lerp(square, gradient * gradient, 1 - b2)
    usual = square.div(1 - b2**step).sqrt().add(epsilon)
    return mean.div(1 - b1**step).div(usual).mul(learning_rate), mean, square
""",
    ),
]
