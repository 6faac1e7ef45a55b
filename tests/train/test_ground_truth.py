# SPDX-License-Identifier: LGPL-2.1-or-later
# SPDX-FileCopyrightText: The gst-plugins-torch authors
import pytest

for package in ("numpy", "cv2", "torch", "safetensors"):
    pytest.importorskip(package, reason=f"models/train needs {package}")

import numpy as np  # noqa: E402

import drawn  # noqa: E402
import pairs  # noqa: E402
import scenes  # noqa: E402

SIZE = (160, 120)
FLAT = ((0, 0, 1.0),) * 2


def flat_views(matrix):
    picture = scenes.pyramid(drawn.texture(1, (320, 240)))
    place = np.array([[1, 0, -80], [0, 1, -60], [0, 0, 1.0]])
    return scenes.render([scenes.Layer(picture, (place, matrix @ place), FLAT)], SIZE)


def test_a_shift_by_two_cells_moves_every_cell_by_two():
    views = flat_views(np.array([[1, 0, 16], [0, 1, 8], [0, 0, 1.0]]))
    cell0, cell1, offset, lonely0, lonely1 = pairs.ground_truth(views, SIZE)
    columns = SIZE[0] // 8
    assert len(cell0) == (columns - 2) * (SIZE[1] // 8 - 1)
    np.testing.assert_array_equal(cell1 - cell0, columns + 2)
    np.testing.assert_allclose(offset, 0, atol=1e-9)
    assert lonely0.sum() == lonely1.sum() == columns * 15 - len(cell0)


def test_the_offset_leads_from_the_cell_to_the_true_point():
    matrix = np.array([[1.02, 0.03, 5.3], [-0.02, 0.98, -2.1], [1e-4, 5e-5, 1.0]])
    cell0, cell1, offset, _, _ = pairs.ground_truth(flat_views(matrix), SIZE)
    grid = pairs.cell_grid(SIZE)
    assert len(cell0) > 150
    np.testing.assert_allclose(grid[cell1] + offset, scenes.apply(matrix, grid[cell0]), atol=1e-6)
    assert np.abs(offset).max() <= 4.0


def test_each_cell_is_paired_at_most_once_under_a_change_of_scale():
    views = flat_views(scenes.similarity(0.2, 0.5, (80, 60)))
    cell0, cell1, *_ = pairs.ground_truth(views, SIZE)
    assert 30 < len(cell0) < 150
    assert len(set(cell0)) == len(set(cell1)) == len(cell0)


def test_the_views_show_the_same_grey_at_corresponding_points():
    matrix = np.array([[1.0, 0.02, 3.4], [-0.02, 1.0, 2.2], [0, 0, 1.0]])
    views = flat_views(matrix)
    points = pairs.cell_grid(SIZE)
    found, visible = scenes.correspond(views, points, 0)
    first, second = (scenes.sample_field(views.images[i].astype(np.float32), p[visible])
                     for i, p in ((0, points), (1, found)))
    assert np.abs(first - second).mean() < 3


def two_planes(shift):
    """A near square before a far wall, the second camera `shift` to the right."""
    camera = np.array([[100, 0, 79.5], [0, 100, 59.5], [0, 0, 1.0]])
    pose = np.eye(4)
    pose[0, 3] = -shift
    poses = (np.eye(4), pose)
    wall = scenes.plane_layer(scenes.pyramid(drawn.texture(2)), np.array([-8, -6, 5.0]),
                              np.array([16, 0, 0.0]), np.array([0, 12, 0.0]), camera, poses, 1.0)
    square = scenes.plane_layer(scenes.pyramid(drawn.texture(3)), np.array([-0.5, -0.5, 2.0]),
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
    # the square covers x 54..104 in view 0 and 34..84 in view 1; the wall moves 8 to the left
    found, visible = scenes.correspond(views, np.array([[48.0, 60.0], [16.0, 60.0]]), 0)
    assert list(visible) == [False, True]


def test_a_bent_view_is_followed_both_ways():
    views = flat_views(np.eye(3))
    scenes.bend(views, scenes.smooth_field(np.random.default_rng(4), SIZE, 5.0))
    points = pairs.cell_grid(SIZE)[45:60]
    there, _ = scenes.correspond(views, points, 0)
    back, _ = scenes.correspond(views, there, 1)
    assert np.abs(there - points).max() > 1
    np.testing.assert_allclose(back, points, atol=0.05)


@pytest.mark.parametrize("solid", [0.0, 1.0])
def test_random_pairs_are_the_same_for_the_same_seed(solid):
    made = [pairs.make_pair(np.random.default_rng((3, 1)), drawn.textures(), SIZE, 0.8, solid)
            for _ in range(2)]
    np.testing.assert_array_equal(made[0][0], made[1][0])
    np.testing.assert_array_equal(made[0][1][0], made[1][1][0])
    assert len(made[0][1][0]) > 0


def test_a_batch_depends_on_its_number_alone():
    first = pairs.make_batch(drawn.textures(), 7, 100, seed=2)
    pairs.make_batch(drawn.textures(), 8, 100, seed=2)
    again = pairs.make_batch(drawn.textures(), 7, 100, seed=2)
    assert (first["images"] == again["images"]).all()
    assert (first["fine"] == again["fine"]).all()
    assert first["shift"] == again["shift"]
