"""Fine-tuning of one checkpoint on one task with five seeds, against five runs of transformers.Trainer.

The same encoder with a linear head on the mean of its states, the same updates, molecules per update and learning rate;
each side fine-tunes all seeds in one process, loading once, and predicts the test part. Imports are not counted.
"""

import argparse
import tempfile
import time
from typing import Any

import inputs
import numpy as np
from harness import Case, alternate, compared, main, peak_mb

CASE = {"size": "800k", "task": "bace", "kind": "classification", "label": "Class", "seeds": [0, 1, 2, 3, 4]}
SETTINGS = {
    "learning_rate": 1e-3,
    "steps": 100,
    "warmup_steps": 10,
    "batch_molecules": 12,
    "weight_decay": 0.01,
    "head": "random",
    "dropout": 0,
    "precision": "bfloat16",  # on a GPU; CPUs compute in float32
}


def load(case: Case) -> tuple[Any, dict[str, np.ndarray], Any]:
    """Return the task, the parts of its scaffold split, and its molecules as tokens."""
    from clm.tasks.table import load_split, load_task
    from clm.transfer.tokens import tokenize

    task = load_task(inputs.task(case["task"]), [case["label"]])
    parts = load_split(inputs.split(case["task"], "scaffold", 0), task.rows)
    shard = tokenize(task.smiles, inputs.VOCABULARY.parent, [0] * len(task.smiles))
    return task, parts, shard


def ours(case: Case) -> dict[str, Any]:
    """Fine-tune all seeds by the workflow's code."""
    from clm.models.build import load_model
    from clm.models.device import device
    from clm.transfer.finetune import FineTuner, predict

    began, settings = time.perf_counter(), SETTINGS | case.get("settings", {})
    task, parts, shard = load(case)
    model = load_model(inputs.checkpoint(case["size"])).to(device())
    tuner, pairs = FineTuner(model, 1, case["kind"], settings), []
    for seed in case["seeds"]:
        tuned, scaling = tuner.run(task, shard, parts["train"], settings["learning_rate"], seed)
        prediction = predict(tuned, scaling, shard, parts["test"], case["kind"])[:, 0]
        pairs.append((task.labels[parts["test"], 0], prediction))
    return figures(time.perf_counter() - began, pairs)


def theirs(case: Case) -> dict[str, Any]:
    """Fine-tune seed after seed with transformers.Trainer."""
    from transformers import AutoTokenizer, DataCollatorWithPadding, Trainer

    began = time.perf_counter()
    task, parts, shard = load(case)
    tokenizer = AutoTokenizer.from_pretrained(inputs.checkpoint(case["size"]))
    rows = [
        {"input_ids": ids.tolist(), "labels": float(y)}
        for ids, y in zip(shard.sequences(), task.labels[:, 0], strict=True)
    ]
    train, test = ([rows[i] for i in parts[part]] for part in ("train", "test"))
    pairs = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in case["seeds"]:
            trainer = Trainer(
                pooled_classifier(case["size"]),
                trainer_arguments(case, SETTINGS | case.get("settings", {}), folder, seed),
                data_collator=DataCollatorWithPadding(tokenizer),
                train_dataset=train,
            )
            trainer.train()
            told = trainer.predict(test)  # in an order of its own when it groups by length, labels alike
            pairs.append((told.label_ids, np.asarray(told.predictions)[:, 0]))
    return figures(time.perf_counter() - began, pairs)


def pooled_classifier(size: str) -> Any:
    """Return a module for the Trainer: the checkpoint's encoder and a linear head on the mean of its states."""
    import torch
    from transformers import AutoModel

    class PooledClassifier(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            folder = inputs.checkpoint(size)
            self.encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="sdpa")
            self.head = torch.nn.Linear(self.encoder.config.hidden_size, 1)
            torch.nn.init.normal_(self.head.weight, std=0.02)
            torch.nn.init.zeros_(self.head.bias)

        def forward(self, input_ids: Any, attention_mask: Any, labels: Any = None) -> dict[str, Any]:
            hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            real = (input_ids >= 5).to(hidden.dtype)[..., None]
            logits = self.head((hidden * real).sum(1) / real.sum(1))
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 0], labels.float())
            return {"loss": loss, "logits": logits}

    return PooledClassifier()


def trainer_arguments(case: Case, settings: dict[str, Any], folder: str, seed: int) -> Any:
    """Return TrainingArguments with the updates of our protocol; nothing logged or saved."""
    from transformers import TrainingArguments

    return TrainingArguments(
        folder,
        max_steps=settings["steps"],
        per_device_train_batch_size=settings["batch_molecules"],
        per_device_eval_batch_size=64,
        train_sampling_strategy=case["sampling"],
        learning_rate=settings["learning_rate"],
        lr_scheduler_type="linear",
        warmup_steps=settings["warmup_steps"],
        optim="adamw_torch_fused",
        weight_decay=settings["weight_decay"],
        max_grad_norm=1.0,
        use_cpu=not case.get("gpu", False),
        bf16=case.get("bf16", False),
        tf32=True if case.get("gpu", False) else None,
        logging_nan_inf_filter=False,
        seed=seed,
        eval_strategy="no",
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def figures(seconds: float, pairs: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, Any]:
    """Return the time and the AUC of each seed, from its labels and predictions in one order."""
    from clm.tasks.scores import auc

    scores = [auc(labels, prediction) for labels, prediction in pairs]
    return {"seconds": seconds, "auc": scores, "mean_auc": float(np.mean(scores)), "peak_mb": peak_mb()}


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Compare with both ways in which the Trainer draws batches, one thread each; at most two repeats.

    Grouping by length is faster, but its scores are worse (batches come longest first): both are shown with theirs.
    """
    inputs.prepare()
    rows = []
    for way in ("random", "group_by_length"):
        rival = ("theirs", CASE | {"sampling": way}, 1)
        pairs = alternate(__file__, ("ours", CASE, 1), rival, min(2, arguments.repeats))
        scores = {name: pairs[0][side]["auc"] for side, name in enumerate(("ours", "theirs"))}
        rows.append(compared(f"finetuning {way}", pairs, "seconds", "s") | {"sampling": way, "auc": scores})
    return {"rows": rows, "settings": SETTINGS}


if __name__ == "__main__":
    main(__file__, measure, {"ours": ours, "theirs": theirs})
