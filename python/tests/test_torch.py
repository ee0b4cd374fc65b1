# SPDX-License-Identifier: Apache-2.0
"""Tensors, and the optimisers beside those of torch."""

import copy
import io
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from reference import bound, filtered  # noqa: E402
from test_bad_input import refusal  # noqa: E402

import pion  # noqa: E402
import pion.torch as pt  # noqa: E402

X = torch.randn(12, 20, generator=torch.Generator().manual_seed(0))
EPSILON = torch.finfo(torch.float32).eps


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_a_tensor_gives_a_tensor(dtype):
    x = X.to(dtype)
    y = pion.apply(x, "highpass:kp=2")
    assert torch.is_tensor(y) and y.dtype == dtype and y.shape == x.shape
    wide = x.float() if dtype in (torch.float16, torch.bfloat16) else x
    assert torch.equal(y, torch.from_numpy(pion.apply(wide.numpy(), "highpass:kp=2")).to(dtype))
    assert torch.equal(pion.apply(x.T, "highpass:kp=2"), y.T)
    assert pion.apply(x, "highpass:kp=2", out=x) is x and torch.equal(x, y)


def test_tensors_that_are_refused():
    leaf = X.clone().requires_grad_()
    assert "give x.detach()" in refusal(ValueError, pion.apply, leaf, "muon")
    assert "device meta" in refusal(ValueError, pion.apply, X.to("meta"), "muon")
    assert "sparse" in refusal(ValueError, pion.apply, X.to_sparse(), "muon")
    assert "torch.int64" in refusal(TypeError, pion.apply, X.long(), "muon")
    assert "torch.complex64" in refusal(TypeError, pion.apply, X.to(torch.complex64), "muon")
    assert "3 dimensions" in refusal(ValueError, pion.apply, X[None], "muon")
    shared = torch.zeros(1, 20).expand(12, 20)
    assert "share memory" in refusal(ValueError, pion.apply, X, "muon", out=shared)


def train(optimizer, weights, steps, seed=0):
    """Steps with gradients that are the same for every optimiser."""
    generator = torch.Generator().manual_seed(seed)
    for _ in range(steps):
        for w in weights:
            w.grad = torch.randn(w.shape, generator=generator).to(w.dtype)
        optimizer.step(lambda: 2.0)  # the loss, which some recipes need


def weights_like(shapes=((12, 20), (20, 12), (16, 16)), dtype=torch.float32):
    generator = torch.Generator().manual_seed(7)
    return [torch.nn.Parameter(torch.randn(s, generator=generator).to(dtype)) for s in shapes]


@pytest.fixture
def exact_torch(monkeypatch):
    """torch's Muon with the filter by NumPy's SVD in float64, where torch computes in bfloat16."""

    def by_svd(gradient, coefficients, steps, eps):
        chain = pion.Chain([list(coefficients)] * steps)
        return torch.from_numpy(filtered(gradient.double().numpy(), chain))

    monkeypatch.setattr(torch.optim._muon, "_zeropower_via_newtonschulz", by_svd)
    return torch.optim.Muon


OTHER = dict(
    momentum=0.8,
    nesterov=False,
    weight_decay=0.3,
    ns_steps=2,
    eps=1e-9,
    ns_coefficients=(1.5, -0.5, 0.0),
)


