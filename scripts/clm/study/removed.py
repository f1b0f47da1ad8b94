"""Remove named entries that an overlay sets to null, and their names in lists and blocks of cells.

The annotations of the schema define which lists hold names of which table (clm.study.references).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from clm.study.references import value_at

# Tables whose names are removed from lists. Not sources: a corpus without one of its files would be another corpus.
TABLES = ("sizes", "subsets", "grid.budgets", "corpora", "tasks", "splits", "external_models")
LISTS = {"transfer.tasks": "tasks"}  # a list of names that others refer to, and the table of these names
GONE = object()  # stands for a removed name, or a block of cells that is left without names


def without_removed(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration without the named entries that are null or an empty mapping, and without their names."""
    removed = {table: removed_names(config, table) for table in TABLES}
    removed |= {place: removed[table] for place, table in LISTS.items()}
    kept = without_entries(config, schema)
    return Names(schema, removed).left(kept, schema) if any(removed.values()) else kept


def removed_names(config: Mapping[str, Any], table: str) -> set[str]:
    """Return the names of a table that are null or an empty mapping."""
    try:
        entries = value_at(config, table)
    except (KeyError, TypeError):  # the overlay does not define it, or has an error that is reported later
        return set()
    return {name for name, value in entries.items() if nothing(value)} if isinstance(entries, Mapping) else set()


def nothing(value: Any) -> bool:
    """Return whether a value removes an entry."""
    return value is None or value == {}


def without_entries(node: Any, schema: Mapping[str, Any]) -> Any:
    """Return a configuration without the named entries (of sizes, tasks, ...) that are null or an empty mapping.

    Args:
        node: the configuration, or a part of it.
        schema: its JSON schema; named entries are those described by `additionalProperties`, and all entries of an
            object marked `x-removable` (splits, whose names are fixed).
    """
    if not isinstance(node, Mapping):
        return node
    fixed, named = schema.get("properties", {}), schema.get("additionalProperties")
    kept = {}
    for key, value in node.items():
        removable = schema.get("x-removable") or (key not in fixed and isinstance(named, Mapping))
        if removable and nothing(value):
            continue
        kept[key] = without_entries(value, fixed.get(key, named if isinstance(named, Mapping) else {}))
    return kept


@dataclass(frozen=True)
class Names:
    """Removed names, by the table that an annotation of the schema names."""

    schema: Mapping[str, Any]
    removed: Mapping[str, set[str]]

    def left(self, node: Any, schema: Mapping[str, Any], block: bool = False) -> Any:
        """Return a part of a configuration without these names; GONE if nothing of it is left.

        A single required name (of a sweep, for instance) stays and is then reported as undefined.

        Args:
            node: the part.
            schema: its schema.
            block: whether it is a block in a list, which is removed with its only name.
        """
        schema = self.resolved(schema)
        gone = self.removed.get(schema.get("x-names", ""), set())
        if isinstance(node, str):
            return GONE if node in gone else node
        if isinstance(node, list):
            items = schema.get("items", {}) | ({"x-names": schema["x-names"]} if gone else {})
            return [part for part in (self.left(part, items, block=True) for part in node) if part is not GONE]
        if not isinstance(node, Mapping):
            return node
        fixed, named = schema.get("properties", {}), schema.get("additionalProperties")
        others = named if isinstance(named, Mapping) else {}
        parts = {key: self.left(value, fixed.get(key, others)) for key, value in node.items() if key not in gone}
        if block and any(value is GONE or (value == [] and node[key] != []) for key, value in parts.items()):
            return GONE
        return {key: node[key] if value is GONE else value for key, value in parts.items()}

    def resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a part of the schema with its `$ref` resolved."""
        while "$ref" in schema:
            rest = {key: value for key, value in schema.items() if key != "$ref"}
            schema = value_at(self.schema, schema["$ref"].removeprefix("#/").replace("/", ".")) | rest
        return schema
