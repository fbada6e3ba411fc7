"""Answers to the exercises of notebook 09."""
# ruff: noqa: F811

import itertools

import torch

from learner_answers import right, wrong
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


@wrong(check.grid, "one dictionary for all")
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


@right(check.gram_distance)
def gram_distance(result, style):
    return ((result - style) ** 2).mean() / (style**2).mean()


@right(check.gram_distance)
def gram_distance(result, style):
    return (torch.linalg.matrix_norm(result - style) / torch.linalg.matrix_norm(style)) ** 2


@right(check.gram_distance)
def gram_distance(result, style):
    gap = result - style
    return torch.trace(gap.T @ gap) / torch.trace(style.T @ style)


@wrong(check.gram_distance, "not squared")
def gram_distance(result, style):
    return torch.linalg.matrix_norm(result - style) / torch.linalg.matrix_norm(style)


@wrong(check.gram_distance, "cosine")
def gram_distance(result, style):
    return 1 - torch.nn.functional.cosine_similarity(result.flatten(), style.flatten(), dim=0)


@wrong(check.gram_distance, "not relative")
def gram_distance(result, style):
    return torch.nn.functional.mse_loss(result, style)


@wrong(check.gram_distance, "divided by G")
def gram_distance(result, style):
    return (style - result).pow(2).sum() / result.pow(2).sum()


@wrong(check.gram_distance, "absolute values")
def gram_distance(result, style):
    return torch.nn.functional.l1_loss(result, style) / style.abs().mean()


@wrong(check.gram_distance, "number")
def gram_distance(result, style):
    return ((result - style) ** 2).sum().item() / (style**2).sum().item()


@wrong(check.gram_distance, "matrix square")
def gram_distance(result, style):
    gap = result - style
    return (gap @ gap).sum() / (style @ style).sum()


@right(check.nearest_style)
def nearest_style(distances):
    return torch.argmin(distances, -1)


@right(check.nearest_style)
def nearest_style(distances):
    return [row.index(min(row)) for row in distances.tolist()]


@right(check.nearest_style)
def nearest_style(distances):
    return distances.min(dim=1).indices


@wrong(check.nearest_style, "wrong axis")
def nearest_style(distances):
    return distances.argmin(dim=0).tolist()


@wrong(check.nearest_style, "farthest")
def nearest_style(distances):
    return [row.index(max(row)) for row in distances.tolist()]


@wrong(check.nearest_style, "the distance")
def nearest_style(distances):
    return [min(row) for row in distances.tolist()]


@wrong(check.nearest_style, "whole matrix")
def nearest_style(distances):
    return torch.argmin(distances)


@wrong(check.nearest_style, "min without taking it apart")
def nearest_style(distances):
    return torch.min(distances, dim=1)


@wrong(check.nearest_style, "counted from 1")
def nearest_style(distances):
    return [1 + int(row.argmin()) for row in distances]


@wrong(check.nearest_style, "only the first")
def nearest_style(distances):
    for row in distances:
        return [int(row.argmin())]


@right(check.confusion)
def confusion(truth, guess, classes):
    table = torch.zeros(classes, classes).long()
    for t, g in zip(truth, guess, strict=True):
        table[t][g] += 1
    return table


@right(check.confusion)
def confusion(truth, guess, classes):
    places = torch.tensor(truth, dtype=torch.int64) * classes + torch.tensor(guess, dtype=torch.int64)
    return torch.bincount(places, minlength=classes**2).reshape(classes, classes)


@right(check.confusion)
def confusion(truth, guess, classes):
    pairs = list(zip(truth, guess, strict=True))
    rows = [[pairs.count((t, g)) for g in range(classes)] for t in range(classes)]
    return torch.tensor(rows)


@wrong(check.confusion, "transposed")
def confusion(truth, guess, classes):
    table = torch.zeros(classes, classes, dtype=torch.long)
    for t, g in zip(truth, guess, strict=True):
        table[g, t] += 1
    return table


@wrong(check.confusion, "counted once")
def confusion(truth, guess, classes):
    table = torch.zeros(classes, classes, dtype=torch.long)
    table[truth, guess] += 1
    return table


@wrong(check.confusion, "float")
def confusion(truth, guess, classes):
    table = torch.zeros(classes, classes)
    for t, g in zip(truth, guess, strict=True):
        table[t, g] += 1
    return table


@wrong(check.confusion, "only the diagonal")
def confusion(truth, guess, classes):
    table = torch.zeros(classes, classes, dtype=torch.long)
    for t, g in zip(truth, guess, strict=True):
        if t == g:
            table[t, g] += 1
    return table


@wrong(check.confusion, "nested lists")
def confusion(truth, guess, classes):
    table = [[0] * classes for _ in range(classes)]
    for t, g in zip(truth, guess, strict=True):
        table[t][g] += 1
    return table


@wrong(check.confusion, "rows that are one list")
def confusion(truth, guess, classes):
    table = [[0] * classes] * classes
    for t, g in zip(truth, guess, strict=True):
        table[t][g] += 1
    return torch.tensor(table)


@wrong(check.confusion, "no return")
def confusion(truth, guess, classes):
    table = torch.zeros(classes, classes, dtype=torch.long)
    for t, g in zip(truth, guess, strict=True):
        table[t, g] += 1


@right(check.accuracy)
def accuracy(matrix):
    return matrix.trace() / matrix.sum()


@right(check.accuracy)
def accuracy(matrix):
    rows = matrix.tolist()
    return sum(row[i] for i, row in enumerate(rows)) / sum(map(sum, rows))


@right(check.accuracy)
def accuracy(matrix):
    return float((matrix * torch.eye(len(matrix))).sum()) / int(matrix.sum())


@wrong(check.accuracy, "divided by classes")
def accuracy(matrix):
    return matrix.diagonal().sum().item() / matrix.shape[0]


@wrong(check.accuracy, "for each class")
def accuracy(matrix):
    return matrix.diagonal() / matrix.sum(dim=1)


@wrong(check.accuracy, "mean of the rows")
def accuracy(matrix):
    return sum(float(matrix[k, k] / matrix[k].sum()) for k in range(len(matrix))) / len(matrix)


@wrong(check.accuracy, "share of errors")
def accuracy(matrix):
    wrong_ones = matrix.sum() - matrix.trace()
    return (wrong_ones / matrix.sum()).item()


@wrong(check.accuracy, "percent")
def accuracy(matrix):
    return round(100 * matrix.trace().item() / matrix.sum().item(), 3)


@wrong(check.accuracy, "number of right guesses")
def accuracy(matrix):
    return sum(matrix[k, k].item() for k in range(len(matrix)))


@wrong(check.accuracy, "whole number")
def accuracy(matrix):
    return matrix.trace().item() // matrix.sum().item()
