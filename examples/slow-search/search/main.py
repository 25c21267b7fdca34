"""The HTTP service: `GET /search?q=...` and `GET /health`."""

from fastapi import FastAPI, Query

from search import catalogue, ranking
from search.embedding import embed
from search.settings import CATALOGUE, MAX_RESULTS

app = FastAPI(title="search")
articles = catalogue.load(CATALOGUE)
vectors = embed([article.text for article in articles])


@app.get("/health")
def health() -> dict[str, int]:
    """How many articles are loaded."""
    return {"articles": len(articles)}


@app.get("/search")
def search(q: str = Query(min_length=1), limit: int = Query(5, ge=1, le=MAX_RESULTS)) -> list[dict[str, object]]:
    """The articles nearest in meaning to `q`, best first."""
    found = ranking.nearest(embed([q])[0], vectors, limit)
    return [{"title": articles[index].title, "score": round(score, 4)} for index, score in found]
