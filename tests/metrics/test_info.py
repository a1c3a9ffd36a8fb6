"""Names, units, digits and directions that metrics declare."""

import pytest
from hydra import compose, initialize_config_dir

from sr_lightning.cli.config import CONF
from sr_lightning.evaluation.metric_infos import metric_infos
from sr_lightning.metrics import LPIPS, PSNR, SSIM, STANDARD, ImageMetric, MetricInfo
from sr_lightning.metrics.standard import caption_text


class Blur(ImageMetric):
    """A metric from outside of the package."""

    title, unit, digits = "Blur", "px", 1
    higher_is_better = False

    def measure(self, sr, hr):
        return sr.flatten(1).mean(1)


def test_a_metric_from_outside_declares_title_unit_digits_and_direction():
    [info] = metric_infos(["blur"], {"blur": {"_target_": f"{__name__}.Blur"}})
    assert info == MetricInfo("blur", "Blur", "lower", 1, "px")
    assert (info.heading, info.text(2.34)) == ("Blur (px)", "2.3 px")


def test_titles_depend_on_the_arguments():
    assert [PSNR.info("a").heading, PSNR.info("a", space="rgb").heading] == ["PSNR-Y (dB)", "PSNR (dB)"]
    assert [SSIM.info("a").heading, SSIM.info("a", space="rgb").heading] == ["SSIM-Y", "SSIM"]
    assert [LPIPS.info("a").heading, LPIPS.info("a", network="vgg").heading] == ["LPIPS", "LPIPS (VGG)"]


def test_standard_metrics_are_those_of_the_configuration():
    with initialize_config_dir(str(CONF.resolve()), version_base="1.3"):
        metrics = compose("evaluate", ["checkpoint=null", "benchmarks=[]", "metrics=perceptual", "scale=4"]).metrics
    assert metrics.keys() == STANDARD.keys()
    assert metric_infos(metrics, metrics) == [STANDARD[key] for key in metrics]


@pytest.mark.parametrize(
    ("scores", "text"),
    [
        ({"niqe": 4.0, "lpips": 0.1234, "psnr_y": 26.489}, "26.49 dB   LPIPS 0.1234"),
        ({"niqe": 4.0, "psnr_y": 26.489}, "26.49 dB   NIQE 4.00"),
        ({"ssim_y": 0.5}, ""),
    ],
)
def test_captions_show_two_values(scores, text):
    assert caption_text(scores) == text
