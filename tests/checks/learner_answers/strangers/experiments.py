"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    # ------------------------------------------------------------------ grid
    (
        "grid",
        "wrong",
        "the first name changes fastest",
        """
def grid(settings):
    names = list(settings)
    rows = itertools.product(*[settings[n] for n in reversed(names)])
    return [dict(zip(names, reversed(row))) for row in rows]
""",
    ),
    (
        "grid",
        "wrong",
        "zip for product",
        """
def grid(settings):
    return [dict(zip(settings, row)) for row in zip(*settings.values())]
""",
    ),
    (
        "grid",
        "wrong",
        "tuples, without the names",
        """
def grid(settings):
    return list(itertools.product(*settings.values()))
""",
    ),
    (
        "grid",
        "wrong",
        "one setting at a time",
        """
def grid(settings):
    return [{name: value} for name, values in settings.items() for value in values]
""",
    ),
    (
        "grid",
        "wrong",
        "for exactly two names",
        """
def grid(settings):
    (a, first), (b, second) = settings.items()
    return [{a: x, b: y} for x in first for y in second]
""",
    ),
    (
        "grid",
        "wrong",
        "the names of the example",
        """
def grid(settings):
    plan = []
    for size in settings["size"]:
        for seed in settings["seed"]:
            plan.append({"size": size, "seed": seed})
    return plan
""",
    ),
    (
        "grid",
        "wrong",
        "a generator, empty after its first use",
        """
def grid(settings):
    return (dict(zip(settings, row)) for row in itertools.product(*settings.values()))
""",
    ),
    (
        "grid",
        "wrong",
        "one dictionary, appended again and again",
        """
def grid(settings):
    plan, row = [], {}
    for values in itertools.product(*settings.values()):
        for name, value in zip(settings, values):
            row[name] = value
        plan.append(row)
    return plan
""",
    ),
    (
        "grid",
        "wrong",
        "the product of the names",
        """
def grid(settings):
    return [dict([row]) for row in itertools.product(settings)]
""",
    ),
    (
        "grid",
        "wrong",
        "forgot the star",
        """
def grid(settings):
    return [dict(zip(settings, row)) for row in itertools.product(settings.values())]
""",
    ),
    (
        "grid",
        "wrong",
        "all settings of the base with each",
        """
def grid(settings):
    return [base | dict(zip(settings, row)) for row in itertools.product(*settings.values())]
""",
    ),
    (
        "grid",
        "wrong",
        "return inside the loop",
        """
def grid(settings):
    plan = []
    for row in itertools.product(*settings.values()):
        plan.append(dict(zip(settings, row)))
        return plan
""",
    ),
    (
        "grid",
        "wrong",
        "sorted the names, so that another one changes fastest",
        """
def grid(settings):
    names = sorted(settings)
    return [dict(zip(names, row)) for row in itertools.product(*(settings[n] for n in names))]
""",
    ),
    (
        "grid",
        "wrong",
        "the number of runs",
        """
def grid(settings):
    total = 1
    for values in settings.values():
        total *= len(values)
    return total
""",
    ),
    (
        "grid",
        "wrong",
        "takes the names out of the caller's dictionary until it is empty",
        """
def grid(settings):
    if not settings:
        return [{}]
    name, values = settings.popitem()
    return [row | {name: value} for row in grid(settings) for value in values]
""",
    ),
    (
        "grid",
        "wrong",
        "everything as text",
        """
def grid(settings):
    rows = itertools.product(*settings.values())
    return [{name: str(value) for name, value in zip(settings, row)} for row in rows]
""",
    ),
    (
        "grid",
        "wrong",
        "combinations of two from all values",
        """
def grid(settings):
    values = [v for vs in settings.values() for v in vs]
    return [dict(zip(settings, pair)) for pair in itertools.combinations(values, 2)]
""",
    ),
    (
        "grid",
        "wrong",
        "X",
        """
def grid(settings):
    rows = torch.cartesian_prod(*[torch.tensor(v) for v in settings.values()])
    return [dict(zip(settings, row.tolist())) for row in rows]
""",
    ),
    (
        "grid",
        "wrong",
        "the last run is missing",
        """
def grid(settings):
    rows = list(itertools.product(*settings.values()))
    return [dict(zip(settings, rows[i])) for i in range(len(rows) - 1)]
""",
    ),
    (
        "grid",
        "right",
        "itertools.product",
        """
def grid(settings):
    return [dict(zip(settings, values)) for values in itertools.product(*settings.values())]
""",
    ),
    (
        "grid",
        "right",
        "name by name, each plan of before with each value",
        """
def grid(settings):
    plan = [{}]
    for name, values in settings.items():
        plan = [{**row, name: value} for row in plan for value in values]
    return plan
""",
    ),
    (
        "grid",
        "right",
        "recursion over the first name",
        """
def grid(settings):
    if len(settings) == 0:
        return [{}]
    first, *others = settings
    rest = grid({name: settings[name] for name in others})
    return [{first: value} | row for value in settings[first] for row in rest]
""",
    ),
    # ------------------------------------------------------------------ noise_floor
    (
        "noise_floor",
        "wrong",
        "the standard deviation, from the mean of the runs",
        """
def noise_floor(base, runs):
    return torch.tensor(runs).std(unbiased=False).item()
""",
    ),
    (
        "noise_floor",
        "wrong",
        "mean absolute distance",
        """
def noise_floor(base, runs):
    return sum(abs(run - base) for run in runs) / len(runs)
""",
    ),
    (
        "noise_floor",
        "wrong",
        "no root",
        """
def noise_floor(base, runs):
    return sum((run - base) ** 2 for run in runs) / len(runs)
""",
    ),
    (
        "noise_floor",
        "wrong",
        "a sum and no mean",
        """
def noise_floor(base, runs):
    return sum((run - base) ** 2 for run in runs) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "n − 1, as in statistics",
        """
def noise_floor(base, runs):
    return (sum((run - base) ** 2 for run in runs) / (len(runs) - 1)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "the root of n alone, for want of brackets",
        """
def noise_floor(base, runs):
    return sum((run - base) ** 2 for run in runs) / len(runs) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "** 1/2 is half",
        """
def noise_floor(base, runs):
    return (sum((run - base) ** 2 for run in runs) / len(runs)) ** 1 / 2
""",
    ),
    (
        "noise_floor",
        "wrong",
        "returned 3s at once",
        """
def noise_floor(base, runs):
    return 3 * (sum((run - base) ** 2 for run in runs) / len(runs)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "only the bias",
        """
def noise_floor(base, runs):
    return abs(sum(runs) / len(runs) - base)
""",
    ),
    (
        "noise_floor",
        "wrong",
        "the largest distance",
        """
def noise_floor(base, runs):
    return max(abs(run - base) for run in runs)
""",
    ),
    (
        "noise_floor",
        "wrong",
        "always four runs",
        """
def noise_floor(base, runs):
    return (sum((run - base) ** 2 for run in runs) / 4) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "counted the base as a run",
        """
def noise_floor(base, runs):
    everything = [base, *runs]
    return (sum((y - base) ** 2 for y in everything) / len(everything)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "relative to the base, which may be 0",
        """
def noise_floor(base, runs):
    return (sum((run / base - 1) ** 2 for run in runs) / len(runs)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "a list minus a number",
        """
def noise_floor(base, runs):
    return ((runs - base) ** 2).mean() ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "math and np, which nobody imported",
        """
def noise_floor(base, runs):
    return math.sqrt(np.mean([(run - base) ** 2 for run in runs]))
""",
    ),
    (
        "noise_floor",
        "wrong",
        "returned after the first run",
        """
def noise_floor(base, runs):
    total = 0
    for run in runs:
        total += (run - base) ** 2
        return (total / len(runs)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "floor division",
        """
def noise_floor(base, runs):
    return (sum((run - base) ** 2 for run in runs) // len(runs)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "squared the sum of the distances",
        """
def noise_floor(base, runs):
    return (sum(run - base for run in runs) ** 2 / len(runs)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "forgot the base",
        """
def noise_floor(base, runs):
    return (sum(run**2 for run in runs) / len(runs)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "wrong",
        "the answer by hand",
        """
def noise_floor(base, runs):
    return 3.54
""",
    ),
    (
        "noise_floor",
        "right",
        "plain Python",
        """
def noise_floor(base, runs):
    squares = [(run - base) ** 2 for run in runs]
    return (sum(squares) / len(squares)) ** 0.5
""",
    ),
    (
        "noise_floor",
        "right",
        "a tensor, in double precision",
        """
def noise_floor(base, runs):
    distance = torch.tensor(runs, dtype=torch.float64) - base
    return distance.square().mean().sqrt().item()
""",
    ),
    (
        "noise_floor",
        "right",
        "spread and bias, put together again",
        """
def noise_floor(base, runs):
    mean = sum(runs) / len(runs)
    spread = sum((run - mean) ** 2 for run in runs) / len(runs)
    return float(spread + (mean - base) ** 2) ** 0.5
""",
    ),
    # ------------------------------------------------------------------ experiment
    (
        "experiment",
        "wrong",
        "two changes at once",
        """
def experiment(base):
    changed = base | {"steps": 160, "optimizer": "adam"}
    return check.Experiment(base, changed, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "no change",
        """
def experiment(base):
    return check.Experiment(base, base | {}, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "the loss that is minimised as the measure",
        """
def experiment(base):
    return check.Experiment(base, base | {"steps": 160}, "total")
""",
    ),
    (
        "experiment",
        "wrong",
        "misspelt the measure",
        """
def experiment(base):
    return check.Experiment(base, base | {"tv_weight": 1.0}, "edge_kept")
""",
    ),
    (
        "experiment",
        "wrong",
        "a tuple",
        """
def experiment(base):
    return base, base | {"tv_weight": 1.0}, "edges_kept"
""",
    ),
    (
        "experiment",
        "wrong",
        "a dictionary",
        """
def experiment(base):
    return {"control": base, "changed": base | {"tv_weight": 1.0}, "measure": "edges_kept"}
""",
    ),
    (
        "experiment",
        "wrong",
        "only the change, without the other settings of the base",
        """
def experiment(base):
    return check.Experiment(base, {"steps": 160}, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "two names for one dictionary",
        """
def experiment(base):
    control = base
    changed = base
    changed["steps"] = 160
    return check.Experiment(control, changed, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "update() returns None",
        """
def experiment(base):
    changed = dict(base).update(steps=160)
    return check.Experiment(base, changed, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "a change to the value that it has already",
        """
def experiment(base):
    return check.Experiment(base, base | {"content_weight": 0.03}, "content_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "a change to the default, which the base has without saying so",
        """
def experiment(base):
    return check.Experiment(base, base | {"tv_weight": 0.01}, "edges_kept")
""",
    ),
    (
        "experiment",
        "wrong",
        "a setting that stylize does not know",
        """
def experiment(base):
    return check.Experiment(base, base | {"number_of_steps": 160}, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "a value that stylize refuses",
        """
def experiment(base):
    return check.Experiment(base, base | {"pooling": "median"}, "edges_kept")
""",
    ),
    (
        "experiment",
        "wrong",
        "another seed of a run in which there is no randomness",
        """
def experiment(base):
    return check.Experiment(base, base | {"seed": 1}, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "the function measure, not the name of a measure",
        """
def experiment(base):
    return check.Experiment(base, base | {"steps": 160}, measure)
""",
    ),
    (
        "experiment",
        "wrong",
        "the measure in front",
        """
def experiment(base):
    return check.Experiment("edges_kept", base, base | {"tv_weight": 1.0})
""",
    ),
    (
        "experiment",
        "wrong",
        "another photograph, though the jury measures against Tübingen",
        """
def experiment(base):
    return check.Experiment(base, base | {"content": "chelsea"}, "content_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "another painting, though the jury measures against The Starry Night",
        """
def experiment(base):
    return check.Experiment(base, base | {"style": "the_scream"}, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "forgot the measure",
        """
def experiment(base):
    return check.Experiment(base, base | {"steps": 160})
""",
    ),
    (
        "experiment",
        "wrong",
        "two measures",
        """
def experiment(base):
    return check.Experiment(base, base | {"steps": 160}, ["style_error", "edges_kept"])
""",
    ),
    (
        "experiment",
        "wrong",
        "the number as a text",
        """
def experiment(base):
    return check.Experiment(base, base | {"steps": "160"}, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "one change in the control and another in the other",
        """
def experiment(base):
    control = base | {"pooling": "max"}
    changed = base | {"steps": 160}
    return check.Experiment(control, changed, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "random weights, and the steps along with them",
        """
def experiment(base):
    changed = dict(base, weights="random", steps=10)
    return check.Experiment(base, changed, "style_error")
""",
    ),
    (
        "experiment",
        "wrong",
        "the two values, not the two dictionaries of settings",
        """
def experiment(base):
    control, changed = base["steps"], 160
    return check.Experiment(control, changed, "style_error")
""",
    ),
    (
        "experiment",
        "right",
        "more total variation, and the edges",
        """
def experiment(base):
    control = dict(base)
    changed = base | {"tv_weight": 0.5}
    return check.Experiment(control, changed, "edges_kept")
""",
    ),
    (
        "experiment",
        "right",
        "more steps, by the names of the arguments",
        """
def experiment(base):
    return check.Experiment(control=base, changed={**base, "steps": 160}, measure="style_error")
""",
    ),
    (
        "experiment",
        "right",
        "Adam, in a copy",
        """
def experiment(base):
    changed = base.copy()
    changed["optimizer"] = "adam"
    return check.Experiment(base, changed, "style_error")
""",
    ),
    (
        "experiment",
        "right",
        "another control: max pooling in both, ten times the content weight in one",
        """
def experiment(base):
    control = base | {"pooling": "max"}
    return check.Experiment(control, control | {"content_weight": 0.3}, "content_error")
""",
    ),
    # ------------------------------------------------------------------ keep_colours
    (
        "keep_colours",
        "wrong",
        "result and photograph exchanged",
        """
def keep_colours(result, photo):
    return (luminance(photo) + (result - luminance(result))).clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "not clipped",
        """
def keep_colours(result, photo):
    return luminance(result) + photo - luminance(photo)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "the result's three channels and not its light",
        """
def keep_colours(result, photo):
    return (result + (photo - luminance(photo))).clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "forgot the minus Y(p)",
        """
def keep_colours(result, photo):
    return (luminance(result) + photo).clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "clipped to 0 … 255",
        """
def keep_colours(result, photo):
    return (luminance(result) + photo - luminance(photo)).clamp(0, 255)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "rounded to bytes on the way",
        """
def keep_colours(result, photo):
    picture = (luminance(result) + photo - luminance(photo)).clamp(0, 1)
    return (picture * 255).to(torch.uint8)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "only the first picture of a batch",
        """
def keep_colours(result, photo):
    picture = luminance(result[:1]) + photo[:1] - luminance(photo[:1])
    return picture.clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "a luminance without its axis, which fits one picture only",
        """
def keep_colours(result, photo):
    def light(x):
        return 0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2]

    return (light(result) + photo - light(photo)).clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "grey() by the mean of the channels",
        """
def keep_colours(result, photo):
    light = result.mean(1, keepdim=True)
    return (light + photo - photo.mean(1, keepdim=True)).clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "took the numbers of the pixel by hand",
        """
def keep_colours(result, photo):
    return (luminance(result) + photo - 0.2897).clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "multiplied",
        """
def keep_colours(result, photo):
    return (photo / luminance(photo).clamp(min=1e-3) * luminance(result)).clamp(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "in place: the photograph of the notebook is overwritten",
        """
def keep_colours(result, photo):
    photo.sub_(luminance(photo)).add_(luminance(result)).clamp_(0, 1)
    return photo
""",
    ),
    (
        "keep_colours",
        "wrong",
        "clamp_ without a return",
        """
def keep_colours(result, photo):
    picture = luminance(result) + photo - luminance(photo)
    picture.clamp_(0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "numpy's clip on a tensor of the wrong order of axes",
        """
def keep_colours(result, photo):
    import numpy as np

    w = np.array([0.299, 0.587, 0.114])
    r, p = result.numpy(), photo.numpy()
    return np.clip((r @ w)[..., None] + p - (p @ w)[..., None], 0, 1)
""",
    ),
    (
        "keep_colours",
        "wrong",
        "clipped the light and not the picture",
        """
def keep_colours(result, photo):
    return luminance(result).clamp(0, 1) + (photo - luminance(photo)).clamp(-1, 1)
""",
    ),
    (
        "keep_colours",
        "right",
        "the formula",
        """
def keep_colours(result, photo):
    colour = photo - luminance(photo)
    return torch.clamp(luminance(result) + colour, 0, 1)
""",
    ),
    (
        "keep_colours",
        "right",
        "einsum with three weights, minimum and maximum",
        """
def keep_colours(result, photo):
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=photo.dtype, device=photo.device)
    shift = torch.einsum("nchw,c->nhw", result - photo, weights).unsqueeze(1)
    picture = photo + shift
    return picture.maximum(torch.zeros_like(picture)).minimum(torch.ones_like(picture))
""",
    ),
]
