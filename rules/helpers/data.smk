# Helpers of the rules in data.smk: which files a stage of a corpus reads.
DATABASE_MB = config["resources"]["database_mb"]


def fetching(source: str) -> dict:
    """What fetching a source depends on: not its licence and citation, or a reworded one would rebuild the study."""
    return pick(config["sources"][source], "pypi", "url", "file", "sha256") | {"name": source}


def origins(corpus: str) -> dict:
    """Licence and citation of the sources of a corpus, by name."""
    names = dict.fromkeys(entry["source"] for entry in config["corpora"][corpus]["files"])
    return {name: pick(config["sources"][name], "licence", "citation") for name in names}


def vocabulary_settings() -> dict:
    """The kind of tokens and just those settings that it uses."""
    section = config["tokenizer"]
    return pick(section, "kind", "max_tokens", "min_count", *(["bpe_vocabulary"] if section["kind"] == "bpe" else []))


def corpus_reading(corpus: str) -> dict:
    """What standardizing a corpus depends on."""
    keys = ("files", "column", "separator", "shards", "thin", "max_characters", "largest_fragment", "neutralize")
    return pick(config["corpora"][corpus], *keys) | {"name": corpus}


def shard_files(corpus: str, kind: str) -> list[str]:
    """The standardized shards of a corpus, or their counts."""
    shards = range(config["corpora"][corpus]["shards"])
    return [f"{RESULTS}/corpora/{corpus}/standardized/{shard}.{kind}" for shard in shards]


def distinct_stage(corpus: str) -> str:
    """The last stage before the split: decontaminated if tasks are named, otherwise all distinct molecules."""
    return "decontaminated" if config["corpora"][corpus]["decontaminate"] else "molecules"


def corpus_stages(corpus: str) -> list[str]:
    """The stages after standardizing that count molecules."""
    decontaminated = ["decontaminated"] if config["corpora"][corpus]["decontaminate"] else []
    return ["deduplicated", *decontaminated, "split"]


def subset_file(corpus: str, subset: str) -> str:
    """The molecules of a subset or of the validation set."""
    name = "valid" if subset == "valid" else f"subsets/{subset}"
    return f"{RESULTS}/corpora/{corpus}/{name}.parquet"


def valid_shards() -> list[str]:
    """The validation shard of every corpus of the study: each model is measured on all."""
    return [f"{RESULTS}/corpora/{corpus}/tokens/valid.safetensors" for corpus in config["corpora"]]
