import numpy as np
import pytest

from unmask.faces.boxes import non_max_suppression, pairwise_iou


def test_iou_of_equal_overlapping_and_disjoint_boxes() -> None:
    box = np.array([[0.0, 0.0, 10.0, 10.0]])
    others = np.array([[0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 5.0], [20.0, 20.0, 30.0, 30.0], [3.0, 3.0, 3.0, 3.0]])
    assert pairwise_iou(box, others)[0] == pytest.approx([1.0, 0.5, 0.0, 0.0])


def test_non_max_suppression_keeps_the_best_box_of_each_cluster_best_first() -> None:
    corners = np.array([[0, 0, 10, 10], [50, 50, 60, 60], [1, 1, 11, 11], [51, 50, 61, 60]], float)
    scores = np.array([0.6, 0.7, 0.9, 0.5])
    assert non_max_suppression(corners, scores, 0.4).tolist() == [2, 1]


def test_a_covered_box_is_dropped_only_below_max_covered() -> None:
    corners = np.array([[0, 0, 100, 100], [10, 10, 40, 40]], float)
    scores = np.array([0.9, 0.8])
    assert non_max_suppression(corners, scores, 0.4).tolist() == [0, 1]
    assert non_max_suppression(corners, scores, 0.4, max_covered=0.7).tolist() == [0]


def test_a_dropped_box_drops_no_other_box() -> None:
    corners = np.array([[0, 0, 10, 10], [0, 4, 10, 14], [0, 8, 10, 18]], float)
    assert non_max_suppression(corners, np.array([0.9, 0.8, 0.7]), 0.4).tolist() == [0, 2]


def test_non_max_suppression_of_no_boxes() -> None:
    assert non_max_suppression(np.empty((0, 4)), np.empty(0), 0.4).tolist() == []
