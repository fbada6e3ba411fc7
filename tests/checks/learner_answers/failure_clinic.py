"""Answers to the exercises of notebook 12."""
# ruff: noqa: F811

import math

import torch

from learner_answers import right, wrong
from nsthelpers import gram_matrix
from nsthelpers.checks import failure_clinic as check


@right(check.vital_signs)
def vital_signs(start, picture, losses):
    fine = torch.isfinite(picture)
    return {
        "finite": fine.sum().item() / picture.numel(),
        "outside": (picture != picture.clamp(0, 1)).logical_and(~picture.isnan()).float().mean().item(),
        "moved": (picture[fine] - start[fine]).abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


@right(check.vital_signs)
def vital_signs(start, picture, losses):
    values, before = picture.flatten().tolist(), start.flatten().tolist()
    moved = [abs(v - b) for v, b in zip(values, before, strict=True) if math.isfinite(v)]
    signs = {}
    signs["finite"] = len(moved) / len(values)
    signs["outside"] = sum(v < 0 or v > 1 for v in values) / len(values)
    signs["moved"] = sum(moved) / len(moved)
    signs["fell"] = losses[-1] / losses[0]
    return signs


@right(check.vital_signs)
def vital_signs(start, picture, losses):
    difference = (picture - start).abs()
    return dict(
        finite=1 - (picture.isnan() | picture.isinf()).float().mean().item(),
        outside=torch.mean(((picture < 0) + (picture > 1)).float()).item(),
        moved=difference[difference.isfinite()].mean(),
        fell=losses[-1] / losses[0],
    )


@right(check.vital_signs)
def vital_signs(start, picture, losses):
    change = torch.where(picture.isfinite(), picture - start, torch.nan)
    return {
        "fell": losses[-1] / losses[0],
        "moved": change.abs().nanmean().item(),
        "outside": (picture.sub(0.5).abs() > 0.5).double().mean().item(),
        "finite": picture.isfinite().double().mean().item(),
    }


@wrong(check.vital_signs, "NaN in moved")
def vital_signs(start, picture, losses):
    return {
        "finite": picture.isfinite().float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": torch.mean(torch.abs(picture - start)).item(),
        "fell": losses[-1] / losses[0],
    }


@wrong(check.vital_signs, "only above 1")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "outside": (picture > 1).float().mean().item(),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


@wrong(check.vital_signs, "inverted")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": losses[0] / losses[-1],
    }


@wrong(check.vital_signs, "lowest loss")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": sorted(losses)[0] / losses[0],
    }


@wrong(check.vital_signs, "difference not absolute")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": picture[fine].mean().item() - start[fine].mean().item(),
        "fell": losses[-1] / losses[0],
    }


@wrong(check.vital_signs, "times H·W")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "outside": float(((picture < 0) | (picture > 1)).sum()),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


