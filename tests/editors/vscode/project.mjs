// A small machine-learning project with the three mistakes: no ignore file, code before dependencies, weights at start.
export const slowProject = {
  'Dockerfile': `FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
CMD ["python", "app.py"]
`,
  'requirements.txt': 'sentence-transformers==5.1.0\n',
  'app.py': `from sentence_transformers import SentenceTransformer

model = SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2")
print(model.encode("hello"))
`,
  '.venv/pyvenv.cfg': 'home = /usr/bin\n',
  '.venv/lib/big.bin': 'x'.repeat(2_000_000),
};

/** The files of a project as those of a folder in a larger one. */
export function within(folder, files) {
  return Object.fromEntries(Object.entries(files).map(([file, content]) => [`${folder}/${file}`, content]));
}
