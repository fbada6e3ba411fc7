"""Answers to the exercises of notebook 00."""
# ruff: noqa: F811

import torch

from learner_answers import right, wrong
from nsthelpers.checks import start_here as check


@right(check.weighted_sum)
def weighted_sum(terms, weights):
    return sum(weights[name] * terms[name] for name in weights)


@right(check.weighted_sum)
def weighted_sum(terms, weights):
    total = 0
    for name, weight in weights.items():
        total += weight * terms[name]
    return total


@right(check.weighted_sum)
def weighted_sum(terms, weights):
    content = terms["content"] * weights["content"]
    style = terms["style"] * weights["style"]
    tv = terms["tv"] * weights["tv"]
    return content + style + tv


@right(check.weighted_sum)
def weighted_sum(terms, weights):
    return sum(terms[n] * weights[n] for n in ("content", "style", "tv"))


@wrong(check.weighted_sum, "no weights")
def weighted_sum(terms, weights):
    return sum(terms.values())


@wrong(check.weighted_sum, "no weights")
def weighted_sum(terms, weights):
    return terms["content"] + terms["style"] + terms["tv"]


@wrong(check.weighted_sum, "paired by place")
def weighted_sum(terms, weights):
    total = 0.0
    for term, weight in zip(terms.values(), weights.values(), strict=False):
        total = total + term * weight
    return total


@wrong(check.weighted_sum, "key")
def weighted_sum(terms, weights):
    total = 0
    for name in terms:
        total += weights[name] * terms[name]
    return total


@wrong(check.weighted_sum, "in the loop")
def weighted_sum(terms, weights):
    total = 0
    for name in weights:
        total += weights[name] * terms[name]
        return total


@wrong(check.weighted_sum, "overwritten")
def weighted_sum(terms, weights):
    for name in weights:
        total = weights[name] * terms[name]
    return total


@wrong(check.weighted_sum, "a term is missing")
def weighted_sum(terms, weights):
    return weights["content"] * terms["content"] + weights["style"] * terms["style"]


@wrong(check.weighted_sum, "too much")
def weighted_sum(terms, weights):
    return (weights["content"] * terms["content"] + weights["style"] * terms["style"] + weights["tv"] * terms["tv"]) / 3


@wrong(check.weighted_sum, "operator")
def weighted_sum(terms, weights):
    total = 0
    for name in weights:
        total += weights[name] + terms[name]
    return total


@wrong(check.weighted_sum, "brackets")
def weighted_sum(terms, weights):
    return (terms["content"] + terms["style"] + terms["tv"]) * sum(weights.values())


@wrong(check.weighted_sum, "number")
def weighted_sum(terms, weights):
    return sum(float(weights[name] * terms[name]) for name in weights)


@wrong(check.weighted_sum, "not summed")
def weighted_sum(terms, weights):
    return [weights[name] * terms[name] for name in weights]


@wrong(check.weighted_sum, "no return")
def weighted_sum(terms, weights):
    total = sum(weights[name] * terms[name] for name in weights)
    print(total)


@wrong(check.weighted_sum, "too much")
def weighted_sum(terms, weights):
    top = sum(weights[name] * terms[name] for name in weights)
    return top / sum(weights.values())


@wrong(check.weighted_sum, "one product")
def weighted_sum(terms, weights):
    result = 1
    for name in weights:
        result *= weights[name] * terms[name]
    return result


@right(check.blend)
def blend(a, b, amount):
    return a + amount * (b - a)


@right(check.blend)
def blend(a, b, amount):
    return torch.lerp(a, b, amount)


@right(check.blend)
def blend(a, b, amount):
    result = torch.zeros_like(a)
    result += a * (1 - amount)
    result += b * amount
    return result


@wrong(check.blend, "exchanged")
def blend(a, b, amount):
    return torch.lerp(b, a, amount)


@wrong(check.blend, "a is not faded")
def blend(a, b, amount):
    mix = a.clone()
    mix += b * amount
    return mix


@wrong(check.blend, "argument not used")
def blend(a, b, amount):
    return torch.stack([a, b]).mean(0)


@wrong(check.blend, "changed input")
def blend(a, b, amount):
    a *= 1 - amount
    a += amount * b
    return a


