# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import pytest

for package in ("numpy", "cv2", "torch", "safetensors"):
    pytest.importorskip(package, reason=f"models/train needs {package}")

import cv2  # noqa: E402
import numpy as np  # noqa: E402
import torch  # noqa: E402

from models.train import atlas, looks, pairs, random_scenes, reliefs, renders, scenes  # noqa: E402
import drawn  # noqa: E402

SIZE = (160, 120)
COLUMNS, CELLS = 20, 300
FLAT = ((0, 0, 1.0),) * 2
STRAIGHT = np.zeros((2, *renders.FIELD))


def on_sheet(layers, images, field=STRAIGHT):
    """The layers of one scene as a batch of one."""
    packed = pairs.on_device(renders.pack_batch([renders.pack(layers)], [field]), "cpu")
    return renders.LayeredScenes(packed, atlas.Atlas(images, "cpu"), SIZE)


def flat_scene(matrix, field=STRAIGHT):
    image = scenes.pyramid(drawn.texture(1, (320, 240)))
    place = np.array([[1, 0, -80], [0, 1, -60], [0, 0, 1.0]])
    return on_sheet([scenes.Layer(image, (place, matrix @ place), FLAT, number=0)], [image],
                    field)


def truth(matrix):
    return pairs.mutual_cells([flat_scene(matrix)], SIZE)


def grid():
    return renders.pixel_grid(SIZE, "cpu", pairs.STRIDE)


