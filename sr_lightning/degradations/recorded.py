"""Records of drawn parameters, read from files."""

import json
from pathlib import Path

import torch

from sr_lightning.degradations.degradation import Degradation
from sr_lightning.degradations.random_draws import Record
from sr_lightning.errors import InputError


def read_records(file: Path, degradation: Degradation, scale: int) -> dict[str, Record]:
    """Read records by image name, and check that the degradation can apply them.

    Args:
        degradation: with which the records were drawn.
        file: JSON, as written by ``sr_lightning.degrade --record``.
        scale: HR size over LR size.
    Raises:
        InputError: the degradation is deterministic, the file cannot be read, or its records do not fit the
            degradation.
    """
    if not degradation.is_random:
        raise InputError(f"{file}: cannot be replayed, this degradation is not random; leave it out")
    try:
        records = json.loads(file.read_text("utf-8"))
        for record in records.values():
            degradation(torch.zeros(1, 3, scale, scale), [record])
    except OSError as error:
        raise InputError(f"{file}: cannot be read, {error.strerror}; check the path") from None
    except Exception as error:  # stages raise various errors for records of other stages
        raise InputError(
            f"{file}: is not a records.json of this degradation ({type(error).__name__}: {error}); "
            "give the key=value arguments with which it was written"
        ) from None
    return records


def select_record(records: dict[str, Record], name: str) -> Record:
    """Return the record of an image, or the only record.

    Raises:
        InputError: several records, none of them for this image.
    """
    if len(records) == 1:
        return next(iter(records.values()))
    if name not in records:
        raise InputError(
            f"{name}: has no record in the replayed file; rename it, or keep a single record for all images"
        )
    return records[name]