@wrong(check.blend, "b is not scaled")
def blend(a, b, amount):
    return a * (1 - amount) + b


@wrong(check.blend, "list")
def blend(a, b, amount):
    return a.tolist() * (1 - amount) + b.tolist() * amount


@wrong(check.blend, "numpy")
def blend(a, b, amount):
    return a.numpy() * (1 - amount) + b.numpy() * amount


@wrong(check.blend, "clipped sum")
def blend(a, b, amount):
    return torch.clamp(a + b * amount, min=0.0, max=1.0)


@wrong(check.blend, "name")
def blend(a, b, amount):
    return (1 - ammount) * a + amount * b  # noqa: F821


@wrong(check.blend, "brackets")
def blend(a, b, amount):
    return 1 - amount * a + amount * b


@wrong(check.blend, "joined")
def blend(a, b, amount):
    return torch.cat((a * (1 - amount), b * amount), dim=1)


@wrong(check.blend, "no return")
def blend(a, b, amount):
    (1 - amount) * a + amount * b


@right(check.pick_weight)
def pick_weight(ends, most_style):
    return max(weight for weight, terms in ends.items() if terms["style"] <= most_style)


@right(check.pick_weight)
def pick_weight(ends, most_style):
    for weight in sorted(ends, reverse=True):
        if ends[weight]["style"] <= most_style:
            return weight


@right(check.pick_weight)
def pick_weight(ends, most_style):
    best = 0
    for weight in ends:
        if not ends[weight]["style"] > most_style and weight > best:
            best = weight
    return best


@right(check.pick_weight)
def pick_weight(ends, most_style):
    fitting = {w: t["content"] for w, t in ends.items() if t["style"] <= most_style}
    return min(fitting, key=fitting.get)


@wrong(check.pick_weight, "the bound is ignored")
def pick_weight(ends, most_style):
    return max(ends.keys())


@wrong(check.pick_weight, "strictly below")
def pick_weight(ends, most_style):
    best = None
    for weight, terms in ends.items():
        if terms["style"] < most_style and (best is None or weight > best):
            best = weight
    return best


@wrong(check.pick_weight, "number")
def pick_weight(ends, most_style):
    return sorted(w for w in ends if ends[w]["style"] <= most_style)[0]


@wrong(check.pick_weight, "lowest style term")
def pick_weight(ends, most_style):
    styles = {weight: terms["style"] for weight, terms in ends.items()}
    return min(styles, key=styles.get)


@wrong(check.pick_weight, "operator")
def pick_weight(ends, most_style):
    good = [w for w in ends if ends[w]["style"] >= most_style]
    return max(good) if good else None


@wrong(check.pick_weight, "content for style")
def pick_weight(ends, most_style):
    good = [w for w in ends if ends[w]["content"] <= most_style]
    return max(good) if good else None


@wrong(check.pick_weight, "first that fits")
def pick_weight(ends, most_style):
    for weight, terms in ends.items():
        if terms["style"] <= most_style:
            return weight


@wrong(check.pick_weight, "last that fits")
def pick_weight(ends, most_style):
    for weight, terms in ends.items():
        if terms["style"] <= most_style:
            best = weight
    return best


@wrong(check.pick_weight, "stops too early")
def pick_weight(ends, most_style):
    best = 0.0
    for weight in sorted(ends):
        if ends[weight]["style"] <= most_style:
            best = weight
        else:
            return best
    return best


@wrong(check.pick_weight, "style term, not weight")
def pick_weight(ends, most_style):
    return max(terms["style"] for terms in ends.values() if terms["style"] <= most_style)


@wrong(check.pick_weight, "terms, not weight")
def pick_weight(ends, most_style):
    best = max(w for w in ends if ends[w]["style"] <= most_style)
    return ends[best]


@wrong(check.pick_weight, "all that fit")
def pick_weight(ends, most_style):
    return [w for w, t in ends.items() if t["style"] <= most_style]


@wrong(check.pick_weight, "nearest to the bound")
def pick_weight(ends, most_style):
    gaps = {w: abs(ends[w]["style"] - most_style) for w in ends}
    return min(gaps, key=gaps.get)


@wrong(check.pick_weight, "no return")
def pick_weight(ends, most_style):
    print(max(w for w in ends if ends[w]["style"] <= most_style))
