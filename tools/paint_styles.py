"""Paint the bundled style pictures: ten original paintings, each made by a seeded program.

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
from PIL import Image, ImageDraw

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


def spline(points: list | Array, n: int = 80) -> Array:
    """A Catmull-Rom curve through the points: (n, 2)."""
    p = np.array(points, float)
    p = np.concatenate([2 * p[:1] - p[1:2], p, 2 * p[-1:] - p[-2:-1]])
    t = np.linspace(0, len(points) - 1 - 1e-9, n)
    i, f = t.astype(int), (t % 1)[:, None]
    a, b, c, d = (p[i + k] for k in range(4))
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))


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

    def pick(self, codes: str, points: Array, light: float = 0.0, hue: float = 0.0, p: list | None = None) -> Array:
        """A random colour of the palette, jittered, for each point."""
        colours = palette(codes)
        return jitter(colours[self.rng.choice(len(colours), len(points), p=p)], self.rng, light, hue)

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
        second: Array | None = None,
        taper: float = 0.0,
        square: float = 3.0,
        batch: int = 40,
        clip: Array | None = None,
    ) -> None:
        """Paint N strokes along paths (N, K, 2) in order.

        width: in 640ths; colour: (N, 3); streak: contrast between bristles; dry: how soon the brush runs out;
        body: thickness of the paint; second: colours picked up by part of the bristles; taper: 0 blunt, 1 pointed;
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
            owner = np.nonzero(keep)[0]
            paint = ink[owner]
            if second is not None:
                paint = lerp(paint, second[part][owner], np.clip(2.2 * b - 1.0, 0, 1))
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
def paint_swirls(seed: int = 0, size: int = 640) -> Image.Image:
    """Night wind over hills: vortices in blues, yellow suns, strokes that follow the flow."""
    c = Canvas(size, seed, 1.0, "14204f")
    vx = 1 + 0.1 * c.noise(220, 3)
    vy = 0.45 * np.sin(c.x * 5.5 + 1.0) * (1 - c.y) + 0.25 * c.noise(160, 2)
    tone = 0.34 + 0.13 * c.noise(120, 4, (2.2, 0.8)) - 0.1 * np.cos(c.y * 9 + c.x * 2)
    warm = np.zeros(c.shape, np.float32)
    vortices = table(
        ".24 .22 .125 1 1; .80 .40 .155 -1 1; .66 .11 .07 1 .85; .47 .46 .15 -1 0; .15 .60 .09 -1 .55;"
        ".47 .22 .07 1 0; .95 .08 .07 -1 .4"
    )
    for x, y, radius, spin, warmth in vortices:
        dx, dy = (c.x - x) / radius, (c.y - y) / radius
        d = np.hypot(dx, dy) + 1e-6
        pull = 3.2 * bell(d / 1.25)
        vx += pull * (-spin * dy / d - 0.25 * dx)
        vy += pull * (spin * dx / d - 0.25 * dy)
        rings = 0.5 + 0.5 * np.cos(d * 8.5 + np.arctan2(dy, dx) * spin)
        tone += bell(d / 1.3) * (0.55 * rings - 0.12)
        sun = 1.25 * bell(d / 0.55) + 0.95 * bell(d / 1.35) * rings**1.5
        warm = np.maximum(warm, warmth * np.clip(sun, 0, 1.1))
    angle, hills = np.arctan2(vy, vx), 0
    sky = ramp(tone, "0a0f33 14236a 1f3f94 3a68b4 6f9fca b9d3d3")
    sky = lerp(sky, ramp(warm * 0.93, "5a86b0 b9a860 de8a22 f2b22f f9d459 fbe690"), smoothstep(0.28, 0.62, warm))
    for k, codes in enumerate(("16306a 2f6690 5b9a9a", "0e2244 1c4c62 3f8573", "0a152e 16344a 3a6a50")):
        phase, swing = c.x * (5 + 2 * k) + 2.1 * k + 0.6, 0.036
        below = c.y - (0.79, 0.86, 0.945)[k] - swing * np.sin(phase) - 0.006 * c.noise(60, 2)
        inside = smoothstep(-0.004, 0.004, below)
        light = 0.9 * np.exp(-below / 0.03) + 0.10 + 0.18 * c.noise(50, 3, (2, 1))
        sky = lerp(sky, ramp(light, codes), inside)
        slope = np.arctan(swing * (5 + 2 * k) * np.cos(phase) + below * 3 * np.sin(c.x * 9 + k))
        angle = np.where(inside > 0.5, slope, angle)
        hills = np.maximum(hills, inside)
    c.layer(sky * 0.8, angle, 15, 70, 20, light=0.03, streak=0.5, dry=0.3)
    c.layer(sky, angle, 9, 46, 9, light=0.05, hue=0.02, streak=0.45, body=1.2)
    c.layer(sky, angle, 6.5, 30, 5.2, light=0.065, hue=0.022, streak=0.4, body=1.4)
    pale = 0.10 + 0.8 * smoothstep(0.5, 0.95, tone) + 0.7 * smoothstep(0.35, 0.8, warm)
    pale = np.clip(pale, 0, 0.75) * (1 - 0.6 * hills)
    c.layer(sky * 1.16 + 0.03, angle, 6.5, 24, 4.2, light=0.05, hue=0.03, where=pale, body=2.0, streak=0.35)
    dark = 0.22 * smoothstep(0.55, 0.25, tone) + 0.12
    c.layer(sky * 0.45, angle, 8, 26, 3.2, light=0.04, hue=0.02, where=dark, body=1.6)
    accents = c.scatter(17, (0.1 + 0.5 * smoothstep(0.2, 0.5, warm)) * (1 - 0.6 * hills))
    inks = c.pick("f6c945 f08a24 7fd0c4 c3552d e7e3b5", accents, p=[0.3, 0.15, 0.25, 0.1, 0.2])
    c.strokes(c.trace(accents, angle, 16), 3.4, inks, body=2.2)
    c.weave(0.10)
    c.lit(0.16, 0.10)
    return c.picture()


