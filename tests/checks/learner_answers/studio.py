"""Answers to the exercises of notebook 08."""
# ruff: noqa: F811

import json
import math

from learner_answers import right, wrong
from nsthelpers.checks import studio as check


@right(check.fit_size)
def fit_size(width, height, longest):
    if width >= height:
        return longest, max(1, round(height * longest / width))
    return max(1, round(width * longest / height)), longest


@right(check.fit_size)
def fit_size(width, height, longest):
    scale = longest / max(width, height)
    return [max(1, int(side * scale + 0.5)) for side in (width, height)]


@right(check.fit_size)
def fit_size(width, height, longest):
    aspect = width / height
    size = (longest, longest / aspect) if aspect > 1 else (longest * aspect, longest)
    return tuple(max(round(side), 1) for side in size)


@wrong(check.fit_size, "zero pixels")
def fit_size(width, height, longest):
    scale = longest / max(width, height)
    return round(width * scale), round(height * scale)


@wrong(check.fit_size, "width only")
def fit_size(width, height, longest):
    return longest, max(1, round(longest / width * height))


@wrong(check.fit_size, "shorter side")
def fit_size(width, height, longest):
    scale = longest / (width if width < height else height)
    return max(1, round(width * scale)), max(1, round(height * scale))


@wrong(check.fit_size, "cut off")
def fit_size(width, height, longest):
    biggest = max(width, height)
    return max(1, width * longest // biggest), max(1, height * longest // biggest)


@wrong(check.fit_size, "not whole")
def fit_size(width, height, longest):
    scale = longest / max(width, height)
    return max(1, width * scale), max(1, height * scale)


@wrong(check.fit_size, "square")
def fit_size(width, height, longest):
    return (longest,) * 2


@wrong(check.fit_size, "never enlarged")
def fit_size(width, height, longest):
    scale = min(1, longest / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


@wrong(check.fit_size, "rounded up")
def fit_size(width, height, longest):
    scale = longest / max(width, height)
    return math.ceil(width * scale), math.ceil(height * scale)


@wrong(check.fit_size, "not whole, zero pixels")
def fit_size(width, height, longest):
    scale = longest / max(width, height)
    return width * scale, height * scale


@wrong(check.fit_size, "not whole, zero pixels")
def fit_size(width, height, longest):
    scale = longest / max(width, height)
    return round(width * scale, 0), round(height * scale, 0)


@wrong(check.fit_size, "not whole")
def fit_size(width, height, longest):
    scale = longest / max(width, height)
    return max(1, round(width * scale, 0)), max(1, round(height * scale, 0))


@wrong(check.fit_size, "scale upside down")
def fit_size(width, height, longest):
    scale = max(width, height) / longest
    return round(width * scale), round(height * scale)


@right(check.pyramid_sizes)
def pyramid_sizes(size, levels):
    sizes = [size]
    while len(sizes) < levels:
        sizes.insert(0, max(1, sizes[0] // 2))
    return sizes


@right(check.pyramid_sizes)
def pyramid_sizes(size, levels):
    sizes = []
    for _ in range(levels):
        sizes.append(size)
        size = max(size // 2, 1)
    return sizes[::-1]


@right(check.pyramid_sizes)
def pyramid_sizes(size, levels):
    return tuple(max(1, size >> k) for k in range(levels - 1, -1, -1))


@wrong(check.pyramid_sizes, "fine to coarse")
def pyramid_sizes(size, levels):
    sizes = []
    for _ in range(levels):
        sizes.append(size)
        size = max(size // 2, 1)
    return sizes


@wrong(check.pyramid_sizes, "zero pixels")
def pyramid_sizes(size, levels):
    sizes = [size]
    for _ in range(levels - 1):
        sizes.append(sizes[-1] // 2)
    return list(reversed(sizes))


@wrong(check.pyramid_sizes, "not whole")
def pyramid_sizes(size, levels):
    sizes = [size]
    for _ in range(levels - 1):
        sizes = [sizes[0] / 2] + sizes
    return sizes


@wrong(check.pyramid_sizes, "final size missing")
def pyramid_sizes(size, levels):
    sizes = []
    for _ in range(levels):
        size = max(1, size // 2)
        sizes.append(size)
    return sizes[::-1]


@wrong(check.pyramid_sizes, "equal steps")
def pyramid_sizes(size, levels):
    return [size * (level + 1) // levels for level in range(levels)]


@wrong(check.pyramid_sizes, "one level too many")
def pyramid_sizes(size, levels):
    return [max(1, size // 2**level) for level in range(levels, -1, -1)]


@wrong(check.pyramid_sizes, "endless")
def pyramid_sizes(size, levels):
    sizes, start = [size], size
    while size > 0:
        size = max(1, size // 2)
        if len(sizes) < levels:
            sizes.append(size)
    return sizes, start


@wrong(check.pyramid_sizes, "fine to coarse, zero pixels")
def pyramid_sizes(size, levels):
    sizes = []
    for _ in range(levels):
        sizes.append(size)
        size = size // 2
    return sizes


@wrong(check.pyramid_sizes, "final size missing, zero pixels")
def pyramid_sizes(size, levels):
    sizes = []
    for _ in range(levels):
        size = size // 2
        sizes.append(size)
    sizes.reverse()
    return sizes


@wrong(check.pyramid_sizes, "final size missing, fine to coarse")
def pyramid_sizes(size, levels):
    sizes = []
    for _ in range(levels):
        size //= 2
        sizes.append(size)
    return sizes


@wrong(check.pyramid_sizes, "returns None")
def pyramid_sizes(size, levels):
    sizes = []
    for _ in range(levels):
        sizes.append(size)
        size = max(1, size // 2)
    return sizes.reverse()


@wrong(check.pyramid_sizes, "no return")
def pyramid_sizes(size, levels):
    sizes = [max(1, size // 2**k) for k in range(levels)]
    sizes.reverse()


@right(check.print_size)
def print_size(width, height, dpi):
    return 2.54 * width / dpi, 2.54 * height / dpi


@right(check.print_size)
def print_size(width, height, dpi):
    dots_per_cm = dpi / 2.54
    return [width / dots_per_cm, height / dots_per_cm]


@right(check.print_size)
def print_size(width, height, dpi):
    return tuple(pixels * 2.54 / dpi for pixels in (width, height))


@wrong(check.print_size, "inches")
def print_size(width, height, dpi):
    return width / dpi, height / dpi


@wrong(check.print_size, "divided by 2.54")
def print_size(width, height, dpi):
    return width / (dpi * 2.54), height / (dpi * 2.54)


@wrong(check.print_size, "order of results")
def print_size(width, height, dpi):
    cm = 2.54 / dpi
    return height * cm, width * cm


@wrong(check.print_size, "multiplied by dpi")
def print_size(width, height, dpi):
    return width * dpi * 2.54, height * dpi * 2.54


@wrong(check.print_size, "millimetres")
def print_size(width, height, dpi):
    return 25.4 * width / dpi, 25.4 * height / dpi


@wrong(check.print_size, "number")
def print_size(width, height, dpi):
    return width / dpi * 2.54


@wrong(check.print_size, "rounded")
def print_size(width, height, dpi):
    return round(width / dpi * 2.54, 2), round(height / dpi * 2.54, 2)


@wrong(check.print_size, "rounded")
def print_size(width, height, dpi):
    return round(2.54 * width / dpi, 1), round(2.54 * height / dpi, 1)


@wrong(check.print_size, "dpi ignored")
def print_size(width, height, dpi):
    return width * 2.54, height * 2.54


@wrong(check.print_size, "constant factor")
def print_size(width, height, dpi):
    return (width / dpi * 2.54, height / dpi)


@right(check.load_settings)
def load_settings(text, defaults):
    result = dict(defaults)
    for name, value in json.loads(text).items():
        if name in result:
            result[name] = value
    return result


@right(check.load_settings)
def load_settings(text, defaults):
    given = json.loads(text)
    return {name: given.get(name, default) for name, default in defaults.items()}


@right(check.load_settings)
def load_settings(text, defaults):
    given = json.loads(text)
    return defaults | {name: given[name] for name in defaults.keys() & given.keys()}


@wrong(check.load_settings, "changed input")
def load_settings(text, defaults):
    for name, value in json.loads(text).items():
        if name in defaults:
            defaults[name] = value
    return defaults


@wrong(check.load_settings, "unknown names kept")
def load_settings(text, defaults):
    result = defaults.copy()
    result.update(json.loads(text))
    return result


@wrong(check.load_settings, "zero taken for missing")
def load_settings(text, defaults):
    given, result = json.loads(text), {}
    for name in defaults:
        if given.get(name):
            result[name] = given[name]
        else:
            result[name] = defaults[name]
    return result


@wrong(check.load_settings, "defaults missing")
def load_settings(text, defaults):
    return json.loads(text)


@wrong(check.load_settings, "defaults win")
def load_settings(text, defaults):
    result = json.loads(text)
    result.update(defaults)
    return result


@wrong(check.load_settings, "type")
def load_settings(text, defaults):
    return {name: text.get(name, default) for name, default in defaults.items()}


@wrong(check.load_settings, "None for missing")
def load_settings(text, defaults):
    given = json.loads(text)
    return {name: given[name] if name in given else None for name in defaults}


@wrong(check.load_settings, "returns None")
def load_settings(text, defaults):
    new = dict(defaults)
    return new.update(json.loads(text))


@wrong(check.load_settings, "changed input")
def load_settings(text, defaults):
    defaults.update(json.loads(text))
    return defaults


@wrong(check.load_settings, "list")
def load_settings(text, defaults):
    given = json.loads(text)
    return [given.get(name, defaults[name]) for name in defaults]
