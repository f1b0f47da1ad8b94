"""What is made from shuffled tokens, by the graph: the control's own tables and figure, costs, findings."""

from planning import plan, wildcards

CONTROL = "zinc_shuffled"
READERS = {"tabulate_shuffled", "tabulate_costs", "judge_pretraining_control", "plot_pretraining_control"}
OF_COSTS = {"plot_costs", "plot_decision"}  # how long jobs took; no loss and no score
TEXTS = {"write_findings", "request_report", "write_report"}


def test_nothing_but_the_control_reads_from_shuffled_tokens(clone):
    found = plan(clone)
    own = {job for job in found.reads if wildcards(job).get("corpus") == CONTROL}
    assert {rule for rule, _ in own} == {"shuffle_tokens", "pretrain_checkpoint", "probe_encoder", "finetune_model"}
    after = {rule for rule, _ in found.after(own) - own}
    assert after == READERS | OF_COSTS | TEXTS


def test_the_corpus_itself_is_not_made_twice(clone):
    """Molecules, subsets and vocabulary are those of the corpus; shuffling reads its tokens alone."""
    found = plan(clone)
    shuffled = {job: reads for job, reads in found.reads.items() if job[0] == "shuffle_tokens"}
    assert {wildcards(job)["subset"] for job in shuffled} == {"t900", "valid"}
    for job, reads in shuffled.items():
        assert reads == {("tokenize_subset", job[1].replace(CONTROL, "zinc"))}


def test_no_other_model_is_measured_on_shuffled_molecules(clone):
    found = plan(clone)
    for job, reads in found.reads.items():
        shards = [before for before in reads if before[0] == "shuffle_tokens"]
        assert not shards or wildcards(job)["corpus"] == CONTROL