def paint_woodblock_waves(seed: int = 0, size: int = 640) -> Image.Image:
    """Waves rear up with claws of foam under a red sun: blocks of indigo printed on mulberry paper."""
    c = Canvas(size, seed, 1.4, "ecdcb8")
    rng = c.rng
    # Every pixel of the key carries the number of its ink.
    paper, dark, deep, indigo, blue, pale, sea, white, shade, red, mist = range(11)
    inks = palette("ecdcb8 12224a 1a3568 24508a 4f8fae d9dfca 7fadb4 f8efd9 a9c8d0 cb3a2a f3e2c2")
    key = Image.new("L", c.shape[::-1], paper)
    pen = ImageDraw.Draw(key)

    def area(points: Array, ink: int) -> None:
        pen.polygon([tuple(p) for p in np.asarray(points) * c.short], fill=ink)

    def disc(x: float, y: float, r: float, ink: int) -> None:
        pen.ellipse([v * c.short for v in (x - r, y - r, x + r, y + r)], fill=ink)

    def line(points: Array, width: Array | float, ink: int = dark) -> None:
        """A ribbon of varying width, in 640ths."""
        t = np.gradient(points, axis=0)
        normal = np.stack([-t[:, 1], t[:, 0]], -1) / (np.linalg.norm(t, axis=1, keepdims=True) + 1e-9)
        half = normal * np.broadcast_to(width, len(points))[:, None] / 1280
        area(np.r_[points + half, (points - half)[::-1]], ink)

    def band(crest: Array, ink: int) -> None:
        """Everything below a curve."""
        area(np.stack([np.r_[across, across[::-1]], np.r_[crest, across * 0 + 1.2]], -1), ink)

    def foam(discs: list[tuple[float, float, float]], outline: float = 0.0033) -> None:
        """White with a pale shadow inside a dark line."""
        for grow, shift, ink in ((outline, 0.0, dark), (0.0, 0.0, shade), (-0.0012, 0.22, white)):
            for x, y, r in discs:
                disc(x - 0.6 * shift * r, y - shift * r, max(r * (1 - 0.5 * shift) + grow, 0.0007), ink)

    def claw(x: float, y: float, heading: float, length: float, hook: float, r: float, depth: int = 1) -> list:
        """A tapering finger that bends to a hook, with smaller fingers on it."""
        discs = []
        for k in range(40):
            t = k / 40
            heading += hook * (0.3 + 2.1 * t * t) / 40
            x, y = x + np.cos(heading) * length / 40, y + np.sin(heading) * length / 40
            discs.append((x, y, r * (1 - t) ** 0.8 + 0.0012))
            if depth and k in (9, 17, 24, 30):
                turn, size_ = rng.uniform(0.55, 1.1) * (1 if (k // 3) % 2 else -1), rng.uniform(0.3, 0.45)
                discs += claw(x, y, heading + turn, length * size_, hook * 0.9, r * (1 - t) * 0.7, 0)
        return discs

    crest = "-2.3 -.55; -1.75 -.13; -1.15 .15; -.66 .50; -.28 .86; .06 1.03; .36 1.0; .57 .84; .63 .64"
    hollow = "2.0 -.62; 1.25 -.17; .68 0; .32 .18; .14 .44; .19 .66; .35 .77; .52 .75; .63 .64"
    back, face = spline(table(crest), 200), spline(table(hollow), 200)

    def wave(bx: float, by: float, s: float, flip: int, light: int) -> None:
        """A breaker of height s, striped from its back to its hollow, its lip fringed with claws."""
        curves = [back + (face - back) * t for t in np.linspace(0, 1, 201)]
        at = [np.stack([bx + flip * s * p[:, 0], by - s * p[:, 1]], -1) for p in curves]
        edges = [0, 14, 22, 46, 54, 60, 88, 96, 102, 128, 136, 142, 160, 166, 171, 184, 189, 200]
        stripes = [deep, indigo, deep, blue, light, indigo, blue, light, deep]
        stripes += [blue, light, indigo, blue, light, deep, blue, indigo]
        for start, stop, ink in zip(edges, edges[1:], stripes, strict=False):
            area(np.r_[at[start], at[stop][::-1]], ink)
        swell = np.sin(np.linspace(0.3, np.pi, 200)) ** 0.7
        for e in edges[1:-1]:
            line(at[e], (1.2 + 3.4 * s) * swell + 0.7)
        for e in (34, 75, 115, 151, 178):
            n = slice(int(rng.uniform(20, 60)), int(rng.uniform(120, 165)))
            fade = np.sin(np.linspace(0, np.pi, n.stop - n.start))
            line(at[e][n], (0.8 + 2.0 * s) * fade + 0.2, light)
        line(at[0], 3.6 + 4 * s)
        line(at[-1], 3.6 + 4 * s)
        lip, under = at[0], at[-1]
        for k in range(150, 199, 5):
            heading = np.arctan2(*(under[k + 1] - under[k])[::-1]) + flip * rng.uniform(0.9, 1.5)
            foam(claw(*under[k], heading, s * rng.uniform(0.13, 0.22), flip * rng.uniform(0.6, 1.8), 0.022 * s))
        for k in range(110, 200, 2):
            grow = smoothstep(105, 150, np.float64(k))
            heading = np.arctan2(*(lip[min(k + 1, 199)] - lip[min(k, 198)])[::-1])
            inward = np.array([np.cos(heading + flip * np.pi / 2), np.sin(heading + flip * np.pi / 2)])
            if k % 4 == 0 and k > 120:
                out, length = heading - flip * rng.uniform(0.7, 1.3), s * rng.uniform(0.17, 0.28) * (0.4 + 0.6 * grow)
                foam(claw(*(lip[k] + 0.01 * s * inward), out, length, flip * rng.uniform(1.5, 3.0), 0.029 * s))
            px, py = lip[k] + inward * s * rng.uniform(0.0, 0.085) * grow
            foam([(px, py, s * rng.uniform(0.018, 0.044) * (0.4 + 0.6 * grow))])
        for _ in range(int(150 * s)):
            u = rng.uniform(-0.5, 1.2)
            v = 1.17 + 0.13 * rng.standard_normal() - 0.40 * max(u - 0.2, 0) ** 1.3
            foam([(bx + flip * s * u, by - s * v, rng.uniform(0.0016, 0.005))], 0.0016)

    disc(0.90, 0.33, 0.122, red)
    clouds = ".62 1.2 .362 .015; .82 1.5 .405 .013; -.1 .17 .23 .015; 1.02 1.5 .20 .013; .56 .92 .438 .009"
    for x0, x1, y, h in table(clouds):
        line(np.array([(x0, y), (x1, y)]), h * 1280, mist)
        disc(x0, y, h, mist)
        disc(x1, y, h, mist)
    t = np.linspace(0, 1, 12)
    for x0, y0 in table(".70 .15; .755 .125; .79 .165; .84 .12"):
        for side in (-1, 1):
            wing = np.stack([x0 + side * 0.018 * t, y0 - 0.009 * np.sin(t * 2.6) + 0.002 * t], -1)
            line(wing, 2.2 * (1 - t) + 0.6)
    across, t = np.linspace(-0.05, 1.45, 400), np.linspace(0, 1, 24)
    band(0.54 + 0.003 * np.sin(across * 40), sea)
    for k in range(20):
        y, place = 0.548 + 0.0085 * k + 0.0004 * k * k, rng.uniform(0, 0.12)
        while place < 1.4:
            length = rng.uniform(0.03, 0.10) * (1 + 0.06 * k)
            dip = np.stack([place + length * t, y + (0.003 + 0.0004 * k) * np.cos(2 * np.pi * t)], -1)
            line(dip, (1.0 + 0.20 * k) * np.sin(np.pi * t) + 0.3, (indigo, deep, indigo, pale)[rng.integers(4)])
            place += length * rng.uniform(1.0, 1.6)
    wave(1.20, 0.67, 0.20, -1, shade)
    wave(0.40, 0.80, 0.57, 1, pale)
    wave(1.17, 0.93, 0.33, -1, pale)
    wave(0.60, 0.975, 0.20, 1, shade)
    swells = [(0.925, 0.024, indigo, blue), (0.955, 0.018, blue, indigo), (0.982, 0.014, deep, blue)]
    for k, (y, height, ink, streak) in enumerate(swells):
        crest = y + height * np.sin(across * (7.1 + 2 * k) + 1.7 * k + 0.4) + 0.4 * height * np.sin(across * 17 + k)
        band(crest, ink)
        for j in range(1, 6):
            ripple = np.stack([across, crest + 0.007 * j + 0.003 * np.sin(across * 23 + j)], -1)
            line(ripple, np.clip(1.8 * np.sin(across * (9 + j) + 2 * j + k), 0, 2), streak)
        line(np.stack([across, crest], -1), 3.0)
        for px, py in np.stack([across, crest], -1)[::2]:
            if np.sin(px * 9 + 2 * k) > 0.1:
                foam([(px, py + rng.uniform(-0.006, 0.008), rng.uniform(0.003, 0.011))], 0.002)
    # Printing: the grain of the block, ink pooled at the edges, each block a hair out of place.
    rings = (c.y * 40 + 1.6 * c.noise(330, 2, (3.5, 0.8))) * 2 * np.pi + 0.8 * c.noise(90, 3, (6, 0.5))
    grain = 0.6 * np.sin(rings) + 0.6 * c.noise(12, 3, (14, 0.45))
    mottle = 0.5 * c.noise(9, 3) + 0.5 * c.noise(120, 3)
    c.rgb *= (1 + 0.025 * c.noise(8, 3, (3, 0.7)) + 0.03 * c.noise(300, 3))[..., None]
    night = smoothstep(0.20, 0.0, c.y + 0.014 * mottle)
    fades = (0.6 * smoothstep(0.62, 0.15, c.y), 0.6 * smoothstep(0.26, 0.56, c.y), 0.94 * night)
    for code, fade in zip(("e6b98c", "d98a6b", "1f3f6e"), fades, strict=True):
        tint = palette(code)[0] * (1 + 0.05 * grain + 0.03 * mottle)[..., None]
        c.rgb = lerp(c.rgb, tint, fade * np.clip(0.95 + 0.09 * grain, 0, 1))
    numbers = np.pad(np.asarray(key), 1, mode="edge")
    for ink in (mist, red, sea, pale, blue, indigo, deep, shade, white, dark):
        down, right = rng.integers(0, 3, 2)
        mask = numbers[down : down + c.shape[0], right : right + c.shape[1]] == ink
        mask = blur(mask.astype(np.float32), 0.5)
        pooled = np.clip(mask - blur(mask, 2.4 * c.px), 0, 1)
        fade = 1.0 if ink in (dark, white, red, mist) else 1.10 - 0.22 * smoothstep(0.3, 1.0, c.y + 0.05 * mottle)
        rub = 0.4 if ink in (dark, white, shade) else 1.0
        colour = inks[ink] * (fade * (1 - 0.30 * pooled + rub * (0.055 * grain + 0.045 * mottle)))[..., None]
        c.rgb = lerp(c.rgb, colour, mask * np.clip(0.96 + rub * (0.07 * grain + 0.08 * mottle), 0, 1))
    c.rgb *= (1 + 0.02 * c.noise(2.2, 2))[..., None]
    c.relief = 0.35 * c.noise(3, 3, (2.2, 0.8)) + 0.1 * grain
    c.lit(0.035, 0.0)
    return c.picture()


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


def paint_concentric_squares(seed: int = 0, size: int = 640) -> Image.Image:
    """Twelve squares of rings in watercolour and crayon, warm against cool, no two alike."""
    c = Canvas(size, seed, 4 / 3, "f3ead6")
    rng = c.rng
    codes = "c8321f e8702a f2b632 f6d95a 7fa03a 2f7d5b 2a8c9c 3b6fb5 27408b 5b3a86 a83a76 e58aa0 2b2433 d9a77a 9cc3d6"
    sides = ([0, 1, 2, 3, 10, 11, 13], [4, 5, 6, 7, 8, 9, 14, 12])  # warm, cool
    absorb = -np.log(np.clip(palette(codes), 0.035, 0.985))
    grain, bloom = c.noise(3.0, 3), c.noise(46, 4)
    wet = smoothstep(-0.2, 1.4, c.noise(90, 3))
    wx, wy = (0.006 * c.noise(60, 4) + 0.0022 * c.noise(10, 3) for _ in range(2))
    angle, density = np.zeros(c.shape, np.float32), np.zeros((*c.shape, 3), np.float32)
    cell = c.short // 3
    for row, column in np.ndindex(3, 4):
        at = np.s_[row * cell : (row + 1) * cell + 1, column * cell : (column + 1) * cell + 1]
        x, y = c.x[at] - (column + 0.5) / 3, c.y[at] - (row + 0.5) / 3
        square = np.maximum(np.abs(x + 0.7 * wx[at]), np.abs(y + 0.7 * wy[at]))
        dx, dy = x + wx[at] + rng.normal(0, 0.006), y + wy[at] + rng.normal(0, 0.006)
        theta, power, lean = np.arctan2(dy, dx), rng.uniform(1.9, 2.5), rng.uniform(0.92, 1.08)
        d = (np.abs(dx * lean) ** power + np.abs(dy / lean) ** power) ** (1 / power)
        for k in (1, 2, 3):
            d = d * (1 + rng.normal(0, 0.028 / k) * np.cos(k * theta + rng.uniform(0, 6.3)))
        radii = np.cumsum(rng.uniform(0.6, 1.5, rng.integers(4, 8)))[::-1]
        radii = radii / radii[0] * rng.uniform(0.143, 0.165)
        soft = 0.0012 + 0.011 * wet[at] ** 3
        layer, picks, first = np.zeros((*d.shape, 3), np.float32), [], rng.integers(2)
        for k in range(len(radii) + 1):
            side = sides[(k + first) % 2] if rng.random() < 0.8 else range(15)
            picks.append(int(rng.choice([ink for ink in side if ink not in picks[-2:]])))
            signed = radii[k - 1] - d + 0.0025 * bloom[at] * wet[at] if k else 0.1645 - square
            cover, depth = smoothstep(-soft, soft, signed), np.clip(signed, 0, 1)
            wash = 0.72 + 0.55 * np.exp(-depth / 0.0035) + 0.25 * np.exp(-depth / 0.012)
            wash += 0.17 * bloom[at] + 0.10 * grain[at] + rng.normal(0, 0.25) * dx / 0.16
            fresh = absorb[picks[k]] * np.clip(wash, 0.12, 2.2)[..., None]
            layer = lerp(layer, layer * rng.uniform(0.02, 0.2) + fresh, cover)
            if rng.random() < 0.45:  # a hair of bare paper between two washes
                layer *= 0.25 + 0.75 * smoothstep(0.0008, 0.0030, np.abs(signed + 0.0008))[..., None]
        density[at] = np.maximum(layer, 0)
        quarter = np.pi / 2
        angle[at] = np.where(square > 0.152, np.round(theta / quarter + 1) * quarter, theta + quarter)
    backrun = np.abs(c.noise(150, 5))
    density *= (1 + wet * (0.5 * smoothstep(0.05, 0, backrun) - 0.22 * smoothstep(0.3, 0.02, backrun)))[..., None]
    c.rgb = c.rgb * np.exp(-density)
    target = c.rgb.copy()
    tooth = smoothstep(-0.35, 0.5, 0.6 * c.noise(2.6, 2) + 0.3 * c.noise(60, 3)).astype(np.float32)
    crayon = {"clip": tooth, "streak": 0.3, "dry": 0.6, "body": 0.25, "opacity": 0.7}
    c.layer(target * 0.75, angle, 12, 54, 8, light=0.06, hue=0.035, where=0.55, **crayon)
    c.layer(target * 1.25 + 0.04, angle, 12, 46, 7, light=0.06, hue=0.04, where=0.5, **crayon)
    points = c.scatter(24, 0.35)
    c.strokes(c.trace(points, angle, 58, 14), 6, c.pick(codes, points), **crayon)
    for k, upright in np.ndindex(3, 2):
        t, bend = np.linspace(0, 4 / 3, 60), (k + 1) / 3 + 0.0012 * np.cumsum(rng.normal(0, 0.6, 60))
        path = np.stack([bend, t] if upright else [t, bend], -1) * c.short
        c.strokes(path[None], 2.6, palette("4a3f44"), **crayon)
    c.relief += 0.55 * c.noise(3.2, 3)
    c.rgb *= (1 + 0.02 * grain)[..., None]
    c.lit(0.06, 0.0, 0.8)
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


def paint_ink_hatching(seed: int = 0, size: int = 640) -> Image.Image:
    """An engraved valley: clouds, round trees and ploughed hills in brown-black hatching, heightened with white."""
    c = Canvas(size, seed, 1.3, "dfc596")
    rng = c.rng
    c.rgb *= (1 + 0.03 * c.noise(5, 3) + 0.04 * c.noise(260, 3))[..., None]
    fibres = c.scatter(20, 0.4)
    inks = c.pick("a98a58 f2e2bd", fibres)
    c.strokes(c.trace(fibres, 3 * c.noise(200, 2), 22), 1.2, inks, opacity=0.35, body=0)
    sx, sy = 0.93, 0.19
    d = np.hypot(c.x - sx, c.y - sy)
    disc = d < 0.075
    # Per pixel: darkness, the two directions of the burin (as phases), tint of the wash, number of the thing seen
    tone = np.clip(0.36 * smoothstep(0.06, 0.6, d) + 0.09 * c.noise(170, 3, (3, 0.6)), 0.02, 1) * ~disc
    one = d + 0.002 * c.noise(60, 2)
    two = c.y + 0.03 * np.sin(c.x * 5) + 0.008 * c.noise(120, 2)
    tint, ident = np.zeros(c.shape, np.float32), disc.astype(int)
    everywhere, bumps, leaves = np.s_[:, :], c.noise(26, 3), c.noise(9, 2)

    def lay(at: tuple, inside: Array, *values: Array | float) -> None:
        """Put a thing in front: its darkness, two phases and tint."""
        for field, value in zip((tone, one, two, tint), values, strict=True):
            field[at] = np.where(inside, value, field[at])
        ident[at] = np.where(inside, ident.max() + 1, ident[at])

    def ball(px: float, py: float, r: float, low: float, high: float, colour: float, rough: Array) -> None:
        """A cloud's puff or a tree's crown, lit by the sun, hatched round its form."""
        left, top, right, bottom = (
            max(int(v * c.short), 0) for v in (px - 1.4 * r, py - 1.4 * r, px + 1.4 * r, py + 1.4 * r)
        )
        at = np.s_[top:bottom, left:right]
        u, v, bump = (c.x[at] - px) / r, (c.y[at] - py) / r, rough[at]
        z = np.sqrt(np.clip(1 - u * u - v * v, 0, 1))
        far = np.hypot(sx - px, sy - py) + 1e-6
        facing = 0.8 * ((sx - px) * u + (sy - py) * v) / far + 0.5 * z
        shade = np.clip(low + (high - low) * smoothstep(0.85, -0.5, facing) + 0.4 * bump, 0, 1)
        lift, turn = np.arctan2(0.8 * v - 0.5 * u, z + 0.35), np.arctan2(u + 0.4 * v, z + 0.35)
        lay(at, np.hypot(u, v) < 1 + bump, shade, 0.9 * r * lift + 0.02 * bump, 0.9 * r * turn, colour)

    for x0, y0, s, n in table(".27 .33 1 34; .66 .45 .55 16; 1.20 .41 .62 18"):
        off = rng.normal(0, 0.5, int(n))
        rise, wide = rng.uniform(0, 0.20, int(n)) * np.exp(-1.6 * off**2), rng.uniform(0.022, 0.066, int(n))
        puffs = [x0 + 0.23 * s * off, y0 - s * rise, s * wide * (0.55 + 0.6 * np.exp(-2 * off**2))]
        for px, py, r in sorted(zip(*puffs, strict=True), key=lambda puff: puff[1]):
            ball(px, py, r, 0.0, 0.62, 0.05, 0.05 * bumps)
    crags, veins = c.noise(70, 5), c.noise(38, 4, (0.7, 1.6))
    peaks = ".40 .13 .16; .62 .10 .15; 1.13 .14 .17; .05 .15 .18; .90 .09 .15; .24 .19 .20; 1.30 .16 .2"
    for px, high, wide in table(peaks + "; .50 .085 .12; .76 .07 .12"):
        down = c.y - 0.55 + high
        across = c.x - px + 0.012 * crags * smoothstep(0.0, 0.05, down)
        facet = across * np.sign(sx - px) + 0.010 * veins + 0.15 * np.abs(veins) * down
        facet = np.tanh(facet / 0.008)
        inside = down - high * np.abs(c.x - px + 0.010 * crags) / wide + 0.004 * veins > 0
        shade = np.clip(0.36 - 0.28 * facet + 0.10 * veins - 0.8 * down, 0.02, 0.9)
        strata = 0.75 * down - 0.55 * across * facet + 0.008 * veins
        lay(everywhere, inside, shade, strata, 0.8 * across + 0.4 * c.y, 0.12)
    hills = ".555 .012 5 .5 0 0; .58 .05 4.2 2.4 22 .015; .66 .05 4.6 4.4 16 .025; .78 .06 3.6 .2 10 .040"
    for k, (base, height, f, phase, n, girth) in enumerate(table(hills + "; .91 .05 4.4 2.6 5 .064")):
        roll = height * np.sin(c.x * f + phase)
        below = c.y - base + roll
        hill = 0.030 * c.noise(200, 2) + 0.9 * roll
        slope = np.gradient(hill, axis=1) * c.short * np.tanh((sx - c.x) / 0.25)
        shade = 0.30 - 1.1 * slope + 0.16 * smoothstep(0.0, 0.13, below) + 0.06 * c.noise(50, 3)
        rows = c.x * (1.0 + 0.1 * k) + 1.5 * below * np.cos(c.x * f + phase) + 0.5 * hill
        contour = below + 0.55 * hill * smoothstep(0, 0.1, below)
        phases = (0.75 * rows, contour) if k % 2 else (contour, rows)
        inside = below > 0
        lay(everywhere, inside, np.clip(shade, 0.03, 0.95), *phases, 0.3 + 0.14 * k)
        groves = rng.uniform(0.05, 1.25, 3)
        lone = rng.random(int(n)) < 0.35
        places = np.where(lone, rng.uniform(0, 1.3, int(n)), rng.choice(groves, int(n)) + rng.normal(0, 0.05, int(n)))
        for px, down in zip(places, np.sort(rng.uniform(0, 0.05, int(n))), strict=True):
            r = girth * rng.uniform(0.7, 1.35)
            py = base - height * np.sin(px * f + phase) + down - 0.6 * r
            u, v = (c.x - px) / r, (c.y - py) / r
            cast = ((u - 1.5 * np.sign(px - sx)) / 2.2) ** 2 + ((v - 1.5) / 0.4) ** 2 < 1
            tone[cast & inside] = np.clip(tone[cast & inside] + 0.45, 0, 0.95)
            lay(everywhere, (np.abs(u) < 0.09 + 0.001 / r) & (v > 0) & (v < 1.55), 0.95, c.x, c.y, 0.8)
            for dx, dy, q in table("-.5 .15 .55; .5 .18 .52; -.25 -.35 .55; .32 -.30 .55; 0 0 .62"):
                ball(px + dx * r, py + dy * r, r * q * rng.uniform(0.85, 1.15), 0.10, 0.98, 0.7, 0.10 * leaves)
    swell, press, blot = c.noise(14, 2), c.noise(2.4, 2), 0.5 + 0.5 * c.noise(70, 3)

    def hatch(phase: Array, period: float, share: Array) -> Array:
        """Lines of constant phase that take a share of the paper; where they would run together, their mean."""
        f = phase * 640 / period
        gy, gx = np.gradient(f)
        rate = np.minimum(np.hypot(gx, gy), 4.0)
        triangle = np.abs((f + 0.10 * swell) % 1 - 0.5) * 2
        line = smoothstep(-1, 1, (triangle - (1 - share * (1 + 0.16 * swell))) / (2.2 * rate + 1e-4))
        return lerp(line, share, smoothstep(0.22, 0.4, rate)) * (share > 0.015)

    rays = np.clip(0.34 - 0.5 * d, 0, 0.3) * (d > 0.085) * (ident == 0)
    ink = np.max(
        [
            hatch(one, 8.0, np.clip(0.95 * tone, 0, 0.62) * (tone > 0.05)),
            hatch(two, 8.0, np.clip(1.1 * (tone - 0.36), 0, 0.55)),
            hatch(0.72 * (one + two), 7.2, np.clip(1.3 * (tone - 0.66), 0, 0.5)),
            hatch(0.30 * np.arctan2(c.y - sy, c.x - sx), 8.6, rays),
        ],
        axis=0,
    )
    outline = blur(borders(ident), 1.3 * c.px) * 3.0 * (1 + 0.35 * swell) * (0.55 + 0.8 * np.clip(tone, 0, 0.7))
    ink = np.clip(np.maximum(ink, smoothstep(0.32, 0.62, outline)) * (0.93 + 0.14 * press), 0, 1)
    wash = ramp(tint, "8fa6b0 86a3a6 8a9a80 a08a4e b0743a 94502c")
    c.rgb = lerp(c.rgb, c.rgb * wash * 1.4, np.clip((0.35 + 0.6 * tone) * (0.8 + 0.2 * blot), 0, 0.9))
    c.rgb = lerp(c.rgb, palette("c8562e")[0] + 0.03 * blot[..., None], 0.75 * (ident == 1))
    white = hatch(0.95 * two + 0.3 * one, 8.0, np.clip(0.36 - 1.6 * tone, 0, 0.55) * (ident > 1))
    c.rgb = lerp(c.rgb, palette("fbf3dd")[0], 0.9 * np.clip(white * (0.85 + 0.3 * press), 0, 1))
    c.rgb = lerp(c.rgb, ramp(0.4 + 0.2 * blot, "1c1410 2c1c14 4a2e1c"), 0.96 * ink)
    c.relief = (0.4 * c.noise(3, 3) - 0.3 * ink).astype(np.float32)
    c.lit(0.05, 0.0, 0.8)
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


def paint_impasto_sunset(seed: int = 0, size: int = 640) -> Image.Image:
    """Thick slabs of the palette knife: the sun going down into a bay, a headland, the road of light on the water."""
    c = Canvas(size, seed, 1.3, "5a3b4a")
    rng = c.rng
    horizon, sx, sy = 0.56, 0.80, 0.475
    d = np.hypot((c.x - sx) * 0.8, (c.y - sy) * 1.15)
    clouds = c.noise(190, 4, (2.6, 0.7))
    sky = ramp(d * 1.15 + 0.09 * clouds, "fff3b8 ffd35c ff9d3a f2603c c93c5a 8b3a78 4c3a86 2b3c7c 24456f")
    bank = smoothstep(0.35, 1.1, c.noise(150, 4, (3.2, 0.55)) - 0.8 * (c.y > 0.5)) * smoothstep(0.03, 0.16, d)
    sky = lerp(sky, ramp(1.3 * d + 0.08 * clouds, "ffb347 e0533f 8f3566 4a2d63 33305f"), 0.85 * bank)
    rim = smoothstep(0.18, 0.42, bank) * smoothstep(0.7, 0.45, bank)
    sky = lerp(sky, ramp(d * 1.1, "fff1b0 ffc24a ff7d4a e85f7c b56aa8"), 0.8 * rim)
    depth = np.clip((c.y - horizon) / (1 - horizon), 0, 1)
    road = bell((c.x - sx) / (0.05 + 0.20 * depth)) * (0.75 + 0.35 * c.noise(40, 3, (3.5, 0.5)))
    waves = 0.3 + 0.18 * c.noise(60, 4, (5, 0.6)) + 0.45 * (1 - depth) * np.exp(-np.abs(c.x - sx) * 2)
    sea = ramp(waves, "101b3c 1c3563 27607f 4a7f94 a0708c e0806a f5a45c")
    sea = lerp(sea, ramp(road, "b03a4e e0573a f98e34 ffc94f fff0ae"), np.clip(1.1 * road, 0, 1))
    water = smoothstep(horizon - 0.003, horizon + 0.003, c.y)
    target, land = lerp(sky, sea, water), np.zeros(c.shape, np.float32)
    for base, slope, start, codes in (
        (0.035, 0.10, 0.0, "5d3a6e 87446b c25a5b"),
        (0.06, 0.30, 0.42, "251c3c 3d2750 7c3a52"),
    ):
        away = np.abs(c.x - 0.92) - start
        height = (base + slope * np.clip(away, 0, 1) + 0.012 * c.noise(70, 4, (1, 3))) * (away > -0.1 * start)
        above = c.y - horizon + height
        inside = smoothstep(-0.004, 0.004, above) * (1 - water)
        target = lerp(target, ramp(0.7 + 0.3 * c.noise(40, 3) - 4 * above, codes), inside)
        land = np.maximum(land, inside)
    angle = np.where(water > 0.5, 0.03 * c.noise(80, 2), 0.22 * c.noise(260, 3) - 0.25 * (c.y - 0.3))
    angle = np.where(land > 0.5, 0.3 * np.sign(0.92 - c.x) + 0.3 * c.noise(60, 2), angle)
    halo = (d < 0.13) & (water < 0.5) & (land < 0.5)
    angle = np.where(halo, np.arctan2(c.y - sy, c.x - sx) + np.pi / 2 + 0.35 * c.noise(40, 2), angle)
    target[d < 0.052] = palette("fff6cc")[0]
    region = (water > 0.5) + 2 * (land > 0.5)
    knife = {"streak": 0.2, "dry": 0.12, "square": 7.0}
    for spacing, length, width, body, chance in table("24 110 46 1.5 1; 18 80 28 2.2 .85; 15 52 15 2.6 .6"):
        points = c.scatter(spacing, chance)
        scale = rng.uniform(0.6, 1.4, (2, len(points)))
        inks = jitter(c.sample(target, points), rng, 0.035, 0.022)
        beside = points + rng.normal(0, 14, points.shape) * c.px - [0, 18 * c.px]
        mixed = jitter(c.sample(target, beside), rng, 0.05, 0.02)
        tilted = angle + 0.16 * rng.choice([-1, 0, 1]) * (water < 0.5)
        paths = c.shorten(c.trace(points, tilted, length * scale[0], 6), region)
        c.strokes(paths, width * scale[1], inks, second=mixed, body=body, **knife)
    detail = np.clip(0.15 + 0.8 * road * water + 0.7 * rim + 0.6 * (d < 0.13), 0, 0.9) * (1 - land) * 0.85
    touch = {"light": 0.045, "hue": 0.02, "where": detail, "limit": region, "body": 3.0}
    c.layer(target * 1.1 + 0.02, angle, 11, 34, 8, **touch, **knife)
    glints = c.scatter(11, (0.55 * np.clip(road, 0, 1) + 0.025) * water)
    inks = c.pick("fff2b5 ffd36b ffb85a ff9aa0", glints, 0.03, 0.01)
    c.strokes(c.trace(glints, angle, 18), 4.5, inks, body=3.5, **knife)
    disc = (np.array([sx, sy]) + rng.normal(0, 0.016, (46, 2))) * c.short
    inks = c.pick("fff7d6 fff0b0 ffe48a", disc, 0.02, 0.01)
    c.strokes(c.trace(disc, angle, 26), 9, inks, body=3.0, **knife)
    c.weave(0.06)
    c.lit(0.2, 0.16, 1.2)
    return c.picture()


def paint_autumn_forest(seed: int = 0, size: int = 640) -> Image.Image:
    """Birches in October: gold and vermilion leaves, violet shadows, a path of light between the trunks."""
    c = Canvas(size, seed, 0.8, "6b5a52")
    rng, ground = c.rng, 0.80
    glow = bell((c.x - 0.55) / 0.22) * bell((c.y - 0.62) / 0.34)
    leaves = c.noise(110, 5)
    far = ramp(0.40 + 0.17 * leaves + 0.42 * glow, "26304a 4a3d55 8a4a35 c4632a e08a2e f0b548 f7dc86 fdf3cf")
    spruce = ramp(0.5 + 0.25 * c.noise(80, 4), "1f4d58 3f7a72 86a583")
    far = lerp(far, spruce, 0.55 * smoothstep(0.5, 1.6, c.noise(150, 4)) * (1 - glow))
    path = c.x - 0.55 - 0.16 * np.sin((c.y - ground) * 7)
    path = bell(path / (0.04 + 0.35 * np.clip(c.y - ground, 0, 1)))
    litter = 0.42 + 0.15 * c.noise(60, 4, (3, 0.7)) + 0.35 * path
    floor = ramp(litter, "2a2344 5b3557 9c452f cf6a2a eb9c3a f6cb6c fbe9b4")
    floor = lerp(floor, palette("3d3a72")[0], 0.65 * smoothstep(0.3, 1.3, c.noise(110, 3, (4, 0.5))))
    target = lerp(far, floor, smoothstep(ground - 0.01, ground + 0.02, c.y + 0.01 * c.noise(40, 3)))
    angle = np.where(c.y > ground, 0.1 * c.noise(60, 2), 0.9 + 0.8 * c.noise(120, 3))
    upright, level = np.full(c.shape, np.pi / 2), np.full(c.shape, 0.15)
    c.layer(target * 0.85, angle, 16, 60, 24, light=0.05, hue=0.03, streak=0.45)
    c.layer(target, angle, 10, 26, 12, light=0.06, hue=0.03, streak=0.35)
    trunks = [(rng.uniform(0, 1), rng.uniform(5, 10), 0.0) for _ in range(22)]  # place, width, nearness
    near_ones = table(
        ".06 15 .5; .27 13 .5; .40 11 .5; .70 12 .5; .79 15 .5; .96 14 .5; .155 34 1; .88 44 1; .335 23 .85"
    )
    t = np.linspace(0, 1, 30)

    def on(spine: Array, width: float, n: int) -> tuple[Array, Array]:
        """Random places on a trunk, and how far to its side they lie (-1 to 1)."""
        up, side = rng.uniform(0, 1, n), rng.uniform(-1, 1, n)
        middle = np.stack([np.interp(up, t, axis) for axis in spine.T], -1)
        middle[:, 0] += side * width * c.px * (1 - 0.35 * up)
        return middle, side

    for x, width, near in trunks + near_ones:
        foot = ground + 0.02 + 0.17 * near**1.5 + rng.uniform(-0.015, 0.015)
        lean = rng.normal(0, 0.03) * t + 0.012 * t * np.sin(t * rng.uniform(3, 7) + rng.uniform(0, 6))
        spine = np.stack([x + lean, foot + (-0.05 - foot) * t], -1) * c.short
        if near == 0:
            ink = ramp(rng.uniform(0.1, 0.9, 1), "6a5570 94738a b98f86 d9b48c")
            c.strokes(spine[None], width, ink, dry=0.45, streak=0.5, opacity=0.8)
            continue

        c.strokes(spine[None], width, palette("5d5874"), dry=0.05, streak=0.5, body=1.2)
        points, side = on(spine, 0.42 * width, int(150 * (0.4 + near)))
        tone = 0.5 + 0.46 * side * np.sign(0.55 - x) + rng.normal(0, 0.12, len(side))
        bark = jitter(ramp(tone, "34304f 5f5f86 9aa0b8 d5d2cc f4ead6 fff7e2"), rng, 0.03, 0.015)
        c.strokes(c.trace(points, upright, 14 + 16 * near, 4), 3 + 5 * near, bark, streak=0.35, body=1.6)
        points, _ = on(spine, 0.45 * width, int(34 * (0.3 + near)))
        marks = c.trace(points, level, rng.uniform(0.2, 0.75, len(points)) * width, 4)
        thick = rng.uniform(1.5, 4.5, len(points)) * (0.5 + 0.7 * near)
        c.strokes(marks, thick, c.pick("1e1a26", points, 0.04, 0.02), taper=0.8, dry=0.3)
        for (bx, by), side in zip(*on(spine, 0.1 * width, int(3 * near)), strict=True):
            reach = rng.uniform(0.06, 0.2) * c.short
            steps = np.array([(0, 0), (0.45, -0.55), (0.7, -1.2), (1.0, -1.5)]) * [np.sign(side) * reach, reach]
            twig = spline(steps + np.array([bx, by]), 20)
            c.strokes(twig[None], 1.6 + 2.6 * near, palette("2b2433"), dry=0.3, taper=0.6)
        reach, y = 0.9 * (x - 0.55), ground + 0.02 + 0.17 * near**1.5
        cast = spline([(x, y), (x + reach * 0.5, y + 0.06), (x + reach, y + 0.16)], 24)
        c.strokes(cast[None] * c.short, width * 1.1, palette("2f2a5c"), opacity=0.6, streak=0.5)
    canopy = smoothstep(0.15, 1.2, c.noise(130, 4) + 1.1 - 2.2 * c.y) * (1 - 0.45 * glow)
    hues = 0.5 + 0.25 * leaves + 0.18 * c.noise(30, 2)
    foliage = ramp(hues, "5a2233 a32c22 d4481f ee7a1f f6a62b fccf4d ffe98f")
    swing, leaf = angle + c.noise(25, 2), {"light": 0.06, "hue": 0.032, "taper": 0.6}
    c.layer(foliage * 0.62, swing, 10, 15, 10, where=0.75 * canopy, body=1.4, **leaf)
    c.layer(foliage, swing, 7.5, 11, 7, where=0.75 * canopy, body=2.0, **leaf)
    c.layer(foliage * 1.2 + 0.05, swing, 8, 8, 4.6, where=0.16 + 0.35 * canopy * (leaves > 0), body=2.6, **leaf)
    fallen = smoothstep(ground, ground + 0.05, c.y) * (0.45 + 0.3 * c.noise(50, 3))
    lit = foliage * (0.75 + 0.4 * path[..., None])
    c.layer(lit, angle + 0.5 * c.noise(15, 1), 7, 10, 5, where=fallen, body=2.0, **leaf)
    cool = c.scatter(14, 0.10 + 0.2 * (c.y > ground))
    inks = c.pick("3c6e96 57a0a6 7a6bb0 2f4f86", cool, 0.04, 0.02)
    c.strokes(c.trace(cool, swing, 9), 5, inks, taper=0.5, body=1.8)
    c.weave(0.09)
    c.lit(0.17, 0.09)
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
