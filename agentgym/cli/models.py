"""`agentgym models`: which models are known, all that is known of one, and what fits into the GPUs at hand."""

from __future__ import annotations

import argparse
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from agentgym.cli.options import option_faults
from agentgym.cli.output import MOST_COLUMNS, print_json, print_rows
from agentgym.errors import UsageError
from agentgym.models import Checkpoint, Model, ModelProfile, find_model, load_profile, profiles
from agentgym.models.fit import COUNTED_TOKENS, OVERHEAD_GIB, UTILISATION, Fit, Gpus, fits, floor_gib, weights_gib
from agentgym.serving import weights

SUMMARY = "the models that are known: how each is served, what its licence asks, and what fits into your GPUs"
NOT_KNOWN = "not known"
FITS, FITS_NOT = 0, 1
FIT_EPILOG = "exit status: 0 something fits, 1 nothing does, 2 bad usage, 130 interrupted, 143 ended by SIGTERM"


def add_actions(models: argparse.ArgumentParser) -> None:
    """Add the actions to the parser of `agentgym models`."""
    actions = models.add_subparsers(required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every known model, one line each")
    listing.set_defaults(run=_list)

    show = actions.add_parser("show", help="all that is known of one model, with sources")
    show.add_argument("name", metavar="NAME", help="a model, its published weights, or a family")
    show.set_defaults(run=_show)

    fit = actions.add_parser("fit", help="which models fit into your GPUs, at which precision and length")
    fit.epilog = FIT_EPILOG
    fit.add_argument("--gpu-gib", required=True, metavar="GIB", help="memory of one GPU, in GiB")
    fit.add_argument("--gpus", default=1, metavar="N", help="how many GPUs hold one model: 1, 2, 4, 8, … (default: 1)")
    fit.add_argument("--context", metavar="N", help=f"tokens of a sequence (default: {COUNTED_TOKENS})")
    fit.add_argument("--model", metavar="NAME", help="this model only, at every precision")
    fit.set_defaults(run=_fit)
    for action in (listing, show, fit):
        action.add_argument("--json", action="store_true", help="print JSON")


def _list(arguments: argparse.Namespace) -> int:
    known = [(profile, model) for profile in profiles().values() for model in profile.models]
    if arguments.json:
        print_json({"models": [_entry(profile, model) for profile, model in known]})
        return 0
    headings = ("family", "model", "parameters", "context", "from", "licence")
    print_rows("", [_line(profile, model) for profile, model in known], headings=headings)
    print(
        f"\nfrom: the smallest GPU, in GiB, for the weights and {COUNTED_TOKENS:,} tokens, at the precision in brackets"
    )
    return 0


def _entry(profile: ModelProfile, model: Model) -> dict[str, object]:
    plain = {"name", "parameters_b", "active_b", "licence", "context", "longest_context"}
    weights = [
        {"name": one.name, "precision": one.precision, "floor_gib": round(floor_gib(model, one), 1)}
        for one in model.checkpoints
    ]
    return {"family": profile.name, **model.model_dump(include=plain), "checkpoints": weights}


def _line(profile: ModelProfile, model: Model) -> tuple[str, ...]:
    smallest = min(model.checkpoints, key=lambda one: floor_gib(model, one))
    least = f"{floor_gib(model, smallest):.0f} ({smallest.precision})"
    return (profile.name, model.name, _parameters(model), f"{model.context:,}", least, model.licence)


def _parameters(model: Model) -> str:
    active = "" if model.active_b is None else f", {model.active_b:.3g} active"
    return f"{model.parameters_b:.3g} B{active}"


def _show(arguments: argparse.Namespace) -> int:
    name = arguments.name
    if name in profiles():
        profile, models = load_profile(name), load_profile(name).models
    else:
        profile, model = find_model(name)
        models = (model,)
    if arguments.json:
        print_json(profile.model_copy(update={"models": models}).model_dump(mode="json"))
        return 0
    if len(models) == 1:
        print(f"{models[0].name}: {profile.maker}, family {profile.name}")
    else:
        print(f"{profile.name}: {profile.maker}; what is one model's own, `agentgym models show MODEL` tells")
    for title, rows in _sections(profile, models):
        print()
        print_rows(title, rows)
    return 0


def _sections(profile: ModelProfile, models: Sequence[Model]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    for model in models:
        yield (f"Model {model.name}", list(_model(model)))
        yield (f"Weights of {model.name}", [(one.name, _weights(model, one)) for one in model.checkpoints])
    for name in dict.fromkeys(model.licence for model in models):
        licence = profile.licence(name)
        yield (f"Licence: {name}", [*(("-", line) for line in licence.obliges), ("source", licence.source)])
    yield ("Serving with vLLM", list(_serving(profile)))
    yield ("Asking", list(_asking(profile)))
    yield ("Adapters (LoRA)", list(_adapters(profile)))
    faults = [(bug.engine, f"{bug.what} {bug.remedy} ({bug.source})") for bug in profile.bugs]
    yield ("Known faults of engines", faults)
    yield ("Sources", list(profile.sources.items()))


def _model(model: Model) -> Iterator[tuple[str, str]]:
    longest = f"; {model.longest_context:,} where the server is told to stretch it" if model.longest_context else ""
    yield ("parameters", _parameters(model))
    yield ("context", f"{model.context:,} tokens{longest}")
    grows = sum(layers.token_bytes() for layers in model.attention if layers.window is None)
    windows = sum(layers.token_bytes() * layers.window for layers in model.attention if layers.window is not None)
    states = model.state.sequence_bytes if model.state else 0
    layers = ", ".join(
        f"{one.layers} of attention ({one.kv_heads} heads of {one.head_dim}"
        + (f", window {one.window:,})" if one.window else ")")
        for one in model.attention
    )
    recurrent = f", {model.state.layers} recurrent" if model.state else ""
    yield ("layers with a cache", (layers + recurrent) or NOT_KNOWN)
    once = f", and {(windows + states) / 2**20:,.1f} MiB once" if windows + states else ""
    yield ("cache of a sequence", f"{grows / 1024:,.1f} KiB a token in 16 bits{once}" if model.attention else NOT_KNOWN)
    yield ("source", model.source)


def _weights(model: Model, one: Checkpoint) -> str:
    least = "at least " if one.weights_gb is None and one.precision != "bf16" else ""
    computed = ", computed" if one.weights_gb is None else ", published"
    published = "" if one.floor_gb is None else f", {one.floor_gb:g} GB by others"
    notes = [f"needs {one.needs}"] if one.needs else []
    notes += [f"served with {shlex.join(one.args)}"] if one.args else []
    notes += [f"source: {one.source}"] if one.source else []
    size = f"{one.precision}, {least}{weights_gib(model, one):.1f} GiB{computed}"
    floor = f"GPU from {floor_gib(model, one):.1f} GiB, computed{published}"
    return "; ".join((size, floor, *notes))


def _serving(profile: ModelProfile) -> Iterator[tuple[str, str]]:
    serving = profile.serving
    yield ("first version", serving.min_version or NOT_KNOWN)
    yield ("tool calls", serving.tool_parser or "none of vLLM's parsers: asked for in plain text")
    for model in profile.models:
        if weights.is_ours(model.name):
            own = f"gets a template that knows tools, and {shlex.join(weights.ARGUMENTS)}"
            yield ("`agentgym serve`", f"{model.name} {own}")
    yield ("reasoning", serving.reasoning_parser or "no parser")
    yield ("arguments", shlex.join(serving.args) or "none")
    for older in serving.older:
        note = f" ({older.note})" if older.note else ""
        yield (f"with vLLM {older.versions}", f"{shlex.join(older.args)}{note}")
    yield ("first version for training", serving.rl_min_version)
    environment = "".join(f"{name}={value} " for name, value in serving.rl_env.items())
    yield ("where it is trained", f"{environment}… {shlex.join(serving.rl_args)}")
    if len(profile.models) == 1 and profile.models[0].speculative_args:
        yield ("drafting", f"{shlex.join(profile.models[0].speculative_args)} (not where it is trained)")


def _asking(profile: ModelProfile) -> Iterator[tuple[str, str]]:
    thinking = profile.thinking
    switch = f"; switched by {thinking.switch}" if thinking.switch else "; cannot be switched"
    yield ("actions", {"tools": "tool calls", "actions": "JSON in plain text"}[profile.prompting.style])
    yield ("thinking", f"{'on' if thinking.default else 'off'} unasked{switch}")
    if thinking.switch or thinking.default:
        yield ("sampling, thinking", _sampling(profile, True))
    if thinking.switch or not thinking.default:
        yield ("sampling", _sampling(profile, False))
    form = profile.template.tool_form
    if profile.prompting.style == "tools":
        yield ("form of tool calls", form or NOT_KNOWN)
    else:
        yield ("form of tool calls", f"{form}, with policy.api=tokens" if form else "none")
    if profile.template.append_only:
        switches = ", ".join(f"{name}={value}" for name, value in profile.template.append_only.items())
        yield ("history is only appended to", f"with {switches}")
    for difference in profile.template.differences:
        yield ("differs", difference)


def _sampling(profile: ModelProfile, thinking: bool) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in profile.sampling_for(thinking).model_dump().items())


def _adapters(profile: ModelProfile) -> Iterator[tuple[str, str]]:
    if profile.lora is None:
        yield ("modules", NOT_KNOWN)
        return
    yield ("modules", " ".join(profile.lora.target_modules))
    yield ("never", " ".join(profile.lora.never) or "nothing")


def _fit(arguments: argparse.Namespace) -> int:
    asked, only = _asked(arguments)
    gpus = Gpus(asked.gpus, asked.gpu_gib)
    found = list(fits(gpus, context=asked.context, only=only))
    if arguments.json:
        print_json({"gpus": asdict(gpus), "usable_gib": gpus.usable_gib, "weights": [asdict(one) for one in found]})
    else:
        _print_fits(gpus, found, asked.context)
    return FITS if any(one.fits for one in found) else FITS_NOT


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True)

    gpu_gib: float = Field(default=1, gt=0, lt=100_000)
    gpus: int = Field(default=1, ge=1)
    context: int | None = Field(default=None, ge=1)

    @field_validator("gpus")
    @classmethod
    def _is_a_power_of_two(cls, gpus: int) -> int:
        if gpus & (gpus - 1):
            raise ValueError("no power of two")
        return gpus


