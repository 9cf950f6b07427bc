"""A smaller model on disk, in formats that other tools read: small, dense and ONNX."""

from __future__ import annotations

from headcount.formats.card import Card as Card
from headcount.formats.saving import save as save
from headcount.formats.small import load as load
