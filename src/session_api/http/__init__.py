"""HTTP itself: parsing bodies and headers, turning problems into answers, documenting both.

Pure ASGI throughout, and no rule of the business. Routers use it; nothing below them knows of it.
"""
