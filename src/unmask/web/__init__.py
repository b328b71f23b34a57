"""The web app: the page and the REST API. Only this package uses FastAPI and SQLAlchemy."""
