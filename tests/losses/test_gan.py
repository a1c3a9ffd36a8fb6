"""GAN losses: worked numbers, symmetry of the relativistic loss, and independence of the number of processes."""

import subprocess
import sys
from contextlib import ExitStack
from math import log
from pathlib import Path

import pytest
import torch
from hydra.utils import instantiate
from omegaconf import OmegaConf
from torch.nn import functional as F

from sr_lightning.cli.config import CONF
from sr_lightning.losses import Hinge, LeastSquares, Relativistic, Vanilla

KINDS = {"vanilla": Vanilla, "relativistic": Relativistic, "hinge": Hinge, "least_squares": LeastSquares}
REAL, FAKE = torch.tensor([[2.0], [0.0]]), torch.tensor([[-1.0], [0.5]])


def softplus(x: float) -> float:
    return torch.tensor(x).double().exp().log1p().item()


@pytest.mark.parametrize(
    ("kind", "generator", "discriminator"),
    [
        (
            "vanilla",
            (softplus(1) + softplus(-0.5)) / 2,
            (softplus(-2) + softplus(0) + softplus(-1) + softplus(0.5)) / 2,
        ),
        (  # mean of real 1, of fake -0.25
            "relativistic",
            (softplus(2.25) + softplus(0.25) + softplus(2) + softplus(0.5)) / 2,
            (softplus(-2.25) + softplus(-0.25) + softplus(-2) + softplus(-0.5)) / 2,
        ),
        ("hinge", 0.25, (0 + 1 + 0 + 1.5) / 2),
        ("least_squares", (4 + 0.25) / 4, (1 + 1 + 1 + 0.25) / 4),
    ],
)
def test_worked_numbers(kind, generator, discriminator):
    gan = KINDS[kind]()
    assert gan.generator(REAL, FAKE).item() == pytest.approx(generator, rel=1e-6)
    assert gan.discriminator(REAL, FAKE).item() == pytest.approx(discriminator, rel=1e-6)


def test_equal_logits_cost_log_2_for_each_expectation():
    """The losses of all discriminators, and of the relativistic generator, are sums of two expectations."""
    equal = torch.full((3, 1, 4, 4), 1.7)
    zero = torch.zeros(3, 1)
    assert Relativistic().generator(equal, equal).item() == pytest.approx(2 * log(2))
    assert Relativistic().discriminator(equal, equal).item() == pytest.approx(2 * log(2))
    assert Vanilla().generator(zero, zero).item() == pytest.approx(log(2))
    assert Vanilla().discriminator(zero, zero).item() == pytest.approx(2 * log(2))


def test_relativistic_losses_swap_if_real_and_fake_are_swapped():
    gan = Relativistic()
    assert torch.equal(gan.generator(REAL, FAKE), gan.discriminator(FAKE, REAL))
    assert not torch.equal(gan.generator(REAL, FAKE), gan.discriminator(REAL, FAKE))


def test_relativistic_losses_depend_on_differences_of_logits_only():
    gan = Relativistic()
    torch.testing.assert_close(gan.generator(REAL + 5, FAKE + 5), gan.generator(REAL, FAKE))
    torch.testing.assert_close(gan.discriminator(REAL + 5, FAKE + 5), gan.discriminator(REAL, FAKE))


def test_the_relativistic_gradient_also_reaches_fake_through_the_mean():
    """Directly that of softplus(mean(real) - fake), and through the mean that of softplus(real - mean(fake))."""
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    Relativistic().generator(real.detach(), fake).backward()
    direct = -torch.sigmoid(REAL.mean() - FAKE) / 2
    through_the_mean = -torch.sigmoid(REAL - FAKE.mean()).mean() / 2
    torch.testing.assert_close(fake.grad, direct + through_the_mean)
    assert real.grad is None
    Relativistic().generator(real, fake).backward()
    assert real.grad.abs().min() > 0


