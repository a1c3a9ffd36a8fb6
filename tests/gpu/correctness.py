"""Correctness of the device; each check is a part, so that a failure does not hide the others."""

from tests.gpu.checks import degradations, inference, numerics, optimizers, training
from tests.gpu.stage import Part

PARTS: list[Part] = [
    ("float32", numerics.float32),
    ("bfloat16", numerics.bfloat16),
    ("compile", numerics.compiled),
    ("fused Adam", optimizers.fused),
    ("skipped step", optimizers.skipped),
    ("skipped iteration", optimizers.iteration),
    ("tiles", inference.tiles),
    ("precision of upscaling", inference.precision),
    ("metrics", inference.metrics),
    ("bicubic", degradations.bicubic),
    ("degradation", degradations.stages),
    ("noise", degradations.noise),
    ("waiting in the degradation", degradations.waiting),
    ("resident store", training.resident),
    ("waiting in training", training.waiting),
    ("resume", training.resume),
]
