"""Compressed pictures: a damaged one is refused, whatever the decoder does over it, and the next one is read."""

from __future__ import annotations

import os
import signal
import struct
import tempfile
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.data import get_testdata_file
from pydicom.encaps import generate_frames

from appliance.decoding import process
from appliance.decoding.codestreams import (
    Claim,
    Task,
    check_rle,
    check_tiles,
    checked,
    jpeg_2000_codestream,
    jpeg_claim,
    whole,
)
from appliance.decoding.decoders import decode
from appliance.decoding.process import DecoderProcess, DecodingError
from appliance.sample.pixels import frame_bytes
from appliance.sample.scan_spec import Storage, Syntax
from appliance.settings import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

PICTURE = (np.arange(64).reshape(8, 8) * 37 % 4000).astype("<u2")
COMPRESSED = [Syntax.JPEG_LOSSLESS, Syntax.JPEG_LOSSLESS_SV1, Syntax.JPEG_LS, Syntax.JPEG_2000_LOSSLESS]
ABORTS_GDCM = bytes.fromhex(
    "ffd8ffc3000b100008000801011100d3c400160001010100000000000000000000000000060910ffda0008010100010000c952a54a952a5a50"
    "562a54a952a5a50952a54a952a5a50952a54a952a5a50952a54a952a5a50952a54a952a5a50952a54a952a5a50952a54a952a5ffd9"
)
"""A picture with broken tables, over which gdcm 3.2 ends the process that called it."""


HIGH_THROUGHPUT = bytes.fromhex(
    "ff4fff5100294000000000080000000800000000000000000000000800000008000000000000000000010f0101ff50000800020000000aff5200"
    "0c00020001000504044001ff5c00132088909090909090909090909090888888ff64001700014f70656e4a50482056657220302e32362e332eff"
    "90000a0000000000590001ff93c000260dfa050774000000c00012c000130050018774008cfa03077400c000134000138024d2010274003295e9"
    "00a35400c0002a20001560088220aa708275004e3a71e2e4c04201ecb600ffd9"
)
"""``PICTURE`` as OpenJPH writes it."""


def task(syntax: Syntax = Syntax.JPEG_LOSSLESS, picture: NDArray[Any] = PICTURE) -> Task:
    stream = frame_bytes(picture, Storage(), syntax)
    return Task(str(syntax.value), stream, *picture.shape, bits_allocated=16, bits_stored=12, signed=False)


@pytest.fixture(scope="module")
def decoder() -> Iterator[DecoderProcess]:
    process = DecoderProcess()
    yield process
    process.close()


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_a_sound_picture_is_the_same_decoded_here_and_elsewhere(syntax: Syntax, decoder: DecoderProcess) -> None:
    np.testing.assert_array_equal(decoder.decode(task(syntax), Limits()), PICTURE)
    np.testing.assert_array_equal(decode(checked(task(syntax))), PICTURE)


def test_high_throughput_jpeg_2000_is_decoded(decoder: DecoderProcess) -> None:
    packed = Task("1.2.840.10008.1.2.4.201", HIGH_THROUGHPUT, 8, 8, bits_allocated=16, bits_stored=16, signed=False)
    np.testing.assert_array_equal(decoder.decode(packed, Limits()), PICTURE)


def test_jpeg_of_twelve_bits_is_decoded_where_pydicom_refuses() -> None:
    image = pydicom.dcmread(get_testdata_file("JPEG-lossy.dcm"))
    stream = next(generate_frames(image.PixelData, number_of_frames=1))
    picture = decode(Task("1.2.840.10008.1.2.4.51", stream, 1024, 256, 16, 12, signed=False))
    assert (picture[420, 140], picture[230, 120]) == (244, 95)


def test_a_decoder_that_dies_costs_one_picture_and_not_the_program(decoder: DecoderProcess) -> None:
    with pytest.raises(DecodingError):
        decoder.decode(replace(task(), stream=ABORTS_GDCM), Limits())
    np.testing.assert_array_equal(decoder.decode(task(), Limits()), PICTURE)


def test_a_decoder_that_died_unasked_is_replaced(decoder: DecoderProcess) -> None:
    decoder.decode(task(), Limits())
    decoder._process.kill()
    decoder._process.join()
    np.testing.assert_array_equal(decoder.decode(task(), Limits()), PICTURE)


def test_a_decoder_that_dies_over_a_picture_is_said_to_have_broken_down(decoder: DecoderProcess) -> None:
    decoder.decode(task(), Limits())
    victim = decoder._process
    os.kill(victim.pid, signal.SIGSTOP)
    killer = threading.Timer(0.5, victim.kill)
    killer.start()
    with pytest.raises(DecodingError, match="broke down"):
        decoder.decode(task(), Limits())
    killer.join()


