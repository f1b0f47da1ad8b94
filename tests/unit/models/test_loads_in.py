"""A checkpoint of ours in versions of transformers from 4.44 on, each in an environment of its own.

The environments hold transformers and what it pins; everything else comes from the environment of the tests.
"""

import json
import subprocess
import sys
import sysconfig
import venv

import numpy as np
import pytest
import torch
from clm.models.build import load_model, save_model
from clm.models.initialize import architecture, save_untrained
from clm.provenance.files import read_json
from clm.tokens.regex import MASK, split
from clm.tokens.tokenizer import build_tokenizer, save_tokenizer
from clm.transfer.embed import embed
from clm.transfer.tokens import tokenize

SMILES = ["CCO", "Oc1ccccc1", "C[N+](C)(C)CC(=O)[O-]", "CCCCCCN"]
HTTP = ["httpx==0.28.1", "httpcore==1.0.9", "h11==0.16.0", "anyio==4.11.0", "sniffio==1.3.1"]
VERSIONS = {
    "4.44.2": ["tokenizers==0.19.1", "huggingface_hub==0.36.0"],
    "4.49.0": ["tokenizers==0.21.4", "huggingface_hub==0.36.0"],
    "4.57.6": ["tokenizers==0.22.2", "huggingface_hub==0.36.2"],
    "5.0.0": ["tokenizers==0.22.2", "huggingface_hub==1.3.4", *HTTP],
}
# Prints what a version of transformers makes of the folder
READ = """
import json, sys
import torch
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer, pipeline

folder, smiles = sys.argv[1], json.loads(sys.argv[2])
tokenizer = AutoTokenizer.from_pretrained(folder)
model, loading = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
told = {name: sorted(map(str, loading[name])) for name in ("missing_keys", "unexpected_keys", "mismatched_keys")}
told["ids"] = [tokenizer(text)["input_ids"] for text in smiles]
told["decoded"] = [tokenizer.decode(ids, skip_special_tokens=True) for ids in told["ids"]]
encoder = AutoModel.from_pretrained(folder, add_pooling_layer=False).eval()
with torch.inference_mode():
    told["logits"] = [model.eval()(torch.tensor([ids])).logits[0].tolist() for ids in told["ids"]]
    states = [encoder(torch.tensor([ids])).last_hidden_state[0] for ids in told["ids"]]
    told["pooled"] = [state[1:-1].mean(0).tolist() for state in states]
filled = pipeline("fill-mask", model=model, tokenizer=tokenizer)("CC[MASK]", top_k=1)[0]
told["filled"] = [filled["token"], filled["score"]]
classifier, loading = AutoModelForSequenceClassification.from_pretrained(folder, num_labels=2, output_loading_info=True)
told["new_in_classifier"] = sorted(loading["missing_keys"])
with torch.inference_mode():
    told["classified"] = list(classifier(**tokenizer(smiles, padding=True, return_tensors="pt")).logits.shape)
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A checkpoint whose weights, the head's bias among them, are all away from where they start."""
    start, out = tmp_path_factory.mktemp("start"), tmp_path_factory.mktemp("checkpoint")
    settings = {"kind": "atoms", "max_tokens": 32, "min_count": 1}
    save_tokenizer(build_tokenizer({t: 1 for s in SMILES for t in split(s)}, settings, iter([])), settings, start)
    count = len(read_json(start / "vocabulary.json")["tokens"])
    save_untrained(start, architecture({"layers": 2, "width": 16, "heads": 2}, count, 32), 0)
    model = load_model(start)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    save_model(model, start, out)
    (out / "vocabulary.json").write_bytes((start / "vocabulary.json").read_bytes())
    return out


@pytest.fixture(scope="module", params=[None, *VERSIONS], ids=lambda version: version or "installed")
def read(request, folder, tmp_path_factory):
    """What a version makes of the folder."""
    python = sys.executable
    if request.param is not None:
        place = tmp_path_factory.mktemp(request.param)
        venv.create(place, with_pip=False)
        python = str(place / "bin" / "python")
        libraries = sysconfig.get_path("purelib", vars={"base": str(place)})
        with open(f"{libraries}/ours.pth", "w") as link:
            link.write(sysconfig.get_path("purelib") + "\n")
        pins = [f"transformers=={request.param}", *VERSIONS[request.param]]
        install = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", *pins]
        subprocess.run(install, check=True)
    command = [python, "-c", READ, str(folder), json.dumps(SMILES)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def ours(folder):
    """Logits at every position of each molecule."""
    model, shard = load_model(folder), tokenize(SMILES, folder, list(range(len(SMILES))))
    with torch.inference_mode():
        for ids in shard.sequences():
            row = torch.from_numpy(ids.astype(np.int64))[None]
            yield ids.tolist(), model(row, None, torch.arange(row.shape[1])).numpy()


@pytest.mark.slow
def test_ids_logits_and_text_are_ours(read, folder):
    assert [read[name] for name in ("missing_keys", "unexpected_keys", "mismatched_keys")] == [[], [], []]
    assert read["decoded"] == SMILES
    for (ids, logits), theirs, found in zip(ours(folder), read["ids"], read["logits"], strict=True):
        assert ids == theirs
        np.testing.assert_allclose(found, logits, atol=1e-4)


@pytest.mark.slow
def test_the_pooled_state_is_our_embedding(read, folder):
    shard = tokenize(SMILES, folder, list(range(len(SMILES))))
    np.testing.assert_allclose(read["pooled"], embed(load_model(folder), shard), atol=1e-4)


@pytest.mark.slow
def test_masks_are_filled_and_a_classifier_keeps_the_encoder(read, folder):
    tokens = read_json(folder / "vocabulary.json")["tokens"]
    ids = torch.tensor([[tokens["[CLS]"], tokens["C"], tokens["C"], MASK, tokens["[SEP]"]]])
    with torch.inference_mode():
        shares = load_model(folder)(ids, None, torch.tensor([3]))[0].softmax(0)
    assert read["filled"] == [int(shares.argmax()), pytest.approx(float(shares.max()), abs=1e-4)]
    assert read["classified"] == [len(SMILES), 2]
    assert all(name.startswith("classifier.") for name in read["new_in_classifier"])
