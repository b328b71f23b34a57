"""The page and the REST API: the only room that knows FastAPI and SQLAlchemy.

`unmask.web.settings` is light; everything else is opened by `unmask serve` or by `unmask.web.app.create_app`.
"""
