"""Answers to the exercises of notebook 09."""
# ruff: noqa: F811

import itertools

import numpy as np
import torch

from learner_answers import right, wrong
from nsthelpers import luminance
from nsthelpers.checks import experiments as check


@right(check.grid)
def grid(settings):
    runs = []
    for values in itertools.product(*settings.values()):
        runs.append(dict(zip(settings.keys(), values, strict=True)))
    return runs


@right(check.grid)
def grid(settings):
    runs = [{}]
    for name, values in settings.items():
        runs = [{**run, name: value} for run in runs for value in values]
    return runs


@right(check.grid)
def grid(settings):
    def walk(names):
        if not names:
            return [{}]
        return [{names[0]: value} | rest for value in settings[names[0]] for rest in walk(names[1:])]

    return walk(list(settings))


@wrong(check.grid, "side by side")
def grid(settings):
    return [dict(zip(settings, values, strict=False)) for values in zip(*settings.values(), strict=False)]


@wrong(check.grid, "first name fastest")
def grid(settings):
    runs = [{}]
    for name, values in settings.items():
        runs = [{**run, name: value} for value in values for run in runs]
    return runs


@wrong(check.grid, "all alike")
def grid(settings):
    run, runs = {}, []
    for values in itertools.product(*settings.values()):
        for name, value in zip(settings, values, strict=True):
            run[name] = value
        runs.append(run)
    return runs


@wrong(check.grid, "without names")
def grid(settings):
    return list(itertools.product(*[settings[name] for name in settings]))


@wrong(check.grid, "type")
def grid(settings):
    return itertools.product(*settings.values())


@wrong(check.grid, "generator")
def grid(settings):
    for values in itertools.product(*settings.values()):
        yield dict(zip(settings, values, strict=True))


@wrong(check.grid, "one at a time")
def grid(settings):
    runs = []
    for name in settings:
        for value in settings[name]:
            runs.append({name: value})
    return runs


@right(check.noise_floor)
def noise_floor(base, runs):
    return (torch.tensor(runs) - base).square().mean().sqrt()


@right(check.noise_floor)
def noise_floor(base, runs):
    total = 0
    for run in runs:
        total += (run - base) ** 2
    return (total / len(runs)) ** 0.5


@right(check.noise_floor)
def noise_floor(base, runs):
    return float(np.sqrt(np.mean((np.array(runs) - base) ** 2)))


@right(check.noise_floor)
def noise_floor(base, runs):
    runs = torch.tensor(runs, dtype=torch.float64)
    return (runs.var(unbiased=False) + (runs.mean() - base) ** 2) ** 0.5


@wrong(check.noise_floor, "spread only")
def noise_floor(base, runs):
    return torch.tensor(runs).std()


@wrong(check.noise_floor, "spread only")
def noise_floor(base, runs):
    return np.std(runs)


@wrong(check.noise_floor, "bias only")
def noise_floor(base, runs):
    return sum(run - base for run in runs) / len(runs)


@wrong(check.noise_floor, "bias only")
def noise_floor(base, runs):
    return ((sum(runs) / len(runs) - base) ** 2) ** 0.5


@wrong(check.noise_floor, "square")
def noise_floor(base, runs):
    return (torch.tensor(runs) - base).square().mean().item()


@wrong(check.noise_floor, "absolute values")
def noise_floor(base, runs):
    return (torch.tensor(runs) - base).abs().mean()


@wrong(check.noise_floor, "sum for mean")
def noise_floor(base, runs):
    return torch.linalg.norm(torch.tensor(runs) - base)


@wrong(check.noise_floor, "for each run")
def noise_floor(base, runs):
    return (torch.tensor(runs) - base).square()


@wrong(check.noise_floor, "too much")
def noise_floor(base, runs):
    squares = [(run - base) ** 2 for run in runs]
    return (sum(squares) / (len(squares) - 1)) ** 0.5


@right(check.experiment)
def experiment(base):
    return check.Experiment(base, {**base, "pooling": "max"}, "edges_kept")


@right(check.experiment)
def experiment(base):
    changed = dict(base)
    changed["content_weight"] = 0.5
    return check.Experiment(control=base, changed=changed, measure="content_error")


