"""The service starts without anything that trains or draws."""

import subprocess
import sys

HEAVY = ("mlflow", "sklearn", "lightgbm", "joblib", "altair", "vl_convert", "scipy")


def test_serving_imports_no_trainer() -> None:
    script = f"import sys, serving.app, serving.cli.serve, serving.cli.main; print(set({HEAVY!r}) & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"
