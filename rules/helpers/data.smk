# Helpers of the rules in data.smk and tokens.smk: which files a stage of a corpus reads.
DATABASE_MB = config["resources"]["database_mb"]
READ_CORPORA = grid.read_corpora(config)
SHUFFLED_CORPORA = grid.shuffled_corpora(config)


def fetching(source: str) -> dict:
    """Settings of a download, without licence and citation: rewording these must not rebuild the study."""
    return select_keys(config["sources"][source], "pypi", "url", "file", "sha256") | {"name": source}


def own_file(entry: dict) -> list[str]:
    """The file of the user behind a source or a task, if it is one."""
    return [entry["file"]] if "file" in entry else []


def content_marks(paths: list[str]) -> list[str]:
    """Digest of the content of the user's files, so that changes are detected independently of time stamps."""
    memory = Path("results/sources/.digests/own")
    return [content_mark(path, memory) for path in map(Path, paths) if path.is_file()]


def corpus_summary(corpus: str) -> dict:
    """Settings of the summary of a corpus, including licence and citation of its sources."""
    section = config["corpora"][corpus]
    names = dict.fromkeys(entry["source"] for entry in section["files"])
    told = {"origins": [[name, select_keys(config["sources"][name], "licence", "citation")] for name in names]}
    return told | {"shards": section["shards"], "decontaminate": bool(section["decontaminate"])}


def corpus_reading(corpus: str) -> dict:
    """Settings of the raw rows of a corpus."""
    return select_keys(config["corpora"][corpus], "files", "column", "separator", "encoding", "sample_fraction")


def corpus_standard(corpus: str) -> dict:
    """Settings of the standardization of a shard of a corpus."""
    return select_keys(config["corpora"][corpus], "shards", "max_characters", "largest_fragment", "neutralize")


def shard_files(corpus: str, stage: str, kind: str) -> list[str]:
    """The shards of a stage of a corpus, or their counts."""
    folder = f"{RESULTS}/corpora/{corpus}/{stage}"
    return [f"{folder}/{shard}.{kind}" for shard in range(config["corpora"][corpus]["shards"])]


def decontaminated_files(corpus: str, kind: str) -> list[str]:
    """The decontaminated shards, or their counts; none if no tasks are named."""
    return shard_files(corpus, "decontaminated", kind) if config["corpora"][corpus]["decontaminate"] else []


def corpus_split(corpus: str) -> dict:
    """Settings of the split of a corpus, with the number of shards if its molecules are in shards."""
    keys = ("validation_molecules", *(["shards"] if config["corpora"][corpus]["decontaminate"] else []))
    return select_keys(config["corpora"][corpus], *keys) | {"name": corpus}


def distinct_place(corpus: str, files) -> str:
    """Where the molecules before the split are: the folder of the shards, or the one file."""
    return str(Path(files[0]).parent) if config["corpora"][corpus]["decontaminate"] else str(files[0])


def distinct_files(corpus: str) -> list[str]:
    """The molecules before the split, in the order of their keys: decontaminated, or all distinct ones."""
    return decontaminated_files(corpus, "parquet") or [f"{RESULTS}/corpora/{corpus}/molecules.parquet"]


def subset_file(corpus: str, subset: str) -> str:
    """The molecules of a subset or of the validation set of a corpus that is read from files."""
    name = "valid" if subset == "valid" else f"subsets/{subset}"
    return f"{RESULTS}/corpora/{corpus}/{name}.parquet"


def measured_corpora(corpus: str) -> list[str]:
    """The corpora on whose validation molecules a model of a corpus is measured: all that are read from files, and its own.

    A model trained on shuffled tokens also has its own loss on shuffled validation molecules, as no other model.
    """
    return list(dict.fromkeys([*READ_CORPORA, *([corpus] if corpus in SHUFFLED_CORPORA else [])]))


def valid_shards(corpus: str) -> list[str]:
    """The validation shards on which a model of a corpus is measured."""
    return [f"{RESULTS}/corpora/{name}/tokens/valid.safetensors" for name in measured_corpora(corpus)]
