"""A mark in the schema is all that makes a new key's names checked."""

import copy
from collections.abc import Iterator

import pytest
from clm.study.references import settings_in_use, unknown_names, value_at
from clm.study.validate import ConfigurationError, resolve_config
from test_configuration import DEFAULT, SCHEMA, without_catalogue

ANY = {"type": "object"}
SIZE = {"type": "string", "x-names": "sizes"}
KNOWN = "is not defined in sizes (did you mean '60k'?); defined: 60k, 800k"
# What a key may hold: its schema, a value with one unknown name, the fault
FORMS = {
    "a string": (SIZE, "60", f"key: '60' {KNOWN}"),
    "a list": ({"type": "array", "x-names": "sizes"}, ["800k", "60"], f"key: '60' {KNOWN}"),
    "keys of an object": (ANY | {"x-names": "sizes"}, {"60k": 1, "60": 2}, f"key: '60' {KNOWN}"),
    "an item": ({"type": "array", "items": SIZE}, ["800k", "60"], f"key.1: '60' {KNOWN}"),
    "any property": (ANY | {"additionalProperties": SIZE}, {"a": "60k", "b": "60"}, f"key.b: '60' {KNOWN}"),
    "a definition": ({"$ref": "#/$defs/size"}, "60", f"key: '60' {KNOWN}"),
    "one form of several": ({"oneOf": [{"type": "integer"}, SIZE]}, "60", f"key: '60' {KNOWN}"),
    "any form of several": ({"anyOf": [{"type": "integer"}, SIZE]}, "60", f"key: '60' {KNOWN}"),
    "a name allowed besides": (
        SIZE | {"x-also": ["none"]},
        "non",
        "key: 'non' is not defined in sizes (did you mean '",
    ),
    "a name whose entry has a key that rules it out": (
        SIZE | {"x-without": "copy_of"},
        "9k",
        "key: '9k' has copy_of and cannot stand here; defined: 60k, 800k",
    ),
    "an entry of a list": ({"x-names": "chosen"}, "800k", "key: '800k' is not one of chosen; defined: 60k"),
}


@pytest.mark.parametrize(("schema", "value", "message"), FORMS.values(), ids=FORMS)
def test_a_marked_place_is_checked_wherever_it_stands(schema, value, message):
    config = {"sizes": {"60k": {}, "800k": {}, **({"9k": {"copy_of": "60k"}} if value == "9k" else {})}}
    config |= {"chosen": ["60k"], "key": value}
    schema = {"properties": {"key": schema}, "$defs": {"size": SIZE}}
    assert [fault[: len(message)] for fault in unknown_names(config, schema)] == [message]
    known = {"sizes": {"60k": {}, "800k": {}, "60": {}, "non": {}, "9k": {}}, "chosen": ["60k", "800k"], "key": value}
    assert not list(unknown_names(known, schema))


def test_a_new_key_needs_its_mark_and_nothing_else():
    schema, config = copy.deepcopy(SCHEMA), copy.deepcopy(without_catalogue(DEFAULT))
    schema["properties"]["landscape"]["properties"]["favourites"] = {"type": "array", "x-names": "tasks"}
    config["landscape"]["favourites"] = ["esol", "bacee"]
    with pytest.raises(ConfigurationError, match=r"landscape.favourites: 'bacee' is not .* \(did you mean 'bace'\?\)"):
        resolve_config(config, schema)


def entries(node) -> Iterator[tuple[str, object]]:
    """Yield (key, value) of every mapping within the schema."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield key, value
        yield from entries(value)


def names_something(part) -> bool:
    """Whether a schema, or the definition that it refers to, has a mark."""
    reference = part.get("$ref", "").removeprefix("#/").replace("/", ".")
    return "x-names" in part or bool(reference and names_something(value_at(SCHEMA, reference)))


def test_every_key_that_names_something_is_marked():
    keys = "corpus corpora size sizes subset subsets budget budgets task tasks tune_tasks source decontaminate answers"
    used = [(key, part) for key, part in entries(SCHEMA) if key in keys.split()]
    texts = [(key, part) for key, part in used if isinstance(part, dict) and part.get("type") != "object"]
    assert len(texts) > 40 and not [key for key, part in texts if not names_something(part)]


def test_every_mark_is_of_a_table_that_exists():
    tables = {value for key, value in entries(SCHEMA) if key == "x-names"}
    assert {"sizes", "grid.budgets", "transfer.tasks"} < tables
    assert all(value_at(DEFAULT, table) for table in tables - {"external_models"})  # of which there are none by default


@pytest.mark.parametrize(("choice", "left"), [("bpe", ["kind", "size", "merges"]), ("atoms", ["kind", "size"])])
def test_a_key_of_one_choice_is_used_by_that_choice_alone(choice, left):
    described = {"kind": {"enum": ["atoms", "bpe"]}, "size": {}, "merges": {"x-only-for": ["bpe"]}}
    schema = {"properties": {"model": {"properties": {"tokens": {"properties": described}}}}}
    config = {"model": {"tokens": {"kind": choice, "size": 1, "merges": 2}}}
    assert list(settings_in_use(config, schema, "model.tokens", "kind")) == left


@pytest.mark.parametrize(("path", "choice"), [("tokenizer", "kind"), ("pretraining.optimizer", "name")])
def test_keys_are_marked_for_choices_that_exist(path, choice):
    described = value_at(SCHEMA, "properties." + path.replace(".", ".properties."))["properties"]
    marked = {name for key in described.values() for name in key.get("x-only-for", [])}
    assert marked and marked <= set(described[choice]["enum"])
