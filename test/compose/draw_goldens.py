"""Draws compositions with Pillow and numpy, from docs/compose.md and not from the project's code.

python draw_goldens.py FOLDER: reads cases.json, cut.png and background.png there, and writes NAME.png for each case.
"""

import json
import math
import sys
from collections import deque
from pathlib import Path

import numpy as np
from PIL import Image


def length(value, shorter):
    text = str(value)
    return float(text[:-1]) / 100 * shorter if text.endswith("%") else float(text.removesuffix("px"))


def colour(text, default=None):
    digits = (text or default).lstrip("#").ljust(8, "f")
    return tuple(int(digits[i : i + 2], 16) for i in range(0, 8, 2))


def half_up(value):
    return math.floor(value + 0.5)


def flood(allowed, seeds):
    """Everything allowed that is connected with the seeds, also by corners."""
    height, width = allowed.shape
    reached = np.zeros_like(allowed)
    queue = deque(seeds)
    while queue:
        y, x = queue.popleft()
        if not (0 <= y < height and 0 <= x < width) or reached[y, x] or not allowed[y, x]:
            continue
        reached[y, x] = True
        queue.extend((y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1))
    return reached


def largest_part(pixels, threshold):
    strong = pixels[..., 3] >= threshold
    left, best = strong.copy(), np.zeros_like(strong)
    while left.any():
        part = flood(left, [tuple(np.argwhere(left)[0])])
        left &= ~part
        if part.sum() > best.sum():
            best = part
    visible = flood(pixels[..., 3] > 0, [tuple(p) for p in np.argwhere(best)])
    kept = best | (visible & ~strong)
    return np.where(kept[..., None], pixels, 0).astype(np.uint8)


