"""Paint the bundled style pictures: four original paintings, each made by a seeded program.

    python tools/paint_styles.py [NAMES ...] [--out data/style] [--seed N] [--size 640]

Every painter works as a painter does: an underpainting (colours and stroke directions as arrays), then strokes from
large to small, then light on the relief of the paint. Only NumPy and Pillow are used; the same seed gives the same
pixels. Lengths are in short sides of the picture (``c.x``, ``c.y``) or in pixels of a 640-pixel picture (``c.px``).
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

SUPERSAMPLING = 2
Array = np.ndarray


# --- colour -----------------------------------------------------------------------------------------------------------
_LMS = np.array([[0.41222, 0.53633, 0.05145], [0.21190, 0.68070, 0.10740], [0.08830, 0.28172, 0.62998]])
_LAB = np.array([[0.21045, 0.79362, -0.00407], [1.97800, -2.42859, 0.45059], [0.02590, 0.78277, -0.80868]])


def to_oklab(rgb: Array) -> Array:
    """sRGB in [0, 1] -> OKLab (Ottosson 2020), the last axis being the channel."""
    linear = np.clip(rgb, 0, 1) ** 2.2
    return np.cbrt(linear @ _LMS.T) @ _LAB.T


def from_oklab(lab: Array) -> Array:
    """OKLab -> sRGB in [0, 1], clipped."""
    linear = (lab @ np.linalg.inv(_LAB).T) ** 3 @ np.linalg.inv(_LMS).T
    return (np.clip(linear, 0, 1) ** (1 / 2.2)).astype(np.float32)


def palette(codes: str) -> Array:
    """'1b2a6b f4d35e' -> an (N, 3) array in [0, 1]."""
    return np.array([[int(code[i : i + 2], 16) / 255 for i in (0, 2, 4)] for code in codes.split()], np.float32)


def ramp(t: Array, codes: str) -> Array:
    """Colours along a palette: t in [0, 1] -> (..., 3), interpolated in OKLab."""
    lab = to_oklab(palette(codes))
    t = np.clip(t, 0, 1) * (len(lab) - 1)
    return from_oklab(np.stack([np.interp(t, np.arange(len(lab)), lab[:, k]) for k in range(3)], -1))


def jitter(rgb: Array, rng: np.random.Generator, light: float, hue: float) -> Array:
    """Vary (N, 3) colours as pigments on a palette vary: deviations `light` and `hue` in OKLab."""
    return from_oklab(to_oklab(rgb) + rng.normal(0, 1, rgb.shape) * [light, hue, hue])


# --- fields -----------------------------------------------------------------------------------------------------------
def fractal(shape: tuple, cell: float, rng: np.random.Generator, octaves: int = 4, stretch: tuple = (1, 1)) -> Array:
    """Smooth noise of zero mean and unit deviation; `cell` is the coarsest size in pixels, stretched by (x, y)."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        cy, cx = (max(cell * s / 2**octave, 1.0) for s in stretch[::-1])
        grid = rng.standard_normal((int(shape[0] / cy) + 4, int(shape[1] / cx) + 4)).astype(np.float32)
        box = (0.5, 0.5, 0.5 + shape[1] / cx, 0.5 + shape[0] / cy)
        total += np.asarray(Image.fromarray(grid).resize(shape[::-1], Image.BICUBIC, box=box)) / 2**octave
    return (total - total.mean()) / total.std()


def blur(field: Array, radius: float) -> Array:
    """Three box blurs of a 2-D or 3-D array, about a Gaussian of deviation `radius`."""
    r = max(round(radius), 1)
    for axis in (0, 1) * 3:
        pad = [(r + 1, r) if k == axis else (0, 0) for k in range(field.ndim)]
        total = np.cumsum(np.pad(field, pad, mode="edge"), axis, dtype=np.float64)
        n = field.shape[axis]
        upper = np.take(total, range(2 * r + 1, 2 * r + 1 + n), axis)
        field = ((upper - np.take(total, range(n), axis)) / (2 * r + 1)).astype(np.float32)
    return field


def table(text: str) -> list[list[float]]:
    """Numbers as a composition needs them: columns between spaces, rows between semicolons."""
    return [[float(number) for number in row.split()] for row in text.split(";")]


def borders(numbers: Array) -> Array:
    """1 where a pixel's number differs from that of the pixel to its left or above, 0 elsewhere."""
    edge = np.zeros(numbers.shape, np.float32)
    edge[:, 1:] = numbers[:, 1:] != numbers[:, :-1]
    edge[1:] = np.maximum(edge[1:], numbers[1:] != numbers[:-1])
    return edge


