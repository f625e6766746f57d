"""The samples of docs/how-to/testing.rst are true: each is run, against the example site."""

from __future__ import annotations

import pytest

from .consumer import PAGE, SAMPLE, run, samples


def test_every_block_has_a_name():
    text = PAGE.read_text("utf-8")
    assert len(SAMPLE.findall(text)) == text.count(".. code-block::") == 7
    assert set(samples()) - {name for name, _ in SAMPLE.findall(text)} == {"readme"}


def test_samples(tmp_path):
    live = {"database", "live"}
    files = {f"test_{name}.py": text for name, text in samples().items() if name not in live}
    code, said = run(tmp_path, files)
    assert code == 0, said
    assert "6 passed" in said


@pytest.mark.browser
def test_sample_in_a_browser(tmp_path):
    conftest = 'pytest_plugins = ["tests.chromium"]'
    files = {"conftest.py": conftest, "test_live.py": samples()["live"]}
    code, said = run(tmp_path, files)
    assert code == 0, said
    assert "1 passed" in said
