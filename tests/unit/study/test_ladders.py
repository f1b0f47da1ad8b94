"""Ladders in the configuration: twins are made for those that name none, impossible ones are refused."""

import copy

import pytest
from clm.study.ladders import external_names, loss_models, twins_of
from clm.study.validate import ConfigurationError, resolve_config
from test_configuration import DEFAULT, SCHEMA, without_catalogue


def study(**models) -> dict:
    """A study with a ladder of these models."""
    config = copy.deepcopy(without_catalogue(DEFAULT))
    config["external_models"] = {name: {"model": f"owner/{name}", "revision": "v1"} for name in models}
    config["ladders"] = {"family": {"corpus": "zinc", "models": models}}
    return config


def told(parameters, tokens=None, **more) -> dict:
    """What a ladder tells of a model."""
    return {"parameters": parameters, "tokens": tokens, **more}


def test_each_size_gets_three_twins_once():
    config = study(a=told(1e6, 1e8), b=told(1e6, 2e8), c=told(4e6, 1e8, loss=0.5), d=told(None))
    resolve_config(config, SCHEMA)
    once = copy.deepcopy(config)
    resolve_config(config, SCHEMA)
    assert config == once
    ladder = config["ladders"]["family"]
    twins = twins_of(ladder)
    assert twins["1e+06"] == ["a_untrained0", "a_untrained1", "a_untrained2"] and set(twins) == {"1e+06", "4e+06", "d"}
    assert config["external_models"]["c_untrained2"] == {"model": "owner/c", "revision": "v1", "untrained_seed": 2}
    assert len(external_names(ladder)) == 4 + 9
    assert loss_models(config) == [("a", "zinc"), ("b", "zinc"), ("d", "zinc")]


def test_named_twins_are_kept_and_shared_by_a_size():
    config = study(a=told(1e6, 1e8, untrained=["x", "y"]), b=told(1e6, 2e8))
    config["external_models"] |= {name: {"model": f"owner/{name}", "revision": "v1"} for name in "xy"}
    resolve_config(config, SCHEMA)
    assert twins_of(config["ladders"]["family"]) == {"1e+06": ["x", "y"]}
    assert not [name for name in config["external_models"] if "untrained" in name]


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({"a": told(1e6, 1e8), "b": told(1e6, 1e8)}, "ladders.family.models: a, b have the same parameters, tokens"),
        ({"a": told(1e6, 1e8)}, "ladders.family.models"),
        ({"a": told(-1, 1e8), "b": told(1e6)}, r"ladders.family.models.a.parameters: -1"),
        ({"a": told(1e6, untrained=["z"]), "b": told(2e6)}, "'z' is not defined in external_models"),
    ],
)
def test_impossible_ladders_are_refused(models, message):
    with pytest.raises(ConfigurationError, match=message):
        resolve_config(study(**models), SCHEMA)


def test_a_trained_model_is_no_twin_and_shuffled_tokens_validate_nothing():
    config = study(a=told(1e6, 1e8, untrained=["b"]), b=told(2e6, 1e8))
    with pytest.raises(ConfigurationError, match=r"models\.a\.untrained: b is a model of a ladder"):
        resolve_config(config, SCHEMA)
    config = study(a=told(1e6, 1e8), b=told(2e6, 1e8))
    config["ladders"]["family"]["corpus"] = "zinc_shuffled"
    with pytest.raises(
        ConfigurationError, match=r"ladders\.family\.corpus: zinc_shuffled has no molecules .*; name zinc"
    ):
        resolve_config(config, SCHEMA)


def test_an_entry_with_the_name_of_a_twin_is_that_twin():
    config = study(a=told(1e6, 1e8), b=told(2e6, 1e8))
    own = config["external_models"]["a_untrained1"] = {"model": "owner/random", "revision": "v1"}
    resolve_config(config, SCHEMA)
    assert config["external_models"]["a_untrained1"]["model"] == own["model"] == "owner/random"
    assert config["external_models"]["a_untrained0"]["untrained_seed"] == 0


def test_a_model_that_nothing_defines_is_named():
    config = study(a=told(1e6, 1e8), b=told(2e6, 1e8))
    del config["external_models"]["b"]
    with pytest.raises(ConfigurationError, match="ladders.family.models: 'b' is not defined in external_models"):
        resolve_config(config, SCHEMA)


def test_an_untrained_model_is_no_rung():
    config = study(a=told(1e6, 1e8), b=told(2e6, 1e8))
    config["external_models"]["b"]["untrained_seed"] = 0
    with pytest.raises(ConfigurationError, match="b: is an untrained twin"):
        resolve_config(config, SCHEMA)
