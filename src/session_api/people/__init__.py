"""The owners of the trees: the row that everything of a person hangs on.

Made from the token when a person first creates something; nothing but the token is known of them.
Sessions and missions call it, inside their own transactions.
"""

from session_api.people.repository import PeopleRepository

__all__ = ["PeopleRepository"]
