"""The store of LeadLoop: models, champions and held-out predictions, on SQLite or PostgreSQL."""

from scoring.io.store.records import Champion, Model, ModelInfo, Promotion
from scoring.io.store.store import Store, open_store

__all__ = ["Champion", "Model", "ModelInfo", "Promotion", "Store", "open_store"]
