"""Answers by somebody who saw only the stubs."""

ANSWERS = [
    (
        "weighted_sum",
        "wrong",
        "returned inside the loop, so only the first name counts",
        '''
def weighted_sum(terms, weights):
    """Two dictionaries -> one number: over the names in `weights`, weight times term."""
    total = 0
    for name in weights:
        total = total + weights[name] * terms[name]
        return total
''',
    ),
    (
        "weighted_sum",
        "wrong",
        "paired the values by their order instead of by name",
        """
def weighted_sum(terms, weights):
    return sum(w * t for w, t in zip(weights.values(), terms.values()))
""",
    ),
    (
        "weighted_sum",
        "wrong",
        "looped over the names of the terms: a KeyError where a term has no weight",
        '''
def weighted_sum(terms, weights):
    """Two dictionaries -> one number: over the names in `weights`, weight times term."""
    total = 0.0
    for name, term in terms.items():
        total += weights[name] * term
    return total
''',
    ),
    (
        "weighted_sum",
        "wrong",
        "made a plain float, since the docstring says one number: the gradient is cut off",
        '''
def weighted_sum(terms, weights):
    """Two dictionaries -> one number: over the names in `weights`, weight times term."""
    return float(sum(weights[name] * terms[name] for name in weights))
''',
    ),
    (
        "weighted_sum",
        "wrong",
        "typed in the weights of the example by hand",
        """
def weighted_sum(terms, weights):
    alpha, beta, gamma = 0.1, 1, 0.3
    return alpha * terms["content"] + beta * terms["style"] + gamma * terms["tv"]
""",
    ),
    (
        "weighted_sum",
        "right",
        "a generator over the names in weights",
        '''
def weighted_sum(terms, weights):
    """Two dictionaries -> one number: over the names in `weights`, weight times term."""
    return sum(weights[name] * terms[name] for name in weights)
''',
    ),
    (
        "weighted_sum",
        "right",
        "a plain loop with a running total",
        """
def weighted_sum(terms, weights):
    result = 0.0
    for key, weight in weights.items():
        result = result + terms[key] * weight
    return result
""",
    ),
    (
        "blend",
        "wrong",
        "gave the amount to the first picture",
        '''
def blend(a, b, amount):
    """Two pictures of one shape and an amount from 0 to 1 -> their mixture, of the same shape."""
    return amount * a + (1 - amount) * b
''',
    ),
    (
        "blend",
        "wrong",
        "forgot the brackets around 1 - amount",
        '''
def blend(a, b, amount):
    """Two pictures of one shape and an amount from 0 to 1 -> their mixture, of the same shape."""
    return 1 - amount * a + amount * b
''',
    ),
    (
        "blend",
        "wrong",
        "worked in place to save memory and so painted over the first picture",
        """
def blend(a, b, amount):
    a *= 1 - amount
    a += amount * b
    return a
""",
    ),
    (
        "blend",
        "wrong",
        "used the numbers of the worked example instead of the amount",
        '''
def blend(a, b, amount):
    """Two pictures of one shape and an amount from 0 to 1 -> their mixture, of the same shape."""
    m = 0.75 * a + 0.25 * b
    return m
''',
    ),
    (
        "blend",
        "wrong",
        "mixed the notebook's own two pictures instead of the arguments",
        """
def blend(a, b, amount):
    t = amount
    return (1 - t) * tuebingen + t * canvas
""",
    ),
    (
        "blend",
        "right",
        "the formula as it stands in the text",
        '''
def blend(a, b, amount):
    """Two pictures of one shape and an amount from 0 to 1 -> their mixture, of the same shape."""
    return (1 - amount) * a + amount * b
''',
    ),
    (
        "blend",
        "right",
        "started at a and went part of the way to b",
        """
def blend(a, b, amount):
    way = b - a
    return a + amount * way
""",
    ),
    (
        "pick_weight",
        "wrong",
        "took the weight with the largest style term within the bound, not the largest weight",
        '''
def pick_weight(ends, most_style):
    """{weight: {"content": …, "style": …}} and a bound -> the largest weight within the bound."""
    allowed = {w: t["style"] for w, t in ends.items() if t["style"] <= most_style}
    return max(allowed, key=allowed.get)
''',
    ),
    (
        "pick_weight",
        "wrong",
        "returned the first weight that fits",
        """
def pick_weight(ends, most_style):
    for weight in ends:
        if ends[weight]["style"] <= most_style:
            return weight
""",
    ),
    (
        "pick_weight",
        "wrong",
        "read at most as less than",
        '''
def pick_weight(ends, most_style):
    """{weight: {"content": …, "style": …}} and a bound -> the largest weight within the bound."""
    return max(w for w in ends if ends[w]["style"] < most_style)
''',
    ),
    (
        "pick_weight",
        "wrong",
        "went up the weights in order and stopped at the first that breaks the bound",
        """
def pick_weight(ends, most_style):
    best = None
    for weight in sorted(ends):
        if ends[weight]["style"] > most_style:
            break
        best = weight
    return best
""",
    ),
    (
        "pick_weight",
        "wrong",
        "found the weight but returned its style term",
        """
def pick_weight(ends, most_style):
    # Your turn: ends[weight]["style"] is the style term that this weight ended with.
    good = [weight for weight in ends if ends[weight]["style"] <= most_style]
    return ends[max(good)]["style"]
""",
    ),
    (
        "pick_weight",
        "right",
        "a list of the weights that fit, and its maximum",
        '''
def pick_weight(ends, most_style):
    """{weight: {"content": …, "style": …}} and a bound -> the largest weight within the bound."""
    fitting = [weight for weight, terms in ends.items() if terms["style"] <= most_style]
    return max(fitting)
''',
    ),
    (
        "pick_weight",
        "right",
        "from the largest weight down, the first that fits",
        """
def pick_weight(ends, most_style):
    for weight in sorted(ends, reverse=True):
        if ends[weight]["style"] <= most_style:
            return weight
    return None
""",
    ),
]
