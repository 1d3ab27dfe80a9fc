"""The golden fixture: compares, explains, and rewrites only when asked."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parent / "conftest.py"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with our conftest and one test, which prints three lines into a golden."""
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makepyfile("def test_text(golden): golden('sub/text.txt', 'one\\ntwo\\nthree\\n')")
    return pytester


def golden_file(project: pytest.Pytester) -> Path:
    return project.path / "golden" / "sub" / "text.txt"


def write_golden(project: pytest.Pytester, text: str) -> None:
    golden_file(project).parent.mkdir(parents=True)
    golden_file(project).write_text(text)


def test_equal_text_passes(project: pytest.Pytester) -> None:
    write_golden(project, "one\ntwo\nthree\n")
    project.runpytest().assert_outcomes(passed=1)


def test_other_text_fails_with_a_unified_diff(project: pytest.Pytester) -> None:
    write_golden(project, "one\n2\nthree\n")
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["--- golden/sub/text.txt", "+++ now", " one", "-2", "+two"])
    assert golden_file(project).read_text() == "one\n2\nthree\n"


def test_a_missing_last_newline_is_a_difference(project: pytest.Pytester) -> None:
    write_golden(project, "one\ntwo\nthree")
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*line ends*"])


def test_missing_file_fails_and_names_the_option(project: pytest.Pytester) -> None:
    result = project.runpytest()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*golden/sub/text.txt*--update-golden*"])
    assert not golden_file(project).exists()


@pytest.mark.parametrize("before", [None, "one\n2\nthree\n"])
def test_update_writes_the_text(project: pytest.Pytester, before: str | None) -> None:
    if before is not None:
        write_golden(project, before)
    project.runpytest("--update-golden").assert_outcomes(passed=1)
    assert golden_file(project).read_text() == "one\ntwo\nthree\n"
    project.runpytest().assert_outcomes(passed=1)
