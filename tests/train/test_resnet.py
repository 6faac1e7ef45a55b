# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import pytest

for package in ("numpy", "cv2", "torch", "safetensors"):
    pytest.importorskip(package, reason=f"models/train needs {package}")

import cv2  # noqa: E402
import torch  # noqa: E402

from models.train import resnet, resnet18_lite, scenes, shots_data  # noqa: E402
import drawn  # noqa: E402


def coloured():
    return [scenes.pyramid(cv2.applyColorMap(drawn.texture(seed), cv2.COLORMAP_JET))
            for seed in range(4)]


def run_in(directory, **changes):
    options = resnet18_lite.parse(["--work", str(directory), "--steps", "100", "--workers", "0",
                                   "--shots", "4", "--side", "64"])
    for name, value in changes.items():
        setattr(options, name, value)
    return resnet18_lite.Run(options, coloured(), [])


def run_steps(run, until):
    return [float(run.train_step(run.dataset[step])[0]) for step in range(run.step, until)]


def test_keys_and_result_are_those_of_torchvision():
    models = pytest.importorskip("torchvision.models")
    torch.manual_seed(0)
    theirs = models.resnet18().eval()
    theirs.fc = torch.nn.Identity()
    mine = resnet.ResNet18(64).eval()
    assert set(mine.state_dict()) == set(theirs.state_dict())
    mine.load_state_dict(theirs.state_dict())
    images = torch.rand(2, 3, 96, 96)
    with torch.no_grad():
        torch.testing.assert_close(mine(images)[1], theirs(images))


def test_the_same_seed_gives_the_same_losses(tmp_path):
    losses = [run_steps(run_in(tmp_path / name), 3) for name in "ab"]
    assert losses[0] == pytest.approx(losses[1], abs=1e-3)
    assert losses[0][0] != losses[0][2]


def test_a_run_that_stops_and_continues_equals_an_uninterrupted_one(tmp_path):
    wanted = run_steps(run_in(tmp_path / "straight"), 4)
    stopped = run_in(tmp_path / "stopped")
    first = run_steps(stopped, 2)
    stopped.save()
    again = run_in(tmp_path / "stopped")
    again.resume()
    assert first + run_steps(again, 4) == pytest.approx(wanted, abs=1e-3)


def test_every_gradient_is_finite_and_reaches_every_weight(tmp_path):
    run = run_in(tmp_path)
    resnet18_lite.losses(run.model.train(), run.dataset[0])[0].backward()
    for name, weight in run.model.named_parameters():
        assert torch.isfinite(weight.grad).all(), name
        assert weight.grad.abs().max() > 0, name


def test_frames_of_one_shot_lie_on_the_right_diagonal():
    shots = torch.eye(8)[:4]
    loss, within, between = resnet18_lite.layer_loss(torch.cat([shots, shots]), 4)
    assert within == pytest.approx(0, abs=1e-6)
    assert between == pytest.approx(1, abs=1e-6)
    mixed = resnet18_lite.layer_loss(torch.cat([shots, shots.flip(0)]), 4)
    assert mixed[0] > loss + 1


def test_held_back_shots_are_all_different_and_their_frames_alike():
    shots = shots_data.held_back_shots(coloured(), [], side=64)
    assert shots.shape == (8, 3, 64, 64, 3)
    table = [[float((a[0].float() - b[1].float()).abs().mean()) for b in shots] for a in shots]
    for number, row in enumerate(table):
        assert row[number] == min(row)


def test_the_score_falls_when_two_shots_show_the_same():
    model = resnet.ResNet18().eval()
    shots = shots_data.held_back_shots(coloured(), [], side=64)
    apart = resnet18_lite.separation(model, shots, "cpu")
    shots[1] = shots[0]
    together = resnet18_lite.separation(model, shots, "cpu")
    assert together["smallest_between"] < 0.1 * apart["smallest_between"]
    assert together["score"] < apart["score"]


def test_a_batch_has_two_shots_of_one_image_that_differ():
    batch = shots_data.make_batch(coloured()[:1], [], 3, 1, shots=8, side=32)
    assert batch.shape == (2, 8, 32, 32, 3)
    again = shots_data.make_batch(coloured()[:1], [], 3, 1, shots=8, side=32)
    assert (batch == again).all()
    assert not (batch[0, 0] == batch[0, 1]).all()
