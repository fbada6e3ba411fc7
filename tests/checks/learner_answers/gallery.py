"""Answers to the exercises of notebook 13."""
# ruff: noqa: F811

import math

import torch

from learner_answers import right, wrong
from nsthelpers.checks import gallery as check


@right(check.hand_distance)
def hand_distance(first, second):
    total = 0
    for layer, g in first.items():
        a = second[layer]
        total = total + ((g - a) ** 2).sum() / ((g**2).sum() + (a**2).sum())
    return total / len(first)


@right(check.hand_distance)
def hand_distance(first, second):
    return torch.stack(
        [1 - 2 * (first[k] * second[k]).sum() / (first[k].norm() ** 2 + second[k].norm() ** 2) for k in first]
    ).mean()


@right(check.hand_distance)
def hand_distance(first, second):
    values = []
    for g, a in zip(first.values(), second.values(), strict=True):
        values.append((g - a).pow(2).mean() / (g.pow(2).mean() + a.pow(2).mean()))
    return sum(values) / len(values)


@wrong(check.hand_distance, "not symmetric")
def hand_distance(first, second):
    return sum((first[k] - second[k]).square().sum() / second[k].square().sum() for k in first) / len(first)


@wrong(check.hand_distance, "not relative")
def hand_distance(first, second):
    return sum(((first[k] - second[k]) ** 2).mean() for k in first) / len(first)


@wrong(check.hand_distance, "times the number of entries")
def hand_distance(first, second):
    total = 0
    for k in first:
        total += (first[k] - second[k]).square().sum() / (first[k].square().sum() + second[k].square().sum())
    return total


@wrong(check.hand_distance, "not squared")
def hand_distance(first, second):
    return sum((first[k] - second[k]).norm() / (first[k].norm() + second[k].norm()) for k in first) / len(first)


@wrong(check.hand_distance, "only the first layer")
def hand_distance(first, second):
    for k in first:
        return (first[k] - second[k]).square().sum() / (first[k].square().sum() + second[k].square().sum())


@wrong(check.hand_distance, "all layers in one")
def hand_distance(first, second):
    above = sum((first[k] - second[k]).square().sum() for k in first)
    below = sum(first[k].square().sum() + second[k].square().sum() for k in first)
    return above / below


@wrong(check.hand_distance, "square of the sum")
def hand_distance(first, second):
    parts = [torch.norm(first[k] - second[k]) ** 2 / torch.norm(first[k] + second[k]) ** 2 for k in first]
    return torch.stack(parts).mean()


@right(check.telling)
def telling(strengths):
    log = torch.log(strengths)
    return log - log.mean(0, keepdim=True)


@right(check.telling)
def telling(strengths):
    usual = strengths.prod(dim=0) ** (1 / len(strengths))
    return (strengths / usual).log()


@right(check.telling)
def telling(strengths):
    result = torch.empty_like(strengths)
    for channel in range(strengths.shape[1]):
        column = strengths[:, channel].log()
        result[:, channel] = column - column.sum() / len(column)
    return result


@wrong(check.telling, "no logarithm")
def telling(strengths):
    return strengths - strengths.sum(0) / strengths.shape[0]


@wrong(check.telling, "ratio")
def telling(strengths):
    return strengths / strengths.mean(dim=0, keepdim=True)


@wrong(check.telling, "log of the mean")
def telling(strengths):
    return (strengths / strengths.mean(0)).log()


@wrong(check.telling, "axis")
def telling(strengths):
    log = strengths.log()
    return log - log.mean(-1, keepdim=True)


@wrong(check.telling, "function")
def telling(strengths):
    log = strengths.log2()
    return log - log.mean(0)


@wrong(check.telling, "wrong sign")
def telling(strengths):
    log = strengths.log()
    return log.mean(0) - log


@wrong(check.telling, "too much")
def telling(strengths):
    log = strengths.log()
    return (log - log.mean(0)) / log.std(0)


@right(check.exaggerate)
def exaggerate(gram, tells, amount):
    both = (tells[:, None] + tells[None, :]) / 2
    return gram * torch.exp(amount * both)


@right(check.exaggerate)
def exaggerate(gram, tells, amount):
    scale = torch.diag(torch.exp(amount * tells / 2))
    return scale @ gram @ scale


@right(check.exaggerate)
def exaggerate(gram, tells, amount):
    result = gram.clone()
    for i in range(len(tells)):
        for j in range(len(tells)):
            result[i, j] = gram[i, j] * math.exp(amount * float(tells[i] + tells[j]) / 2)
    return result


@wrong(check.exaggerate, "rows only")
def exaggerate(gram, tells, amount):
    return torch.diag(torch.exp(amount * tells / 2)) @ gram


@wrong(check.exaggerate, "half forgotten")
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * (tells[:, None] + tells))


@wrong(check.exaggerate, "no exponential")
def exaggerate(gram, tells, amount):
    return gram * (1 + amount * (tells[:, None] + tells[None]) / 2)


@wrong(check.exaggerate, "product of the two")
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * torch.outer(tells, tells))


@wrong(check.exaggerate, "argument not used")
def exaggerate(gram, tells, amount):
    factor = (tells / 2).exp()
    return gram * torch.outer(factor, factor)


@wrong(check.exaggerate, "columns only")
def exaggerate(gram, tells, amount):
    return gram * torch.exp(amount * tells / 2)


@wrong(check.exaggerate, "amount outside")
def exaggerate(gram, tells, amount):
    factor = (tells / 2).exp()
    return amount * gram * torch.outer(factor, factor)