@pytest.mark.parametrize("adjust", [None, "original", "match_rms_adamw", "spectral_unclamped"])
@pytest.mark.parametrize("other", [{}, OTHER])
def test_muon_is_that_of_torch(adjust, other, exact_torch):
    steps, lr = 50, 1e-2
    options = dict(lr=lr, adjust_lr_fn=adjust, **other)
    ours = weights_like()
    theirs = [torch.nn.Parameter(w.detach().double()) for w in ours]
    train(pt.Muon(ours, **options), ours, steps)
    train(exact_torch(theirs, **options), theirs, steps)
    chain = pion.Chain(
        [list(other.get("ns_coefficients", (3.4445, -4.7750, 2.0315)))] * other.get("ns_steps", 5)
    )
    for w, v in zip(ours, theirs):
        rows, cols = w.shape
        scale = {
            "match_rms_adamw": 0.2 * np.sqrt(max(rows, cols)),
            "spectral_unclamped": np.sqrt(rows / cols),
        }.get(adjust, np.sqrt(max(1.0, rows / cols)))
        # The gradients are given, so that errors add up: of each step the filter's, whose bound
        # allows for an input that is rounded too, and two roundings of the weights.
        size = torch.linalg.norm(v).item() + steps * lr * scale * 1.2 * np.sqrt(min(rows, cols))
        error = steps * (lr * scale * 2 * bound(w.detach(), chain, EPSILON) + 2 * EPSILON * size)
        assert torch.linalg.norm(w.double() - v) <= error


def test_muon_is_nearer_to_the_filter_than_torch():
    ours, theirs, exact = (weights_like() for _ in range(3))
    train(torch.optim.Muon(theirs, lr=1e-2), theirs, 50)
    train(pt.Muon(ours, lr=1e-2), ours, 50)
    exact = [torch.nn.Parameter(w.detach().double()) for w in exact]
    train(pt.Muon(exact, lr=1e-2), exact, 50)
    for w, v, e in zip(ours, theirs, exact):
        assert torch.linalg.norm(w - e) < 1e-2 * torch.linalg.norm(v - e)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_adamw_and_sgd_are_those_of_torch(decay):
    pairs = [
        (pt.AdamW, torch.optim.AdamW, dict(lr=1e-2, weight_decay=decay), 1.0),
        (
            pt.SGD,
            torch.optim.SGD,
            dict(lr=1e-2, momentum=0.9, nesterov=True, weight_decay=decay),
            40.0,
        ),
        (pt.SGD, torch.optim.SGD, dict(lr=1e-2, weight_decay=decay), 4.0),
    ]
    shapes = [(5, 7), (9,), (), (2, 3, 4, 5)]
    for mine, torchs, options, largest in pairs:
        ours, theirs = weights_like(shapes), weights_like(shapes)
        train(mine(ours, **options), ours, 50)
        train(torchs(theirs, **options), theirs, 50)
        for w, v in zip(ours, theirs):
            # A step adds lr times a direction of at most `largest` in some ten operations, each of
            # which rounds once, to a weight that stays below 5 in size.
            error = 50 * EPSILON * (10 * 1e-2 * largest + 5)
            assert torch.max(torch.abs(w - v)) <= error


# Ranks that fit matrices of the size of these.
SMALL = {"lora_pre": {"rank": 4}, "lora_pre_muon": {"rank": 4}, "gum": {"rank": 4}}


@pytest.mark.parametrize("name", pt.recipe_names())
def test_each_recipe_goes_on_where_it_stopped(name):
    shapes = ((12, 20), (20, 12))
    for dtype in (torch.float32, torch.bfloat16, torch.float64):
        whole, half = weights_like(shapes, dtype), weights_like(shapes, dtype)
        optimizer = pt.Optimizer(whole, name, lr=1e-3, **SMALL.get(name, {}))
        train(optimizer, whole, 3)
        first = pt.Optimizer(half, name, lr=1e-3, **SMALL.get(name, {}))
        train(first, half, 3)
        file = io.BytesIO()
        torch.save(first.state_dict(), file)
        file.seek(0)
        second = pt.Optimizer(half, name, lr=7.0, **SMALL.get(name, {}))
        second.load_state_dict(torch.load(file))  # with weights_only, its default
        train(optimizer, whole, 3, seed=1)
        train(second, half, 3, seed=1)
        assert all(torch.equal(w, v) for w, v in zip(whole, half))
        # float32's state is float32 for bfloat16 too.
        kept = second.state_dict()["state"][0].get("momentum")
        assert kept is None or kept.dtype != torch.bfloat16