_WANTED = {
    "gpu_gib": "give the memory of one GPU in GiB, more than 0, as 80",
    "gpus": "give 1, 2, 4 or 8: vLLM splits a model over GPUs by its attention heads, the same number to each",
    "context": "give a whole number of tokens, at least 1",
}


def _asked(arguments: argparse.Namespace) -> tuple[_Asked, Model | None]:
    """Return the numbers and the model that the command line names; raises `UsageError` with every fault."""
    given = {"gpu_gib": arguments.gpu_gib, "gpus": arguments.gpus, "context": arguments.context}
    faults: list[str] = []
    wrong: set[int | str] = set()
    only = None
    try:
        _Asked.model_validate(given)
    except ValidationError as error:
        faults += option_faults(error, _WANTED)
        wrong = {fault["loc"][0] for fault in error.errors()}
    # What was given right is judged also where the rest was not.
    asked = _Asked.model_validate({name: value for name, value in given.items() if name not in wrong})
    try:
        only = find_model(arguments.model)[1] if arguments.model else None
    except UsageError as error:
        faults += [f"--model {arguments.model}: {fault}" for fault in error.faults]
    if only is not None and (why := only.too_long(asked.context or 0)):
        faults.append(f"--context {asked.context}: {why}")
    if faults:
        raise UsageError(*faults)
    return asked, only


