"""The scorecard as MLflow loads it: raw leads in, as in the training file; likelihoods and grades out.

MLflow runs this file itself ("models from code"), with ``scorecard.json`` beside it: no pickle anywhere.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from scoring.io.registry import known_warnings
from scoring.leads import table_features
from scoring.scorecard import Scorecard, scores_frame

with known_warnings():
    from mlflow.models import set_model
    from mlflow.pyfunc.model import PythonModel, PythonModelContext


class LeadLoopModel(PythonModel):
    """A scorecard behind MLflow's interface."""

    # MLflow calls it by keyword, so the argument's name is part of the interface.
    def load_context(self, context: PythonModelContext) -> None:
        """Read the scorecard that was logged with the model."""
        self.card = Scorecard.from_json(Path(context.artifacts["scorecard"]).read_text(encoding="utf-8"))

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002 - MLflow's interface
        model_input: pd.DataFrame,
        params: Mapping[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Score raw leads, a row for a row; one that cannot be read is empty, and ``status`` says why.

        Parameters
        ----------
        context : PythonModelContext
            Given by MLflow.
        model_input : DataFrame, shape (n, any)
            Columns as in the training file; those that the scorecard does not know are ignored.
        params : mapping, optional
            ``as_of``: the ISO 8601 time at which leads without one of their own are scored, by default now.
        """
        present = [column.name for column in self.card.columns if column.name in model_input.columns]
        table = pa.table({name: _arrow(model_input[name]) for name in present})
        if not present:
            table = pa.table({"": pa.nulls(len(model_input))})
        features, unreadable = table_features(self.card, table, _moment((params or {}).get("as_of")))
        scores = self.card.score_columns(features, unreadable, rows=len(model_input))
        frame = scores_frame(scores, model_input.index)
        # Whole numbers that may be missing have no type in an MLflow schema.
        return frame.astype({"score": "float64", "engagement": "float64"})


def _moment(as_of: str | None) -> float:
    moment = datetime.fromisoformat(as_of) if as_of else datetime.now(UTC)
    return moment.timestamp()


def _arrow(column: "pd.Series[Any]") -> pa.Array:
    """Take a column over as it is; one of mixed kinds, as objects may be, as text."""
    try:
        return pa.array(column.astype(object) if column.dtype == "category" else column, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if pd.isna(value) else str(value) for value in column], pa.string())


set_model(LeadLoopModel())