@right(check.experiment)
def experiment(base):
    return check.Experiment(base | {"optimizer": "lbfgs"}, base | {"optimizer": "adam"}, "style_error")


@right(check.experiment)
def experiment(base):
    return check.Experiment(base, base | {"style_layers": ["relu1_1", "relu2_1"]}, "style_error")


@right(check.experiment)
def experiment(base):
    return check.Experiment(base, base | {"size": 256}, measure="edges_kept")


@wrong(check.experiment, "several changes")
def experiment(base):
    return check.Experiment(base, base | {"content_weight": 1.0, "seed": 1}, "style_error")


@wrong(check.experiment, "the change alone")
def experiment(base):
    return check.Experiment(base, {"tv_weight": 1.0}, "style_error")


@wrong(check.experiment, "several changes")
def experiment(base):
    return check.Experiment(base, base | {"convention": "gordicaleksa"}, "style_error")


@wrong(check.experiment, "seed changed")
def experiment(base):
    return check.Experiment(base, base | {"seed": 99}, "style_error")


@wrong(check.experiment, "start changed")
def experiment(base):
    return check.Experiment(base, base | {"init": "style"}, "edges_kept")


@wrong(check.experiment, "nothing changed")
def experiment(base):
    return check.Experiment(base, base | {"pooling": "avg"}, "style_error")


@wrong(check.experiment, "nothing changed")
def experiment(base):
    base["tv_weight"] = 1.0
    return check.Experiment(base, base, "style_error")


@wrong(check.experiment, "the loss as measure")
def experiment(base):
    return check.Experiment(base, base | {"content_weight": 1.0}, "style")


@wrong(check.experiment, "unknown measure")
def experiment(base):
    return check.Experiment(base, base | {"content_weight": 1.0}, "which looks better")


@wrong(check.experiment, "unknown setting")
def experiment(base):
    return check.Experiment(base, base | {"content weight": 1.0}, "style_error")


@wrong(check.experiment, "impossible value")
def experiment(base):
    return check.Experiment(base, base | {"content_weight": "high"}, "style_error")


@wrong(check.experiment, "another picture")
def experiment(base):
    return check.Experiment(base, base | {"content": "coffee"}, "style_error")


@wrong(check.experiment, "list")
def experiment(base):
    return base, base | {"pooling": "max"}, "style_error"


@right(check.keep_colours)
def keep_colours(result, photo):
    colour = photo - luminance(photo)
    return torch.clamp(luminance(result) + colour, 0, 1)


@right(check.keep_colours)
def keep_colours(result, photo):
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=photo.dtype)
    shift = torch.einsum("nchw,c->nhw", result - photo, weights)
    return (photo + shift[:, None]).clip(0, 1)


@right(check.keep_colours)
def keep_colours(result, photo):
    out = torch.empty_like(photo)
    for channel in range(3):
        out[:, channel] = photo[:, channel] - luminance(photo)[:, 0] + luminance(result)[:, 0]
    return out.clamp(min=0, max=1)


@wrong(check.keep_colours, "exchanged")
def keep_colours(result, photo):
    return (luminance(photo) + (result - luminance(result))).clamp(0, 1)


@wrong(check.keep_colours, "not clamped")
def keep_colours(result, photo):
    return photo + luminance(result - photo)


@wrong(check.keep_colours, "mean for luminance")
def keep_colours(result, photo):
    return (photo + result.mean(1, True) - photo.mean(1, True)).clamp(0, 1)


@wrong(check.keep_colours, "light added twice")
def keep_colours(result, photo):
    return torch.clamp(photo + luminance(result), 0, 1)


@wrong(check.keep_colours, "scaled")
def keep_colours(result, photo):
    return (photo / luminance(photo) * luminance(result)).clamp(0, 1)


@wrong(check.keep_colours, "argument not used")
def keep_colours(result, photo):
    return luminance(result).repeat(1, 3, 1, 1)


@wrong(check.keep_colours, "averaged")
def keep_colours(result, photo):
    return 0.5 * result + 0.5 * photo


@wrong(check.keep_colours, "painting's colours too")
def keep_colours(result, photo):
    return (result + (photo - luminance(photo))).clamp(0, 1)
