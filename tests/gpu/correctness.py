"""Does the device compute what it should? Each check is a part, so one that fails hides no other."""

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
