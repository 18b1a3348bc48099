"""Labels, likelihoods and weights of the same leads, checked once before anything is computed from them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from scoring.errors import DataError
from scoring.ranking import Vector


@dataclass(frozen=True, slots=True)
class Judged:
    """Labels, likelihoods and weights that have been checked to belong together."""

    label: Vector
    likelihood: Vector
    weight: Vector

    @classmethod
    def of(
        cls,
        label: npt.ArrayLike,
        likelihood: npt.ArrayLike,
        weight: npt.ArrayLike | None = None,
        promises: bool = True,
    ) -> "Judged":
        """Check the three columns; without `promises` the likelihood may be any finite number.

        Raises
        ------
        DataError
            With every rule that is broken.
        """
        y, p = np.asarray(label, np.float64), np.asarray(likelihood, np.float64)
        w = np.ones(len(y)) if weight is None else np.asarray(weight, np.float64)
        _check(y, p, w, promises)
        return cls(y, p, w)

    def best_first(self) -> tuple[Vector, Vector]:
        """Give the weight of converted and of other leads at each distinct likelihood, highest first."""
        distinct, place = np.unique(-self.likelihood, return_inverse=True)
        won, lost = (
            np.bincount(place, self.weight * outcome, len(distinct)).astype(np.float64)
            for outcome in (self.label, 1 - self.label)
        )
        return won, lost

    def surprise(self) -> Vector:
        """Give -log of the likelihood of what happened, likelihoods kept a rounding error off 0 and 1."""
        edge = float(np.finfo(np.float64).eps)
        p = np.clip(self.likelihood, edge, 1 - edge)
        return -np.where(self.label == 1, np.log(p), np.log1p(-p))

    def squared_error(self) -> Vector:
        """Give the squared distance between the likelihood and what happened."""
        return (self.label - self.likelihood) ** 2


def _check(y: Vector, p: Vector, w: Vector, promises: bool) -> None:
    sizes = [array.shape for array in (y, p, w)]
    rules = {
        f"must be columns of the same length, got {sizes}": len({*sizes}) == 1 and y.ndim == 1,
        "need labels that are 0 or 1": bool(np.isin(y, (0, 1)).all()),
        "need likelihoods that are finite": bool(np.isfinite(p).all()),
        "need likelihoods between 0 and 1": not promises or not bool(((p < 0) | (p > 1)).any()),
        "need weights that are finite and not negative": bool((np.isfinite(w) & (w >= 0)).all()),
    }
    broken = [rule for rule, holds in rules.items() if not holds]
    if broken:
        raise DataError(f"Label, likelihood and weight {'; '.join(broken)}. Leave other rows out first.")
