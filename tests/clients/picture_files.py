"""Writes PNG and GIF files of pixels, plain and broken ones. data/pictures has the same picture, seed 1
of vision_model.picture(), as a JPEG file, and without loss as WebP and as WebP's animation."""

from __future__ import annotations

import pathlib
import struct
import zlib

import numpy

PICTURES = pathlib.Path(__file__).with_name("data") / "pictures"


def stored(name: str) -> bytes:
    return (PICTURES / name).read_bytes()


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(pixels: numpy.ndarray) -> bytes:
    """RGB, or RGBA where a pixel has four bytes."""
    height, width, channels = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    return _png(width, height, {3: 2, 4: 6}[channels], zlib.compress(rows))


def _png(width: int, height: int, colours: int, data: bytes) -> bytes:
    return (b"\x89PNG\r\n\x1a\n" +
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)) +
            _chunk(b"IDAT", data) + _chunk(b"IEND", b""))


def blank_png(width: int, height: int) -> bytes:
    """A grey one: a small file of many pixels."""
    packer = zlib.compressobj(9)
    row = b"\0" + bytes(width)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    return _png(width, height, 0, data)


def gif(pixels: numpy.ndarray) -> bytes:
    """Of at most 256 colours."""
    height, width, _ = pixels.shape
    colours, indices = numpy.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    assert len(colours) <= 256
    table = numpy.zeros((256, 3), numpy.uint8)
    table[:len(colours)] = colours
    # Codes of 9 bits; a clear code comes before the table of the decoder would need 10.
    bits, count = 0, 0
    out = bytearray()
    codes = []
    for at, index in enumerate(indices.reshape(-1)):
        if at % 200 == 0:
            codes.append(256)
        codes.append(int(index))
    for code in [*codes, 257]:
        bits |= code << count
        count += 9
        while count >= 8:
            out.append(bits & 255)
            bits >>= 8
            count -= 8
    out.append(bits)
    blocks = b"".join(bytes([len(out[i:i + 255])]) + bytes(out[i:i + 255])
                      for i in range(0, len(out), 255))
    return (b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + table.tobytes() + b"," +
            struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x08" + blocks + b"\0;")
