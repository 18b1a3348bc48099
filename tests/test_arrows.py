from pathlib import Path

from importlinter.cli import lint_imports


def test_imports_point_the_way_that_the_contracts_say(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[1])

    assert lint_imports(no_cache=True) == 0
