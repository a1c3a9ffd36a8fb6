"""Display names of networks."""

from sr_lightning.evaluation.benchmark import display_names


def test_networks_are_named_by_their_runs():
    runs = [f"runs/{run}/T{i}/checkpoints/best.ckpt" for i, run in enumerate(["srresnet", "esrgan", "esrgan"])]
    assert list(display_names(runs[:2]).values()) == ["srresnet/best", "esrgan/best"]
    assert list(display_names(runs).values()) == ["srresnet/T0/best", "esrgan/T1/best", "esrgan/T2/best"]
    assert list(display_names(["bicubic", "a/x.ckpt", "b/x.ckpt"]).values()) == ["bicubic", "a/x", "b/x"]
    of_two_formats = display_names(["/abs/nets/a.pth", "/abs/nets/a.safetensors", "bicubic", "../bicubic.pth"])
    assert list(of_two_formats.values()) == ["a.pth", "a.safetensors", "bicubic", "bicubic.pth"]
