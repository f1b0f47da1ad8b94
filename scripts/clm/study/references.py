"""Check a configuration against the annotations of its schema: undefined names, keys that only one choice uses.

Our own keywords in schemas/config.schema.yaml, at a string, a list of strings or an object (where they apply to keys):

    x-names: grid.budgets      these are names defined at this path of the configuration (keys, or entries of a list)
    x-also: ["0"]              names that are also allowed
    x-without: decontaminate   names whose entry has this key are excluded
    x-only-for: [bpe]          this key is used if its section chooses one of these, and ignored otherwise
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

MANY = 20  # maximum number of names listed in a message


def unknown_names(config: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield an error for each undefined name at an annotated place of a configuration.

    Args:
        config: a configuration that is valid by `schema`.
        schema: JSON Schema with annotations.

    Yields:
        `place: 'name' is not defined in <table>`, the nearest name, and the defined names.
    """

    def check(_: Any, table: str, instance: Any, subschema: Mapping[str, Any]) -> Iterator[ValidationError]:
        defining = value_at(config, table)
        key = subschema.get("x-without")
        barred = [name for name in defining if key in defining[name]] if key else []
        known = [str(name) for name in defining if name not in barred] + subschema.get("x-also", [])
        verb = "defined in" if isinstance(defining, Mapping) else "one of"
        for name in [instance] if isinstance(instance, str) else instance:
            if name in barred:
                yield ValidationError(f"'{name}' has {key} and cannot stand here; {listed(known)}")
            elif name not in known:
                yield ValidationError(f"'{name}' is not {verb} {table}{nearest(name, known)}; {listed(known)}")

    marked = extend(Draft202012Validator, {"x-names": check})
    for error in innermost(marked(schema).iter_errors(config)):
        yield f"{'.'.join(map(str, error.absolute_path))}: {error.message}"


def innermost(errors: Iterable[ValidationError]) -> Iterator[ValidationError]:
    """Yield the errors of annotations, including those within the alternatives of oneOf and anyOf."""
    for error in errors:
        if error.validator == "x-names":
            yield error
        yield from innermost(error.context)


def settings_in_use(config: Mapping[str, Any], schema: Mapping[str, Any], path: str, choice: str) -> dict[str, Any]:
    """Return a section without the keys that apply only to other choices than the one made in it.

    Args:
        config: a configuration that is valid by `schema`.
        schema: JSON Schema with annotations.
        path: dotted path of the section.
        choice: key of the section that holds the choice.
    """
    section, described = value_at(config, path), schema
    for key in path.split("."):
        described = described["properties"][key]
    marks = {key: value.get("x-only-for") for key, value in described["properties"].items()}
    return {key: value for key, value in section.items() if marks[key] is None or section[choice] in marks[key]}


def value_at(config: Mapping[str, Any], path: str) -> Any:
    """Return the value at a dotted path of a configuration."""
    value: Any = config
    for key in path.split("."):
        value = value[key]
    return value


def listed(known: list[str]) -> str:
    """Return the end of a message: the defined names, or their number."""
    return f"defined: {', '.join(known) if len(known) <= MANY else f'{len(known)} names'}"


def nearest(name: str, known: list[str]) -> str:
    """Return a hint with the known name most similar to `name`, or nothing."""
    close = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""
