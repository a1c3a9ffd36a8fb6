"""The columns of the ablation, read from the configuration."""

from sr_lightning.cli.config import CONF
from sr_lightning.reporting.ablation_columns import COLUMNS, ablation_columns


def test_every_column_changes_one_choice_as_in_the_paper():
    assert set(COLUMNS) == {path.stem for path in (CONF / "column").glob("*.yaml")}
    rows = ablation_columns()
    choices = [tuple(row[key] for key in ("norm", "perceptual", "gan", "block", "more_data")) for row in rows]
    assert choices == [
        ("batch", "after", "vanilla", "residual", "no"),
        ("none", "after", "vanilla", "residual", "no"),
        ("none", "before", "vanilla", "residual", "no"),
        ("none", "before", "relativistic", "residual", "no"),
        ("none", "before", "relativistic", "rrdb", "no"),
        ("none", "before", "relativistic", "rrdb", "yes"),
    ]
    assert rows[4]["column"] == "6: rrdb"
    assert rows[4]["parameters"] == "16,697,987"
