"""What runs on every change are the verbs that everybody has."""

import re
from pathlib import Path


def test_the_workflow_runs_verbs_of_the_makefile(repository: Path):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    verbs = re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE)
    settings = re.findall(r"^([A-Z]+) \?=", makefile, re.MULTILINE)
    workflow = (repository / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    runs = re.findall(r"- run: (.*)", workflow)

    assert "make test" in runs
    for run in runs:
        make, verb, *given = re.sub(r"\$\(\(.*?\)\)", "1", run).split()
        assert ("make", True) == (make, verb in verbs), run
        assert {each.partition("=")[0] for each in given} <= set(settings), run