def test_a_shift_by_two_cells_moves_every_cell_by_two():
    found = truth(np.array([[1, 0, 16], [0, 1, 8], [0, 0, 1.0]]))
    assert len(found["cell0"]) == (COLUMNS - 2) * (SIZE[1] // 8 - 1)
    assert ((found["cell1"] - found["cell0"]) == COLUMNS + 2).all()
    assert found["offset"].abs().max() < 1e-3
    assert list(found["lonely"].sum((1, 2))) == [CELLS - len(found["cell0"])] * 2


def test_the_offset_leads_from_the_cell_to_the_true_point():
    matrix = np.array([[1.02, 0.03, 5.3], [-0.02, 0.98, -2.1], [1e-4, 5e-5, 1.0]])
    found = truth(matrix)
    cells = grid()[0].double().numpy()
    assert len(found["cell0"]) > 150
    np.testing.assert_allclose(cells[found["cell1"]] + found["offset"].numpy(),
                               scenes.apply(matrix, cells[found["cell0"]]), atol=1e-3)
    assert found["offset"].abs().max() <= 4.001


def test_each_cell_is_paired_at_most_once_under_a_change_of_scale():
    found = truth(random_scenes.similarity(0.2, 0.5, (80, 60)))
    assert 30 < len(found["cell0"]) < 150
    assert len(set(found["cell0"].tolist())) == len(found["cell0"])
    assert len(set(found["cell1"].tolist())) == len(found["cell0"])


def grey_difference(scene):
    """Mean difference of the views at corresponding points, and the number of these points."""
    points = grid()
    found, visible = scene.correspond(points, 0)
    views = [scene.image(view)[0].numpy() for view in (0, 1)]
    first, second = (scenes.sample_field(view, where[0][visible[0]].numpy())
                     for view, where in zip(views, (points, found)))
    return np.abs(first - second).mean(), int(visible.sum())


def test_the_views_show_the_same_grey_at_corresponding_points():
    difference, count = grey_difference(
        flat_scene(np.array([[1.0, 0.02, 3.4], [-0.02, 1.0, 2.2], [0, 0, 1.0]])))
    assert count > 250
    assert difference < 3


def test_a_bent_view_is_followed_both_ways():
    field = random_scenes.smooth_field(np.random.default_rng(4), renders.FIELD[::-1], 5.0)
    scene = flat_scene(np.eye(3), field.transpose(2, 0, 1))
    points = grid()[:, 45:60]
    there, _ = scene.correspond(points, 0)
    back, _ = scene.correspond(there, 1)
    assert (there - points).abs().max() > 1
    torch.testing.assert_close(back, points, atol=0.05, rtol=0)
    assert grey_difference(scene)[0] < 3


def random_relief(seed):
    images = drawn.textures()
    described = reliefs.describe(np.random.default_rng(seed), images, SIZE, 0.5)
    packed = pairs.on_device(reliefs.pack_batch([described]), "cpu")
    return reliefs.Reliefs(packed, atlas.Atlas(images, "cpu"), SIZE)


@pytest.mark.parametrize("seed", range(4))
def test_a_height_field_shows_the_same_grey_where_both_cameras_see_it(seed):
    difference, count = grey_difference(random_relief(seed))
    assert count > 60
    assert difference < 6


def test_points_of_a_height_field_that_are_visible_lead_back():
    scene = random_relief(2)
    points = grid()
    there, visible = scene.correspond(points, 0)
    back, _ = scene.correspond(there, 1)
    assert visible.sum() > 60
    assert (back - points).norm(dim=-1)[visible].max() < 3


def test_a_hill_hides_what_lies_behind_it():
    scene = random_relief(1)
    scene.packed["heights"][:] = 0
    open_view = scene.correspond(grid(), 0)[1].sum()
    scene.packed["heights"][:, :, 44:52] = -scene.packed["amplitude"]  # a wall towards the cameras
    assert scene.correspond(grid(), 0)[1].sum() < open_view


@pytest.mark.parametrize("kind", ["solid", "flat"])
def test_many_scenes_at_once_look_like_one_at_a_time(kind):
    images, rng = drawn.textures(), np.random.default_rng(5)
    if kind == "solid":
        layers, _, _ = random_scenes.solid_layers(rng, images, SIZE, 0.6)
    else:
        layers = random_scenes.flat_layers(rng, images, SIZE, 0.6, 3)
    one, many = scenes.render(layers, SIZE), on_sheet(layers, images)
    for view in (0, 1):
        assert np.abs(many.image(view)[0].numpy() - one.images[view]).mean() < 6
    points = pairs.cell_grid(SIZE)
    wanted, seen = scenes.correspond(one, points, 0)
    found, visible = (value[0].numpy() for value in many.correspond(grid(), 0))
    assert (seen == visible).mean() > 0.97
    np.testing.assert_allclose(found[seen & visible], wanted[seen & visible], atol=0.01)
    assert pairs.true_cells(one, SIZE) == pytest.approx(
        len(pairs.mutual_cells([many], SIZE)["cell0"]), abs=10)


def two_planes(shift):
    """A near square in front of a far wall; the second camera is shifted right by `shift`."""
    camera = np.array([[100, 0, 79.5], [0, 100, 59.5], [0, 0, 1.0]])
    pose = np.eye(4)
    pose[0, 3] = -shift
    poses = (np.eye(4), pose)
    wall = random_scenes.plane_layer(scenes.pyramid(drawn.texture(2)), np.array([-8, -6, 5.0]),
                              np.array([16, 0, 0.0]), np.array([0, 12, 0.0]), camera, poses, 1.0)
    square = random_scenes.plane_layer(scenes.pyramid(drawn.texture(3)), np.array([-0.5, -0.5, 2.0]),
                                np.array([1, 0, 0.0]), np.array([0, 1, 0.0]), camera, poses, 1.0)
    return scenes.render([wall, square], SIZE, camera=camera, pose=pose)


def test_points_at_a_known_depth_move_by_the_disparity():
    views = two_planes(0.4)
    points = np.array([[80.0, 60.0], [16.0, 16.0]])
    assert list(scenes.pick(views.ids[0], points)) == [1, 0]
    found, visible = scenes.correspond(views, points, 0)
    assert visible[0]
    # disparity = focal * shift / depth
    np.testing.assert_allclose(found - points, [[-100 * 0.4 / 2, 0], [-100 * 0.4 / 5, 0]],
                               atol=1e-6)


def test_what_the_near_plane_hides_is_not_visible():
    views = two_planes(0.4)
    # the square covers x 54..104 in view 0 and 34..84 in view 1; the wall moves left by 8 pixels
    found, visible = scenes.correspond(views, np.array([[48.0, 60.0], [16.0, 60.0]]), 0)
    assert list(visible) == [False, True]


def a_batch(step, **shares):
    todo = pairs.Plan(SIZE, 3, 0.8, **{"solid": 0.4, "relief": 0.3, **shares})
    images = drawn.textures()
    return pairs.build(pairs.describe(images, todo, step, 2), atlas.Atlas(images, "cpu"))


@pytest.mark.parametrize("shares", [{"solid": 0.0, "relief": 0.0}, {"solid": 1.0, "relief": 0.0},
                                    {"solid": 0.0, "relief": 1.0}])
def test_a_batch_depends_on_its_number_alone(shares):
    first = a_batch(7, **shares)
    other = a_batch(8, **shares)
    again = a_batch(7, **shares)
    assert (first["images"] == again["images"]).all()
    assert (first["fine"] == again["fine"]).all()
    assert first["shift"] == again["shift"]
    assert len(first["batch"]) > 0
    assert not torch.equal(first["images"], other["images"])


def test_plans_grow_with_the_run_and_fit_its_strides():
    for name, schedule in pairs.SCHEDULES.items():
        assert schedule[-1][0] > 1
        sizes = [pairs.plan(step, share, 1, name).size for share in (0.0, 0.99)
                 for step in range(40)]
        assert max(sizes[:40]) < max(sizes[40:])
        assert all(width % 8 == height % 8 == 0 for width, height in sizes)


def test_every_look_keeps_an_image_and_each_changes_it():
    images = torch.from_numpy(np.stack([drawn.texture(seed, SIZE) for seed in range(6)])).float()
    looks_of = [looks.draw(np.random.default_rng(seed), 0.7) for seed in range(6)]
    stacked = {name: torch.from_numpy(np.stack([look[name] for look in looks_of]))
               for name in looks_of[0]}
    done = looks.apply(images, stacked, torch.Generator().manual_seed(1))
    assert done.shape == images.shape
    assert 0 <= done.min() and done.max() <= 1
    for before, after in zip(images, done):
        assert np.corrcoef(before.numpy().ravel(), after.numpy().ravel())[0, 1] > 0.5
        assert (before / 255 - after).abs().mean() > 0.001


@pytest.mark.parametrize("quality", [30, 75])
def test_compression_loses_about_as_much_as_jpeg_does(quality):
    image = drawn.texture(3, SIZE)
    coded = cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], 0)
    mine = looks.compress(torch.from_numpy(image)[None].float() / 255, torch.tensor([quality]))
    assert np.abs(255 * mine[0].numpy() - coded).mean() < 1.5
    kept = looks.compress(torch.from_numpy(image)[None].float() / 255, torch.tensor([0]))
    assert np.abs(255 * kept[0].numpy() - image).max() < 1e-3
