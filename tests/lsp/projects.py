"""Small projects with the mistakes that the tests look for."""

ARTICLE = {
    "Dockerfile": """\
# Serves the model.
FROM python:3.12-slim
WORKDIR /app
COPY . /app
RUN pip install -r requirements.txt
CMD ["python", "serve.py"]
""",
    "requirements.txt": "transformers==4.57.1\ntorch\n",
    "serve.py": """\
from transformers import AutoModel

model = AutoModel.from_pretrained("sentence-transformers/all-MiniLM-L6-v2")
print(model)
""",
    "data/train.csv": {"size": 3_000_000},
    "models/weights.bin": {"size": 5_000_000},
    ".venv/pyvenv.cfg": "home = /usr\n",
    ".venv/lib/big.so": {"size": 2_000_000},
}
"""The article's wrong order, without an ignore file, with a model that is fetched at the start."""

CLEAN = """\
FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY serve.py ./
CMD ["python", "serve.py"]
"""

OLD_COMMAND = """\
FROM python:3.12-slim
RUN pip install huggingface_hub==1.0.0
RUN huggingface-cli download gpt2 --local-dir /models
"""
"""A command that this version of the library no longer has: one finding with a safe fix, needing nothing else."""

MIXED_UP = {
    "Dockerfile": """\
FROM debian:12 AS tools
RUN apt-get update && apt-get install -y make

FROM debian:12
# The code.
COPY src /srv/src
RUN apt-get update && apt-get install -y ffmpeg
CMD ["/srv/src/start.sh"]
""",
    "src/start.sh": "#!/bin/sh\n",
    ".dockerignore": ".git\n",
}
"""A second stage in which code is copied above system packages."""