def smoothstep(low: float, high: float, t: Array) -> Array:
    """0 below `low`, 1 above `high`, smooth between (either may be the larger)."""
    t = np.clip((t - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def bell(t: Array) -> Array:
    """exp(-t^2): 1 at 0, nearly 0 from 2 on."""
    return np.exp(-(t**2))


def lerp(a: Array, b: Array, t: Array | float) -> Array:
    """Blend pictures a and b by a mask t, which may lack the channel axis."""
    t = t[..., None] if isinstance(t, np.ndarray) and t.ndim < max(np.ndim(a), np.ndim(b)) else t
    return a + (b - a) * t


# --- the canvas and its brush -----------------------------------------------------------------------------------------
class Canvas:
    """A supersampled picture with a height map of its paint, and the brush that works on both."""

    def __init__(self, size: int, seed: int, aspect: float = 1.0, ground: str = "808080"):
        width, height = round(size * max(aspect, 1)), round(size * max(1 / aspect, 1))
        self.out = (width, height)
        self.shape = (height * SUPERSAMPLING, width * SUPERSAMPLING)
        self.short = size * SUPERSAMPLING
        self.px = self.short / 640
        self.rng = np.random.default_rng(seed)
        y, x = np.mgrid[: self.shape[0], : self.shape[1]].astype(np.float32) / self.short
        self.x, self.y = x, y
        self.rgb = np.broadcast_to(palette(ground)[0], (*self.shape, 3)).astype(np.float32).copy()
        self.relief = np.zeros(self.shape, np.float32)
        lines = self.rng.standard_normal((24, 1, 40))
        drift = np.stack([fractal((96, 40), 24, self.rng, 3, (0.12, 1.5)) for _ in range(24)])
        bristles = 0.75 * lines + 0.65 * drift
        ranks = np.argsort(np.argsort(bristles.reshape(24, -1), 1), 1).reshape(bristles.shape)
        self.bristles = (ranks / (96 * 40)).astype(np.float32)

    def noise(self, cell: float, octaves: int = 4, stretch: tuple = (1, 1)) -> Array:
        """Fractal noise over the canvas, `cell` in pixels of a 640-pixel picture."""
        return fractal(self.shape, cell * self.px, self.rng, octaves, stretch)

    def scatter(self, spacing: float, where: Array | float = 1.0) -> Array:
        """Evenly spread points (N, 2) as (x, y) in canvas pixels, shuffled; `where` is a chance, or one per pixel."""
        step = spacing * self.px
        gy, gx = np.mgrid[-0.5 : self.shape[0] / step + 0.5, -0.5 : self.shape[1] / step + 0.5]
        points = np.stack([gx, gy], -1).reshape(-1, 2) * step
        points = self.rng.permutation(points + self.rng.uniform(-0.75, 0.75, points.shape) * step)
        chance = self.sample(where, points) if isinstance(where, np.ndarray) else where
        return points[self.rng.random(len(points)) < chance]

    def pick(self, codes: str, points: Array, light: float = 0.0, hue: float = 0.0) -> Array:
        """A random colour of the palette, jittered, for each point."""
        colours = palette(codes)
        return jitter(colours[self.rng.choice(len(colours), len(points))], self.rng, light, hue)

    def sample(self, field: Array, points: Array) -> Array:
        """The values of a field at points (..., 2), nearest neighbour, the border repeated."""
        x = np.clip(points[..., 0].astype(int), 0, self.shape[1] - 1)
        y = np.clip(points[..., 1].astype(int), 0, self.shape[0] - 1)
        return field[y, x]

    def trace(self, points: Array, angle: Array, length: Array | float, steps: int = 8) -> Array:
        """Follow a direction field from and through each point: paths (N, steps + 1, 2); length in 640ths."""
        step = np.broadcast_to(np.asarray(length, float) * self.px / steps, len(points))[:, None]
        halves = []
        for sign in (-1, 1):
            path = [points]
            for _ in range(steps // 2):
                theta = self.sample(angle, path[-1])
                path.append(path[-1] + sign * step * np.stack([np.cos(theta), np.sin(theta)], -1))
            halves.append(path)
        return np.stack(halves[0][:0:-1] + halves[1], 1)

    def shorten(self, paths: Array, limit: Array) -> Array:
        """Draw paths back towards their middle until both ends lie in the middle's region of `limit`."""
        middle = paths[:, paths.shape[1] // 2]
        home = self.sample(limit, middle)
        for _ in range(3):
            away = (self.sample(limit, paths[:, 0]) != home) | (self.sample(limit, paths[:, -1]) != home)
            paths = np.where(away[:, None, None], middle[:, None] + (paths - middle[:, None]) * 0.55, paths)
        return paths

    def strokes(
        self,
        paths: Array,
        width: Array | float,
        colour: Array,
        *,
        opacity: float = 0.95,
        streak: float = 0.25,
        dry: float = 0.5,
        body: float = 1.0,
        taper: float = 0.0,
        square: float = 3.0,
        batch: int = 40,
        clip: Array | None = None,
    ) -> None:
        """Paint N strokes along paths (N, K, 2) in order.

        width: in 640ths; colour: (N, 3); streak: contrast between bristles; dry: how soon the brush runs out;
        body: thickness of the paint; taper: 0 blunt, 1 pointed;
        square: hardness of the long edges; clip: a mask over the canvas that limits the paint.
        """
        n, k = paths.shape[:2]
        paths = paths.astype(np.float32)
        width = np.broadcast_to(np.asarray(width, np.float32) * np.float32(self.px), n)
        reach = np.linalg.norm(np.diff(paths, axis=1), axis=2).sum(1)
        # Strokes of like size are sampled together; within a few batches the large ones go first.
        order = np.lexsort((-reach * width, np.arange(n) // (10 * batch)))
        for start in range(0, n, batch):
            part = order[start : start + batch]
            path, w, ink, lengths = paths[part], width[part], colour[part], reach[part]
            nu, nv = int(lengths.max() * 1.3) + 3, int(w.max() * 1.3) + 3
            t = np.linspace(0, k - 1.001, nu, dtype=np.float32)
            i, f = t.astype(int), (t % 1)[:, None]
            middle = path[:, i] * (1 - f) + path[:, i + 1] * f
            tangent = np.gradient(middle, axis=1)
            tangent /= np.linalg.norm(tangent, axis=2, keepdims=True) + 1e-9
            normal = np.stack([-tangent[..., 1], tangent[..., 0]], -1)
            u, v = np.linspace(0, 1, nu, dtype=np.float32)[:, None], np.linspace(-1, 1, nv, dtype=np.float32)
            which = self.rng.integers(0, 24, len(path))
            bristle = self.bristles[which][:, (u[:, 0] * 95).astype(int)][:, :, np.linspace(0, 39, nv).astype(int)]
            profile = 1 - taper + taper * np.sin(np.pi * np.clip(u, 0.02, 0.98)) ** 0.7
            points = middle[:, :, None] + normal[:, :, None] * (v * profile)[..., None] * (w / 2)[:, None, None, None]
            end = np.minimum(u, 1 - u) * 2 * (lengths / np.maximum(w, 1e-6))[:, None, None]
            edge = np.minimum(1 - np.abs(v), end) * square - 0.7 * (bristle - 0.3)
            loaded = 1.15 - dry * (0.25 + u**2) - (1 - bristle) * dry * 1.4
            alpha = opacity * np.clip(edge * 2, 0, 1) * np.clip(loaded * 4, 0, 1)
            x, y = np.floor(points[..., 0]).astype(int), np.floor(points[..., 1]).astype(int)
            keep = (alpha > 0.04) & (x >= 0) & (y >= 0) & (x < self.shape[1]) & (y < self.shape[0])
            x, y, b, a = x[keep], y[keep], bristle[keep], alpha[keep].astype(np.float32)
            if clip is not None:
                a = a * clip[y, x]
            paint = ink[np.nonzero(keep)[0]]
            self.rgb[y, x] += (paint * (1 + streak * (b - 0.5))[:, None] - self.rgb[y, x]) * a[:, None]
            ridge = 0.35 + 0.65 * b + 0.5 * np.broadcast_to(np.abs(v) ** 6, keep.shape)[keep]
            self.relief[y, x] += a * (body * ridge - 0.75 * self.relief[y, x])

    def layer(
        self,
        target: Array,
        angle: Array,
        spacing: float,
        length: float,
        width: float,
        *,
        light: float = 0.04,
        hue: float = 0.015,
        where: Array | float = 1.0,
        limit: Array | None = None,
        **brush,
    ) -> None:
        """Cover the canvas (or `where`) with strokes of a size whose colours come from `target`, varied.

        Strokes that would leave their region of `limit` (an array of numbers) are cut short.
        """
        points = self.scatter(spacing, where)
        scale = self.rng.uniform(0.65, 1.35, (2, len(points)))
        paths = self.trace(points, angle, length * scale[0])
        if limit is not None:
            paths = self.shorten(paths, limit)
        colours = jitter(self.sample(target, points), self.rng, light, hue)
        self.strokes(paths, width * scale[1], colours, **brush)

    def weave(self, amount: float, pitch: float = 3.2) -> None:
        """Add the threads of a canvas to the relief."""
        wx, wy = (self.noise(60, 3) * 0.7 for _ in range(2))
        k = 2 * np.pi * 640 / pitch
        threads = np.sin(self.x * k + wx) * np.sin(self.y * k + wy) + 0.5 * self.noise(3, 2)
        self.relief += amount * threads.astype(np.float32)

    def lit(self, strength: float = 0.12, gloss: float = 0.05, soften: float = 1.0) -> None:
        """Light the relief from the upper left: shade the paint, then add small highlights."""
        height = blur(self.relief, soften * self.px * 0.6)
        gy, gx = np.gradient(height)
        slope = (gx + gy) * self.px
        shade = np.tanh(slope * 2.2)
        self.rgb *= (1 + strength * 2 * shade)[..., None]
        self.rgb += (gloss * np.clip(shade, 0, 1) ** 3)[..., None] * np.array([1.0, 0.97, 0.9], np.float32)

    def picture(self) -> Image.Image:
        """The finished picture, reduced to its size."""
        pixels = Image.fromarray((np.clip(self.rgb, 0, 1) * 255 + 0.5).astype(np.uint8))
        return pixels.resize(self.out, Image.LANCZOS)


# --- the painters -----------------------------------------------------------------------------------------------------
def paint_de_stijl(seed: int = 0, size: int = 640) -> Image.Image:
    """Planes of red, yellow, blue and many whites between black bars, all brushed by hand on canvas."""
    c = Canvas(size, seed, 1.0, "d9d2c0")
    rng = c.rng
    planes = table(  # left, right, top, bottom
        "0 .135 0 .30; .135 .70 0 .17; .70 1 0 .17; 0 .135 .30 .80; .135 .70 .17 .80; .70 .885 .17 .62;"
        ".885 1 .17 .62; .70 .885 .62 .80; .885 1 .62 .915; 0 .135 .80 1; .135 .36 .80 1; .36 .70 .80 .915;"
        ".36 .70 .915 1; .70 .885 .80 1; .885 1 .915 1"
    )
    colours = palette(
        "e8b71c e9e3d4 20439b dfe0dc c4241b f0ead9 d5d9dc d9d3c3 e8b71c 1d3a8c ebe5d3 17181c dcdcd6 e4dfd2 c9341f"
    )
    target, angle, plane = c.rgb.copy(), np.zeros(c.shape, np.float32), np.zeros(c.shape, int)
    wx, wy = c.x + 0.0022 * c.noise(90, 4), c.y + 0.0022 * c.noise(90, 4)
    for k, (left, right, top, bottom) in enumerate(planes):
        inside = (wx >= left) & (wx <= right) & (wy >= top) & (wy <= bottom)
        target[inside], plane[inside] = colours[k], k + 1
        angle[inside] = (np.pi / 2 if bottom - top > right - left else 0.0) + rng.normal(0, 0.06)
    angle += 0.13 * c.noise(70, 3)
    pigment = [0.028 * c.noise(110, 4), 0.011 * c.noise(160, 3), 0.016 * c.noise(160, 3)]
    target = from_oklab(to_oklab(target) + np.stack(pigment, -1))
    cross, bent = angle + np.pi / 2, angle + 0.5 * c.noise(150, 2)
    c.layer(target * 0.80, cross, 15, 60, 22, limit=plane, light=0.055, hue=0.025, streak=0.5, dry=0.45)
    c.layer(target, bent, 12, 62, 17, limit=plane, light=0.032, hue=0.016, streak=0.38, dry=0.6, body=1.4)
    c.layer(target * 1.03, angle, 12, 54, 9, limit=plane, light=0.034, hue=0.018, dry=0.75, body=1.6, where=0.6)
    c.layer(target, angle, 16, 44, 7, limit=plane, light=0.075, hue=0.032, dry=1.05, opacity=0.7, body=1.3, where=0.4)
    bars = table(  # upright, place, width, from, to
        "1 .135 21 0 1; 1 .70 23 0 1; 1 .885 15 0 1; 1 .36 17 .62 1; 0 .17 16 .135 1; 0 .30 15 0 .135; 0 .62 25 0 1;"
        "0 .80 17 .36 .70; 0 .915 18 .36 .70; 0 .80 16 0 .36; 0 .80 18 .70 1; 0 .915 15 .70 1"
    )
    for upright, place, width, a, b in bars:
        for k in range(12):  # one full stroke, another beside it, then touches
            t = np.linspace(a - 0.02, b + 0.02, 40)
            if k > 1:
                start = rng.uniform(a - 0.1, b - 0.1)
                t = np.linspace(max(a - 0.005, start), min(b + 0.005, start + rng.uniform(0.15, 0.4)), 40)
            if t[-1] - t[0] < 0.02:
                continue
            inset = rng.uniform(-0.36, 0.36) * width / 640 if k else 0.0
            bend = place + inset + 0.0016 * np.cumsum(rng.normal(0, 0.35, 40))
            path = np.stack([bend, t] if upright else [t, bend], -1) * c.short
            ink = jitter(palette(("131316", "1d1c20", "141722", "26211f")[k % 4]), rng, 0.03, 0.006)
            bar = {"streak": 0.9, "dry": 0.1 if k < 2 else 0.6, "body": 1.6, "square": 5.0}
            c.strokes(path[None], width if k == 0 else width * 0.34, ink, **bar)
    cracks = smoothstep(0.035, 0.0, np.abs(c.noise(46, 4))) * smoothstep(0.4, 1.6, c.noise(200, 2))
    c.relief -= 0.25 * cracks
    c.weave(0.22, 3.6)
    c.lit(0.15, 0.05)
    return c.picture()


def paint_stained_glass(seed: int = 0, size: int = 640) -> Image.Image:
    """A window: sun with rays over hills, cypresses and a winding river, antique glass in lead."""
    c = Canvas(size, seed, 0.8, "000000")
    rng = c.rng
    x, y = c.x + 0.002 * c.noise(30, 2), c.y + 0.002 * c.noise(30, 2)
    sx, sy = 0.62, 0.32
    d = np.hypot(x - sx, y - sy)
    # Zones: 0 to 7 rings round the sun, 10 to 13 hills, 20 river, 21 cypresses
    zone = np.digitize(d, [0.075, 0.125, 0.195, 0.285, 0.40, 0.53, 0.68]).astype(int)
    hills = table(".60 .05 6 .4; .70 .06 5 2.6; .84 .05 5.5 5; 1.02 .04 6 1.5")
    for k, (base, swing, f, phase) in enumerate(hills):
        zone[y > base + swing * np.sin(x * f + phase)] = 10 + k
    middle = 0.50 + 0.17 * np.sin((y - 0.55) * 8.5) * smoothstep(0.5, 0.9, y)
    half = 0.010 + 0.21 * np.clip(y - 0.62, 0, 1) ** 1.1
    zone[(y > 0.67 + 0.06 * np.sin(x * 5 + 2.6)) & (np.abs(x - middle) < half)] = 20
    for cx, foot, tall, wide in table(".13 .90 .62 .093; .25 .86 .38 .067"):
        t = np.clip((foot - y) / tall, 0, 1)
        zone[np.abs(x - cx - 0.012 * np.sin(t * 9)) < wide * (1 - t) ** 0.6 * t**0.28] = 21
    ring_sites, panes = [], []
    for z, (r, n) in enumerate(table("0 1; .10 10; .16 14; .24 16; .342 20; .465 26; .605 30; .77 34")):
        a = 2 * np.pi * (np.arange(n) + 0.5 * (z % 2) + rng.uniform(-0.16, 0.16, int(n))) / n
        ring_sites.append(np.stack([sx + r * np.cos(a), sy + r * np.sin(a)], -1))
        panes += [z] * int(n)
    ground = c.scatter(47)
    ground = ground[c.sample(zone, ground) >= 10]
    sites = np.concatenate([*ring_sites, ground / c.short])
    panes = np.concatenate([panes, c.sample(zone, ground)]).astype(int)
    best, owner = np.full(c.shape, 9.0, np.float32), np.zeros(c.shape, np.int32)
    for k, ((px, py), z) in enumerate(zip(sites, panes, strict=True)):  # Voronoi panes within each zone
        left, top, right, bottom = (max(int(v * c.short), 0) for v in (px - 0.3, py - 0.3, px + 0.3, py + 0.3))
        at = np.s_[top:bottom, left:right]
        squash = 0.75 if z == 21 else 1.5 if z >= 10 else 1.0
        distance = np.where(zone[at] == z, (x[at] - px) ** 2 + ((y[at] - py) * squash) ** 2, 8.0)
        owner[at] = np.where(distance < best[at], k, owner[at])
        best[at] = np.minimum(distance, best[at])
    pane = owner + 1000 * zone
    edge = borders(pane)
    frame = np.minimum(c.x, c.shape[1] / c.short - c.x)
    frame = np.minimum(frame, np.minimum(c.y, c.shape[0] / c.short - c.y)) / 0.014
    lead = np.clip(blur(edge, 2.2 * c.px) * 9.2 * c.px, 0, 2.2) * (1 + 0.10 * c.noise(24, 3))
    dirt = np.clip(blur(edge, 8 * c.px) * 13.6 * c.px, 0, 1.1)
    shades = {
        0: "f7c73a ffe88a fbd75a",
        1: "ee9a2c f8bf4a f2aa36",
        2: "d9602a ec8036 df6c2e",
        3: "b8333a d04a4a c8583f",
    }
    shades |= {
        4: "8a2c66 a8487c b85a72",
        5: "4a3f92 6a5aa8 8a6aa8",
        6: "2a4a98 3f68b0 5a86bc",
        7: "1c3478 2c5496 44709a",
    }
    shades |= {10: "5a78ac 86a4c8 a8a0c8", 11: "2a7480 4a9c98 6ab0a0", 12: "3a7c4a 6aa452 a0b84a"}
    shades |= {13: "1f5a40 3f7c40 8a8f3a", 20: "6ab8d4 b0e0e8 3f8cc0", 21: "143c38 1f5a48 2c4a6a"}
    base = np.concatenate([ramp(rng.random(1), shades[z]) for z in panes])
    odd = (rng.random(len(panes)) < 0.10) & (panes > 3) & (panes < 20)
    base[odd] = c.pick("e9c46a d9a04a c8503a 3f9a98", base[odd])
    base = jitter(base, rng, 0.03, 0.012)
    tilt, turn = rng.normal(0, 1.7, (len(panes), 2))[owner], rng.uniform(0, np.pi, len(panes))[owner]
    gradient = tilt[..., 0] * (x - sites[owner, 0]) + tilt[..., 1] * (y - sites[owner, 1])
    ripple = np.sin((x * np.cos(turn) + y * np.sin(turn)) * 190 + 3.0 * c.noise(40, 3))
    streaks = 0.6 * c.noise(60, 4, (0.5, 2.4)) + 0.5 * c.noise(26, 3)
    lab = to_oklab(base[owner])
    light = 0.97 + 0.55 * gradient + 0.05 * ripple + 0.075 * streaks + 0.035 * c.noise(5, 3)
    lab[..., 0] = np.clip(lab[..., 0] * (light + 0.12 * np.exp(-d / 0.3) - 0.20 * dirt**1.5), 0.08, 0.97)
    lab[..., 1:] *= (1.0 + 0.14 * streaks)[..., None]
    lab[..., 1:] += 0.017 * np.stack([c.noise(70, 3), c.noise(70, 3)], -1)
    c.rgb = from_oklab(lab)
    bubbles = c.scatter(15, 0.35)
    bright = np.clip(c.sample(c.rgb, bubbles) * 1.3 + 0.06, 0, 1)
    c.strokes(c.trace(bubbles, turn, 8, 2), 2.6, bright, square=1.5, opacity=0.6, batch=300, body=0.3)
    # Glass paint: the hatching that the glazier fires on
    hatching = np.where(zone >= 10, 0.35 * np.sin(x * 6 + y * 5), np.arctan2(y - sy, x - sx))
    marks = c.scatter(7.5, np.clip(0.5 * dirt * (zone != 0) - 0.08 + 0.25 * (zone == 21), 0, 0.6))
    paths, inks = c.shorten(c.trace(marks, hatching, 22), pane), c.sample(c.rgb, marks) * 0.42
    c.strokes(paths, 2.4, inks, opacity=0.75, dry=0.7, streak=0.4, body=0.3, taper=0.7)
    glow = blur(np.clip(c.rgb - 0.5, 0, 1), 14 * c.px) * 0.35
    came = np.maximum(smoothstep(0.72, 0.95, lead), smoothstep(1.07, 0.93, frame + 0.07 * c.noise(40, 2)))
    bead = np.where(frame < 1, 1.4 * np.sin(np.clip(frame, 0, 1) * np.pi), np.clip(lead - 0.72, 0, 1.4))
    c.relief = 1.5 * blur(bead.astype(np.float32), c.px) + 0.10 * c.noise(6, 2)
    glass, c.rgb = c.rgb, palette("26272d")[0] * (1 + 0.25 * c.noise(14, 3))[..., None]
    c.lit(0.42, 0.40, 1.4)
    c.rgb = lerp(glass + glow, c.rgb, came) + 0.5 * glow * came[..., None]
    return c.picture()


def paint_pointillism(seed: int = 0, size: int = 640) -> Image.Image:
    """A river on a summer afternoon in dots: poplars, sails, every colour split into its neighbours and opposites."""
    c = Canvas(size, seed, 1.3, "e6d8b8")
    rng, x, y = c.rng, c.x, c.y
    shore, bank = 0.47, 0.76
    dawn = 0.1 + 0.8 * y / shore + 0.10 * c.noise(160, 4, (2.5, 0.6))
    target = ramp(dawn, "4f86c6 7fb0dc a9cde2 d6dfd9 f4e3c0 f9d9a8")
    cloud = smoothstep(0.5, 1.5, c.noise(170, 4, (2.4, 0.8)) + 0.2)
    target = lerp(target, palette("fdf3e3")[0], 0.85 * cloud)
    below = y - (shore - 0.07 - 0.035 * np.sin(x * 4.2 + 0.5) - 0.018 * np.sin(x * 9))
    ridge = ramp(0.5 + 0.25 * c.noise(70, 3) - 3 * below, "6f8bb8 8fa2c8 b3b4cf")
    target = lerp(target, ridge, smoothstep(0, 0.006, below))
    depth = np.clip((y - shore) / (bank - shore), 0, 1)
    water = 0.2 + 0.65 * depth + 0.14 * c.noise(50, 3, (5, 0.5))
    river = ramp(water, "f3dcae cfdccb 8fbcd0 5c97c0 3f76ac 33609a")
    target = lerp(target, river, smoothstep(-0.003, 0.003, y - shore))
    greens = "1c2f52 20495a 2f6f4e 5f9a48 a8bf4c e6dc74"
    foot = shore + 0.006
    trees = ".08 .16 .07; .17 .12 .06; .27 .33 .032; .335 .38 .034; .405 .30 .03; .50 .10 .06; 1.02 .09 .06"
    for cx, tall, wide in table(trees + "; 1.10 .13 .07; 1.20 .10 .07; 1.27 .14 .06"):
        up, side = (foot - y) / tall, np.abs(x - cx)
        outline = 2 * wide * np.sqrt(np.clip(up * (1 - up), 0, 1)) * (1.15 - 0.5 * up) * (1 + 0.12 * c.noise(28, 3))
        light = 0.5 - 0.42 * (x - cx) / wide + 0.16 * c.noise(36, 3) + 0.12 * up
        target = lerp(target, ramp(light, greens), smoothstep(0.004, -0.004, side - outline) * (up > 0))
        mirrored = smoothstep(0.006, -0.006, side - 0.75 * wide * (1 + 0.3 * c.noise(20, 2, (4, 0.5))))
        mirrored *= smoothstep(0, 0.01, y - foot) * smoothstep(-0.75, -0.35, up)
        target = lerp(target, ramp(light - 0.12, greens), 0.62 * mirrored)
    for cx, at, s in table(".80 .56 .17; .64 .495 .07"):
        u, v = (x - cx) / s, (y - at) / s
        for side, lean, code in ((1, 0.55, "fff4dc"), (-1, 0.35, "f2c9a0")):
            sail = (v > -1) & (v < -0.07) & (side * u > 0.012) & (side * u < lean * (v + 1))
            target[sail] = palette(code)[0]
        target[(np.abs(u - 0.1) < 0.55 * (1 - 2.5 * v)) & (v > -0.02) & (v < 0.1)] = palette("7a2f3a")[0]
        glint = bell((u - 0.1) / 0.4) * smoothstep(0.08, 0.12, v) * smoothstep(0.95, 0.3, v)
        glint *= 0.6 + 0.4 * np.sign(c.noise(14, 2, (5, 0.5)))
        target = lerp(target, palette("f7e6c6")[0], 0.7 * glint)
    below = y - (bank + 0.07 * np.sin(x * 2.6 + 2.4) + 0.008 * c.noise(30, 3))
    grass = 0.62 + 0.16 * c.noise(60, 4, (2.5, 0.8)) - 0.5 * smoothstep(0.5, 1.5, c.noise(150, 3, (3, 0.5)))
    target = lerp(target, ramp(grass, "1d2a5c 27506a 3f7f4c 86b048 cdcd55 f2e488"), smoothstep(0, 0.008, below))
    stem = x - 1.14 + 0.02 * np.sin(y * 9)
    trunk = (np.abs(stem) < 0.016 + 0.02 * smoothstep(0.75, 0.95, y)) & (y < 0.93)
    target[trunk] = ramp(0.5 - 20 * stem[trunk], "2a2148 5b3a5e a0625a e0a070")
    crown = smoothstep(-0.25, 0.1, 1 - np.hypot(x - 1.13, y - 0.13) / 0.27 + 0.16 * c.noise(60, 4))
    light = 0.52 - 0.8 * (x - 1.1) - 0.6 * (y - 0.15) + 0.2 * c.noise(45, 3)
    target = lerp(target, ramp(light, greens), crown)
    target = lerp(target, palette("27376e")[0], 0.75 * bell((x - 1.02) / 0.3) * bell((y - 0.93) / 0.035))
    lab, angle = to_oklab(target), (0.6 * c.noise(100, 2)).astype(np.float32)
    dot = {"square": 1.6, "dry": 0.12, "streak": 0.16, "batch": 600}
    dots = "12 17 .03 .03 1; 8.6 12 .06 .055 1; 8 9.2 .09 .07 .85; 7.5 6 .12 .09 .6"
    for spacing, width, chroma, light, chance in table(dots):
        points = c.scatter(spacing, chance)
        shade, a, b = c.sample(lab, points).T
        turn = rng.choice([-0.75, -0.3, 0.3, 0.75, np.pi], len(points), p=[0.2, 0.27, 0.27, 0.2, 0.06])
        strength, hue = np.maximum(1.35 * np.hypot(a, b), chroma), np.arctan2(b, a) + turn
        shade = shade + rng.normal(0, light, len(points))
        ink = from_oklab(np.stack([shade, strength * np.cos(hue), strength * np.sin(hue)], -1))
        breadth = width * rng.uniform(0.75, 1.25, len(points))
        c.strokes(c.trace(points, angle, 1.05 * breadth, 2), 0.92 * breadth, ink, body=1.2, **dot)
    flowers = c.scatter(8.5, 0.55 * (below > 0.01) * smoothstep(0.4, 1.2, c.noise(45, 3, (2, 0.7))))
    inks = c.pick("e8413c f7f2e6 f4a62a d65aa0 f7d63e", flowers)
    c.strokes(c.trace(flowers, angle, 7, 2), 6.4, inks, body=2.0, **dot)
    c.weave(0.07)
    c.lit(0.14, 0.07)
    return c.picture()


def paint_marbling(seed: int = 0, size: int = 640) -> Image.Image:
    """Ebru: hundreds of drops of colour on size, drawn by rakes and a fine comb into feathers and scrolls.

    Each move has a closed inverse (Lu, Jaffer, Jin and others, "Mathematical Marbling", 2012), so every pixel is
    carried back through all of them until it falls into a drop.
    """
    c = Canvas(size, seed, 0.8, "efe6d2")
    rng = c.rng
    inks = palette("14233f 1f4e79 2e8a94 c8371f e98a2b f3c551 f4ead2 7a1f3a 2b5a3c e7b9a2")
    odds = [0.16, 0.14, 0.10, 0.13, 0.10, 0.09, 0.13, 0.07, 0.05, 0.03]
    moves: list[tuple] = []
    for k in range(150):
        r = rng.uniform(0.04, 0.16) * (1 - 0.5 * k / 150)
        moves.append(("drop", rng.uniform(-0.1, 1.1), rng.uniform(-0.1, 1.35), r, rng.choice(10, p=odds)))
    moves += [("comb", 0, 0.16, 0.05, 0.30, 0.03), ("comb", 0, 0.16, 0.13, -0.30, 0.03)]
    moves += [("comb", 1, 0.096, 0.01, 0.17, 0.016)]
    for _ in range(46):
        r, ink = rng.uniform(0.008, 0.026), rng.choice([3, 5, 6, 0])
        moves.append(("drop", rng.uniform(0, 1), rng.uniform(0, 1.25), r, ink))
    moves += [("wave", 1, 0.030, 2.6, 0.4), ("comb", 0, 0.060, 0.02, 0.105, 0.010), ("wave", 0, 0.022, 3.3, 1.2)]
    moves += [("swirl", 0.30, 0.33, 0.15, 2.0), ("swirl", 0.72, 0.62, 0.18, -2.2), ("swirl", 0.27, 0.98, 0.14, 2.0)]
    at = [c.x + 0.0007 * c.noise(16, 2), c.y + 0.0007 * c.noise(16, 2)]
    colour, rim = np.full(c.shape, -1, np.int8), np.ones(c.shape, np.float32)
    home = np.zeros((*c.shape, 2), np.float32)  # the place within its drop that a pixel's pigment came from
    for kind, *move in reversed(moves):
        if kind == "drop":
            px, py, r, ink = move
            dx, dy = at[0] - px, at[1] - py
            q = dx * dx + dy * dy
            inside = (q < r * r) & (colour < 0)
            colour[inside], rim[inside] = ink, 1 - np.sqrt(q[inside]) / r
            home[inside] = np.stack([dx[inside] + 7 * px, dy[inside] + 5 * py], -1)
            pull = np.sqrt(np.clip(1 - r * r / np.maximum(q, 1e-9), 0, 1))
            at = [px + dx * pull, py + dy * pull]
        elif kind == "comb":
            across, pitch, start, push, sharp = move
            gap = np.abs((at[across] - start + pitch / 2) % pitch - pitch / 2)
            at[1 - across] = at[1 - across] - push * sharp / (sharp + gap)
        elif kind == "wave":
            across, swing, turns, phase = move
            at[1 - across] = at[1 - across] - swing * np.sin(at[across] * turns * 2 * np.pi + phase)
        else:
            px, py, r, twist = move
            dx, dy = at[0] - px, at[1] - py
            a = twist * np.exp(-(dx * dx + dy * dy) / r**2)
            at = [px + dx * np.cos(a) - dy * np.sin(a), py + dx * np.sin(a) + dy * np.cos(a)]
    base = np.where((colour < 0)[..., None], palette("17304f")[0], inks[np.maximum(colour, 0)])
    pigment = c.sample(c.noise(40, 4), (home * [3.1, 3.7] % 1) * c.shape[::-1])
    lab = to_oklab(base)
    lab[..., 0] += 0.02 + 0.030 * pigment + 0.02 * c.noise(70, 3) - 0.10 * np.exp(-rim / 0.05)
    lab[..., 1:] *= (1.05 + 0.10 * np.exp(-rim / 0.08))[..., None]
    c.rgb = from_oklab(lab)
    specks = c.scatter(5.5, 0.12 + 0.10 * c.noise(120, 3))
    length, width = rng.uniform(0.8, 2.6, (2, len(specks)))
    light = 0.4 * c.sample(c.rgb, specks) + 0.6 * palette("f4ead2")[0]
    paths = c.trace(specks, np.zeros(c.shape, np.float32), length, 2)
    c.strokes(paths, width, light, square=1.4, opacity=0.75, batch=400, body=0)
    c.rgb *= (1 + 0.02 * c.noise(2.5, 2) + 0.025 * c.noise(200, 2))[..., None]
    c.relief = 0.5 * c.noise(3, 3)
    c.lit(0.04, 0.0)
    return c.picture()


PAINTERS: dict[str, Callable[..., Image.Image]] = {
    name.removeprefix("paint_"): painter for name, painter in list(globals().items()) if name.startswith("paint_")
}
"""Name of the picture -> the function (seed, size) that paints it."""


def save(picture: Image.Image, path: Path, limit: int = 350_000) -> int:
    """Write a JPEG of quality 88, or the best one below `limit` bytes; returns its length."""
    for quality in range(88, 40, -2):
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=quality, optimize=True, progressive=True)
        if buffer.tell() < limit:
            break
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
    return buffer.tell()


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAMES", help=f"some of: {', '.join(PAINTERS)} (default: all)")
    parser.add_argument("--out", type=Path, default=Path("data/style"), help="folder for the pictures (%(default)s)")
    parser.add_argument("--seed", type=int, default=7, help="another seed, other pictures (%(default)s)")
    parser.add_argument("--size", type=int, default=640, help="short side in pixels (%(default)s)")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(PAINTERS)
    if unknown:
        parser.error(f"no painter of that name: {', '.join(sorted(unknown))}")
    for name in options.names or PAINTERS:
        start = time.perf_counter()
        picture = PAINTERS[name](options.seed, options.size)
        length, seconds = save(picture, options.out / f"{name}.jpg"), time.perf_counter() - start
        print(f"{name:20} {picture.width} x {picture.height}  {length / 1000:4.0f} kB  {seconds:4.1f} s")


if __name__ == "__main__":
    main()