def test_a_decoder_that_never_answers_is_ended(decoder: DecoderProcess) -> None:
    decoder.decode(task(), Limits())
    victim = decoder._process.pid
    os.kill(victim, signal.SIGSTOP)
    with pytest.raises(DecodingError, match="did not finish within 1 s"):
        decoder.decode(task(), replace(Limits(), max_decode_seconds=1))
    with pytest.raises(ProcessLookupError):
        os.kill(victim, 0)
    np.testing.assert_array_equal(decoder.decode(task(), Limits()), PICTURE)


def test_a_decoder_gets_no_more_memory_than_it_may() -> None:
    large = np.random.default_rng(1).integers(0, 4000, (1024, 1024)).astype("<u2")
    small = DecoderProcess()
    try:
        with pytest.raises(DecodingError):
            small.decode(task(Syntax.JPEG_2000_LOSSLESS, large), replace(Limits(), max_volume_bytes=1 << 20))
    finally:
        small.close()


def test_closing_leaves_no_process_and_may_be_done_twice() -> None:
    brief = DecoderProcess()
    brief.decode(task(), Limits())
    pid = brief._process.pid
    brief.close()
    brief.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("syntax", COMPRESSED)
def test_what_a_decoder_makes_up_for_a_corrupt_stream_is_not_believed(syntax: Syntax, decoder: DecoderProcess) -> None:
    """The second half is lost, and an end is put behind the first: only the decoder can notice."""
    sound = task(syntax, np.random.default_rng(2).integers(0, 4000, (64, 64)).astype("<u2"))
    half = sound.stream[: len(sound.stream) // 2] + b"\xff\xd9"
    with pytest.raises(DecodingError):
        decoder.decode(replace(sound, stream=half), Limits())


@pytest.mark.parametrize("syntax", COMPRESSED)
@pytest.mark.parametrize("keep", [0.1, 0.5, 0.98])
def test_a_stream_without_its_end_never_reaches_a_decoder(syntax: Syntax, keep: float) -> None:
    sound = task(syntax)
    with pytest.raises(ValueError, match="no end"):
        checked(replace(sound, stream=sound.stream[: int(len(sound.stream) * keep)]))


@pytest.mark.parametrize("syntax", COMPRESSED)
@pytest.mark.parametrize(
    ("claim", "words"), [({"rows": 9}, "not 8 × 9"), ({"columns": 7}, "not 7 × 8"), ({"bits_allocated": 8}, "bits")]
)
def test_a_stream_that_disagrees_with_the_header_is_refused(syntax: Syntax, claim: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(replace(task(syntax), **claim))


def test_padding_behind_the_end_is_cut_off_but_not_a_part_of_the_stream() -> None:
    assert whole(b"\xff\xd8abc\xff\xd9\x00") == b"\xff\xd8abc\xff\xd9"
    assert whole(b"\xff\xd8abc\xff\xd9\xff") == b"\xff\xd8abc\xff\xd9"
    with pytest.raises(ValueError, match="no end"):
        whole(b"\xff\xd8abc\x00\xd9\x00")


def test_comments_and_fill_bytes_before_the_frame_header_are_stepped_over() -> None:
    stream = (
        b"\xff\xd8" + b"\xff\xfe\x00\x06abcd" + b"\xff\xff" + b"\xff\xc3\x00\x0b\x0c\x00\x08\x00\x09\x01\x01\x11\x00"
    )
    assert jpeg_claim(stream) == Claim(rows=8, columns=9, samples=1, bits=12)


@pytest.mark.parametrize(
    "stream", [b"", b"\xff\xd8", b"GIF89a" * 4, b"\xff\xd8" + bytes(40), b"\xff\xd8\xff\xda" + bytes(40)]
)
def test_what_is_no_jpeg_is_refused(stream: bytes) -> None:
    with pytest.raises((ValueError, LookupError)):
        jpeg_claim(stream)


def jp2(*boxes: tuple[bytes, bytes]) -> bytes:
    return b"\x00\x00\x00\x0cjP  \r\n\x87\n" + b"".join(struct.pack(">L", 8 + len(b)) + kind + b for kind, b in boxes)


def test_a_codestream_is_taken_out_of_its_wrapping(decoder: DecoderProcess) -> None:
    bare = task(Syntax.JPEG_2000_LOSSLESS)
    wrapped = jp2((b"ftyp", b"jp2 "), (b"jp2c", bare.stream))
    np.testing.assert_array_equal(decoder.decode(replace(bare, stream=wrapped), Limits()), PICTURE)
    assert jpeg_2000_codestream(wrapped) == bare.stream
    open_ended = wrapped[: -8 - len(bare.stream)] + b"\x00\x00\x00\x00jp2c" + bare.stream
    assert jpeg_2000_codestream(open_ended) == bare.stream


@pytest.mark.parametrize("wrapping", [jp2((b"ftyp", b"jp2 ")), jp2() + bytes(16), jp2()[:10]])
def test_a_wrapping_without_a_picture_is_refused_and_never_searched_for_ever(wrapping: bytes) -> None:
    """A box of no length would keep pydicom's own search going for ever."""
    with pytest.raises(ValueError):  # noqa: PT011 - which words depends on where it breaks off
        checked(replace(task(Syntax.JPEG_2000_LOSSLESS), stream=wrapping + b"\xff\xd9"))


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_without_another_error(stream: bytes) -> None:
    for start in (b"", b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b"\x00\x00\x00\x0cjP  "):
        for syntax in COMPRESSED:
            try:
                checked(Task(str(syntax.value), start + stream + b"\xff\xd9", 8, 8, 16, 12, signed=False))
            except (ValueError, LookupError, struct.error):
                continue


def jpeg_2000_size(samples: int = 1, steps: tuple[int, int] = (1, 1), tile: int = 8) -> bytes:
    """Write the size segment of a picture of 8 by 8 pixels."""
    return bytes.fromhex("ff4fff5100290000") + struct.pack(
        ">8L H 3B", 8, 8, 0, 0, tile, tile, 0, 0, samples, 15, *steps
    )


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (jpeg_2000_size(samples=3), "colour"),
        (jpeg_2000_size(steps=(2, 2)), "no scanner"),
        (jpeg_2000_size(tile=0), "no scanner"),
    ],
)
def test_a_picture_that_no_scanner_makes_is_refused(size: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(Task(str(Syntax.JPEG_2000_LOSSLESS.value), size + b"\xff\xd9", 8, 8, 16, 12, signed=False))


def test_run_lengths_are_measured_before_they_are_expanded() -> None:
    segment = bytes([3, 1, 2, 3, 4, 253, 9, 128])
    sound = struct.pack("<16L", 2, 64, 72, *[0] * 13) + segment + segment
    check_rle(sound, 16)
    for damage, words in (
        (struct.pack("<16L", 0, *[0] * 15), "impossible number"),
        (struct.pack("<16L", 16, *[64] * 15), "impossible number"),
        (struct.pack("<16L", 2, 72, 64, *[0] * 13), "overlap"),
        (struct.pack("<16L", 1, 9999, *[0] * 14), "overlap"),
    ):
        with pytest.raises(ValueError, match=words):
            check_rle(damage + segment + segment, 16)
    with pytest.raises(ValueError, match="expands"):
        check_rle(struct.pack("<16L", 1, 64, *[0] * 14) + b"\x81\x00" * 9, 16)


def test_the_decoding_process_answers_with_bytes_and_never_with_objects() -> None:
    with tempfile.TemporaryFile() as printed:
        assert process._attempt(decode, checked(task()), printed) == (b"<u2", PICTURE.tobytes())
        broken = replace(checked(task()), stream=b"")
        assert process._attempt(decode, broken, printed) == (b"failed", b"the decoder could make nothing of it")


def test_what_a_library_prints_in_complaint_is_taken_for_a_failure() -> None:
    with tempfile.TemporaryFile() as printed:

        def complaining(_task: Task) -> NDArray[Any]:
            printed.write(b"Corrupt JPEG data: premature end of data segment\n")
            return PICTURE

        assert process._attempt(complaining, task(), printed) == (b"failed", b"the stream is corrupt")


@pytest.mark.parametrize("parts", [1, 3])
def test_the_parts_of_a_jpeg_2000_stream_must_reach_its_end(parts: int) -> None:
    header = b"\xff\x4f\xff\x51\x00\x04ab"
    part = b"\xff\x90\x00\x0a\x00\x00" + struct.pack(">L", 20) + bytes(10)
    check_tiles(header + part * parts + b"\xff\xd9")
    check_tiles(header + part[:6] + bytes(4) + bytes(77) + b"\xff\xd9")
    for damaged in (part[:-1], part + b"\x00", part[:3]):
        with pytest.raises(ValueError, match="missing"):
            check_tiles(header + part * (parts - 1) + damaged + b"\xff\xd9")
