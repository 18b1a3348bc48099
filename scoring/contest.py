"""Champion against challenger on the same leads: neither had seen them, so that only the models differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from scoring.bootstrap import paired_bootstrap

# As many conversions as the gate asks for, to tell two models apart.
LEAST: Final = 50
CHAMPION: Final = "champion"
CHALLENGER: Final = "challenger"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shared:
    """Leads, as they were known at some time, on which both models were tested.

    Parameters
    ----------
    lead_id : array of str, shape (n_rows,)
        Whose.
    champion, challenger : array of float, shape (n_rows,)
        What each promised.
    label : array of int, shape (n_rows,)
        What came.
    weight : array of float, shape (n_rows,)
        How much each counts.
    """

    lead_id: npt.NDArray[np.object_]
    champion: Floats
    challenger: Floats
    label: npt.NDArray[np.int64]
    weight: Floats


def contest(shared: Shared, seed: int = 1) -> dict[str, Any] | None:
    """Say which of two models is better on the leads that both were tested on, or that nobody can tell.

    Parameters
    ----------
    shared : Shared
        The leads.
    seed : int
        Of the draws.

    Returns
    -------
    dict or None
        ``rows``, ``leads``, ``converted`` and ``bootstrap``, as :meth:`scoring.bootstrap.Bootstrap.to_dict` gives it
        with the champion as the reference; None where fewer than 50 of them converted, or hardly any did not.

    Examples
    --------
    >>> label = np.array([0, 1] * 60)
    >>> names = np.array([str(row) for row in range(120)], dtype=object)
    >>> told = contest(Shared(names, np.full(120, 0.5), np.where(label, 0.8, 0.2), label, np.ones(120)))
    >>> told["leads"], round(told["bootstrap"]["differences"]["challenger"]["log_loss"]["value"], 3)
    (120, -0.47)
    """
    converted = int(shared.label.sum())
    if min(converted, len(shared.label) - converted) < LEAST:
        return None
    leads, cluster = np.unique(shared.lead_id.astype(str), return_inverse=True)
    likelihoods = {CHAMPION: shared.champion, CHALLENGER: shared.challenger}
    found = paired_bootstrap(
        shared.label, likelihoods, seed=seed, weight=shared.weight, groups=cluster, reference=CHAMPION
    )
    return {
        "rows": len(shared.label),
        "leads": len(leads),
        "converted": converted,
        "bootstrap": found.to_dict(),
    }
