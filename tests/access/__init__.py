"""Who may read and write what, and where each kind of data is: pages made from the code.

`make pages` writes docs/access.md and docs/data.md; the tests here fail while they are out of date.
"""
