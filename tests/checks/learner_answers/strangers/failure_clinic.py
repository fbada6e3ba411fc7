"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ vital_signs
    (
        "vital_signs",
        "wrong",
        "NaN only: an infinite value passes for a number",
        """
def vital_signs(start, picture, losses):
    good = ~torch.isnan(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "outside: above 1 only",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": (picture > 1).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "outside: 0 and 1 themselves count, too",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture <= 0) | (picture >= 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "moved without the absolute value: up and down cancel",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].mean().abs().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "the first loss over the last",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[0] / losses[-1],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "fell: the difference of the losses",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[0] - losses[-1],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "counted L from 1 as the formula does",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    n = len(losses)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[n - 1] / losses[1],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "a mean over all values, NaN as soon as one is",
        """
def vital_signs(start, picture, losses):
    return {
        "finite": torch.isfinite(picture).float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start).abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "NaN made 0, and counted as a movement",
        """
def vital_signs(start, picture, losses):
    x = picture.nan_to_num(0, 0, 0)
    return {
        "finite": torch.isfinite(picture).float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (x - start).abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "counts, not shares",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.sum().item(),
        "outside": ((picture < 0) | (picture > 1)).sum().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "other names",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "Finite": good.float().mean().item(),
        "Outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "Moved": (picture - start)[good].abs().mean().item(),
        "Fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "a tuple of four",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    outside = ((picture < 0) | (picture > 1)).float().mean()
    return good.float().mean(), outside, (picture - start)[good].abs().mean(), losses[-1] / losses[0]
""",
    ),
    (
        "vital_signs",
        "wrong",
        "finite: yes or no, for the whole picture",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": bool(good.all()),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "clamped first, so that nothing lies outside",
        """
def vital_signs(start, picture, losses):
    picture = picture.clamp(0, 1)
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "mean of a bool tensor, an error",
        """
def vital_signs(start, picture, losses):
    return {
        "finite": torch.isfinite(picture).mean(),
        "outside": ((picture < 0) | (picture > 1)).mean(),
        "moved": (picture - start).abs().mean(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "or between tensors, an error",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": (picture < 0 or picture > 1).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "both below 0 and above 1, which nothing is",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) & (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "the root of the mean square as the way moved",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].square().mean().sqrt().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "the lowest loss, not the last",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
        "fell": min(losses) / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "examined the start, not the picture",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(start)
    return {
        "finite": good.float().mean().item(),
        "outside": ((start < 0) | (start > 1)).float().mean().item(),
        "moved": (start - picture)[good].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "the healthy run of the notebook, whatever comes in",
        """
def vital_signs(start, picture, losses):
    x, s = healthy.pixels, healthy.start
    good = torch.isfinite(x)
    totals = [row["total"] for row in healthy.history]
    return {
        "finite": good.float().mean().item(),
        "outside": ((x < 0) | (x > 1)).float().mean().item(),
        "moved": (x - s)[good].abs().mean().item(),
        "fell": totals[-1] / totals[0],
    }
""",
    ),
    (
        "vital_signs",
        "wrong",
        "half finished: fell is missing",
        """
def vital_signs(start, picture, losses):
    good = torch.isfinite(picture)
    return {
        "finite": good.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[good].abs().mean().item(),
    }
""",
    ),
    (
        "vital_signs",
        "right",
        "masks",
        """
def vital_signs(start, picture, losses):
    finite = torch.isfinite(picture)
    outside = (picture < 0) | (picture > 1)
    return {
        "finite": finite.float().mean().item(),
        "outside": outside.float().mean().item(),
        "moved": (picture[finite] - start[finite]).abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }
""",
    ),
    (
        "vital_signs",
        "right",
        "counted, and divided by the number of values",
        """
def vital_signs(start, picture, losses):
    total = picture.numel()
    is_number = picture.isfinite()
    below, above = picture.lt(0).sum().item(), picture.gt(1).sum().item()
    steps = torch.where(is_number, picture - start, torch.zeros_like(picture)).abs()
    signs = dict(finite=is_number.sum().item() / total, outside=(below + above) / total)
    signs["moved"] = float(steps.sum() / is_number.sum())
    signs["fell"] = losses[len(losses) - 1] / losses[0]
    return signs
""",
    ),
    # ------------------------------------------------------------------ pick_rate
    (
        "pick_rate",
        "wrong",
        "min alone: NaN is never larger than anything",
        """
def pick_rate(run, rates):
    return min(rates, key=lambda rate: run(rate)[-1])
""",
    ),
    (
        "pick_rate",
        "wrong",
        "the lowest loss on the way, not the last",
        """
def pick_rate(run, rates):
    best, best_loss = None, float("inf")
    for rate in rates:
        losses = [loss for loss in run(rate) if loss == loss]
        if min(losses) < best_loss:
            best, best_loss = rate, min(losses)
    return best
""",
    ),
    (
        "pick_rate",
        "wrong",
        "returns the loss",
        """
def pick_rate(run, rates):
    import math

    ends = [run(rate)[-1] for rate in rates]
    return min(end for end in ends if math.isfinite(end))
""",
    ),
    (
        "pick_rate",
        "wrong",
        "returns the place in the list",
        """
def pick_rate(run, rates):
    ends = torch.tensor([run(rate)[-1] for rate in rates]).nan_to_num(float("inf"))
    return ends.argmin().item()
""",
    ),
    (
        "pick_rate",
        "wrong",
        "the highest last loss",
        """
def pick_rate(run, rates):
    import math

    ends = {rate: run(rate)[-1] for rate in rates}
    return max((r for r in ends if math.isfinite(ends[r])), key=ends.get)
""",
    ),
    (
        "pick_rate",
        "wrong",
        "the first loss",
        """
def pick_rate(run, rates):
    ends = {rate: run(rate)[0] for rate in rates}
    return min(ends, key=ends.get)
""",
    ),
    (
        "pick_rate",
        "wrong",
        "leaves out a run that was infinite only on the way",
        """
def pick_rate(run, rates):
    best, lowest = None, float("inf")
    for rate in rates:
        losses = torch.tensor(run(rate))
        if not torch.isfinite(losses).all():
            continue
        if losses[-1] < lowest:
            best, lowest = rate, losses[-1]
    return best
""",
    ),
    (
        "pick_rate",
        "wrong",
        "== nan is never true",
        """
def pick_rate(run, rates):
    ends = {}
    for rate in rates:
        last = run(rate)[-1]
        if last == float("nan") or last == float("inf"):
            continue
        ends[rate] = last
    return min(ends, key=ends.get)
""",
    ),
    (
        "pick_rate",
        "wrong",
        "begins with a best loss of 0, which none goes below",
        """
def pick_rate(run, rates):
    best, lowest = None, 0
    for rate in rates:
        last = run(rate)[-1]
        if last < lowest:
            best, lowest = rate, last
    return best
""",
    ),
    (
        "pick_rate",
        "wrong",
        "stops at the first rate that is no better",
        """
def pick_rate(run, rates):
    best, lowest = rates[0], run(rates[0])[-1]
    for rate in rates[1:]:
        last = run(rate)[-1]
        if not last < lowest:
            break
        best, lowest = rate, last
    return best
""",
    ),
    (
        "pick_rate",
        "wrong",
        "the mean loss",
        """
def pick_rate(run, rates):
    means = torch.tensor([sum(run(rate)) / len(run(rate)) for rate in rates])
    return rates[means.nan_to_num(float("inf")).argmin()]
""",
    ),
    (
        "pick_rate",
        "wrong",
        "the usual rate, from memory",
        """
def pick_rate(run, rates):
    return 0.03
""",
    ),
    (
        "pick_rate",
        "wrong",
        "the largest rate that does not explode",
        """
def pick_rate(run, rates):
    return max(rate for rate in rates if torch.isfinite(torch.tensor(run(rate)[-1])))
""",
    ),
    (
        "pick_rate",
        "wrong",
        "all rates at once into run",
        """
def pick_rate(run, rates):
    losses = run(rates)
    return rates[losses.index(min(losses))]
""",
    ),
    (
        "pick_rate",
        "wrong",
        "all rates, sorted by their loss",
        """
def pick_rate(run, rates):
    return sorted(rates, key=lambda rate: run(rate)[-1])
""",
    ),
    (
        "pick_rate",
        "wrong",
        "return inside the loop",
        """
def pick_rate(run, rates):
    best, lowest = None, float("inf")
    for rate in rates:
        last = run(rate)[-1]
        if last < lowest:
            best, lowest = rate, last
        return best
""",
    ),
    (
        "pick_rate",
        "wrong",
        "argmin of a tensor, which prefers NaN",
        """
def pick_rate(run, rates):
    ends = torch.tensor([run(rate)[-1] for rate in rates])
    return rates[int(torch.argmin(ends))]
""",
    ),
    (
        "pick_rate",
        "wrong",
        "infinite runs only are left out",
        """
def pick_rate(run, rates):
    ends = [(run(rate)[-1], rate) for rate in rates]
    ends = [pair for pair in ends if pair[0] != float("inf")]
    return min(ends)[1]
""",
    ),
    (
        "pick_rate",
        "wrong",
        "NaN counts as 0 and so as best",
        """
def pick_rate(run, rates):
    ends = torch.tensor([run(rate)[-1] for rate in rates]).nan_to_num()
    return rates[ends.argmin().item()]
""",
    ),
    (
        "pick_rate",
        "wrong",
        "forgot the last rate",
        """
def pick_rate(run, rates):
    best, lowest = None, float("inf")
    for i in range(len(rates) - 1):
        last = run(rates[i])[-1]
        if last < lowest:
            best, lowest = rates[i], last
    return best
""",
    ),
    (
        "pick_rate",
        "wrong",
        "the greatest fall, not the lowest end",
        """
def pick_rate(run, rates):
    best, deepest = None, 0.0
    for rate in rates:
        losses = run(rate)
        fall = losses[0] - losses[-1]
        if fall > deepest:
            best, deepest = rate, fall
    return best
""",
    ),
    (
        "pick_rate",
        "wrong",
        "forgot the index: compares lists",
        """
def pick_rate(run, rates):
    ends = {rate: run(rate) for rate in rates}
    return min(ends, key=ends.get)
""",
    ),
    (
        "pick_rate",
        "wrong",
        "prints the best, returns nothing",
        """
def pick_rate(run, rates):
    ends = {rate: run(rate)[-1] for rate in rates}
    good = {rate: end for rate, end in ends.items() if abs(end) < float("inf")}
    print(min(good, key=good.get))
""",
    ),
    (
        "pick_rate",
        "right",
        "a loop; NaN is not smaller than anything",
        """
def pick_rate(run, rates):
    best, lowest = None, float("inf")
    for rate in rates:
        last = run(rate)[-1]
        if -float("inf") < last < lowest:
            best, lowest = rate, last
    return best
""",
    ),
    (
        "pick_rate",
        "right",
        "the finite ends in a dictionary, and its minimum",
        """
def pick_rate(run, rates):
    import math

    ends = {rate: run(rate)[-1] for rate in rates}
    finite = {rate: end for rate, end in ends.items() if math.isfinite(end)}
    return min(finite, key=finite.get)
""",
    ),
    # ------------------------------------------------------------------ to_bytes
    (
        "to_bytes",
        "wrong",
        "cut off, not rounded",
        """
def to_bytes(image):
    return (image[0].permute(1, 2, 0).clamp(0, 1) * 255).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "no clamp",
        """
def to_bytes(image):
    return (image[0].permute(1, 2, 0) * 255).round().to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "the axes as (W, H, 3)",
        """
def to_bytes(image):
    return (image[0].permute(2, 1, 0).clamp(0, 1) * 255).round().to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "reshape for permute",
        """
def to_bytes(image):
    _, C, H, W = image.shape
    return (255 * image.clamp(0, 1)).round().to(torch.uint8).reshape(H, W, C)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "the batch axis stayed",
        """
def to_bytes(image):
    return (255 * image.clamp(0, 1)).round().to(torch.uint8).permute(0, 2, 3, 1)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "a numpy array, which has no permute for the line in paint",
        """
def to_bytes(image):
    return (255 * image[0].clamp(0, 1)).round().permute(1, 2, 0).numpy().astype("uint8")
""",
    ),
    (
        "to_bytes",
        "wrong",
        "int8, where 255 is −1",
        """
def to_bytes(image):
    return (255 * image[0].clamp(0, 1)).round().permute(1, 2, 0).to(torch.int8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "still floats",
        """
def to_bytes(image):
    return (255 * image[0].clamp(0, 1)).round().permute(1, 2, 0)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "256 levels, so times 256",
        """
def to_bytes(image):
    return (256 * image[0].clamp(0, 1)).round().permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "rounded before it was multiplied",
        """
def to_bytes(image):
    return (255 * image[0].clamp(0, 1).round()).permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "clamped after the bytes had wrapped around",
        """
def to_bytes(image):
    return (255 * image[0]).round().to(torch.uint8).clamp(0, 255).permute(1, 2, 0)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "clamped to 0…255 before it was multiplied",
        """
def to_bytes(image):
    return (255 * image[0].clamp(0, 255)).round().permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "stretched from the darkest to the lightest value",
        """
def to_bytes(image):
    x = image[0].permute(1, 2, 0)
    x = (x - x.min()) / (x.max() - x.min())
    return (255 * x).round().to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "Python's bytes, taken at its word",
        """
def to_bytes(image):
    picture = (255 * image[0].clamp(0, 1)).round().permute(1, 2, 0).to(torch.uint8)
    return picture.contiguous().numpy().tobytes()
""",
    ),
    (
        "to_bytes",
        "wrong",
        "clamps in place, so that the caller's picture changes",
        """
def to_bytes(image):
    image.clamp_(0, 1)
    return (255 * image[0]).round().permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "multiplies in place, so that the caller's picture is 255 times as bright",
        """
def to_bytes(image):
    image *= 255
    return image[0].round().clamp(0, 255).permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "blue first, as for OpenCV",
        """
def to_bytes(image):
    return (255 * image[0].flip(0).clamp(0, 1)).round().permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "still (3, H, W)",
        """
def to_bytes(image):
    return (255 * image[0].clamp(0, 1)).round().to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "bytes first, times 255 then",
        """
def to_bytes(image):
    return 255 * image[0].clamp(0, 1).permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "permute of four axes with three numbers, an error",
        """
def to_bytes(image):
    return (255 * image.clamp(0, 1)).round().permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "adds ImageNet's mean again, though the picture is in 0…1",
        """
def to_bytes(image):
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    std = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    x = (image * std + mean).clamp(0, 1)
    return (255 * x[0]).round().permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "wrong",
        "always rounds up",
        """
def to_bytes(image):
    return (255 * image[0].clamp(0, 1)).ceil().permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "right",
        "clamp, times 255, round",
        """
def to_bytes(image):
    values = (image.clamp(0, 1) * 255).round()
    return values[0].permute(1, 2, 0).to(torch.uint8)
""",
    ),
    (
        "to_bytes",
        "right",
        "rounds by adding a half, clamps at 0 and 255",
        """
def to_bytes(image):
    picture = image.detach().squeeze(0).movedim(0, -1)
    return torch.floor(255 * picture + 0.5).clamp(0, 255).byte()
""",
    ),
    (
        "to_bytes",
        "right",
        "channel by channel",
        """
def to_bytes(image):
    channels = [torch.round(255 * channel.clip(0, 1)) for channel in image[0]]
    return torch.stack(channels, dim=2).type(torch.uint8)
""",
    ),
    # ------------------------------------------------------------------ repair
    (
        "repair",
        "wrong",
        "found nothing",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2)

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        pixels.data.clamp_(0, 1)
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = distance(content, target) + content_weight * style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach(), losses
""",
    ),
    (
        "repair",
        "wrong",
        "three of four: the Gram matrix is still a sum",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2)

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "wrong",
        "three of four: no zero_grad",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "wrong",
        "three of four: the content weight still weighs the style",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "wrong",
        "three of four: the clamp still in the closure, before the step",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        pixels.data.clamp_(0, 1)
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "wrong",
        "took the clamp out and did not put it anywhere",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target, wanted = features(photo)[0], [gram_matrix(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

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
        "repair",
        "wrong",
        "the Gram matrix divided by the channels, not by the places",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[1]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "wrong",
        "zero_grad after backward: no step is left",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        optimiser.zero_grad()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "repair",
        "wrong",
        "zero_grad once for each step, outside the closure, which may be called several times",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.zero_grad()
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "repair",
        "wrong",
        "healed all four and made a fifth: the losses keep their graphs",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "wrong",
        "healed all four and took the clone for a fault, too",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "wrong",
        "a clamp that makes a new tensor",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels = pixels.clamp(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "repair",
        "wrong",
        "the content weight on both terms",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * (distance(content, target) + style)
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
        "repair",
        "wrong",
        "healed all four and summed over the layers",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted))
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
        "repair",
        "wrong",
        "clamps before the step, so that the last picture is not clamped",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        pixels.data.clamp_(0, 1)
        optimiser.step(closure)
    return pixels.detach(), losses
""",
    ),
    (
        "repair",
        "wrong",
        "only the picture, without the losses",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target, wanted = features(photo)[0], [gram_matrix(m) for m in features(painting)[1]]
    pixels = photo.clone().requires_grad_(True)
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach()
""",
    ),
    (
        "repair",
        "wrong",
        "the notebook's paint, whatever the arguments say",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    run = paint(steps=steps, optimiser=make_optimiser, content=content_weight)
    return run.pixels, [row["total"] for row in run.history]
""",
    ),
    (
        "repair",
        "right",
        "the smallest change in four places",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.transpose(1, 2) / flat.shape[2]

    with torch.no_grad():
        target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
        "repair",
        "right",
        "written anew, with the package's Gram matrix",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target = features(photo)[0]
        wanted = [gram_matrix(maps) for maps in features(painting)[1]]
    pixels = photo.detach().clone()
    pixels.requires_grad = True
    optimiser = make_optimiser([pixels])
    losses = []

    def closure():
        optimiser.zero_grad(set_to_none=True)
        content, styles = features(pixels)
        terms = [distance(gram_matrix(maps), goal) for maps, goal in zip(styles, wanted)]
        total = content_weight * distance(content, target) + torch.stack(terms).mean()
        total.backward()
        losses.append(total.item())
        return total

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses
""",
    ),
    (
        "repair",
        "right",
        "a Gram matrix divided by channels and places: the channels cancel in the distance",
        """
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        b, c, h, w = maps.shape
        flat = maps.view(b, c, h * w)
        return torch.bmm(flat, flat.transpose(1, 2)) / (c * h * w)

    target = features(photo)[0].detach()
    wanted = [gram(m).detach() for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        pixels.grad = None
        content, styles = features(pixels)
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted)) / len(wanted)
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
]
