# Helpers of the rules of figures and the report: what is drawn, from what, and what the report holds.
PLOTS = (
    "loss",
    "transfer",
    "gains",
    "learning",
    "published",
    "correlations",
    "descriptors",
    "controls",
    "ablation",
    "thresholds",
    "agreement",
    "decision",
    "reconciliation",
    "surface",
    "parameters",
    "representations",
    "paths",
    "curves",
    "spectrum",
    "costs",
)
FIGURES = [f"{RESULTS}/figures/{name}.{kind}" for name in PLOTS for kind in ("png", "pdf")]
FIGURES.append(f"{RESULTS}/figures/claims.html")
FIGURES += [f"{RESULTS}/answers/{task}.{kind}" for task in config["transfer"]["answers"] for kind in ("html", "png")]
# Loss surfaces and maps of parameter space; the keys of `landscape` are those of its rules
SURFACES = [
    f"{RESULTS}/landscape/surface/{cell['corpus']}/{cell['size']}/{cell['subset']}/seed{cell['seed']}/{cell['budget']}.csv"
    for cell in config["landscape"]["surfaces"]
]
MAPS = [
    f"{RESULTS}/landscape/parameters/{cell['corpus']}/{cell['size']}/{cell['subset']}/seed{cell['seed']}.{kind}"
    for cell in config["landscape"]["maps"]
    for kind in ("csv", "json")
]
# Texts of the report: a reworded caption makes a new report and nothing else
CAPTIONS = sorted(str(path.relative_to(workflow.basedir)) for path in Path(workflow.basedir, "report").glob("*.rst"))
DPI = canonical(pick(config["figures"], "dpi"))
DPI_AND_SPLIT = canonical(pick(config["figures"], "dpi", "split"))
