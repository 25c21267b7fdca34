"""The embedding model."""

from collections.abc import Sequence

import numpy as np
from sentence_transformers import SentenceTransformer

from search.settings import MODEL_NAME

model = SentenceTransformer(MODEL_NAME)


def embed(texts: Sequence[str]) -> np.ndarray:
    """One row per text."""
    return model.encode(list(texts), convert_to_numpy=True)
