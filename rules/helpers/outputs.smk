# Helpers of outputs.smk and of the rules that are made from it.


def table(*names: str) -> dict:
    """Inputs: {name of a table: its file}."""
    suffix = {"draws": "parquet", "shuffled_draws": "parquet", "claims": "json"}
    return {name: f"<results>/tables/{name}.{suffix.get(name, 'csv')}" for name in names}


def shown(
    name: str, label: str, caption: str = "", folder: str = "tables", kind: str = "csv", category: str = "Tables"
):
    """An output of the report, with its label and the name of its caption."""
    told = {"table": label} if category == "Tables" else {"figure": label}
    path = f"<results>/{folder}/{name}.{kind}"
    return report(path, caption=f"../report/{caption or name}.rst", category=category, labels=told)


def values_of(read: dict, written: dict, settings: dict | None, found=()) -> str:
    """Arguments of the script of a table."""
    values = [*(f"input.{name}" for name in read), *(f"output.{name}" for name in written)]
    values += ["params.settings"] if settings is not None else []
    return " ".join(values + (["params.results"] if found else []))
