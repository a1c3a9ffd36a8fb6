"""What a reader has to know to trust the numbers of a report."""

from sr_lightning.reporting.metric_info import RMSE
from sr_lightning.reporting.report import Report
from sr_lightning.reporting.run_reader import DONE, RUNNING

COLOURS = "Green is better and orange worse, where the interval is off zero and p < 0.05."


def lead(report: Report) -> str:
    """How much there is."""
    runs, done = len(report.runs), sum(run.status in DONE for run in report.runs)
    if not runs:
        return "No job has been started yet."
    if runs == 1:
        return f"One run, {report.runs[0].told()}."
    going = sum(run.status == RUNNING for run in report.runs)
    parts = [f"{done} of {runs} runs finished"] + ([f"{going} running"] if going else [])
    seeds = max(len(column.runs) for column in report.columns)
    return f"{', '.join(parts)}; {counted(len(report.columns), 'column')}, {counted(seeds, 'seed')} each."


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def under_table(report: Report) -> str:
    """What the values are means of, what ± is, and which weights were measured."""
    if not report.finished:
        return "No run has come to its end yet."
    sets = {len(run.values[run.trained]) for run in report.finished}
    images = counted(sets.pop(), "validation image") if len(sets) == 1 else "the validation images"
    monitors = " or ".join(sorted({str(run.protocol.get("monitor")) for run in report.finished}))
    files = sorted({str(run.protocol.get("checkpoint")) for run in report.finished})
    chosen = f", the best by {monitors} on the same images" if files == ["checkpoints/best.ckpt"] else ""
    parts = [f"Mean over {images} of the checkpoint {' or '.join(files)}{chosen}."]
    if report.seeds > 1:
        parts.append("± is the standard deviation over the seeds (n − 1); only finished runs count.")
    elif len(report.runs) > 1:
        parts.append("One seed each: nothing is known of the deviation over seeds.")
    return " ".join(parts)


UNDER_COSTS = (
    "Parameters and multiply-adds are the generator's, the latter for one training crop; iterations/s, without "
    "validations, are the training's, and so is peak memory: of the tensors that live at once, on one device."
)


def under_differences(report: Report, pairs: int) -> str:
    """What is compared, how, and how much that can tell.

    Args:
        pairs: of columns, for each metric.
    """
    number = max((len(run.values[run.trained]) for run in report.finished), default=0)
    images = counted(number, "image")
    seeds = ", whose values are first averaged over the seeds" if report.seeds > 1 else ""
    least = f"{min(1, pairs * 2.0 ** (1 - number)):.2g}"
    return (
        f"A − B: the mean over {images} of the difference on each image{seeds}; the 95 % bootstrap interval over the "
        "images (BCa, 10,000 resamples), of each pair by itself; and p of Wilcoxon's signed-rank test, two-sided, "
        "corrected for the number of pairs of a metric by Holm's method. "
        f"With {images} and {counted(pairs, 'pair')} it cannot fall below {least}. This says how sure a difference is "
        "on other images, not with other seeds."
    )


def under_curves(report: Report) -> str:
    several = "Mean and standard deviation (band) over the seeds" if report.seeds > 1 else "One seed each"
    return (
        f"{several}: of the finished runs, or, in a column where none is finished, of those that have begun. "
        "Validations are of the averaged weights on the validation images. Of a resumed run, what it did last counts."
    )


def under_plane(report: Report) -> str:
    """Which point is what."""
    parts = [
        "Large points are the rows of the table; small ones on a line are validations, from the start on, where they "
        "are near."
    ]
    if report.distortion == RMSE.key:
        parts.append(
            "RMSE is that of each image, derived from its PSNR, and then the mean over images; of validations during "
            "the training nobody knows it, so that only their start is drawn."
        )
    if report.seeds > 1:
        parts.append("Small points alone are the seeds.")
    if report.interpolations:
        parts.append("Interpolations are of the weights of two networks, on the same images.")
    return " ".join(parts)


def under_crops(report: Report) -> str:
    """Whose pictures these are, and why there."""
    seeds = sorted({column.finished[0].seed for column in report.columns if column.finished})
    which = f"seed {seeds[0]}" if len(seeds) == 1 else "the first finished seed of each column"
    return (
        f"Where the versions differ most, pixel by pixel, of {which}. The values are of the whole photograph. "
        "A click enlarges; the arrow keys go from version to version."
    )
