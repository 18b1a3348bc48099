"""What operations see of the service, for Prometheus: counts and times, never anything of a lead."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from scoring.watching import SEVERITIES
from serving.live import Live
from serving.schemas import ModelName
from serving.watches import Watches

disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each, that nobody reads
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_LIKELIHOODS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_MODEL = ("model", "version")
_WATCH = ("target", "version")
# By the name of the evidence, what is told of a feature.
_OF_FEATURE = {
    "psi": ("leadloop_watch_feature_psi", "How far a feature's values moved (population stability index)."),
    "missing_now": (
        "leadloop_watch_feature_missing_ratio",
        "Share of new leads in which a feature is missing.",
    ),
}


class Metrics:
    """The counters of one process; with several workers, ``/metrics`` adds up all of them.

    Parameters
    ----------
    live : Live
        Whose champions are shown.
    watches : Watches, optional
        Whose findings are shown.
    """

    def __init__(self, live: Live, watches: Watches | None = None) -> None:
        self._own = CollectorRegistry()
        self._seen = [_LiveModels(live), *([] if watches is None else [_Watched(watches)])]
        own = self._own
        self._requests = Counter(
            "leadloop_http_requests", "Requests answered.", ("method", "route", "status"), registry=own
        )
        self._seconds = Histogram(
            "leadloop_http_request_seconds",
            "Time to answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=own,
        )
        self._scored = Counter("leadloop_leads_scored", "Leads scored.", (*_MODEL, "grade"), registry=own)
        self._not_scored = Counter(
            "leadloop_leads_not_scored", "Leads that could not be read.", _MODEL, registry=own
        )
        self._likelihood = Histogram(
            "leadloop_likelihood", "Likelihoods given.", _MODEL, buckets=_LIKELIHOODS, registry=own
        )

        # Looking a series up by its labels takes longer than counting.
        self._request = cache(self._of_request)
        self._score = cache(self._of_score)

    def _of_request(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)

    def _of_score(self, name: str, version: str, grade: str) -> tuple[Counter, Histogram]:
        return self._scored.labels(name, version, grade), self._likelihood.labels(name, version)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        count, took = self._request(method, route, status)
        count.inc()
        took.observe(seconds)

    def scored(self, model: ModelName, grade: str, likelihood: float | None) -> None:
        """Count a lead that was scored."""
        count, given = self._score(model.name, model.version, grade)
        count.inc()
        if likelihood is not None:
            given.observe(likelihood)

    def not_scored(self, model: ModelName) -> None:
        """Count a lead that could not be read."""
        self._not_scored.labels(model.name, model.version).inc()

    def page(self) -> bytes:
        """What Prometheus reads."""
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._own) + generate_latest(self._seen_now())
        everyone = self._seen_now()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)

    def _seen_now(self) -> CollectorRegistry:
        registry = CollectorRegistry()
        for one in self._seen:
            registry.register(one)
        return registry


class _LiveModels(Collector):
    """What is live, as this worker sees it at the moment it is asked: nothing to keep up to date."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def collect(self) -> Iterator[Metric]:
        now = self._live.now
        info = GaugeMetricFamily(
            "leadloop_champion_info", "1 for each model that is live.", labels=(*_MODEL, "target", "digest")
        )
        trained = GaugeMetricFamily(
            "leadloop_champion_trained_until_timestamp_seconds",
            "Time of the newest lead that the live model learned from.",
            labels=_MODEL,
        )
        promoted = GaugeMetricFamily(
            "leadloop_champion_promoted_timestamp_seconds", "Time since which it is live.", labels=_MODEL
        )
        for model in now.models.values():
            labels = (model.name.name, model.name.version)
            info.add_metric((*labels, model.name.target, model.champion.digest), 1)
            promoted.add_metric(labels, model.champion.promoted_at.timestamp())
            until = model.card.meta.trained_until
            if until is not None:
                trained.add_metric(labels, datetime.fromisoformat(until).timestamp())
        yield from (info, trained, promoted)
        yield GaugeMetricFamily(
            "leadloop_store_reachable", "Whether the store answered when last asked.", int(now.reachable)
        )
        yield GaugeMetricFamily(
            "leadloop_champions_refused",
            "Champions that could not be taken up; the ones before still serve.",
            len(now.refused),
        )


class _Watched(Collector):
    """What the newest watch of each target found, as this worker knows it: the store is not asked here."""

    def __init__(self, watches: Watches) -> None:
        self._watches = watches

    def collect(self) -> Iterator[Metric]:
        at = GaugeMetricFamily(
            "leadloop_watch_timestamp_seconds", "Time at which the model was watched last.", labels=_WATCH
        )
        retrain = GaugeMetricFamily(
            "leadloop_watch_retraining_wanted", "Whether the findings ask for training again.", labels=_WATCH
        )
        findings = GaugeMetricFamily(
            "leadloop_watch_findings", "Findings of the newest watch.", labels=(*_WATCH, "severity")
        )
        told = {
            key: GaugeMetricFamily(*said, labels=(*_WATCH, "feature")) for key, said in _OF_FEATURE.items()
        }
        for target, watch in self._watches.now.items():
            labels = (target, watch["version"] or "")
            at.add_metric(labels, watch["at"].timestamp())
            retrain.add_metric(labels, int(watch["retrain"]))
            for severity in SEVERITIES:
                count = sum(finding["severity"] == severity for finding in watch["findings"])
                findings.add_metric((*labels, severity), count)
            for finding in watch["findings"]:
                for key in finding["evidence"].keys() & told.keys():
                    told[key].add_metric((*labels, finding["subject"]), finding["evidence"][key])
        yield from (at, retrain, findings, *told.values())