def test_the_relativistic_gradient_of_the_discriminator_flows_through_both_means():
    """The loss depends on differences only, so its gradient sums to 0; with detached means it would not."""
    real, fake = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    Relativistic().discriminator(real, fake).backward()
    assert float(real.grad.sum() + fake.grad.sum()) == pytest.approx(0, abs=1e-6)
    detached = torch.sigmoid(FAKE - REAL.mean()).mean() - torch.sigmoid(FAKE.mean() - REAL).mean()
    assert abs(float(detached)) > 0.01


@pytest.mark.parametrize("kind", KINDS)
def test_losses_are_float32_scalars_for_logits_of_any_precision_and_shape(kind):
    torch.manual_seed(0)
    for shape in [(4, 1), (2, 1, 8, 9)]:
        real, fake = torch.randn(2, *shape).bfloat16()
        for function in (KINDS[kind]().generator, KINDS[kind]().discriminator):
            loss = function(real, fake)
            assert (loss.shape, loss.dtype) == ((), torch.float32)
            torch.testing.assert_close(loss, function(real.float(), fake.float()), rtol=0, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_the_gradient_of_each_loss_moves_the_logits_in_its_direction(kind):
    real, fake = (torch.full((2, 1), 0.5, requires_grad=True) for _ in range(2))
    gan = KINDS[kind]()
    (of_generator,) = torch.autograd.grad(gan.generator(real, fake), fake)
    of_real, of_fake = torch.autograd.grad(gan.discriminator(real, fake), [real, fake])
    assert of_generator.max() < 0
    assert of_real.max() < 0
    assert of_fake.min() > 0


@pytest.mark.parametrize("kind", KINDS)
def test_unequal_shapes_are_rejected(kind):
    for function in (KINDS[kind]().generator, KINDS[kind]().discriminator):
        with pytest.raises(ValueError, match=r"\(2, 1\) and \(3, 1\)"):
            function(torch.zeros(2, 1), torch.zeros(3, 1))


@pytest.mark.parametrize("kind", KINDS)
def test_each_option_instantiates_its_class(kind):
    assert type(instantiate(OmegaConf.load(CONF / "gan" / f"{kind}.yaml"))) is KINDS[kind]


def test_softplus_is_the_logarithm_of_the_sigmoid():
    torch.testing.assert_close(F.softplus(-REAL), -torch.sigmoid(REAL).log())


TWO_PROCESSES = """
import sys
import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from sr_lightning.losses import Hinge, LeastSquares, Relativistic, Vanilla

rank, meeting, half = int(sys.argv[1]), sys.argv[2], 3


class Networks(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.generator, self.discriminator = nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, lr, hr):
        return self.discriminator(2 * hr + 1), self.discriminator(self.generator(lr))


def gradients(networks, loss):
    networks.zero_grad()
    loss.backward()
    return [parameter.grad.clone() for parameter in networks.parameters()]


torch.manual_seed(1)
lr, hr = torch.randn(2, 2 * half, 4)
own = slice(rank * half, (rank + 1) * half)
kinds = Vanilla(), Relativistic(), Hinge(), LeastSquares()
losses = [loss for gan in kinds for loss in (gan.generator, gan.discriminator)]
alone = Networks()
expected = [gradients(alone, loss(*alone(lr, hr))) for loss in losses]
local = [gradients(alone, loss(*alone(lr[own], hr[own]))) for loss in losses]
distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
together = DistributedDataParallel(Networks())
for loss, complete, of_half in zip(losses, expected, local):
    torch.testing.assert_close(gradients(together, loss(*together(lr[own], hr[own]))), complete)
    differs = max((a - b).abs().max() for a, b in zip(of_half, complete))
    assert differs > 1e-3, differs
distributed.destroy_process_group()
print("equal")
"""


def test_two_processes_have_the_gradients_of_one_batch(tmp_path):
    """After averaging as DDP does; the means of the relativistic losses are those of the complete batch."""
    with ExitStack() as stack:
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", TWO_PROCESSES, str(rank), str(tmp_path / "meeting")],
                cwd=Path(__file__).parents[2],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for rank in range(2)
        ]
        for process in processes:
            stack.callback(process.kill)  # a process waits forever if the other has failed
        for process in reversed(processes):
            assert process.communicate(timeout=240)[0].strip() == "equal"
