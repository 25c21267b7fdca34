"""What can be set from outside, with defaults that work."""

import os
from pathlib import Path

MODEL_NAME = "all-MiniLM-L6-v2"
CATALOGUE = Path(os.environ.get("CATALOGUE", "assets/articles.jsonl"))
MAX_RESULTS = int(os.environ.get("MAX_RESULTS", "20"))
