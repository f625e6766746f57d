"""Workflows, forms and the pages for contributors: valid, careful, and true."""

from __future__ import annotations

import configparser
import json
import os
import re
import runpy
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
GITHUB = ROOT / ".github"
WORKFLOWS = {path.stem: path for path in sorted((GITHUB / "workflows").glob("*.yml"))}
FORMS = [path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
PAGES = ["CODE_OF_CONDUCT.rst", "CONTRIBUTING.rst", "README.rst", "SECURITY.rst"]
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
NAMED = re.compile(r"tox run (?:--\S+ \w+ )*-e ([\w,-]+)")

complaints = runpy.run_path(str(ROOT / ".ci" / "check_release.py"))["complaints"]
short_of = runpy.run_path(str(ROOT / ".ci" / "check_coverage.py"))["complaint"]


def read(path: Path) -> Any:
    """A YAML file; ``on`` is True to YAML 1.1, and a word to everybody else."""
    return yaml.load(path.read_text("utf-8"), Loader=yaml.BaseLoader)


def steps(name: str) -> list[dict[str, Any]]:
    """All steps of a workflow."""
    return [step for job in read(WORKFLOWS[name])["jobs"].values() for step in job.get("steps", ())]


def tox() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", "utf-8")
    return parser


def environments() -> list[str]:
    """What ``tox`` alone runs."""
    return tox()["tox"]["env_list"].split()


def test_there_are_two_workflows() -> None:
    assert set(WORKFLOWS) == {"ci", "publish"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflows_may_read_and_nothing_else(name: str) -> None:
    """But for one job: it alone may prove who it is, and runs no code of the repository."""
    workflow = read(WORKFLOWS[name])
    assert workflow["permissions"] == {"contents": "read"}
    allowed = {
        job: it["permissions"] for job, it in workflow["jobs"].items() if "permissions" in it
    }
    assert allowed == ({"publish": {"id-token": "write"}} if name == "publish" else {})
    if name == "publish":
        job = workflow["jobs"]["publish"]
        assert job["needs"] == ["test", "build"]
        assert job["environment"] == "pypi"
        assert not [step for step in job["steps"] if "run" in step]
        assert not [step for step in job["steps"] if "checkout" in step["uses"]]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_by_commit(name: str) -> None:
    text = WORKFLOWS[name].read_text("utf-8")
    used = re.findall(r"uses: (.+)", text)
    others = [one for one in used if not one.startswith("./")]
    assert others and [one for one in others if not PINNED.fullmatch(one)] == []


def test_each_action_is_pinned_at_one_commit() -> None:
    text = "".join(path.read_text("utf-8") for path in WORKFLOWS.values())
    pins = set(re.findall(r"uses: ([^./\s][^@\s]*)@(.+)", text))
    assert len(pins) == len({name for name, _ in pins}) > 3


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_from_outside_becomes_a_command(name: str) -> None:
    """Names of branches and tags come as variables, never as text of a script."""
    assert [step for step in steps(name) if "${{" in step.get("run", "")] == []
    assert "pull_request_target" not in WORKFLOWS[name].read_text("utf-8")
    checkouts = [step for step in steps(name) if "checkout" in step.get("uses", "")]
    assert checkouts
    assert {step["with"]["persist-credentials"] for step in checkouts} == {"false"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_no_job_runs_for_ever(name: str) -> None:
    jobs = read(WORKFLOWS[name])["jobs"].values()
    assert all(0 < int(job["timeout-minutes"]) <= 90 for job in jobs if "uses" not in job)


def test_each_environment_of_tox_is_run(tmp_path: Path) -> None:
    """The step that lists them is executed here."""
    jobs = read(WORKFLOWS["ci"])["jobs"]
    (listing,) = [step for step in steps("ci") if step.get("id") == "list"]
    output = tmp_path / "output"
    environment = {**os.environ, "GITHUB_OUTPUT": str(output)}
    subprocess.run(["bash", "-e", "-c", listing["run"]], cwd=ROOT, env=environment, check=True)
    name, _, value = output.read_text().strip().partition("=")
    assert jobs["environments"]["outputs"] == {name: "${{ steps.list.outputs.names }}"}
    matrix = jobs["tox"]["strategy"]["matrix"]
    assert matrix == {"name": "${{ fromJSON(needs.environments.outputs.names) }}"}
    (run,) = [step for step in jobs["tox"]["steps"] if step.get("name") == "tox"]
    assert run["run"].endswith('-e "$NAME"')
    assert run["env"] == {"NAME": "${{ matrix.name }}"}
    rest = NAMED.findall("".join(step.get("run", "") for step in jobs["coverage"]["steps"]))
    assert [*json.loads(value), *rest] == environments()


def test_tests_have_each_python_and_each_server_that_tox_and_they_want() -> None:
    job = read(WORKFLOWS["ci"])["jobs"]["tox"]
    assert {address for it in job["services"].values() for address in it["ports"]} == {
        "5432:5432", "3306:3306", "6379:6379",
    }  # fmt: skip
    (setup,) = [step for step in job["steps"] if "setup-python" in step.get("uses", "")]
    pythons = re.findall(r"\d+\.\d+", setup["with"]["python-version"])
    wanted = {f"{one[2]}.{one[3:5]}" for one in environments() if one.startswith("py3")}
    assert set(pythons) == wanted
    assert "--skip-missing-interpreters false" in WORKFLOWS["ci"].read_text("utf-8")


@pytest.mark.parametrize(
    "path", [*WORKFLOWS.values(), GITHUB / "pull_request_template.md", *map(ROOT.joinpath, PAGES)],
    ids=lambda path: path.name,
)  # fmt: skip
def test_environments_that_are_named_exist(path: Path) -> None:
    known = {section.removeprefix("testenv:") for section in tox().sections()} | set(environments())
    named = {one for names in NAMED.findall(path.read_text("utf-8")) for one in names.split(",")}
    assert named <= known


@pytest.mark.parametrize("page", PAGES)
def test_links_of_the_pages_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    links = [link for link in re.findall(r"<([^<>`\s]+)>`_", text) if "://" not in link]
    assert links and [link for link in links if not (ROOT / link).is_file()] == []


def test_readme_and_contributing_lead_to_each_other() -> None:
    assert "<CONTRIBUTING.rst>`_" in (ROOT / "README.rst").read_text("utf-8")
    assert "<README.rst>`_" in (ROOT / "CONTRIBUTING.rst").read_text("utf-8")


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_forms_can_be_filled_in(path: Path) -> None:
    """What GitHub asks of a form; a wrong one is shown to nobody."""
    form = read(path)
    assert set(form) == {"name", "description", "labels", "body"}
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert {field["type"] for field in fields} <= {"textarea", "input", "dropdown"}
    assert len({field["id"] for field in fields}) == len(fields) > 1
    assert all(field["attributes"]["label"] for field in fields)
    assert any(field.get("validations", {}).get("required") == "true" for field in fields)
    text = path.read_text("utf-8")
    assert "secret" in text or "token" in text or path.stem == "feature"


def test_three_forms_and_nothing_beside_them() -> None:
    assert {path.stem for path in FORMS} == {"avaturn", "bug", "feature"}
    config = read(GITHUB / "ISSUE_TEMPLATE" / "config.yml")
    assert config == {"blank_issues_enabled": "false"}


def test_what_is_pinned_is_kept_new() -> None:
    updates = read(GITHUB / "dependabot.yml")["updates"]
    assert {one["package-ecosystem"] for one in updates} == {"github-actions", "npm", "pip"}


def test_hooks_before_a_commit_are_pinned_and_do_what_lint_does() -> None:
    repositories = read(ROOT / ".pre-commit-config.yaml")["repos"]
    assert all(re.fullmatch(r"v\d+\.\d+\.\d+", it["rev"]) for it in repositories)
    hooks = {hook["id"] for it in repositories for hook in it["hooks"]}
    assert {"ruff-check", "ruff-format", "check-yaml", "trailing-whitespace"} <= hooks


@pytest.mark.parametrize(
    ("tag", "heading", "said"),
    [
        ("v1.2.3", "1.2.3 (2026-12-01)", []),
        ("v1.2.3", "1.2.3 (unreleased)", ["no date for 1.2.3"]),
        ("v1.2.3", "1.2.3 (2026-13-01)", ["no date for 1.2.3"]),
        ("v1.2.3", "1.2.2 (2026-12-01)", ["no section on 1.2.3"]),
        ("v1.2.4", "1.2.3 (2026-12-01)", ["tag v1.2.3, or change it"]),
        ("1.2.3", "1.2.3 (2026-12-01)", ["tag v1.2.3, or change it"]),
        ("v1.2.4", "1.2.3 (unreleased)", ["tag v1.2.3, or change it", "no date for 1.2.3"]),
    ],
)
def test_release_is_checked(tmp_path: Path, tag: str, heading: str, said: list[str]) -> None:
    (tmp_path / "django_avaturn").mkdir()
    (tmp_path / "django_avaturn" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.rst").write_text(f"Changelog\n=========\n\n{heading}\n{'-' * 18}\n")
    found = complaints(tmp_path, tag)
    assert len(found) == len(said)
    assert all(part in line for part, line in zip(said, found, strict=True))


def test_release_is_checked_by_the_workflow_before_anything_is_built() -> None:
    commands = [step["run"] for step in read(WORKFLOWS["publish"])["jobs"]["build"]["steps"]
                if "run" in step]  # fmt: skip
    assert commands[0] == 'python .ci/check_release.py "$TAG"'
    assert commands[-2:] == ["python -m build", "twine check --strict dist/*"]


def test_version_stands_in_one_place() -> None:
    """All others read it from there."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"] == {"path": "django_avaturn/__init__.py"}
    assert "version" not in json.loads((ROOT / "package.json").read_text("utf-8"))
    sources = (*(ROOT / "django_avaturn").rglob("*.py"), ROOT / "hatch_build.py")
    setting = [path for path in sources if re.search(r"^__version__ *[:=]", path.read_text(), re.M)]
    assert setting == [ROOT / "django_avaturn" / "__init__.py"]


@pytest.mark.parametrize(
    ("lines", "branches", "said"),
    [(200, 95, ""), (199, 100, "what the report above lists"), (200, 94, "95 % of branches")],
)
def test_coverage_has_a_floor_for_lines_and_one_for_branches(
    lines: int, branches: int, said: str
) -> None:
    totals = {"covered_lines": lines, "num_statements": 200}
    found = short_of({**totals, "covered_branches": branches, "num_branches": 100})
    assert bool(found) == bool(said)
    assert said in found


def test_coverage_is_checked_by_tox() -> None:
    commands = tox()["testenv:coverage"]["commands"].split("\n")
    assert "python .ci/check_coverage.py {env_tmp_dir}{/}coverage.json" in commands