def test_recipes_of_the_catalogue_are_reached_by_name_and_number():
    names = pt.recipe_names()
    assert len(names) > 50 and {"normuon", "soap", "dion2", "muon_8bit", "pion_rlvr"} <= set(names)
    weights = weights_like(((12, 20),), torch.float64)
    before = weights[0].detach().clone()
    train(pt.Optimizer(weights, "swan", lr=0.1, exact=True), weights, 1)
    # Rows without their mean, all with singular values of 1.
    step = (before - weights[0].detach()) / 0.1
    assert torch.allclose(torch.linalg.svdvals(step), torch.ones(12, dtype=torch.float64))
    assert pt.Optimizer(weights, "namo").param_groups[0]["lr"] == 0.01
    assert pt.Optimizer(weights, "soap", every=3).param_groups[0]["every"] == 3
    # Muon of JAX's for a layer of torch, which is (out, in): the same as of its transpose.
    ours, turned = weights_like(((12, 20),)), weights_like(((12, 20),))
    turned[0].data = turned[0].data.T.contiguous()
    straight = pt.Optimizer(ours, "muon_optax", lr=0.1, in_out=0)
    train(straight, ours, 1)
    turned[0].grad = ours[0].grad.T.contiguous()
    pt.Optimizer(turned, "muon_optax", lr=0.1).step()
    assert torch.allclose(ours[0], turned[0].T, atol=1e-6)


def test_what_a_recipe_does_not_take_is_refused_by_name():
    weights = weights_like()
    assert "no published rate" in refusal(ValueError, pt.Optimizer, weights, "swan")
    assert "0 or 1" in refusal(ValueError, pt.Optimizer, weights, "muon", lr=1, nesterov=2)
    assert "whole number" in refusal(ValueError, pt.Optimizer, weights, "soap", every=1.5)
    assert "none is exact" in refusal(ValueError, pt.Optimizer, weights, "pion", exact=True)
    assert "no filter" in refusal(ValueError, pt.Optimizer, weights, "adamw", filter="muon")
    for w in weights:
        w.grad = torch.ones_like(w)
    lossless = pt.Optimizer(weights, "specmuon", lr=0.1)
    assert "give a closure" in refusal(ValueError, lossless.step)
    lossless.step(lambda: torch.tensor(2.0))


def test_a_tolerance_steps_near_the_exact_recipe():
    exact, near = weights_like(((40, 60),)), weights_like(((40, 60),))
    train(pt.Pion(exact, lr=1e-2), exact, 4)
    train(pt.Pion(near, lr=1e-2, tolerance=1e-3), near, 4)
    # The tolerance, and the rounding that the other method may have in its place.
    assert torch.linalg.norm(exact[0] - near[0]) <= 4 * 1e-2 * 1e-3 + 40 * 60 * EPSILON


def test_copies_schedulers_closures_and_scalers_work():
    weights = weights_like()
    optimizer = pt.Muon(weights, lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.5)
    before = [w.detach().clone() for w in weights]

    def closure():
        optimizer.zero_grad()
        loss = sum((w**2).sum() for w in weights)
        loss.backward()
        return loss

    first = optimizer.step(closure)
    scheduler.step()
    assert optimizer.param_groups[0]["lr"] == 0.05
    assert optimizer.step(closure) < first
    twin = copy.deepcopy(optimizer)
    assert torch.equal(
        twin.state_dict()["state"][0]["momentum"], optimizer.state_dict()["state"][0]["momentum"]
    )
    assert not any(torch.equal(w, b) for w, b in zip(weights, before))
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    optimizer.zero_grad()
    scaler.scale((weights[0] ** 2).sum()).backward()
    scaled = weights[0].grad.clone()
    scaler.step(optimizer)
    scaler.update()
    assert torch.equal(weights[0].grad, scaled / 4)
    weights[1].grad = None
    unchanged = weights[1].detach().clone()
    optimizer.step()
    assert torch.equal(weights[1], unchanged)