def gaussian(channel, sigma):
    reach = math.ceil(4 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        pad = [(reach, reach) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(channel.astype(float), pad, mode="edge")
        channel = np.apply_along_axis(lambda line: np.convolve(line, weights, "valid"), axis, padded)
    return channel


def box_of(alpha, threshold):
    ys, xs = np.nonzero(alpha >= threshold)
    if len(xs) == 0:
        return None
    left, top = int(xs.min()), int(ys.min())
    return left, top, int(xs.max()) - left + 1, int(ys.max()) - top + 1


def layer(mask, rgba, opacity=1.0):
    """A picture of one colour with this alpha, 0...255."""
    pixels = np.empty((*mask.shape, 4), np.uint8)
    pixels[...] = rgba
    pixels[..., 3] = np.floor(mask * (rgba[3] / 255) * opacity + 0.5)
    return Image.fromarray(pixels, "RGBA")


def cover(image, width, height):
    wide = min(image.width, max(1, half_up(image.height * width / height)))
    high = min(image.height, max(1, half_up(image.width * height / width)))
    x, y = (image.width - wide) // 2, (image.height - high) // 2
    return image.crop((x, y, x + wide, y + high)).resize((width, height), Image.LANCZOS)


def ground(options, width, height, folder, photo):
    wanted = options.get("background", {})
    canvas = Image.new("RGBA", (width, height), colour(wanted.get("color"), "#00000000"))
    if "gradient" in wanted:
        first, last = (np.array(colour(wanted["gradient"][end]), float) for end in ("from", "to"))
        angle = math.radians(wanted["gradient"].get("angle", 180))
        dx, dy = math.sin(angle), -math.cos(angle)
        ys, xs = np.mgrid[0:height, 0:width] + 0.5
        span = abs(width * dx) + abs(height * dy)
        way = ((xs - width / 2) * dx + (ys - height / 2) * dy) / span + 0.5
        mixed = first + (last - first) * way[..., None]
        return Image.fromarray(np.floor(mixed + 0.5).astype(np.uint8), "RGBA")
    if "image" in wanted:
        image = Image.open(folder / "background.png").convert("RGBA")
        if wanted.get("fit", "cover") == "cover":
            picture = cover(image, width, height)
        else:
            scale = min(width / image.width, height / image.height)
            picture = image.resize(
                (max(1, half_up(image.width * scale)), max(1, half_up(image.height * scale))), Image.LANCZOS
            )
        canvas.alpha_composite(picture, ((width - picture.width) // 2, (height - picture.height) // 2))
    if "blur" in wanted:
        sigma = length(wanted["blur"], min(width, height))
        paper = Image.new("RGBA", photo.size, "white")
        paper.alpha_composite(photo)
        picture = np.asarray(cover(paper.convert("RGB"), width, height))
        blurred = np.stack([gaussian(picture[..., c], sigma) for c in range(3)], axis=-1)
        canvas = Image.fromarray(np.floor(blurred + 0.5).astype(np.uint8), "RGB").convert("RGBA")
    return canvas


def shadow_of(mask, box, shadow, shorter):
    kind = shadow.get("type", "drop")
    usual = {"drop": ("2%", "2%", 0.35), "contact": (0, "1%", 0.5)}[kind]
    dx = half_up(length(shadow.get("offsetX", 0), shorter))
    dy = half_up(length(shadow.get("offsetY", usual[0]), shorter))
    cast = Image.new("L", (mask.shape[1], mask.shape[0]), 0)
    silhouette = Image.fromarray(mask, "L")
    x, y, width, height = box
    if kind == "contact":
        foot = max(1, half_up(height / 5))
        standing = silhouette.crop((x, y + height - foot, x + width, y + height))
        lying = max(1, half_up(foot / 4))
        cast.paste(standing.resize((width, lying), Image.LANCZOS), (x + dx, y + height - lying // 2 + dy))
    else:
        cast.paste(silhouette, (dx, dy))
    sigma = length(shadow.get("blur", usual[1]), shorter)
    blurred = gaussian(np.asarray(cast), sigma) if sigma > 0 else np.asarray(cast, float)
    return layer(blurred, colour(shadow.get("color"), "#000000"), shadow.get("opacity", usual[2]))


def outline_of(mask, outline, shorter):
    width = length(outline.get("width", "1%"), shorter)
    reach = math.ceil(width + 1)
    solid = np.pad(mask >= 128, reach)
    cover_by = mask / 255
    height, wide = mask.shape
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            near = min(max(width + 0.5 - math.hypot(dx, dy), 0), 1)
            if near > 0:
                there = solid[reach + dy : reach + dy + height, reach + dx : reach + dx + wide]
                cover_by = np.maximum(cover_by, there * near)
    return layer(cover_by * 255, colour(outline.get("color"), "#ffffff"))


def layout(options, box_width, box_height):
    """Canvas, and left, top, width and height of the subject on it."""
    outline = options.get("outline")

    def inset_on(width, height):
        shorter = min(width, height)
        line = length(outline.get("width", "1%"), shorter) if outline else 0
        return half_up(length(options.get("margin", 0), shorter) + line)

    sized = "width" in options or "height" in options
    ratio = [int(part) for part in options["aspectRatio"].split(":")] if "aspectRatio" in options else None
    width, height = options.get("width"), options.get("height")
    if sized and ratio:
        width = width or half_up(height * ratio[0] / ratio[1])
        height = height or half_up(width * ratio[1] / ratio[0])
    if not sized and not ratio:
        # The canvas grows until the subject and its inset fit.
        width, height = box_width, box_height
        while width < box_width + 2 * inset_on(width, height):
            width, height = width + 1, height + 1
    elif not sized:
        width = height = 1
        shorter = 1
        while width < box_width + 2 * inset_on(width, height) or height < box_height + 2 * inset_on(width, height):
            shorter += 1
            width = math.ceil(shorter * max(1, ratio[0] / ratio[1]))
            height = math.ceil(shorter * max(1, ratio[1] / ratio[0]))
    inset = inset_on(width, height)
    room = width - 2 * inset, height - 2 * inset
    across, down = room[0] / box_width, room[1] / box_height
    scale = {"contain": min(across, down), "cover": max(across, down), "none": 1}[options.get("fit", "contain")]
    scale = min(scale, options.get("maxUpscale", 2)) if sized else 1
    target = max(1, half_up(box_width * scale)), max(1, half_up(box_height * scale))
    anchor = options.get("anchor", "center").split("-")
    x = inset if "left" in anchor else width - inset - target[0] if "right" in anchor else (width - target[0]) // 2
    y = inset if "top" in anchor else height - inset - target[1] if "bottom" in anchor else (height - target[1]) // 2
    return (width, height), (x, y, *target)


def draw(options, folder):
    photo = Image.open(folder / "cut.png").convert("RGBA")
    pixels = np.asarray(photo).copy()
    pixels[pixels[..., 3] == 0] = 0
    trim = options.get("trim", {})
    threshold = trim.get("threshold", 16)
    if trim.get("part") == "largest":
        pixels = largest_part(pixels, threshold)
    box = box_of(pixels[..., 3], threshold)
    if trim.get("part") == "none":
        box = (0, 0, photo.width, photo.height)
    (width, height), target = layout(options, box[2], box[3])
    canvas = ground(options, width, height, folder, photo)

    # The subject fills its place exactly, and the faint fringe around it comes along.
    fx, fy = target[2] / box[2], target[3] / box[3]
    left = max(0, math.ceil(target[0] - box[0] * fx))
    top = max(0, math.ceil(target[1] - box[1] * fy))
    right = min(width, math.floor(target[0] + (photo.width - box[0]) * fx))
    bottom = min(height, math.floor(target[1] + (photo.height - box[1]) * fy))
    window = [box[0] + (left - target[0]) / fx, box[1] + (top - target[1]) / fy]
    window += [box[0] + (right - target[0]) / fx, box[1] + (bottom - target[1]) / fy]
    window = [max(0, part) for part in window[:2]] + [min(window[2], photo.width), min(window[3], photo.height)]
    cut = Image.fromarray(pixels, "RGBA").resize((right - left, bottom - top), Image.LANCZOS, window)
    subject = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    subject.paste(cut, (left, top))

    mask = np.asarray(subject)[..., 3]
    shorter = min(width, height)
    if "shadow" in options:
        canvas.alpha_composite(shadow_of(mask, target, options["shadow"], shorter))
    if "outline" in options:
        canvas.alpha_composite(outline_of(mask, options["outline"], shorter))
    canvas.alpha_composite(subject)
    return canvas, {"width": width, "height": height, "subject": target}


def main():
    folder = Path(sys.argv[1])
    facts = {}
    for name, options in json.loads((folder / "cases.json").read_text()).items():
        picture, facts[name] = draw(options, folder)
        picture.save(folder / f"{name}.png")
    print(json.dumps(facts))


main()
