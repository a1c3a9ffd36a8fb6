"""RRDBNet, the network of ESRGAN and Real-ESRGAN, in its three published layouts, and ESRGAN+."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn

from sr_lightning.generators import RRDB, Nearest, Tail, TrunkGenerator
from sr_lightning.weights.architectures.base import Recognized, count, shape
from sr_lightning.weights.state_dicts import format_names

EXPECTED = "RRDBNet (conv_first, body.0.rdb1.conv1, or older: RRDB_trunk.0.RDB1.conv1, model.1.sub.0.RDB1.conv1.0)"


@dataclass(frozen=True)
class Layout:
    """Names of layers as templates: {block}, {dense}, {conv} and {step} are indices, {depth} the number of blocks.

    The oldest layout numbers all layers consecutively, activations included, so its last names depend on the scale:
    {up} = 3 * step, {hr} = 3 * steps + 2, {last} = 3 * steps + 4.
    """

    first: str
    conv: str
    trunk: str
    up: str
    hr: str
    last: str
    shortcut: str

    def depth(self, weights: Mapping[str, Tensor]) -> int:
        """Return the number of blocks; 0 for weights in another layout."""
        return count(weights, lambda block: self.conv.format(block=block, dense=1, conv=1) + ".weight")

    def steps(self, weights: Mapping[str, Tensor]) -> int:
        """Return the number of upsampling steps."""
        return count(weights, lambda step: self.up.format(step=step + 1, up=3 * step + 3) + ".weight")

    def has_shortcuts(self, weights: Mapping[str, Tensor]) -> bool:
        """Return True if all dense blocks have the 1x1 convolution of ESRGAN+."""
        names = self.shortcuts(self.depth(weights)).values()
        return all(f"{name}.weight" in weights for name in names)

    def shortcuts(self, depth: int) -> dict[str, str]:
        """Return the name of each shortcut of ESRGAN+ in this library -> its name in the layout."""
        return {
            f"trunk.{block}.body.{dense}.shortcut": self.shortcut.format(block=block, dense=dense + 1)
            for block in range(depth)
            for dense in range(3)
        }

    def layers(self, depth: int, steps: int) -> dict[str, str]:
        """Return the name of each layer in this library -> its name in the layout."""
        names = {"head.0": self.first, f"trunk.{depth}": self.trunk.format(depth=depth)}
        for block in range(depth):
            for dense in range(3):
                for conv in range(5):
                    theirs = self.conv.format(block=block, dense=dense + 1, conv=conv + 1)
                    names[f"trunk.{block}.body.{dense}.convolutions.{conv}"] = theirs
        for step in range(steps):
            names[f"upsample.{step}.1"] = self.up.format(step=step + 1, up=3 * step + 3)
        return {**names, "tail.0": self.hr.format(hr=3 * steps + 2), "tail.2": self.last.format(last=3 * steps + 4)}

    def names(self, depth: int, steps: int, plus: bool) -> dict[str, str]:
        """Return the name of each weight and bias in this library -> its name in the layout."""
        layers = self.layers(depth, steps).items()
        shortcuts = self.shortcuts(depth).items() if plus else ()
        return {f"{own}.{kind}": f"{theirs}.{kind}" for own, theirs in layers for kind in ("weight", "bias")} | {
            f"{own}.weight": f"{theirs}.weight" for own, theirs in shortcuts
        }


BASICSR = Layout(
    "conv_first", "body.{block}.rdb{dense}.conv{conv}", "conv_body", "conv_up{step}", "conv_hr", "conv_last",
    "body.{block}.rdb{dense}.conv1x1",
)  # fmt: skip
ORIGINAL = Layout(
    "conv_first", "RRDB_trunk.{block}.RDB{dense}.conv{conv}", "trunk_conv", "upconv{step}", "HRconv", "conv_last",
    "RRDB_trunk.{block}.RDB{dense}.conv1x1",
)  # fmt: skip
OLD = Layout(
    "model.0", "model.1.sub.{block}.RDB{dense}.conv{conv}.0", "model.1.sub.{depth}", "model.{up}", "model.{hr}",
    "model.{last}", "model.1.sub.{block}.RDB{dense}.conv1x1",
)  # fmt: skip


def find_layout(weights: Mapping[str, Tensor]) -> Layout | None:
    """Return the layout that the weights have at least one block of."""
    return next((layout for layout in (BASICSR, ORIGINAL, OLD) if layout.depth(weights)), None)


def has_names(weights: Mapping[str, Tensor]) -> bool:
    """Return True for weights with the characteristic names."""
    return find_layout(weights) is not None


def recognize(weights: Mapping[str, Tensor]) -> Recognized | None:
    """Return the network, or None for weights of another architecture.

    Assumes nearest-neighbor steps by 2: steps by 3 have the same shapes, but no published network has them. Four or 16
    times as many channels at the input as at the output are those of a pixel-unshuffle.

    Raises:
        ValueError: an RRDBNet with unknown names or shapes that do not fit together.
    """
    layout = find_layout(weights)
    if layout is None:
        return None
    depth, steps, plus = layout.depth(weights), layout.steps(weights), layout.has_shortcuts(weights)
    names = layout.names(depth, steps, plus)
    check_names(weights, names, f"an RRDBNet with {depth} blocks and {steps} upsampling steps")
    width, channels_in, *_ = shape(weights, names["head.0.weight"])
    channels_out = shape(weights, names["tail.2.weight"])[0]
    growth = shape(weights, names["trunk.0.body.0.convolutions.0.weight"])[0]
    unshuffle = unshuffle_factor(channels_in, channels_out, steps)

    def build() -> nn.Module:
        """Construct the network."""
        return TrunkGenerator(
            partial(RRDB, growth=growth, plus=plus),
            Nearest,
            tail=partial(Tail, hidden=True),
            width=width,
            depth=depth,
            scale=2**steps // unshuffle,
            channels=channels_in // unshuffle**2,
            unshuffle=unshuffle,
            channels_out=channels_out,
        )

    return Recognized(build, {own: weights[theirs] for own, theirs in names.items()}, names)


def unshuffle_factor(channels_in: int, channels_out: int, steps: int) -> int:
    """Return the factor of the pixel-unshuffle at the input; 1 without it.

    Raises:
        ValueError: the network would downscale.
    """
    unshuffle = next((factor for factor in (2, 4) if channels_in == channels_out * factor**2), 1)
    if 2**steps % unshuffle:
        raise ValueError(
            f"an RRDBNet from {channels_in} to {channels_out} channels with {steps} upsampling steps; "
            f"a pixel-unshuffle by {unshuffle} needs more steps"
        )
    return unshuffle


def check_names(weights: Mapping[str, Tensor], names: Mapping[str, str], network: str) -> None:
    """Check that a layout has exactly the names of the weights.

    Raises:
        ValueError: a name that is missing or not a part of the network.
    """
    for name in sorted(weights.keys() ^ set(names.values())):
        relation = "not a part of" if name in weights else "missing from"
        raise ValueError(f"{format_names([name])} is {relation} {network}")


def publish(generator: nn.Module) -> dict[str, Tensor] | None:
    """Return the weights in BasicSR's layout, those of ESRGAN+ in its authors', or None for another network."""
    weights = generator.state_dict()
    depth = count(weights, lambda block: f"trunk.{block}.body.0.convolutions.0.weight")
    steps = count(weights, lambda step: f"upsample.{step}.1.weight")
    plus = "trunk.0.body.0.shortcut.weight" in weights
    names = (OLD if plus else BASICSR).names(depth, steps, plus)
    return {names[own]: value for own, value in weights.items()} if names.keys() == weights.keys() else None
