"""Pictures as anybody hands them over: files, bytes, PIL images or arrays, brought to eight bits and upright."""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

LARGEST = 50_000_000  # px of a picture: as many as the largest cameras of phones give
Picture = Any  # str | Path | bytes | PIL.Image.Image | np.ndarray


class PictureError(ValueError):
    """What was given is no picture, or one that cannot be read; the message says why and what to do."""


def opened(picture: Picture) -> Image.Image:
    """Return a picture as an upright RGB or grey image with eight bits.

    `picture` is a path or the bytes of a PNG, JPEG, TIFF, WebP, BMP or GIF file (of several images the first), a PIL
    image, or an array (H, W), (H, W, 1), (H, W, 3) or (H, W, 4), uint8 from 0 to 255 or float from 0 to 1. What is
    transparent shows white, or black under light ink. Raises PictureError for anything else, and for more than
    LARGEST pixels.
    """
    if isinstance(picture, np.ndarray) or (hasattr(picture, "__array__") and not isinstance(picture, Image.Image)):
        return _without_alpha(_of_array(np.asarray(picture)))
    image_given = isinstance(picture, Image.Image)
    bytes_given = isinstance(picture, bytes | bytearray | memoryview)
    name = "the image" if image_given else "the bytes given" if bytes_given else str(picture)
    try:
        if image_given:
            return _upright(picture, name)  # Pillow may read its file only now.
        source = io.BytesIO(picture) if bytes_given else Path(picture)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # The limit below is ours.
            with Image.open(source) as image:
                return _upright(image, name)
    except TypeError:
        kinds = "a path, bytes, a PIL image or a NumPy array"
        raise PictureError(f"a picture is {kinds}; found {type(picture).__name__}.") from None
    except UnidentifiedImageError:
        raise PictureError(f"{name} is no picture that Pillow knows. Save it as PNG or JPEG.") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{name} has far more than {LARGEST:,} pixels. Make it smaller.") from None
    except PictureError:
        raise
    except OSError as error:
        raise PictureError(f"{name} cannot be read: {error.strerror or error}.") from None
    except (ValueError, SyntaxError, EOFError, MemoryError) as error:  # What Pillow's plugins raise for damaged files.
        raise PictureError(f"{name} is damaged: {error}.") from None


def _upright(image, name):
    if not image.width * image.height:
        raise PictureError(f"{name} has no pixels: it is {image.width} x {image.height}.")
    if image.width * image.height > LARGEST:
        raise PictureError(f"{name} has {image.width} x {image.height} pixels, more than {LARGEST:,}. Make it smaller.")
    image.load()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        return _of_array(_stretched(np.asarray(image, float)))
    if image.mode == "La":  # Pillow turns it into this alone.
        image = image.convert("LA")
    if image.mode in ("P", "LA", "PA", "RGBa") or "transparency" in image.info:
        image = image.convert("RGBA")
    return _without_alpha(image if image.mode in ("1", "L", "RGB", "RGBA") else image.convert("RGB"))


def _of_array(values):
    """Return an array of pixels as an image."""
    shape = values.shape
    if values.ndim not in (2, 3) or (values.ndim == 3 and shape[2] not in (1, 3, 4)) or 0 in shape:
        raise PictureError(f"an array of pixels has shape (H, W), (H, W, 1), (H, W, 3) or (H, W, 4); found {shape}.")
    if shape[0] * shape[1] > LARGEST:
        raise PictureError(f"the array has {shape[1]} x {shape[0]} pixels, more than {LARGEST:,}. Make it smaller.")
    if values.dtype.kind not in "buif":
        raise PictureError(f"pixels are numbers, uint8 from 0 to 255 or float from 0 to 1; found {values.dtype}.")
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        raise PictureError("the array has pixels that are not finite numbers.")
    values = values[..., 0] if values.ndim == 3 and shape[2] == 1 else values
    if values.dtype == bool:
        values = values * np.uint8(255)
    elif values.dtype != np.uint8:
        values = _stretched(values.astype(float))
    return Image.fromarray(values)


def _stretched(values):
    """Return numbers as uint8: those from 0 to 1 times 255, larger ones by the bits that they need."""
    low, high = min(float(values.min()), 0.0), float(values.max())
    most = next((most for most in (1.0, 255.0, 65_535.0) if high <= most), high) - low
    return np.rint((values - low) * (255 / most)).astype(np.uint8)


def _without_alpha(image):
    """Return an RGB or grey image; what is transparent is white, or black where the ink is light."""
    if image.mode == "1":
        return image.convert("L")
    if image.mode != "RGBA":
        return image
    pixels = np.asarray(image, np.float32)
    opacity = pixels[..., 3:] / 255
    covered = float(opacity.sum())
    light = covered and float((pixels[..., :3] * opacity).sum()) / (3 * covered) > 127
    clear = float(opacity.min()) < 0.5
    ground = 0 if clear and light else 255
    return Image.fromarray(np.rint(pixels[..., :3] * opacity + ground * (1 - opacity)).astype(np.uint8))
