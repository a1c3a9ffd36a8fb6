"""Each private name of torch still does what the library uses it for."""

import pytest
import torch
from torch import nn

from sr_lightning.system import torch_compat

ADVICE = f"torch {torch.__version__} has changed: adapt sr_lightning/system/torch_compat.py"


def test_tensor_leaves_are_found_in_nested_containers():
    one, two = torch.zeros(1), torch.zeros(2)
    leaves = torch_compat.tensor_leaves([one, {"a": (two, 3)}, None])
    assert [leaf is tensor for leaf, tensor in zip(leaves, (one, two), strict=True)] == [True, True], ADVICE


def test_a_dispatch_mode_sees_every_operation():
    class Count(torch_compat.TorchDispatchMode):
        names = ()

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            self.names += (func.overloadpacket.__name__,)
            return func(*args, **(kwargs or {}))

    with Count() as count:
        torch.ones(2) * 3
    assert count.names == ("ones", "mul"), ADVICE


def test_fake_tensors_have_shapes_and_no_memory():
    real = nn.Linear(4, 8)
    with torch_compat.fake_tensors():
        fake = real(torch.empty(1 << 40, 4))  # 16 TiB
    assert fake.shape == (1 << 40, 8), ADVICE


def test_copy_all_copies_each_tensor_in_place():
    targets = [torch.zeros(2, requires_grad=True), torch.zeros(1, dtype=torch.int64)]
    torch_compat.copy_all([torch.tensor([1.0, 2.0]), torch.tensor([3])], targets)
    assert [target.tolist() for target in targets] == [[1, 2], [3]], ADVICE


def test_bfloat16_support_of_the_cpu_is_known():
    assert torch_compat.cpu_computes_in_bfloat16() in (True, False), ADVICE


def test_a_compiled_module_is_recognized():
    module = nn.Linear(2, 2)
    assert not torch_compat.is_compiled(module), ADVICE
    module.compile(backend="eager")
    assert torch_compat.is_compiled(module), ADVICE


def test_a_gradient_scaler_unscales_before_the_step():
    """The optimizer's hook sees the gradient of 3 * w and not that of the scaled loss, which a fused step would."""
    for prepare, expected in ((torch_compat.unscale_before_step, 3.0), (lambda optimizer: None, 3.0 * 2**8)):
        weight = nn.Parameter(torch.zeros(1))
        optimizer = torch.optim.Adam([weight], fused=True)
        prepare(optimizer)
        seen = []
        optimizer.register_step_pre_hook(lambda *_, weight=weight, seen=seen: seen.append(weight.grad.item()))
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**8)
        scaler.scale(3 * weight.sum()).backward()
        scaler.step(optimizer)
        assert seen == [expected], ADVICE


@pytest.mark.parametrize("skip", [True, False])
def test_a_fused_step_is_skipped_on_the_device(skip):
    weight = nn.Parameter(torch.ones(3))
    optimizer = torch.optim.Adam([weight], fused=True)
    weight.sum().backward()
    torch_compat.skip_fused_steps_if(optimizer, torch.tensor(skip))
    optimizer.step()
    assert torch.equal(weight, torch.ones(3)) == skip, ADVICE
    assert optimizer.state[weight]["step"] == (0 if skip else 1), ADVICE


def test_a_conversion_hook_changes_what_a_surrounding_module_applies():
    class KeepsPrecision(torch_compat.ConversionHook):
        def __init__(self):
            super().__init__()
            self.register_buffer("value", torch.ones(1))

        def conversion(self, convert):
            converted.append(convert(torch.ones(1)).dtype)
            return lambda tensor: tensor.to(convert(tensor).device)

    converted = []
    parent = nn.ModuleList([KeepsPrecision(), nn.Linear(1, 1)]).bfloat16()
    assert converted == [torch.bfloat16], ADVICE
    assert (parent[0].value.dtype, parent[1].weight.dtype) == (torch.float32, torch.bfloat16), ADVICE


def test_a_conversion_is_applied_to_parameters_and_buffers():
    module = nn.BatchNorm2d(2)
    torch_compat.apply_conversion(module, lambda tensor: tensor.double() if tensor.is_floating_point() else tensor)
    assert module.weight.dtype == module.running_mean.dtype == torch.float64, ADVICE


def test_the_schedule_of_a_waiting_optimizer_gives_no_warning(recwarn):
    optimizer = torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    torch_compat.allow_schedule_before_step(optimizer)
    scheduler.step()
    scheduler.step()
    assert not recwarn.list, ADVICE
    assert optimizer.param_groups[0]["lr"] == 0.25
