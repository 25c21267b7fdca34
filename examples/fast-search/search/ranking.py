"""Cosine similarity between a question and the articles."""

import numpy as np


def nearest(question: np.ndarray, articles: np.ndarray, count: int) -> list[tuple[int, float]]:
    """Indices and scores of the `count` rows of `articles` nearest to `question`, best first."""
    norms = np.linalg.norm(articles, axis=1) * np.linalg.norm(question)
    scores = articles @ question / np.where(norms == 0, 1, norms)
    best = np.argsort(-scores)[:count]
    return [(int(index), float(scores[index])) for index in best]