def _print_fits(gpus: Gpus, found: Iterable[Fit], context: int | None) -> None:
    fitting = [one for one in found if one.fits]
    not_fitting = [one for one in found if not one.fits]
    tokens = context or COUNTED_TOKENS
    share = f"{UTILISATION:.0%}".replace("%", " %")
    print(f"{gpus.count} × {gpus.gib:g} GiB: {gpus.usable_gib:.1f} GiB for weights and cache")
    print(f"({share} of each, less {OVERHEAD_GIB:g} GiB for activations and CUDA)\n")
    headings = ("weights", "precision", "GiB", "longest sequence", f"sequences of {tokens:,}")
    print_rows("Fits", [_fitting(one) for one in fitting], headings=headings, numbers=True)
    for needs in dict.fromkeys(one.needs for one in fitting if one.needs):
        names = ", ".join(one.checkpoint for one in fitting if one.needs == needs)
        print()
        print(textwrap.fill(f"Needs {needs}: {names}", MOST_COLUMNS, break_on_hyphens=False, break_long_words=False))
    if fitting and not_fitting:
        print()
    print_rows("Does not fit", [(one.checkpoint, one.precision, _why(one)) for one in not_fitting])
    if not fitting and not not_fitting:
        print(f"No known model reads {tokens:,} tokens as it is served.")


def _fitting(one: Fit) -> tuple[str, ...]:
    least = "≥ " if one.computed and one.precision != "bf16" else ""
    longest = NOT_KNOWN if one.longest is None else f"{one.longest:,}"
    sequences = NOT_KNOWN if one.sequences is None else f"{one.sequences:,}"
    return (one.checkpoint, one.precision, f"{least}{one.weights_gib:.1f}", longest, sequences)


def _why(one: Fit) -> str:
    ways = [f"{one.enough_gpus} such GPUs hold it"] if one.enough_gpus else []
    ways += [f"{' and '.join(one.instead)} {'fits' if len(one.instead) == 1 else 'fit'}"] if one.instead else []
    held = f"; {one.longest:,} tokens fit" if one.longest else ""
    return "; ".join([f"{one.missing_gib:.1f} GiB missing{held}", *ways])
