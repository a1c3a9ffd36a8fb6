"""The page with the results."""

from tests.gpu import report


def part(*rows: dict, device: str = "GPU", command: str = "python -m tests.gpu") -> dict:
    return {"machine": {"device": device, "torch": "2.13", "driver": None}, "command": command, "rows": list(rows)}


def test_a_page_written_by_hand():
    """Rows of one kind share a table, even with missing values; each machine is named once."""
    parts = {
        "a": part({"model": "a", "speed": 1.0}, {"model": "b", "speed": 2.34567, "memory": 12}),
        "b": part({"model": "c", "speed": 1e-7}, {"check": "c", "passed": True}, device="other"),
    }
    stages = [{"stage": "throughput", "small": False, "finished": False, "parts": parts}]
    assert report.markdown(stages) == (
        "# GPU check\n"
        "\n"
        "## throughput (not finished)\n"
        "\n"
        "GPU, torch 2.13: `python -m tests.gpu`  \n"
        "other, torch 2.13: `python -m tests.gpu`  \n"
        "\n"
        "| model | speed | memory |\n"
        "| --- | --- | --- |\n"
        "| a | 1 |  |\n"
        "| b | 2.346 | 12 |\n"
        "| c | 1e-07 |  |\n"
        "\n"
        "| check | passed |\n"
        "| --- | --- |\n"
        "| c | yes |\n"
        "\n"
        "Nothing failed.\n"
    )
