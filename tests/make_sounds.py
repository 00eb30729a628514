"""Makes Kopilka's own sounds: `uv run python -m tests.make_sounds`. Needs ffmpeg; the result is committed.

Synthesised from sine partials alone, the same each time; brought to -16 LUFS with a true peak below -1 dB by ffmpeg.
"""

from __future__ import annotations

import math
import random
import struct
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterable
from pathlib import Path

RATE = 48_000
FOLDER = Path(__file__).resolve().parent.parent / "static" / "sounds"
BELL = ((1.0, 1.0), (2.76, 0.6), (5.4, 0.35), (8.93, 0.18))
"""Partials of a struck metal disc: ratio to the lowest, loudness."""


def strike(length: float, pitch: float, decay: float, partials: Iterable[tuple[float, float]] = BELL) -> list[float]:
    """One struck tone: `length` seconds, `pitch` in Hz, `decay` seconds until it is at a third."""
    samples = [0.0] * int(length * RATE)
    for ratio, loudness in partials:
        for n in range(len(samples)):
            t = n / RATE
            fade = math.exp(-t * (0.6 + ratio * 0.4) / decay) * min(1.0, t / 0.0015)
            samples[n] += loudness * fade * math.sin(2 * math.pi * pitch * ratio * t)
    return samples


def mix(length: float, *tones: tuple[float, float, list[float]]) -> list[float]:
    """Tones laid over one another: (seconds from the start, loudness, samples)."""
    samples = [0.0] * int(length * RATE)
    for start, loudness, tone in tones:
        for n, value in enumerate(tone, int(start * RATE)):
            if n < len(samples):
                samples[n] += loudness * value
    return samples


def coin() -> list[float]:
    """Two strikes, a fourth apart: it falls, and it is in."""
    return mix(0.9, (0.0, 0.7, strike(0.5, 1318.5, 0.09)), (0.085, 1.0, strike(0.8, 1760.0, 0.2)))


def coin_pile() -> list[float]:
    """A handful that tumbles in, and a clear one at the end."""
    chance = random.Random(7)
    falling = [
        (0.05 * n + chance.random() * 0.03, 0.35 + 0.4 * chance.random(), strike(0.3, chance.choice(NOTES), 0.07))
        for n in range(12)
    ]
    return mix(1.4, *falling, (0.66, 1.0, strike(0.74, 1760.0, 0.24)), (0.74, 0.8, strike(0.66, 2217.5, 0.24)))


def chime() -> list[float]:
    """Three soft notes upward."""
    soft = ((1.0, 1.0), (2.0, 0.25), (3.0, 0.08))
    return mix(1.4, *((0.14 * n, 1.0, strike(1.1, pitch, 0.35, soft)) for n, pitch in enumerate((659.3, 830.6, 987.8))))


NOTES = (1174.7, 1318.5, 1480.0, 1661.2, 1760.0, 1975.5)


def save(name: str, samples: list[float]) -> None:
    """Write `static/sounds/<name>.mp3` at the loudness of the house."""
    loudest = max(abs(value) for value in samples)
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw.wav"
        with wave.open(str(raw), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(b"".join(struct.pack("<h", int(value / loudest * 30_000)) for value in samples))
        loudness = f"volume={gain(raw):.2f}dB,alimiter=limit=0.84:level=0"
        plain = ["-map_metadata", "-1", "-fflags", "+bitexact", "-b:a", "96k"]
        target = str(FOLDER / f"{name}.mp3")
        subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", str(raw), "-af", loudness, *plain, target], check=True)


def gain(file: Path) -> float:
    """Decibels that bring it to -16 LUFS. Padded: the meter needs 400 ms blocks."""
    meter = subprocess.run(
        ["ffmpeg", "-v", "info", "-i", str(file), "-af", "apad=pad_dur=1,ebur128", "-f", "null", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    loudness = float(meter.rsplit("I:", 1)[1].split("LUFS")[0])
    return -16 - loudness


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, make in (("coin", coin), ("coin-pile", coin_pile), ("chime", chime)):
        save(name, make())
        sys.stdout.write(f"{name}.mp3\n")


if __name__ == "__main__":
    main()
