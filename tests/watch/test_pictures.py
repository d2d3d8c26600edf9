"""A page is shown as it is in the PDF, to the pixel."""

import io

from PIL import Image

from tipbrief.watch.preview_worker import encode_png


def test_a_png_has_each_pixel_of_its_picture() -> None:
    picture = Image.effect_noise((37, 23), 90).convert("RGB")
    picture.putpixel((36, 22), (1, 254, 7))
    read = Image.open(io.BytesIO(encode_png(picture)))
    assert (read.format, read.mode) == ("PNG", "RGB")
    assert read.tobytes() == picture.tobytes()
