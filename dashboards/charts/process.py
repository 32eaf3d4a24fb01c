"""The renderer, alone in a process of its own: a specification comes in, an image goes out.

Run as a script, without the site: reads ``{"format": "svg" | "png", "spec": …}`` on standard
input and writes the image's bytes on standard output.
"""

import json
import struct
import sys
import zlib
from collections.abc import Iterator

VEGA_LITE = "6.4"
PNG_SCALE = 2

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def main() -> None:
    # Here only: the site imports this module for its constants, and the engine weighs 18 MB.
    import vl_convert  # noqa: PLC0415

    order = json.load(sys.stdin.buffer)
    # No address is allowed: a chart holds all its data, and rendering never reaches the network.
    if order["format"] == "png":
        image = compacted(
            vl_convert.vegalite_to_png(
                order["spec"], vl_version=VEGA_LITE, scale=PNG_SCALE, allowed_base_urls=[]
            )
        )
    else:
        image = vl_convert.vegalite_to_svg(
            order["spec"], vl_version=VEGA_LITE, allowed_base_urls=[]
        ).encode()
    sys.stdout.buffer.write(image)


def compacted(png: bytes) -> bytes:
    """The same pixels, packed harder: the renderer's own PNG is four times larger."""
    parts = list(_chunks(png))
    pixels = zlib.decompress(b"".join(data for kind, data in parts if kind == b"IDAT"))
    others = [part for part in parts if part[0] not in (b"IDAT", b"IEND")]
    packed = [*others, (b"IDAT", zlib.compress(pixels, 9)), (b"IEND", b"")]
    return _PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in packed
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_PNG_SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        yield kind, png[at + 8 : at + 8 + length]
        at += length + 12


if __name__ == "__main__":
    main()
