"""Scores of validation images, averaged over all devices."""

from sr_lightning.metrics import per_image
from sr_lightning.metrics.per_image import Scores


class ValidationScores:
    """Collects the scores of single images on each device, and averages them over the images of all devices."""

    def __init__(self) -> None:
        self._recorded: dict[tuple[str, int], Scores] = {}

    def record(self, prefix: str, image: int, scores: Scores) -> None:
        """Add scores of one image; scores that it already has under this prefix stay.

        Args:
            prefix: of the names in the log, e.g. ``val/``.
            image: index of the image; one that several devices measure counts once.
            scores: name -> value.
        """
        self._recorded[prefix, image] = self._recorded.get((prefix, image), {}) | scores

    def means(self) -> Scores:
        """Return ``prefix + name`` -> mean over images, and forget the scores.

        Every device must call this, also one without images: it exchanges one message with all others.
        """
        gathered = per_image.gather(self._recorded)
        self._recorded = {}
        means = {}
        for prefix in dict.fromkeys(prefix for prefix, _ in gathered):
            rows = {image: scores for (own, image), scores in gathered.items() if own == prefix}
            means.update({f"{prefix}{name}": value for name, value in per_image.mean(rows).items()})
        return means
