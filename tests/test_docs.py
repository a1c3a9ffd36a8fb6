"""Every command, example, link and picture in README and docs works."""

import ast
import importlib
import json
import re
import sys
import tomllib

import pytest
from hydra import compose, initialize_config_dir
from hydra.core.override_parser.overrides_parser import OverridesParser

from sr_lightning.cli.config import CONF
from sr_lightning.cli.parser import Parser
from tests.support.markdown import ROOT, blocks, commands, links

COMMANDS = commands()
HYDRA = ("train", "evaluate")
PLAIN = ("check", "degrade", "export", "interpolate", "report", "upscale")


def arguments_of(module: str) -> list[list[str]]:
    """Return the arguments of each `python -m sr_lightning.MODULE` in README and docs, also below torchrun."""
    name = f"sr_lightning.{module}"
    return [words[words.index(name) + 1 :] for words in COMMANDS if name in words]


def first_job(overrides: list[str]) -> list[str]:
    """Return the overrides of a sweep's first job."""
    job = []
    for override in OverridesParser.create().parse_overrides(overrides):
        if not override.is_sweep_override():
            job.append(override.input_line)
        elif not override.is_interval_sweep():  # an interval has no first value to compose
            job.append(f"{override.get_key_element()}={next(override.sweep_string_iterator())}")
    return job


@pytest.mark.parametrize("module", HYDRA)
def test_hydra_commands_compose(module):
    cases = arguments_of(module)
    assert len(cases) > 1
    for words in cases:
        if "myconf" in words:  # `test_the_examples_of_extending_train_together` runs it
            continue
        overrides = [word for word in words if "=" in word]
        with initialize_config_dir(str(CONF), version_base="1.3"):
            config = compose(module, first_job(overrides), return_hydra_config=True)
        assert config, words


def test_overrides_of_degrade_compose():
    for words in arguments_of("degrade"):
        if "myconf" in words:  # `test_the_examples_of_extending_train_together` runs it
            continue
        with initialize_config_dir(str(CONF), version_base="1.3"):
            assert compose("degrade", [word for word in words if "=" in word])


class ParsedError(Exception):
    """Raised by a command's parser when it accepts its arguments."""


@pytest.mark.parametrize("module", PLAIN)
def test_plain_commands_parse(module, monkeypatch):
    def accept(self, arguments=None, namespace=None):
        super(Parser, self).parse_args(arguments, namespace)
        raise ParsedError

    def accept_intermixed(self, arguments=None, namespace=None):
        super(Parser, self).parse_intermixed_args(arguments, namespace)
        raise ParsedError

    monkeypatch.setattr(Parser, "parse_args", accept)
    monkeypatch.setattr(Parser, "parse_intermixed_args", accept_intermixed)
    cases = arguments_of(module)
    assert cases, f"{module} is not documented"
    for words in cases:
        monkeypatch.setattr(sys, "argv", [module, *words])
        with pytest.raises(ParsedError):
            importlib.import_module(f"sr_lightning.{module}").main()


def test_other_commands_exist():
    targets = set(re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for program, *words in COMMANDS:
        if program == "make":
            assert set(words) <= targets, words
        elif program in ("python", "torchrun"):
            modules = [word for word in words if word.startswith(("sr_lightning.", "tests."))]
            assert modules or words[:2] == ["-m", "pip"], words
        else:
            assert program in ("pip", "git", "cd", "ls", "mkdir", "pre-commit", "wandb"), program
    text = "".join(page.read_text() for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")))
    extras = set(re.findall(r"sr_lightning\[(\w+)\]", text))
    assert extras <= set(project["optional-dependencies"]), extras


def test_linked_files_exist():
    missing = [f"{page.name}: {target}" for page, target in links() if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: f"{block.page.stem}:{block.text[:24]!r}")
def test_python_examples(block):
    """Examples that read files of the reader are imported only; the others run."""
    code = ast.parse(block.text)
    if block.title is None:
        makes_its_files = "mkdtemp" in block.text
        reads_files = not makes_its_files and re.search(r"TIME|\.\./shared|\.png|\.jpg|open\(", block.text)
        if reads_files:
            code.body = [node for node in code.body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(code, str(block.page), "exec"), {})


@pytest.mark.slow
def test_the_examples_of_extending_train_together(command, photos, tmp_path, monkeypatch):
    """The parts of docs/extending.md, written to files by their titles, train, validate and leave a checkpoint."""
    for language in ("python", "yaml"):
        for block in blocks(language):
            if block.title is not None:
                path = tmp_path / block.title
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("a") as file:
                    file.write(block.text)
    monkeypatch.syspath_prepend(str(tmp_path))
    tiny = [
        "generator.width=4", "discriminator.width=4", "data.crop=32", "data.batch_size=2", "iterations=2",
        "validate_every=2", "trainer.accelerator=cpu", "block=wide", f"hydra.run.dir={tmp_path / 'run'}",
    ]  # fmt: skip
    command("train", "--config-dir", str(tmp_path / "myconf"), "model=small_gan", *photos, *tiny)
    assert (tmp_path / "run" / "checkpoints" / "best.ckpt").is_file()
    table = (tmp_path / "run" / "validation" / "summary.md").read_text()
    assert re.search(r"\| \d+\.\d\d \|$", table.splitlines()[2]), "two digits, as the class declares"
    previewed = command(
        "degrade", "train", "--config-dir", "myconf", "--output", "preview", "--record", "degradation=faded"
    )
    assert previewed == "4 images in preview/lr\n"
    records = json.loads((tmp_path / "preview" / "records.json").read_text()).values()
    assert all(list(record)[list(record).index("fade") + 1] == "jpeg" for record in records)
    trunk = ["model=srresnet", "block=wide", "metrics=with_error", "monitor=val/mean_error", "generator.depth=1"]
    tiny = [word for word in tiny if not word.startswith(("discriminator", "hydra"))]
    command(
        "train", "--config-dir", str(tmp_path / "myconf"), *trunk, *photos, *tiny, f"hydra.run.dir={tmp_path / 'b'}"
    )
    assert (tmp_path / "b" / "checkpoints" / "best.ckpt").is_file()


def test_every_picture_is_shown():
    shown = {(page.parent / target).resolve() for page, target in links()}
    pictures = {path.resolve() for path in (ROOT / "docs" / "pictures").iterdir()}
    assert pictures <= shown, pictures - shown


def test_the_readme_has_at_most_150_lines():
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150


def test_api_pages_name_packages():
    for page in (ROOT / "docs" / "api").glob("*.md"):
        (module,) = re.findall(r"^::: (\S+)$", page.read_text(), re.MULTILINE)
        assert importlib.import_module(module).__doc__
        assert module == f"sr_lightning.{page.stem}"