@wrong(check.vital_signs, "turned over")
def vital_signs(start, picture, losses):
    bad = picture.isnan() | picture.isinf()
    return {
        "finite": bad.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[~bad].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


@wrong(check.vital_signs, "NaN as 0")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (torch.where(fine, picture - start, 0.0)).abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


@wrong(check.vital_signs, "all or nothing")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": float(fine.all()),
        "outside": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


@wrong(check.vital_signs, "keys")
def vital_signs(start, picture, losses):
    fine = picture.isfinite()
    return {
        "finite": fine.float().mean().item(),
        "out": ((picture < 0) | (picture > 1)).float().mean().item(),
        "moved": (picture - start)[fine].abs().mean().item(),
        "fell": losses[-1] / losses[0],
    }


@right(check.pick_rate)
def pick_rate(run, rates):
    best, lowest = None, math.inf
    for rate in rates:
        last = run(rate)[-1]
        if last < lowest:
            best, lowest = rate, last
    return best


@right(check.pick_rate)
def pick_rate(run, rates):
    ends = torch.tensor([run(rate)[-1] for rate in rates])
    return rates[ends.nan_to_num(nan=torch.inf).argmin()]


@right(check.pick_rate)
def pick_rate(run, rates):
    pairs = [(run(rate)[-1], rate) for rate in rates]
    return sorted(pair for pair in pairs if math.isfinite(pair[0]))[0][1]


@wrong(check.pick_rate, "NaN not left out")
def pick_rate(run, rates):
    ends = {rate: run(rate)[-1] for rate in rates}
    return min(ends, key=ends.get)


@wrong(check.pick_rate, "NaN not left out")
def pick_rate(run, rates):
    ends = torch.tensor([run(rate)[-1] for rate in rates])
    return rates[int(torch.argmin(ends))]


@wrong(check.pick_rate, "lowest on the way")
def pick_rate(run, rates):
    best, lowest = None, math.inf
    for rate in rates:
        for loss in run(rate):
            if loss < lowest:
                best, lowest = rate, loss
    return best


@wrong(check.pick_rate, "the loss")
def pick_rate(run, rates):
    return min(loss for loss in (run(rate)[-1] for rate in rates) if math.isfinite(loss))


@wrong(check.pick_rate, "the place")
def pick_rate(run, rates):
    ends = [run(rate)[-1] for rate in rates]
    ends = [end if math.isfinite(end) else math.inf for end in ends]
    return ends.index(min(ends))


@wrong(check.pick_rate, "function")
def pick_rate(run, rates):
    ends = {rate: run(rate)[-1] for rate in rates if math.isfinite(run(rate)[-1])}
    return max(ends, key=ends.get)


@wrong(check.pick_rate, "first losses")
def pick_rate(run, rates):
    ends = {rate: run(rate)[0] for rate in rates}
    return min(ends, key=ends.get)


@wrong(check.pick_rate, "largest that is stable")
def pick_rate(run, rates):
    for rate in sorted(rates, reverse=True):
        if math.isfinite(run(rate)[-1]):
            return rate


@right(check.to_bytes)
def to_bytes(image):
    values = torch.clamp(image, min=0, max=1) * 255
    return values.round().byte().squeeze(0).permute(1, 2, 0)


@right(check.to_bytes)
def to_bytes(image):
    values = (image[0] * 255).round().clamp(0, 255)
    return values.to(torch.uint8).movedim(0, -1)


@right(check.to_bytes)
def to_bytes(image):
    red, green, blue = image[0].clip(0, 1)
    return (torch.stack([red, green, blue], dim=-1) * 255 + 0.5).floor().type(torch.uint8)


@wrong(check.to_bytes, "not clamped")
def to_bytes(image):
    return (image * 255).round().to(torch.int32).to(torch.uint8)[0].permute(1, 2, 0)


@wrong(check.to_bytes, "not rounded")
def to_bytes(image):
    return (image[0].permute(1, 2, 0).clamp(0, 1) * 255).byte()


@wrong(check.to_bytes, "channels first")
def to_bytes(image):
    return (image.clamp(0, 1) * 255).round().byte()[0]


@wrong(check.to_bytes, "channels first")
def to_bytes(image):
    return (image.clamp(0, 1) * 255).round().byte()


@wrong(check.to_bytes, "stretched")
def to_bytes(image):
    low, high = image.amin(), image.amax()
    return ((image - low) / (high - low) * 255).round().byte()[0].permute(1, 2, 0)


@wrong(check.to_bytes, "reshaped, not permuted")
def to_bytes(image):
    height, width = image.shape[2:]
    return (image.clamp(0, 1) * 255).round().byte().view(height, width, 3)


@wrong(check.to_bytes, "lies on its side")
def to_bytes(image):
    return (image[0].clamp(0, 1) * 255).round().byte().permute(2, 1, 0)


@wrong(check.to_bytes, "dtype")
def to_bytes(image):
    return (image[0].clamp(0, 1) * 255).round().permute(1, 2, 0)


@wrong(check.to_bytes, "not scaled")
def to_bytes(image):
    return image[0].clamp(0, 1).permute(1, 2, 0).round().to(torch.uint8)


@wrong(check.to_bytes, "numpy")
def to_bytes(image):
    return (image[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()


def distance(m, n):
    return (m - n).square().sum() / n.square().sum()


@right(check.repair)
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
        style = sum(distance(gram(m), a) for m, a in zip(styles, wanted, strict=True)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data.clamp_(0, 1)
    return pixels.detach(), losses


@right(check.repair)
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target, wanted = features(photo)[0], [gram_matrix(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        pixels.grad = None
        content, styles = features(pixels)
        terms = [distance(gram_matrix(m), a) for m, a in zip(styles, wanted, strict=True)]
        loss = content_weight * distance(content, target) + torch.stack(terms).mean()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        with torch.no_grad():
            pixels.clamp_(0, 1)
    return pixels.detach(), losses


@right(check.repair)
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    def gram(maps):
        flat = maps.flatten(2)
        return flat @ flat.mT / (maps.shape[2] * maps.shape[3])

    target = features(photo)[0].detach()
    wanted = [gram(m).detach() for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        content, styles = features(pixels)
        loss = content_weight * distance(content, target)
        for m, a in zip(styles, wanted, strict=True):
            loss = loss + distance(gram(m), a) / len(wanted)
        optimiser.zero_grad()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
        pixels.data = pixels.data.clamp(0, 1)
    return pixels.detach(), losses


def half_healed(*, divide=False, clear=False, between=False, weigh=False):
    """The exercise as it comes, with some of its four faults mended by the learner."""

    def repair(features, photo, painting, make_optimiser, steps, content_weight):
        def gram(maps):
            flat = maps.flatten(2)
            product = flat @ flat.transpose(1, 2)
            return product / flat.shape[2] if divide else product

        with torch.no_grad():
            target, wanted = features(photo)[0], [gram(m) for m in features(painting)[1]]
        pixels, losses = photo.clone().requires_grad_(True), []
        optimiser = make_optimiser([pixels])

        def closure():
            if not between:
                pixels.data.clamp_(0, 1)
            if clear:
                optimiser.zero_grad()
            content, styles = features(pixels)
            style = sum(distance(gram(m), a) for m, a in zip(styles, wanted, strict=True)) / len(wanted)
            if weigh:
                loss = content_weight * distance(content, target) + style
            else:
                loss = distance(content, target) + content_weight * style
            loss.backward()
            losses.append(loss.item())
            return loss

        for _ in range(steps):
            optimiser.step(closure)
            if between:
                pixels.data.clamp_(0, 1)
        return pixels.detach(), losses

    return repair


wrong(check.repair, "as it came")(half_healed())
wrong(check.repair, "zero_grad")(half_healed(divide=True, between=True, weigh=True))
wrong(check.repair, "the clamp")(half_healed(divide=True, clear=True, weigh=True))
wrong(check.repair, "the weight")(half_healed(divide=True, clear=True, between=True))
wrong(check.repair, "the Gram matrix")(half_healed(clear=True, between=True, weigh=True))
wrong(check.repair, "the Gram matrix + the clamp")(half_healed(clear=True, weigh=True))
wrong(check.repair, "zero_grad + the weight")(half_healed(divide=True, between=True))


@wrong(check.repair, "not clamped")
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target, wanted = features(photo)[0], [gram_matrix(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted, strict=True)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach(), losses


@wrong(check.repair, "clamp only at the end")
def repair(features, photo, painting, make_optimiser, steps, content_weight):
    with torch.no_grad():
        target, wanted = features(photo)[0], [gram_matrix(m) for m in features(painting)[1]]
    pixels, losses = photo.clone().requires_grad_(True), []
    optimiser = make_optimiser([pixels])

    def closure():
        optimiser.zero_grad()
        content, styles = features(pixels)
        style = sum(distance(gram_matrix(m), a) for m, a in zip(styles, wanted, strict=True)) / len(wanted)
        loss = content_weight * distance(content, target) + style
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(steps):
        optimiser.step(closure)
    return pixels.detach().clamp(0, 1), losses
