"""Ranking, without the model."""

import numpy as np

from search.ranking import nearest


def test_the_same_direction_comes_first():
    articles = np.array([[0.0, 1.0], [2.0, 0.0], [1.0, 1.0]])
    assert [index for index, _ in nearest(np.array([1.0, 0.0]), articles, 2)] == [1, 2]


def test_a_zero_vector_is_no_division_by_zero():
    assert nearest(np.array([1.0, 0.0]), np.zeros((1, 2)), 1) == [(0, 0.0)]
