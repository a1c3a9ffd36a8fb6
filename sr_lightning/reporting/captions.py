"""Explanations below the headings of a report: what was measured, and how."""

from sr_lightning.reporting.metric_info import RMSE
from sr_lightning.reporting.report import Report
from sr_lightning.reporting.run import DONE
from sr_lightning.sweeps.job import RUNNING

COLORS = "Green is better and orange worse, where the interval is off zero and p < 0.05."


def lead(report: Report) -> str:
    """Return one sentence on the number of runs, columns and seeds."""
    runs, done = len(report.runs), sum(run.status in DONE for run in report.runs)
    if not runs:
        return "No job has been started yet."
    if runs == 1:
        return f"One run, {report.runs[0].describe_status()}."
    going = sum(run.status == RUNNING for run in report.runs)
    parts = [f"{done} of {runs} runs finished"] + ([f"{going} running"] if going else [])
    seeds = max(len(column.runs) for column in report.columns)
    return f"{', '.join(parts)}; {counted(len(report.columns), 'column')}, {counted(seeds, 'seed')} each."


def counted(number: int, noun: str) -> str:
    """Return ``1 seed`` or ``3 seeds``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def under_table(report: Report) -> str:
    """Explain the means, ±, and which checkpoint was measured."""
    if not report.finished:
        return "No run has finished yet."
    sets = {len(run.values[run.trained]) for run in report.finished}
    images = counted(sets.pop(), "validation image") if len(sets) == 1 else "the validation images"
    monitors = " or ".join(sorted({str(run.protocol.get("monitor")) for run in report.finished}))
    files = sorted({str(run.protocol.get("checkpoint")) for run in report.finished})
    selection = f", the best by {monitors} on the same images" if files == ["checkpoints/best.ckpt"] else ""
    parts = [f"Mean over {images} of the checkpoint {' or '.join(files)}{selection}."]
    if report.seeds > 1:
        parts.append("± is the standard deviation over the seeds (n − 1); only finished runs count.")
    elif len(report.runs) > 1:
        parts.append("One seed each, so there is no deviation over seeds.")
    return " ".join(parts)


UNDER_COSTS = (
    "Parameters and multiply-adds are those of the generator, the latter for one training crop. Iterations/s exclude "
    "validation. Peak memory is that of the tensors allocated at once during training, on one device."
)


def under_differences(report: Report, pairs: int) -> str:
    """Explain the comparison, its tests and their limits.

    Args:
        report: the report.
        pairs: number of compared columns per metric.
    """
    number = max((len(run.values[run.trained]) for run in report.finished), default=0)
    images = counted(number, "image")
    seeds = ", whose values are first averaged over the seeds" if report.seeds > 1 else ""
    least = f"{min(1, pairs * 2.0 ** (1 - number)):.2g}"
    return (
        f"A − B: mean over {images} of the difference on each image{seeds}; 95 % bootstrap interval over images (BCa, "
        "10,000 resamples), not corrected for multiple pairs; two-sided p of Wilcoxon's signed-rank test, corrected "
        "by Holm's method for the number of pairs of a metric. "
        f"With {images} and {counted(pairs, 'pair')} it cannot fall below {least}. The test generalizes to other "
        "images, not to other seeds."
    )


def under_curves(report: Report) -> str:
    """Explain which runs and weights the curves show."""
    several = "Mean and standard deviation (band) over the seeds" if report.seeds > 1 else "One seed each"
    return (
        f"{several}: of the finished runs, or of the running ones in a column without finished runs. "
        "Validations use the averaged weights. After a resume, the later values replace the earlier ones."
    )


def under_plane(report: Report) -> str:
    """Explain the points of the plane."""
    parts = [
        "Large points are the rows of the table; small points on a line are validations from the start on, if they are "
        "near."
    ]
    if report.distortion == RMSE.key:
        parts.append(
            "RMSE is derived from the PSNR of each image and then averaged over images; it is unknown for validations "
            "during training, so only the start is drawn."
        )
    if report.seeds > 1:
        parts.append("Small points without a line are seeds.")
    if report.interpolations:
        parts.append("Interpolated networks were measured on the same images.")
    return " ".join(parts)


def under_crops(report: Report) -> str:
    """Explain which seed is shown, and how the crops were chosen."""
    seeds = sorted({column.finished[0].seed for column in report.columns if column.finished})
    which = f"seed {seeds[0]}" if len(seeds) == 1 else "the first finished seed of each column"
    return (
        f"Crops where the versions differ most, from {which}. Values are those of the full image. "
        "Click to enlarge; arrow keys switch between versions."
    )
