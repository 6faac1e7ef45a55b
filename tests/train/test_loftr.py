# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import dataclasses

import pytest

for package in ("numpy", "cv2", "torch", "safetensors"):
    pytest.importorskip(package, reason=f"models/train needs {package}")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from models.train import atlas, loftr, loftr_lite, pairs, runs, validation  # noqa: E402
import drawn  # noqa: E402


def warmed_net():
    """Random weights with statistics fitted to a noise image, so that cells differ and match."""
    torch.manual_seed(0)
    model = loftr.LoFTR(loftr.LITE)
    noise = np.random.default_rng(0).random((120, 160), np.float32)
    image = torch.from_numpy(cv2.blur(noise, (3, 3)))[None, None]
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    with torch.no_grad():
        model.train().backbone(image)
    return model.eval(), image


def test_keys_and_result_are_those_of_kornia():
    kornia = pytest.importorskip("kornia.feature")
    model, image = warmed_net()
    model.config = dataclasses.replace(model.config, threshold=0.0)
    theirs = kornia.LoFTR(None, loftr.lite_kornia_config(model.config)).eval()
    assert set(theirs.state_dict()) == set(model.state_dict())
    theirs.load_state_dict(model.state_dict())
    other = image.roll((8, 3), (2, 3))
    with torch.no_grad():
        wanted = theirs({"image0": image, "image1": other})
    points0, points1, confidence, _ = model.match(image, other)
    assert len(points0) > 20
    torch.testing.assert_close(points0, wanted["keypoints0"])
    torch.testing.assert_close(points1, wanted["keypoints1"], atol=2e-3, rtol=0)
    torch.testing.assert_close(confidence, wanted["confidence"], atol=1e-4, rtol=0)


def test_the_full_width_has_the_published_number_of_parameters():
    model = loftr.LoFTR(loftr.FULL)
    assert sum(p.numel() for p in model.parameters()) == 11_561_456


def test_images_without_matches_give_empty_results():
    model, image = warmed_net()
    model.config = dataclasses.replace(model.config, threshold=1.0)
    points0, points1, confidence, batch = model.match(image, image)
    assert points0.shape == points1.shape == (0, 2)
    assert len(confidence) == len(batch) == 0


def test_the_expectation_of_a_splat_is_its_target():
    target = torch.tensor([[0.0, 0.0], [0.3, -0.7], [1.0, -1.0]])
    logits = loftr_lite.splat(target, 5).clamp(min=1e-12).log()
    mean, _ = loftr.expectation(logits, 5)
    torch.testing.assert_close(mean, target, atol=1e-5, rtol=0)


def one_batch():
    """Three small pairs of each kind."""
    todo = pairs.Plan((160, 120), 3, 0.8, 0.4, 0.3)
    images = drawn.textures()
    return pairs.build(pairs.describe(images, todo, 3, 1), atlas.Atlas(images, "cpu"))


@pytest.mark.parametrize("half", [False, True])
def test_every_gradient_is_finite_and_reaches_every_weight(half):
    torch.manual_seed(1)
    model = loftr.LoFTR(loftr.LITE).train()
    total, *_ = loftr_lite.losses(model, one_batch(), half)
    total.backward()
    for name, weight in model.named_parameters():
        assert torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0, name


def options(directory, **changes):
    chosen = loftr_lite.parse(["--work", str(directory), "--steps", "1000", "--workers", "0"])
    for name, value in changes.items():
        setattr(chosen, name, value)
    return chosen


def run_steps(run, until):
    return [float(run.train_step(run.dataset[step])[0]) for step in range(run.step, until)]


def test_the_same_seed_gives_the_same_losses(tmp_path):
    losses = [run_steps(loftr_lite.Run(options(tmp_path / name), drawn.textures()), 4)
              for name in "ab"]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    assert losses[0][0] != losses[0][3]


def test_another_seed_gives_other_losses(tmp_path):
    losses = [run_steps(loftr_lite.Run(options(tmp_path / str(seed), seed=seed),
                                       drawn.textures()), 1) for seed in (1, 2)]
    assert losses[0] != pytest.approx(losses[1], abs=1e-3)


def test_a_run_that_stops_and_continues_equals_an_uninterrupted_one(tmp_path):
    straight = loftr_lite.Run(options(tmp_path / "straight"), drawn.textures())
    wanted = run_steps(straight, 6)
    stopped = loftr_lite.Run(options(tmp_path / "stopped"), drawn.textures())
    first = run_steps(stopped, 3)
    stopped.save()
    again = loftr_lite.Run(options(tmp_path / "stopped"), drawn.textures())
    again.resume()
    assert again.step == 3
    assert first + run_steps(again, 6) == pytest.approx(wanted, abs=1e-3)


def test_a_run_continues_from_the_exported_weights(tmp_path):
    run = loftr_lite.Run(options(tmp_path / "first"), drawn.textures())
    run_steps(run, 2)
    small = tmp_path / "small.safetensors"
    runs.export(small, run.average.model, run.metadata())
    again = loftr_lite.Run(options(tmp_path / "second", start_from=small), drawn.textures())
    again.resume()
    assert again.step == 2
    weight = run.average.model.backbone.conv1.weight
    torch.testing.assert_close(again.model.backbone.conv1.weight, weight, rtol=1e-3, atol=1e-5)
    assert runs.learning_rate(0.002, 0, 1.0, 300) == pytest.approx(
        runs.learning_rate(0.002, 300, 1.0, 300) / 300)


def test_the_schedule_goes_by_the_clock_where_it_is_told_to():
    by_steps, by_clock = runs.Pace(200), runs.Pace(200, minutes=2)
    for pace in (by_steps, by_clock):
        pace.set(60)
    assert (by_steps.share(50), by_clock.share(50)) == (0.25, 0.5)
    by_clock.set(121)
    assert by_clock.finished(1) and not by_steps.finished(199) and by_steps.finished(200)


def test_a_run_by_the_clock_stops_with_its_best_weights_and_a_checkpoint(tmp_path):
    chosen = options(tmp_path, minutes=0.02, save_seconds=1000)
    run = loftr_lite.Run(chosen, drawn.textures(),
                         validation.held_back_pairs(drawn.textures(), (((160, 128), 3),)))
    run.train()
    assert 0 < run.step < 1000
    assert (run.directory / "best.safetensors").exists() and (run.directory / "checkpoint.pt").exists()
    again = loftr_lite.Run(chosen, drawn.textures())
    again.resume()
    assert again.step == run.step and again.pace.finished(again.step)


def test_the_average_follows_the_weights_as_slowly_as_it_is_told():
    behind = []
    for steps in (2, 1000):
        model = torch.nn.Linear(1, 1, bias=False)
        average = runs.Average(model, steps)
        for _ in range(50):
            with torch.no_grad():
                model.weight += 1
            average.update(model)
        behind.append(float((model.weight - average.model.weight).detach()))
    assert 0.5 < behind[0] < 2 < behind[1] < 25


def test_a_model_that_does_not_fit_into_half_precision_is_refused(tmp_path):
    model = loftr.LoFTR(loftr.LITE)
    with torch.no_grad():
        model.backbone.conv1.weight[0] = 1e6
    with pytest.raises(ValueError, match="backbone.conv1.weight"):
        runs.export(tmp_path / "net.safetensors", model, {})
    assert not list(tmp_path.iterdir())