def test_parameters_that_are_refused_are_as_they_were():
    weights = weights_like()
    optimizer = pt.Muon(weights)
    train(optimizer, weights, 1)
    before = [w.detach().clone() for w in weights]
    state = copy.deepcopy(optimizer.state_dict())
    weights[1].grad = weights[1].grad.to_sparse()
    assert "sparse" in refusal(ValueError, optimizer.step)
    assert all(torch.equal(w, b) for w, b in zip(weights, before))
    weights[1].grad = torch.full_like(weights[1], torch.nan)
    assert "parameter 1 of group 0 (20x12): its gradient" in refusal(ValueError, optimizer.step)
    assert torch.equal(weights[1], before[1]) and not torch.equal(weights[0], before[0])
    now = optimizer.state_dict()["state"]
    assert torch.equal(now[1]["momentum"], state["state"][1]["momentum"])
    assert now[1]["step"] == 1 and now[0]["step"] == 2

    complex_one = torch.nn.Parameter(torch.zeros(2, 2, dtype=torch.complex64))
    complex_one.grad = torch.zeros_like(complex_one)
    assert "complex64" in refusal(TypeError, pt.Pion([complex_one]).step)
    meta = torch.nn.Parameter(torch.zeros(2, 2, device="meta"))
    meta.grad = torch.zeros_like(meta)
    assert "device meta" in refusal(ValueError, pt.Pion([meta]).step)
    assert "2 dimensions" in refusal(ValueError, pt.Muon, [torch.nn.Parameter(torch.zeros(3))])
    assert "adjust_lr_fn" in refusal(ValueError, pt.Muon, weights, adjust_lr_fn="none")
    assert "is not known; there are muon" in refusal(ValueError, pt.Optimizer, weights, "none")
    assert 'no option "beta"' in refusal(ValueError, pt.Optimizer, weights, "muon", beta=1.0)
    assert "learning rate" in refusal(ValueError, pt.Muon, weights, lr=-1.0)
    half = torch.nn.Parameter(torch.full((2, 2), 6e4, dtype=torch.float16))
    half.grad = -torch.eye(2, dtype=torch.float16)
    large = pt.Muon([half], lr=6e4, weight_decay=0.0)
    assert "not finite" in refusal(ValueError, large.step)
    assert (half == 6e4).all() and large.state_dict()["state"][0]["step"] == 0


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("of", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
def test_a_gradient_may_have_another_dtype(dtype, of):
    """The bits of a step with the same numbers in the parameter's dtype."""
    if not hasattr(torch.Tensor, "grad_dtype"):
        pytest.skip("this torch has no gradients of another dtype")
    numbers = torch.arange(-12.0, 12.0).view(4, 6)  # exact in each dtype
    ends = []
    for kind in (of, dtype):
        w = torch.nn.Parameter(X[:4, :6].to(dtype))
        w.grad_dtype = kind
        w.grad = numbers.to(kind)
        pt.Moonlight([w]).step()
        ends.append(w.detach())
    assert torch.equal(*ends)


def test_what_one_parameter_is_refused_for_no_parameter_moves():
    def broken(change, says):
        weights = weights_like()
        optimizer = pt.Moonlight([{"params": weights[:1]}, {"params": weights[1:]}])
        train(optimizer, weights, 1)
        before = weights[0].detach().clone()
        change(optimizer.param_groups[1], weights[2])
        assert says in refusal(ValueError, optimizer.step)
        assert torch.equal(weights[0], before)
        assert optimizer.state_dict()["state"][0]["step"] == 1

    def replaced_by(value):
        def change(group, w):
            w.grad = None
            w.data = value
            w.grad = torch.ones_like(value)

        return change

    broken(lambda group, w: group.update(lr=float("nan")), "the learning rate of group 1 is nan")
    broken(replaced_by(torch.ones(5, 7)), "its shape or dtype has changed")
    broken(replaced_by(torch.ones(3, 3, dtype=torch.float64)), "its shape or dtype has changed")


def test_a_state_that_lacks_something_is_refused():
    weights = weights_like()
    first = pt.AdamW(weights)
    train(first, weights, 1)
    saved = first.state_dict()
    soap = pt.Optimizer(weights, "soap")
    kept = soap.state_dict()["param_groups"]
    assert 'no "beta_gram"' in refusal(ValueError, soap.load_state_dict, saved)
    assert soap.state_dict()["param_groups"] == kept
    for key in ("step", "failures", "momentum"):
        saved = first.state_dict()
        del saved["state"][0][key]
        second = pt.AdamW(weights)
        second.load_state_dict(saved)
        assert f'has no "{key}"' in refusal(ValueError, second.step)
    saved = first.state_dict()
    saved["state"][0]["step"] = "three"
    second.load_state_dict(saved)
    assert '"step" is of another type' in refusal(ValueError, second.step)


def test_a_state_of_another_recipe_is_refused():
    weights = weights_like()
    first = pt.Muon(weights)
    train(first, weights, 1)
    second = pt.Pion(weights)
    saved = first.state_dict()
    saved["param_groups"] = second.state_dict()["param_groups"]
    second.load_state_dict(saved)
    assert "the state is of the recipe" in refusal(ValueError, second.step)
    theirs = torch.optim.Muon(weights)
    train(theirs, weights, 1)
    first.load_state_dict(theirs.state_dict())
    assert "not of pion.torch" in refusal(ValueError, first.step)


def test_a_model_learns_in_another_process(tmp_path):
    """A model trained, stopped and gone on with elsewhere: the same losses to the last bit."""
    program = """
import sys, torch, pion.torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.Tanh(), torch.nn.Linear(16, 4))
matrices = [p for p in model.parameters() if p.ndim == 2]
rest = [p for p in model.parameters() if p.ndim != 2]
both = [pion.torch.Pion(matrices, lr=0.05, kp=3), pion.torch.AdamW(rest, lr=1e-2)]
x, y = torch.randn(64, 8), torch.randn(64, 4)
first, last, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if first:
    saved = torch.load(path)
    model.load_state_dict(saved["model"])
    for optimizer, state in zip(both, saved["both"]):
        optimizer.load_state_dict(state)
for _ in range(first, last):
    model.zero_grad()
    loss = ((model(x) - y) ** 2).mean()
    loss.backward()
    for optimizer in both:
        optimizer.step()
    print(loss.item().hex())
torch.save({"model": model.state_dict(), "both": [o.state_dict() for o in both]}, path)
"""

    def losses(first, last):
        arguments = [sys.executable, "-c", program, str(first), str(last), str(tmp_path / "state")]
        return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()

    whole = losses(0, 6)
    assert losses(0, 3) + losses(3, 6) == whole
    assert float.fromhex(whole[-1]) < float.fromhex(whole[0])


class Filtered(torch.utils.data.Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return pion.apply(X + i, "muon")


def test_a_worker_of_a_data_loader_may_filter():
    pion.apply(X, "muon")  # the parent's threads are there before the workers
    loaded = list(torch.utils.data.DataLoader(Filtered(), batch_size=1, num_workers=2, timeout=60))
    assert all(torch.equal(y[0], pion.apply(X + i, "muon")) for i, y in enumerate(loaded))


class Policy(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.vision = torch.nn.Linear(32, 64)
        self.action = torch.nn.Linear(64, 8)
        self.embed_tokens = torch.nn.Embedding(9, 8)
        self.again = self.embed_tokens


def test_a_model_is_routed_by_names_and_shapes():
    policy = Policy()
    policy.vision.bias.requires_grad_(False)
    groups = pt.route(policy, "vla", lr={"Muon": 2e-3, "AdamW": 1e-2}, kp=1)
    assert [line.split() for line in str(groups).splitlines()[1:]] == [
        ["vision.weight", "64x32", "vision", "Muon"],
        ["vision.bias", "64", "-"],
        ["action.weight", "8x64", "action", "Pion"],
        ["action.bias", "8", "action", "AdamW"],
        ["embed_tokens.weight", "9x8", "language", "AdamW"],
    ]
    optimizer = pt.Optimizer(groups, "adamw")
    assert [g["lr"] for g in optimizer.param_groups] == [2e-3, 1e-4, 1e-2]
    before = {n: p.detach().clone() for n, p in policy.named_parameters()}
    for p in policy.parameters():
        p.grad = torch.randn(p.shape, generator=torch.Generator().manual_seed(3))
    optimizer.step()

    def alone(name, recipe, lr):
        w = torch.nn.Parameter(before[name])
        w.grad = dict(policy.named_parameters())[name].grad
        pt.Optimizer([w], recipe, lr).step()
        return w.detach()

    assert torch.equal(policy.vision.weight, alone("vision.weight", "muon", 2e-3))
    assert torch.equal(policy.action.weight, alone("action.weight", "pion:kp=1", 1e-4))
    assert torch.equal(policy.embed_tokens.weight, alone("embed_tokens.weight", "adamw", 1e-2))
    assert torch.equal(policy.vision.bias, before["vision.bias"])


def test_heads_and_functions_route_too():
    model = torch.nn.ModuleDict(
        {n: torch.nn.Linear(16, r) for n, r in [("q_proj", 16), ("k_proj", 8), ("o_proj", 16)]}
    )
    by_name = {r.name: r.recipe for r in pt.route(model, "rlvr", heads=4, kv_heads=2).routes}
    assert by_name["q_proj.weight"] == "pion_per_head:kp=2,heads=4"
    assert by_name["k_proj.weight"] == "pion_per_head:kp=2,heads=2"
    assert by_name["o_proj.weight"] == "pion_per_head:kp=2,heads=4,by_cols=1"
    pt.Optimizer(pt.route(model, "rlvr", heads=4, kv_heads=2), "adamw")
    groups = pt.route(model, lambda name, p: "normuon" if p.ndim == 2 else None, lr=0.5)
    assert [len(g["params"]) for g in groups] == [3] and groups[0]["lr"] == 0.5


def test_routes_that_are_refused():
    policy = Policy()
    assert "there are muon, vla, rlvr" in refusal(ValueError, pt.route, policy, "moun")
    assert "needs heads" in refusal(ValueError, pt.route, policy, "rlvr")
    said = refusal(ValueError, pt.route, policy, "muon", lr={"Pion": 1e-4})
    assert 'no parameter has the label "Pion"; there are Muon, AdamW' in said
    assert "no parameters" in refusal(ValueError, pt.route, torch.nn.ReLU())
    said = refusal(ValueError, pt.Optimizer, pt.route(policy, "muon"), "adamw")
    assert '"muon" has no published rate' in said
    policy.vision.weight.grad = torch.full((64, 32), float("nan"))
    optimizer = pt.Optimizer(pt.route(policy, "muon", lr=0.1), "adamw")
    line = refusal(ValueError, optimizer.step)
    assert "vision.weight (64x32): its gradient is not finite" in line


def test_groups_with_recipes_of_their_own_are_saved_and_scheduled():
    def made():
        one, two = weights_like(((8, 6), (6, 8)))
        groups = [{"params": [one], "recipe": "pion:kp=1", "lr": 0.1, "momentum": 0.5}]
        optimizer = pt.Optimizer([*groups, {"params": [two]}], "adamw", 0.2)
        return (one, two), optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)

    weights, optimizer, schedule = made()
    train(optimizer, weights, 2)
    schedule.step()
    kept = copy.deepcopy(optimizer.state_dict()), [w.detach().clone() for w in weights]
    train(optimizer, weights, 3, seed=1)
    others, resumed, _ = made()
    resumed.load_state_dict(kept[0])
    with torch.no_grad():
        for w, k in zip(others, kept[1]):
            w.copy_(k)
    train(resumed, others, 3, seed=1)
    assert all(torch.equal(a, b) for a, b in zip(weights, others))
    assert resumed.param_groups[0]["momentum"] == 0.5 and resumed.param_groups[0]["lr"] == 0.05
    said = refusal(ValueError, pt.Optimizer, [{"params": [others[0]], "recipe": "poin"}], "adamw")
    assert '"poin": is not known' in said
    said = refusal(ValueError, pt.Optimizer, [others[0]], "pion:kp=2", filter="muon")
    assert "say the filter" in said
